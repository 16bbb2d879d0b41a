"""TraceQL that looks for an alert's offenders; `$service` stands for the alert's service, quoted."""

from pipecat_lgtm.queries.query import Query
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import dialects as d
from pipecat_lgtm_bridge.contract.types import Attribute

_SERVICE = f"resource.{a.SERVICE_NAME.name} = $service"


def _query(name: str, condition: str, brief: str) -> Query:
    expr = f"{{ {_SERVICE} && {condition} }}" if condition else f"{{ {_SERVICE} }}"
    return Query(f"search.{name}", expr, "text", brief)


def beyond(attribute: Attribute, bound: float, *, spans: str = "") -> Query:
    """Return spans on which an attribute is beyond a bound.

    Args:
        attribute: a number.
        bound: in the attribute's unit.
        spans: regular expression of the spans' names.
    """
    named = f'name =~ "{spans}" && ' if spans else ""
    return _query(f"beyond.{attribute.name}", f"{named}span.{attribute.name} > {bound:.10g}", "Slow ones.")


def slow_turns(bound: float) -> Query:
    """Return turns whose caller waited longer than a bound, by the bridge's or Pipecat's own figure."""
    either = f"(span.{a.TTFW.name} > {bound:.10g} || span.{a.TURN_LATENCY.name} > {bound:.10g})"
    return _query("slow_turns", either, "Slow turns.")


def slow_stage(stage: str, bound: float) -> Query:
    """Return spans of a stage with a TTFB beyond a bound."""
    return beyond(a.TTFB, bound, spans=f"{stage}.*")


def failed() -> Query:
    """Return what has an error, by status or by the bridge's count."""
    return _query("failed", f"(status = error || span.{a.TURN_ERRORS.name} > 0)", "Failures.")


def spoken(prefix: str, kinds: tuple[str, ...]) -> Query:
    """Return spans in whose words something was found."""
    found = " || ".join(f"span.{prefix}{kind} != nil" for kind in kinds)
    return _query(f"spoken.{prefix}{'.'.join(kinds)}", f"({found})", "Findings.")


def unanswered(_: float) -> Query:
    """Return conversations in which the caller spoke and was not answered."""
    return _query("unanswered", f"span.{a.CONVERSATION_UNANSWERED.name} > 0", "Unanswered.")


def calls() -> Query:
    """Return the conversations of a service."""
    return _query("calls", f'name = "{d.CONVERSATION_SPAN}"', "Conversations.")
