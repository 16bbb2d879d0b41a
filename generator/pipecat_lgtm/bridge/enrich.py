"""A SpanProcessor sees Pipecat's spans as they start: so the bridge can write on them before they end."""

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from pipecat_lgtm.bridge import conversation
from pipecat_lgtm.bridge.guard import harmless
from pipecat_lgtm.bridge.version import VERSION
from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import dialects as d

SCOPES = ("pipecat", "pipecat.turn")


class Enricher(SpanProcessor):
    """Marks Pipecat's spans as seen by the bridge and hands live turns and conversations to their calls."""

    @harmless
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's signature
        """Take a live span."""
        if not _pipecats(span) or span.context is None:
            return
        if span.name == d.CONVERSATION_SPAN:
            conversation.LIVE[span.context.trace_id] = span
            return
        owner = conversation.of_trace(span.context.trace_id)
        if owner is None:
            return
        span.set_attribute(a.BRIDGE.name, VERSION)
        if span.name == d.TURN_SPANS[0]:
            owner.turn_started(span)

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


def _pipecats(span: ReadableSpan) -> bool:
    scope = span.instrumentation_scope
    return scope is not None and scope.name in SCOPES
