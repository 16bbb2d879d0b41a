"""A real SmallWebRTC call on loopback: `python webrtc_call.py LOSS_EVERY LATE_SECONDS SECONDS`.

Of the client's RTP packets every LOSS_EVERY-th is lost and every other one LATE_SECONDS late; 0 leaves them alone.
Prints how many were sent and lost as JSON.
"""

import asyncio
import json
import math
import sys
from fractions import Fraction

import aioice.ice
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack
from aiortc.rtp import is_rtcp
from av import AudioFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection
from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport
from pipecat.workers.runner import WorkerRunner

aioice.ice.get_host_addresses = lambda **_: ["127.0.0.1"]  # else loopback is left out, and nothing else may be used
_RATE, _SAMPLES = 48_000, 960


class Tone(AudioStreamTrack):
    """440 Hz at a quarter of full scale, in pieces of 20 ms."""

    async def recv(self) -> AudioFrame:
        """Return the next piece, when it is due."""
        due = await super().recv()
        frame = AudioFrame(format="s16", layout="mono", samples=_SAMPLES)
        at = due.pts * _RATE // due.sample_rate
        samples = (round(8192 * math.sin(math.tau * 440 * (at + one) / _RATE)) for one in range(_SAMPLES))
        frame.planes[0].update(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
        frame.pts, frame.sample_rate, frame.time_base = at, _RATE, Fraction(1, _RATE)
        return frame


class Impaired:
    """Stands between the client's sender and the network."""

    def __init__(self, transport: object, loss_every: int, late_seconds: float) -> None:
        self._send = transport._send_rtp  # noqa: SLF001 - aiortc has no other way in between
        self._loss_every, self._late = loss_every, late_seconds
        self.sent = self.lost = 0
        transport._send_rtp = self.send  # noqa: SLF001

    async def send(self, data: bytes) -> None:
        """Send a packet, late, or lose it."""
        if is_rtcp(data):
            await self._send(data)
            return
        self.sent += 1
        if self._loss_every and self.sent % self._loss_every == 0:
            self.lost += 1
        elif self._late and self.sent % 2:
            task = asyncio.get_running_loop().create_task(self._later(data))
            task.add_done_callback(lambda done: done.exception())
        else:
            await self._send(data)

    async def _later(self, data: bytes) -> None:
        await asyncio.sleep(self._late)
        await self._send(data)


async def main(loss_every: int, late_seconds: float, seconds: float) -> None:
    """Place the call."""
    client = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    sender = client.addTrack(Tone())
    client.createDataChannel("pipecat")
    await client.setLocalDescription(await client.createOffer())
    connection = SmallWebRTCConnection(ice_servers=[])
    await connection.initialize(client.localDescription.sdp, client.localDescription.type)
    answer = connection.get_answer()
    transport = SmallWebRTCTransport(connection, TransportParams(audio_in_enabled=True, audio_out_enabled=True))
    worker = PipelineWorker(Pipeline([transport.input(), transport.output()]), params=PipelineParams())
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    impaired = Impaired(sender.transport, loss_every, late_seconds)
    await client.setRemoteDescription(RTCSessionDescription(answer["sdp"], answer["type"]))
    await asyncio.sleep(seconds)
    sys.stdout.write(json.dumps({"sent": impaired.sent, "lost": impaired.lost}))
    await client.close()
    await worker.cancel()
    await running


asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
