"""Plays dialogues to the bridge's real observer, as the frames that Pipecat pushes, and returns what it states."""

import array
import asyncio
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opentelemetry import _logs
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor

from pipecat_lgtm.ops.signals.dialogues import Dialogue, Step, room
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import labels

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # Pipecat's modules warn of each other
    from pipecat.clocks.base_clock import BaseClock
    from pipecat.frames import frames as f
    from pipecat.observers.base_observer import FramePushed
    from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

    from pipecat_lgtm_bridge import later
    from pipecat_lgtm_bridge.conversation import Conversation
    from pipecat_lgtm_bridge.observer import BridgeObserver
    from pipecat_lgtm_bridge.streamed import Streamed

_BEGINS = 1_000_000_000.0
"""When every call begins, seconds since the epoch."""
_VAD_START, _VAD_STOP = 0.2, 0.3
_PIECE, _LOOK = 0.05, 0.5
_RATE, _SAMPLES = 16_000, 320


class _Clock(BaseClock):
    """A pipeline's clock, of which timestamps are seconds since the epoch."""

    def get_time(self) -> int:
        return time.time_ns()

    def start(self) -> None:
        """Nothing begins."""


@dataclass(frozen=True)
class _Worker:
    """Stands where a pipeline's worker is."""


def _heard(steps: list[Step]) -> Iterator[tuple[float, f.Frame]]:
    """Yield the input's audio, in pieces."""
    end, level = steps[-1].ended, room()
    talk = [one for one in steps if one.kind in {"caller", "noise"}]
    rooms = [one for one in steps if one.kind == "background"]
    for number in range(int(end / _PIECE)):
        at = number * _PIECE
        while rooms and rooms[0].began <= at:
            level = rooms.pop(0).level
        loud = next((one.level for one in talk if one.began <= at < one.ended), level)
        size = round(32768 * 10 ** (max(loud, level) / 20))
        audio = array.array("h", [size, -size] * (_SAMPLES // 2)).tobytes()
        yield at, f.InputAudioRawFrame(audio=audio, sample_rate=_RATE, num_channels=1)


def _frames(steps: list[Step]) -> Iterator[tuple[float, f.Frame]]:
    """Yield all frames of a call that the bridge looks at, with their times, in no order."""
    yield from _heard(steps)
    for number, one in enumerate(steps):
        if one.kind in {"caller", "noise"}:
            told = one.began + _VAD_START
            over = max(one.ended + _VAD_STOP, told)
            yield told, f.VADUserStartedSpeakingFrame(_VAD_START, told + _BEGINS)
            yield over, f.VADUserStoppedSpeakingFrame(_VAD_STOP, over + _BEGINS)
            if one.kind == "caller":
                yield told + 0.001, f.UserStartedSpeakingFrame()
                yield told + 0.002, f.InterruptionFrame()
                yield over + 0.001, f.TranscriptionFrame(one.text, "caller", "now")
                yield over + 0.002, f.UserStoppedSpeakingFrame()
        elif one.kind == "bot":
            cut = next((two.began + _VAD_START for two in steps if two.kind == "caller" and
                        one.began < two.began < one.ended), None)  # fmt: skip
            yield one.began - 0.3, f.LLMFullResponseStartFrame()
            yield one.began - 0.2, f.LLMFullResponseEndFrame()
            for word, text in enumerate(one.text.split()):
                yield one.began - 0.1 + word * 1e-4, f.TTSTextFrame(text, "word")
            yield one.began, f.BotStartedSpeakingFrame()
            yield cut + 0.01 if cut else one.ended, f.BotStoppedSpeakingFrame()
        elif one.kind == "tool":
            yield one.began, f.FunctionCallInProgressFrame("look_up", str(number), {})
            yield one.ended, f.FunctionCallResultFrame("look_up", str(number), {}, "found")
        elif one.kind == "hang-up":
            yield one.began, f.CancelFrame()
        elif one.kind == "end":
            yield one.began, f.EndFrame()


async def _play(dialogue: Dialogue) -> None:
    steps = dialogue.steps()
    worker, source = _Worker(), FrameProcessor()
    call = Conversation(worker, dialogue.name)
    observer = BridgeObserver(call, _Clock(), Streamed((), lambda: call))
    end, due = steps[-1].ended, 0.0
    for at, frame in sorted(_frames(steps), key=lambda one: one[0]):
        if at > end:
            break
        while due <= at:
            observer.look(_BEGINS + due)
            due += _LOOK
        stamp = round((_BEGINS + at) * 1e9)
        await observer.on_push_frame(FramePushed(source, source, frame, FrameDirection.DOWNSTREAM, stamp))
    observer.finish(_BEGINS + end)


def collected() -> Callable[[], list[Mapping[str, Any]]]:
    """Keep this process's log records in memory from now on, and return what returns their attributes."""
    kept = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(kept))
    _logs.set_logger_provider(provider)
    return lambda: [dict(one.log_record.attributes or {}) for one in kept.get_finished_logs()]


def play(dialogues: Sequence[Dialogue], stated: Callable[[], list[Mapping[str, Any]]]) -> dict[str, frozenset[str]]:
    """Play dialogues and return the kinds of signals that the bridge states of each, by its name.

    Args:
        dialogues: one call each.
        stated: returns the attributes of the process's log records.
    """
    for one in dialogues:
        asyncio.run(_play(one))
        later.catch_up()
    kinds: dict[str, set[str]] = {one.name: set() for one in dialogues}
    for event in stated():
        call, kind = str(event.get(a.CONVERSATION_ID.name)), _kind(event)
        if call in kinds and kind:
            kinds[call].add(kind)
    return {name: frozenset(found) for name, found in kinds.items()}


def _kind(event: Mapping[str, Any]) -> str:
    if event.get(e.EVENT_NAME.name) == e.UNANSWERED_SPEECH.name:
        return labels.NO_REPLY
    return str(event.get(e.SIGNAL_KIND.name, ""))
