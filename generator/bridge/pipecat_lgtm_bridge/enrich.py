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
_LLM = "llm"


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


def _pipecats(span: ReadableSpan) -> bool:
    scope = span.instrumentation_scope
    return scope is not None and scope.name in SCOPES
