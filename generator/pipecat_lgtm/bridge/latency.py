"""Pipecat's own UserBotLatencyObserver, fed with the times of the frames instead of the times it gets to see them.

It is fed once the first word is on its way: until then a turn waits for it.
"""

from typing import Any

from pipecat.frames import frames as f
from pipecat.observers.base_observer import FramePushed
from pipecat.observers.user_bot_latency_observer import LatencyContribution, MeasuredFrom, UserBotLatencyObserver

from pipecat_lgtm.bridge.guard import once

_MEASURED = tuple(
    getattr(f, name)
    for name in (
        "BotStartedSpeakingFrame", "ClientConnectedFrame", "FunctionCallInProgressFrame", "FunctionCallResultFrame",
        "InterruptionFrame", "LLMFullResponseStartFrame", "LLMMarkerFrame", "LLMTextFrame", "MetricsFrame",
        "TranscriptionFrame", "TTSAudioRawFrame", "UserStoppedSpeakingFrame", "VADUserStartedSpeakingFrame",
        "VADUserStoppedSpeakingFrame",
    )
)  # fmt: skip


_FIRST_ONLY = (f.LLMTextFrame, f.TTSAudioRawFrame)
"""Of these only the first one after any other measured frame can matter."""

_READY = (f.BotStartedSpeakingFrame, f.VADUserStartedSpeakingFrame)
"""The ends of what is measured."""

_MOST = 256


class Latency(UserBotLatencyObserver):
    """Names the parts of a turn's latency."""

    def __init__(self) -> None:
        self._at = 0.0
        super().__init__(time_source=lambda: self._at)
        self._latest: list[LatencyContribution] = []
        self._kept: list[tuple[FramePushed, float]] = []
        self._passed: set[type] = set()

    @staticmethod
    def measures(kind: type) -> bool:
        """Return whether frames of a kind matter here."""
        return issubclass(kind, _MEASURED)

    def wants(self, kind: type) -> bool:
        """Return whether one more frame of a kind can matter."""
        return kind not in self._passed

    async def take(self, data: FramePushed, at: float) -> None:
        """Take a frame pushed at a time in seconds since the epoch."""
        frame = data.frame
        if isinstance(frame, _FIRST_ONLY):
            self._passed.add(type(frame))
        elif not isinstance(frame, f.MetricsFrame):
            self._passed.clear()
        self._kept.append((data, at))
        if isinstance(frame, _READY) or len(self._kept) >= _MOST:
            kept, self._kept = self._kept, []
            for one, self._at in kept:
                await self._feed(one)

    async def _feed(self, data: FramePushed) -> None:
        try:
            await self.on_push_frame(data)
        except Exception as error:  # noqa: BLE001 - the reply is measured even where its parts cannot be named
            once(f"{type(data.frame).__name__} in a latency: {type(error).__name__}", error)

    def parts(self) -> list[LatencyContribution]:
        """Return the parts of the latency that the latest BotStartedSpeakingFrame ended, and forget them."""
        found, self._latest = self._latest, []
        return found

    async def _call_event_handler(self, event_name: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401, ARG002
        """Keep a breakdown at once: a handler in a task of its own would see it after the frame was handled."""
        if event_name == "on_latency_breakdown" and args[0].measured_from is MeasuredFrom.USER_SILENCE:
            self._latest = list(args[0].contributions)
