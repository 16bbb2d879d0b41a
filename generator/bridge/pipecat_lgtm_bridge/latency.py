"""Pipecat's own UserBotLatencyObserver names the parts of a latency, of the frames that belong to it.

It is fed once a turn has been answered, with the end of speech as the clock has it: fed at once, a noise between two
turns, or a VAD that is later than the answer, would make it forget or misplace what it has seen.
"""

from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from pipecat.frames import frames as f
from pipecat.metrics.metrics import TextAggregationMetricsData, TTFBMetricsData
from pipecat.observers.base_observer import FramePushed
from pipecat.observers.user_bot_latency_observer import LatencyContribution, UserBotLatencyObserver
from pipecat.processors.frame_processor import FrameDirection

from pipecat_lgtm_bridge.guard import once

_MEASURED = tuple(
    getattr(f, name)
    for name in (
        "FunctionCallInProgressFrame", "FunctionCallResultFrame", "LLMFullResponseStartFrame", "LLMMarkerFrame",
        "LLMTextFrame", "MetricsFrame", "TranscriptionFrame", "TTSAudioRawFrame",
    )
)  # fmt: skip

_FIRST_ONLY = (f.LLMTextFrame, f.TTSAudioRawFrame)
"""Of these only the first one after any other measured frame can matter."""

_MOST = 256


@dataclass(frozen=True)
class Stretch:
    """The frames between two answers, and the one that begins the second."""

    frames: tuple[tuple[FramePushed, float], ...]
    began: FramePushed
    at: float


class Latency(UserBotLatencyObserver):
    """Names the parts of a turn's latency."""

    def __init__(self) -> None:
        self._at = 0.0
        super().__init__(time_source=lambda: self._at)
        self._latest: list[LatencyContribution] = []
        self._kept: deque[tuple[FramePushed, float]] = deque(maxlen=_MOST)
        self._passed: set[type] = set()

    @staticmethod
    def measures(kind: type) -> bool:
        """Return whether frames of a kind matter here."""
        return issubclass(kind, _MEASURED)

    def wants(self, kind: type) -> bool:
        """Return whether one more frame of a kind can matter."""
        return kind not in self._passed

    def take(self, data: FramePushed, at: float) -> None:
        """Keep a frame pushed at a time in seconds since the epoch."""
        frame = data.frame
        if isinstance(frame, _FIRST_ONLY):
            self._passed.add(type(frame))
        elif isinstance(frame, f.MetricsFrame):
            if not self._counts(frame):
                return
        else:
            self._passed.clear()
        self._kept.append((data, at))

    def cut(self) -> None:
        """Forget what the bot was about to say; what the caller has said stays."""
        heard = [one for one in self._kept if isinstance(one[0].frame, f.TranscriptionFrame)]
        self._kept.clear()
        self._kept.extend(heard)
        self._passed.clear()

    def stretch(self, began: FramePushed, at: float) -> Stretch:
        """Return the frames kept until the bot began to speak, and begin anew."""
        found = Stretch(tuple(self._kept), began, at)
        self._kept.clear()
        self._passed.clear()
        return found

    def parts(self, stretch: Stretch, asked: float, stopped: FramePushed) -> list[LatencyContribution]:
        """Return the parts of the time from the end of speech to the begin of a stretch's answer; they sum to it.

        Args:
            stretch: what was seen before the answer.
            asked: the end of speech, seconds since the epoch.
            stopped: the VAD's frame that told of it.
        """
        frame: Any = stopped.frame
        # A VAD that is sure only after the bot began is no part of the wait.
        known = frame.timestamp if frame.timestamp < stretch.at else asked
        told = (_of(f.VADUserStoppedSpeakingFrame(stop_secs=known - asked, timestamp=known), stopped), known)
        seen = sorted((one for one in stretch.frames if one[1] >= asked), key=itemgetter(1))
        before = [one for one in seen if one[1] < known]
        self._latest = []
        self._see((_of(f.VADUserStartedSpeakingFrame(), stopped), asked))
        for one in (*before, told, *seen[len(before) :]):
            self._see(one)
        self._see((stretch.began, stretch.at))
        found, self._latest = self._latest, []
        return found

    def _counts(self, frame: f.MetricsFrame) -> bool:
        """Only a model's TTFB and the wait for a sentence are read; the other metrics of a call are many."""
        asked = {one.source.name for one, _ in self._kept if isinstance(one.frame, f.LLMFullResponseStartFrame)}
        return any(
            isinstance(one, TextAggregationMetricsData) or (isinstance(one, TTFBMetricsData) and one.processor in asked)
            for one in frame.data
        )

    def _see(self, one: tuple[FramePushed, float]) -> None:
        data, self._at = one
        try:
            _finish(self.on_push_frame(data))
        except Exception as error:  # noqa: BLE001 - the reply is measured even where its parts cannot be named
            once(f"{type(data.frame).__name__} in a latency: {type(error).__name__}", error)

    async def _call_event_handler(self, event_name: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401, ARG002
        """Keep a breakdown at once: a handler in a task of its own would see it after the frame was handled."""
        if event_name == "on_latency_breakdown":
            self._latest = list(args[0].contributions)


def _of(frame: f.Frame, like: FramePushed) -> FramePushed:
    return FramePushed(like.source, like.destination, frame, FrameDirection.DOWNSTREAM, like.timestamp)


def _finish(waits_for_nothing: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that never waits, without a loop."""
    try:
        waits_for_nothing.send(None)
    except StopIteration:
        return
    waits_for_nothing.close()
    raise RuntimeError("Pipecat's latency observer waits: its parts are unknown")
