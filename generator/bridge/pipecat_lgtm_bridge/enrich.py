"""A SpanProcessor sees Pipecat's spans as they start: so the bridge can write on them before they end."""

import asyncio
import sys

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from pipecat_lgtm_bridge import conversation
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import dialects as d
from pipecat_lgtm_bridge.guard import harmless
from pipecat_lgtm_bridge.version import VERSION

SCOPES = ("pipecat", "pipecat.turn")
_LLM, _STT, _TTS = "llm", "stt", "tts"
_SAID = (_LLM, _STT, _TTS)
"""Spans with texts of callers, bots and models."""


class Enricher(SpanProcessor):
    """Marks Pipecat's spans as seen by the bridge and hands live turns and conversations to their calls."""

    @harmless
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's signature
        """Take a live span."""
        if span.context is None:
            return
        owner = conversation.of_trace(span.context.trace_id) if span.parent is not None else None
        if owner is not None and owner.synthetic:
            span.set_attribute(a.SYNTHETIC.name, True)  # noqa: FBT003 - the attribute's value
        if not _pipecats(span):
            return
        if span.name == d.CONVERSATION_SPAN:
            conversation.LIVE[span.context.trace_id] = span
            return
        if owner is None:
            return
        span.set_attribute(a.BRIDGE.name, VERSION)
        if span.name == d.TURN_SPANS[0]:
            owner.turn_started(span)
        elif span.name == _LLM:
            _tell_cancelled(span)
        if span.name in _SAID:
            _hide_halves(span, owner)

    @harmless
    def on_end(self, span: ReadableSpan) -> None:
        """Close what hangs on a span that has ended."""
        if not _pipecats(span) or span.context is None:
            return
        if span.name == d.TURN_SPANS[0]:
            owner = conversation.of_trace(span.context.trace_id)
            if owner is not None:
                owner.turn_ended(span)
        elif span.name == d.CONVERSATION_SPAN:
            conversation.LIVE.pop(span.context.trace_id, None)


def _tell_cancelled(span: Span) -> None:
    """Make an LLM request's span say whether it was cancelled: it ends while that propagates, and no span tells."""
    end = span.end

    def ending(end_time: int | None = None) -> None:
        span.set_attribute(a.CANCELLED.name, isinstance(sys.exception(), asyncio.CancelledError))
        end(end_time)

    # The SDK's processors see a span's end only when it is closed for writing.
    span.end = ending  # type: ignore[method-assign]


def _hide_halves(span: Span, call: conversation.Conversation) -> None:
    """Take parts of a card that a caller says in several goes from a span before it ends."""
    end = span.end

    def ending(end_time: int | None = None) -> None:
        _hide(span, call)
        end(end_time)

    span.end = ending  # type: ignore[method-assign]


@harmless
def _hide(span: Span, call: conversation.Conversation) -> None:
    texts = {key: value for key, value in (span.attributes or {}).items() if isinstance(value, str)}
    if span.name == _TTS:
        call.halves.spoke(texts.get(a.TEXT.name, ""))
    for key, value in texts.items():
        heard = span.name == _STT and key == a.TRANSCRIPT.name
        if (left := call.halves.partly(value) if heard else call.halves.hide(value)) != value:
            span.set_attribute(key, left)


def _pipecats(span: ReadableSpan) -> bool:
    scope = span.instrumentation_scope
    return scope is not None and scope.name in SCOPES
