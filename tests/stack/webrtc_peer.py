"""A bot for a browser to call: `python webrtc_peer.py LOSS_EVERY`; of its RTP packets every LOSS_EVERY-th is lost.

Serves a page with the browser module and answers its offer; prints its port, then what it sent and lost.
"""

import asyncio
import json
import sys

from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from webrtc_line import Impaired, Tone

import pipecat_lgtm_bridge as bridge

_PAGE = """<!doctype html><title>caller</title><link rel="icon" href="data:,"><script type="module">
import { watch } from "/pipecat-webrtc.js";
window.call = async (to) => {
  const pc = new RTCPeerConnection();
  const tone = new AudioContext();
  const source = tone.createOscillator(), sink = tone.createMediaStreamDestination();
  source.connect(sink); source.start();
  pc.addTrack(sink.stream.getAudioTracks()[0], sink.stream);
  pc.ontrack = (event) => {
    const audio = new Audio(); audio.srcObject = new MediaStream([event.track]); audio.play();
  };
  await pc.setLocalDescription(await pc.createOffer());
  await new Promise((done) => pc.iceGatheringState === "complete" ? done()
    : pc.addEventListener("icegatheringstatechange", () => pc.iceGatheringState === "complete" && done()));
  const answer = await fetch("/offer", { method: "POST", body: JSON.stringify(pc.localDescription) });
  await pc.setRemoteDescription(await answer.json());
  window.pc = pc;
  window.stop = watch(pc, to);
};
</script>"""


async def main(loss_every: int) -> None:
    """Serve until standard input ends."""
    lines: list[Impaired] = []
    peers: list[RTCPeerConnection] = []

    async def offer(request: web.Request) -> web.Response:
        offered = await request.json()
        pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peers.append(pc)
        await pc.setRemoteDescription(RTCSessionDescription(offered["sdp"], offered["type"]))
        sender = pc.addTrack(Tone())
        await pc.setLocalDescription(await pc.createAnswer())
        lines.append(Impaired(sender.transport, loss_every, 0))
        return web.json_response({"sdp": pc.localDescription.sdp, "type": pc.localDescription.type})

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    async def module(_request: web.Request) -> web.Response:
        return web.Response(text=bridge.browser_module().read_text("utf-8"), content_type="text/javascript")

    app = web.Application()
    app.add_routes([web.get("/", page), web.get("/pipecat-webrtc.js", module), web.post("/offer", offer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    _say({"port": runner.addresses[0][1]})
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    _say({"sent": sum(line.sent for line in lines), "lost": sum(line.lost for line in lines)})
    for pc in peers:
        await pc.close()
    await runner.cleanup()


def _say(what: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


asyncio.run(main(int(sys.argv[1])))
