"""A tone over WebRTC on loopback, and what a bad network does to it."""

import asyncio
import math
from fractions import Fraction

import aioice.ice
from aiortc.mediastreams import AudioStreamTrack
from aiortc.rtp import is_rtcp
from av import AudioFrame

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
