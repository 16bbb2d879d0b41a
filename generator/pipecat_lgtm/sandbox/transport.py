"""The caller's side of a call, inside the process: a microphone the script switches, a loudspeaker in real time."""

import array
import asyncio
import time

from pipecat.audio.vad.vad_analyzer import VADAnalyzer
from pipecat.frames.frames import InputAudioRawFrame, OutputAudioRawFrame, StartFrame
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

from pipecat_lgtm.sandbox.replies import tone

RATE = 16_000
_FRAME_SECONDS = 0.02
_LOUD = 1000


class EnergyVAD(VADAnalyzer):
    """Voice is what is loud: enough for a tone, and needs no model."""

    def num_frames_required(self) -> int:
        """Return the samples of one decision, 20 ms."""
        return int(self.sample_rate * _FRAME_SECONDS)

    def voice_confidence(self, buffer: bytes) -> float:
        """Return 1 for a loud buffer, else 0."""
        return 1.0 if max(array.array("h", buffer), default=0) > _LOUD else 0.0


class Microphone(BaseInputTransport):
    """Pushes 20 ms frames in real time: silence, or a tone while the caller speaks."""

    def __init__(self, params: TransportParams) -> None:
        super().__init__(params)
        self.speaking = False
        self._pump_task: asyncio.Task[None] | None = None

    async def start(self, frame: StartFrame) -> None:
        """Begin to listen."""
        await super().start(frame)
        await self.set_transport_ready(frame)
        self._pump_task = self.create_task(self._pump())

    async def cleanup(self) -> None:
        """Stop listening."""
        if self._pump_task is not None:
            await self.cancel_task(self._pump_task)
            self._pump_task = None
        await super().cleanup()  # type: ignore[no-untyped-call]

    async def _pump(self) -> None:
        samples = int(RATE * _FRAME_SECONDS)
        quiet, loud = bytes(samples * 2), tone(samples, RATE)
        due = time.monotonic()
        while True:
            audio = loud if self.speaking else quiet
            await self.push_audio_frame(InputAudioRawFrame(audio=audio, sample_rate=RATE, num_channels=1))
            due += _FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - time.monotonic()))


class Loudspeaker(BaseOutputTransport):
    """Takes audio no faster than it would be heard."""

    async def start(self, frame: StartFrame) -> None:
        """Begin to play."""
        await super().start(frame)
        self._heard_until = time.monotonic()
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Play a frame."""
        now = time.monotonic()
        self._heard_until = max(self._heard_until, now) + len(frame.audio) / 2 / frame.sample_rate
        await asyncio.sleep(max(0.0, self._heard_until - now - 0.04))
        return True
