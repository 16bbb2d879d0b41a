"""A real SmallWebRTC call on loopback: `python webrtc_call.py LOSS_EVERY LATE_SECONDS SECONDS`.

Of the client's RTP packets every LOSS_EVERY-th is lost and every other one LATE_SECONDS late; 0 leaves them alone.
Prints how many were sent and lost as JSON.
"""

import asyncio
import json
import sys

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection
from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport
from pipecat.workers.runner import WorkerRunner
from webrtc_line import Impaired, Tone


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
