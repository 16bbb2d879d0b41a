"""The caller's side of a call, inside the process: a microphone the script switches, a loudspeaker in real time."""

import array
import asyncio
import time

from pipecat.audio.vad.vad_analyzer import VADAnalyzer
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    Frame,
    InputAudioRawFrame,
    OutputAudioRawFrame,
    StartFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

from pipecat_lgtm.sandbox.hearing import Hearing
from pipecat_lgtm.sandbox.replies import tone

RATE = 16_000
STOP_SECONDS = 0.2
"""Silence after which the VAD says that speech has ended."""

_FRAME_SECONDS = 0.02
_STOP_FRAMES = round(STOP_SECONDS / _FRAME_SECONDS)
_LOUD = 1000
_AUDIBLE = 20


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

    def __init__(self, params: TransportParams, hearing: Hearing) -> None:
        super().__init__(params)
        self.speaking = False
        self._hearing = hearing
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
        spoke, silent = False, 0
        while True:
            if self.speaking and not spoke:
                self._hearing.spoke()
            elif spoke and not self.speaking:
                # The last loud frame stands for the 20 ms before it was pushed.
                self._hearing.ended(due - _FRAME_SECONDS)
            spoke = self.speaking
            silent = 0 if spoke else silent + 1
            if silent == _STOP_FRAMES:
                self._hearing.passed(time.monotonic() - STOP_SECONDS)
            audio = loud if spoke else quiet
            await self.push_audio_frame(InputAudioRawFrame(audio=audio, sample_rate=RATE, num_channels=1))
            self._hearing.pushed(time.monotonic() - due)
            due += _FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - time.monotonic()))


class Loudspeaker(BaseOutputTransport):
    """Takes audio no faster than it would be heard."""

    def __init__(self, params: TransportParams, hearing: Hearing) -> None:
        super().__init__(params)
        self._hearing = hearing
        self._announced: float | None = None
        self._ideal = 0.0

    async def start(self, frame: StartFrame) -> None:
        """Begin to play."""
        await super().start(frame)
        self._heard_until = time.monotonic()
        await self.set_transport_ready(frame)

    async def push_frame(self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM) -> None:
        """Push a frame; note when Pipecat announces that the bot speaks, which it does before it plays."""
        if isinstance(frame, BotStartedSpeakingFrame):
            self._announced = time.monotonic()
        await super().push_frame(frame, direction)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Play a frame."""
        now = time.monotonic()
        if self._announced is not None:
            self._hearing.announced(now - self._announced)
            self._announced = None
            self._ideal = max(self._heard_until, now)
        begins, seconds = max(self._heard_until, now), len(frame.audio) / 2 / frame.sample_rate
        self._listen(begins, frame)
        self._heard_until = begins + seconds
        self._ideal += seconds
        await asyncio.sleep(max(0.0, self._heard_until - now - 0.04))
        return True

    def _listen(self, begins: float, frame: OutputAudioRawFrame) -> None:
        for index, sample in enumerate(array.array("h", frame.audio)):
            if abs(sample) > _AUDIBLE:
                seconds = index / frame.sample_rate
                self._hearing.heard(begins + seconds, self._ideal + seconds)
                return
