"""Failures, each once: at which stage, whose, and why."""

import re
from typing import Any

from pipecat.frames import frames as f
from pipecat.observers.base_observer import FramePushed
from pipecat.utils.errors import ErrorCategory, classify_http_exception, classify_http_status_code

from pipecat_lgtm_bridge import emit
from pipecat_lgtm_bridge.contract import dialects as d
from pipecat_lgtm_bridge.conversation import Conversation
from pipecat_lgtm_bridge.names import model_of, provider_of, stage_of

TOOL = "tool"
_TOOL_FAILED = re.compile(r"^Error executing function call \[(?P<name>[^\]]+)\]")
_NO_AUDIO = re.compile(r"^TTS context \S+ completed with no audio")
_STATUS = re.compile(r"(?:status|error code)[ =:]*(?P<code>[45]\d\d)\b", re.IGNORECASE)


class Failures:
    """Reports the errors of one call where they are raised."""

    def __init__(self, call: Conversation) -> None:
        self._call = call
        self._mute: set[int] = set()

    def failed(self, data: FramePushed, _at: float) -> None:
        """Report an error; the frame's first push comes from the processor that failed."""
        frame: Any = data.frame
        processor = frame.processor or data.source
        if _NO_AUDIO.match(frame.error) and id(processor) in self._mute:
            # The consequence of a failure that has been counted.
            self._mute.discard(id(processor))
            return
        self._mute.add(id(processor))
        tool = _TOOL_FAILED.match(frame.error)
        stage, provider, model = stage_of(processor), provider_of(processor), model_of(processor)
        if tool is not None and frame.category is ErrorCategory.APPLICATION:
            stage, provider, model = TOOL, tool["name"], ""
        emit.failure(
            self._call,
            stage,
            provider,
            category=category_of(frame).value,
            usable=bool(getattr(processor, "is_usable", True)),
            message=frame.error,
            model=model,
        )

    def spoke(self, data: FramePushed, _at: float) -> None:
        """A processor has audio again."""
        if self._mute:
            self._mute.discard(id(data.source))


def category_of(frame: f.ErrorFrame) -> ErrorCategory:
    """Return Pipecat's category; where it has none, the one of the exception or of the message's HTTP status."""
    category = frame.category or ErrorCategory.UNKNOWN
    if category is ErrorCategory.UNKNOWN and frame.exception is not None:
        category = classify_http_exception(frame.exception)
    if category is ErrorCategory.UNKNOWN and (status := _STATUS.search(frame.error)):
        category = classify_http_status_code(int(status["code"]))
    if category is ErrorCategory.UNKNOWN:
        signs = (name for name, pattern in d.ERROR_CATEGORIES if re.search(pattern, frame.error))
        category = ErrorCategory(next(signs, category.value))
    return category
