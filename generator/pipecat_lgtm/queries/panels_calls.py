"""Searches for calls and what is in one: TraceQL over Tempo, LogQL over Loki.

`$trace` and `$conversation` are boxes on the conversation dashboard; links fill the first. TraceQL knows a trace by its
id without leading noughts, which is `$short`. A conversation is one trace
in Pipecat's own tracing, and one trace per turn in OpenInference: the conversation id finds either.
"""

from dataclasses import replace

from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import events as e
from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract.types import Attribute, Event
from pipecat_lgtm.queries.query import Query, Unit

_ON_SPAN = f'resource.{a.SERVICE_NAME.name} =~ "$service" && resource.{a.ENVIRONMENT.name} =~ "$environment"'
_IN_LOG = f'{labels.SERVICE_NAME}=~"$service", {labels.ENVIRONMENT}=~"$environment"'
_THIS_TRACE = 'trace:id = "$short"'
_THIS_CALL = f'span.{a.CONVERSATION_ID.name} = "$conversation"'
_TURN = f"span.{a.TURN_NUMBER.name} != nil"


OF_A_TURN = (
    a.CONVERSATION_ID, a.TURN_NUMBER, a.TURN_LATENCY, a.TTFW, a.E2E, a.TURN_DURATION, a.TURN_WAS_INTERRUPTED,
    a.TURN_TOKENS,
)  # fmt: skip
"""What is shown of each turn of a call."""


def _search(identity: str, spanset: str, brief: str, *selected: Attribute) -> Query:
    shown = ", ".join(f"span.{one.name}" for one in selected)
    expr = f"{spanset} | select({shown})" if shown else spanset
    return Query(identity, expr, "text", brief, language="traceql")


def _logs(identity: str, expr: str, brief: str, unit: Unit = "text", legend: str = "") -> Query:
    return Query(identity, expr, unit, brief, legend, language="logql")


def short_trace_id() -> Query:
    """Return Grafana's query for the id in the box; `SHORT` takes it without leading noughts."""
    expr = f'query_result(label_replace(vector(1), "{labels.TRACE_ID}", "$trace", "", ""))'
    return Query("short_trace_id", expr, "text", "The trace id without leading noughts.")


SHORT = f'/{labels.TRACE_ID}="0*([0-9a-f]+)"/'
"""What Grafana takes of that query's answer."""


def slow_turns(bound: float) -> Query:
    """Return the turns that kept a caller waiting longer than a bound in seconds."""
    exact, fallback = f"span.{a.TTFW.name} > {bound:g}", f"span.{a.TURN_LATENCY.name} > {bound:g}"
    found = f"{{ {_ON_SPAN} && {_TURN} && ({exact} || {fallback}) }}"
    return _search(
        "slow_turns", found, "Turns beyond the bound.", a.CONVERSATION_ID, a.TURN_NUMBER, a.TURN_LATENCY, a.TTFW
    )


def failed_spans() -> Query:
    """Return the spans that say they failed."""
    shown = (a.STAGE, a.PROVIDER, a.MODEL)
    made = _search("failed_spans", f"{{ {_ON_SPAN} && status = error }}", "Spans with an error.", *shown)
    return replace(made, expr=made.expr.replace("select(", "select(name, "))


def conversations() -> Query:
    """Return conversations, with what became of them."""
    shown = (a.CONVERSATION_ID, a.CONVERSATION_OUTCOME)
    return _search("conversations", f'{{ {_ON_SPAN} && name = "conversation" }}', "Conversations.", *shown)


def short_calls(turns: int) -> Query:
    """Return the turns of calls that had fewer than a number of them; a call that goes on is among them."""
    found = f"{{ {_ON_SPAN} && {_TURN} }} | count() < {turns}"
    return _search("short_calls", found, "Calls with few turns.", a.CONVERSATION_ID, a.TURN_NUMBER, a.TURN_LATENCY)


def emitters() -> Query:
    """Return which bots send spans, in which language, by which SDK."""
    shown = "resource.telemetry.sdk.language, resource.telemetry.sdk.version"
    expr = f'{{ {_ON_SPAN} && name = "conversation" }} | select({shown})'
    return Query("emitters", expr, "text", "Services and their languages.", language="traceql")


def this_trace() -> Query:
    """Return the trace whose id is in the box."""
    return Query("this_trace", "$trace", "text", "The trace.", language="traceql")


def this_call() -> Query:
    """Return the traces of the conversation whose id is in the box."""
    made = _search("this_call", f"{{ {_THIS_CALL} }}", "Traces of this conversation.", a.CONVERSATION_ID, a.TURN_NUMBER)
    return replace(made, expr=made.expr.replace("select(", f"select(resource.{a.SERVICE_NAME.name}, "))


def turns() -> Query:
    """Return the turns of the call, with their latencies."""
    found = f"{{ ({_THIS_TRACE} || {_THIS_CALL}) && {_TURN} }}"
    return _search("turns", found, "Turns of this call.", *OF_A_TURN)


def transcript() -> Query:
    """Return what caller and bot said in the call, as far as content is kept."""
    said = f"({_THIS_TRACE}) && (span.{a.TRANSCRIPT.name} != nil || span.{a.TEXT.name} != nil)"
    return _search("transcript", f"{{ {said} }}", "What was said.", a.STAGE, a.TRANSCRIPT, a.TEXT, a.TTFB_ACCEPTED)


def lines() -> Query:
    """Return the log lines of the call's trace."""
    return _logs("lines", f'{{{_IN_LOG}}} | {labels.TRACE_ID}="$trace"', "Log lines of this call.")


def error_lines() -> Query:
    """Return bots' log lines of level error or worse, of all calls."""
    bots = f'{_IN_LOG}, {labels.SERVICE_NAME}!="{e.NOTIFICATIONS}"'
    return _logs("error_lines", f'{{{bots}}} | detected_level=~"error|critical|fatal"', "Log lines that say error.")


def events(event: Event, **shown: Attribute) -> Query:
    """Return the events of one kind in the call, each told by some of its attributes after a word or two."""
    told = {words.replace("_", " ").lstrip(): _key(one) for words, one in shown.items()}
    parts = (f"{{{{ if .{key} }}}}{words} {{{{ .{key} }}}} {{{{ end }}}}" for words, key in told.items())
    return _logs(f"events.{event.name}", f"{_of_call(event)} | line_format `{''.join(parts)}`", event.brief)


def measured(event: Event, value: Attribute, *names: Attribute, unit: Unit) -> Query:
    """Return the mean of a value that events of the call state, over time."""
    keys = [_key(one) for one in names]
    grouping = f" by ({', '.join(keys)})" if keys else ""
    expr = f"avg_over_time({_of_call(event)} | unwrap {_key(value)} [$__auto]){grouping}"
    legend = " · ".join(f"{{{{{key}}}}}" for key in keys)
    return _logs(f"measured.{value.name}", expr, value.brief or event.brief, unit, legend or _key(value))


def _of_call(event: Event) -> str:
    return f'{{{_IN_LOG}}} | {_key(e.EVENT_NAME)}="{event.name}" | {labels.TRACE_ID}="$trace"'


def _key(attribute: Attribute) -> str:
    return loki_key(attribute.name)


def loki_key(name: str) -> str:
    """Return Loki's spelling of an attribute's name."""
    return name.replace(".", "_")
