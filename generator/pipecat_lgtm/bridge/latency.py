"""Pipecat's own UserBotLatencyObserver, fed with the times of the frames instead of the times it gets to see them."""

from typing import Any

from pipecat.frames import frames as f
from pipecat.observers.base_observer import FramePushed
from pipecat.observers.user_bot_latency_observer import LatencyContribution, MeasuredFrom, UserBotLatencyObserver

_MEASURED = tuple(
    getattr(f, name)
    for name in (
        "BotStartedSpeakingFrame", "ClientConnectedFrame", "FunctionCallInProgressFrame", "FunctionCallResultFrame",
        "InterruptionFrame", "LLMFullResponseStartFrame", "LLMMarkerFrame", "LLMTextFrame", "MetricsFrame",
        "TranscriptionFrame", "TTSAudioRawFrame", "UserStoppedSpeakingFrame", "VADUserStartedSpeakingFrame",
        "VADUserStoppedSpeakingFrame",
    )
)  # fmt: skip


class Latency(UserBotLatencyObserver):
    """Names the parts of a turn's latency."""

    def __init__(self) -> None:
        self._at = 0.0
        super().__init__(time_source=lambda: self._at)
        self._kinds: dict[type, bool] = {}
        self._latest: list[LatencyContribution] = []

    def measures(self, frame: f.Frame) -> bool:
        """Return whether a frame matters here."""
        kind = type(frame)
        if kind not in self._kinds:
            self._kinds[kind] = issubclass(kind, _MEASURED)
        return self._kinds[kind]

    async def take(self, data: FramePushed, at: float) -> None:
        """Take a frame pushed at a time in seconds since the epoch."""
        self._at = at
        await self.on_push_frame(data)

    def parts(self) -> list[LatencyContribution]:
        """Return the parts of the latency that the latest BotStartedSpeakingFrame ended, and forget them."""
        found, self._latest = self._latest, []
        return found

    async def _call_event_handler(self, event_name: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401, ARG002
        """Keep a breakdown at once: a handler in a task of its own would see it after the frame was handled."""
        if event_name == "on_latency_breakdown" and args[0].measured_from is MeasuredFrom.USER_SILENCE:
            self._latest = list(args[0].contributions)
