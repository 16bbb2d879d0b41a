"""Searches for calls and what is in one: TraceQL over Tempo, LogQL over Loki.

`$trace` and `$conversation` are boxes on the conversation dashboard; links fill the first. TraceQL knows a trace by its
id without leading noughts, which is `$short`. A conversation is one trace
in Pipecat's own tracing, and one trace per turn in OpenInference: the conversation id finds either.
"""

import re

from pipecat_lgtm.queries.query import Query, Unit
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract.types import Attribute, Event

_ON_SPAN = f'resource.{a.SERVICE_NAME.name} =~ "$service" && resource.{a.ENVIRONMENT.name} =~ "$environment"'
_IN_LOG = f'{labels.SERVICE_NAME}=~"$service", {labels.ENVIRONMENT}=~"$environment"'
_THIS_TRACE = 'trace:id = "$short"'
_THIS_CALL = f'({_THIS_TRACE} || span.{a.CONVERSATION_ID.name} = "$conversation")'
_TURN = f"span.{a.TURN_NUMBER.name} != nil"
_NOTHING = "{ false }"
"""A search that finds nothing."""

EACH_SPAN = "by(span:id)"
"""What makes each span found a set of its own; a table has it as a column, which says nothing to a reader."""

OF_A_TURN = (a.TURN_NUMBER, a.TURN_LATENCY, a.TTFW, a.E2E, a.INTERRUPTED, a.TURN_TOKENS)
"""What is shown of each turn of a call."""


def _search(identity: str, spanset: str, brief: str, *selected: Attribute, first: tuple[str, ...] = ()) -> Query:
    """Return a search; before the spans' attributes it shows fields that are none of theirs, as TraceQL names them.

    Tempo keeps a call of the last minutes in pieces, one for each pause of 5 s. It finds a set of spans in each, and
    of sets that are grouped alike it hands out only the largest: a call lost turns. So each span is a set of its own.
    """
    shown = ", ".join((*first, *(f"span.{one.name}" for one in selected)))
    expr = f"{spanset} | {EACH_SPAN} | select({shown})"
    return Query(identity, expr, "text", brief, language="traceql")


def _logs(identity: str, expr: str, brief: str, unit: Unit = "text", legend: str = "") -> Query:
    return Query(identity, expr, unit, brief, legend, language="logql")


def short_trace_id() -> Query:
    """Return Grafana's query for the id in the box; `SHORT` takes it without leading noughts.

    Without one it is a search that finds nothing, because Tempo's answer to an empty id is an error.
    """
    nothing = f'label_replace(vector(1), "{labels.TRACE_ID}", "{_NOTHING}", "", "")'
    asked = f'label_replace({nothing}, "asked", "$trace", "", "")'
    expr = f'query_result(label_replace({asked}, "{labels.TRACE_ID}", "$1", "asked", "([0-9a-fA-F]+)"))'
    return Query("short_trace_id", expr, "text", "The trace id without leading noughts.")


SHORT = f'/{labels.TRACE_ID}="0*([0-9a-fA-F]+|{re.escape(_NOTHING)})"/'
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
    return _search(
        "failed_spans", f"{{ {_ON_SPAN} && status = error }}", "Spans with an error.", *shown, first=("name",)
    )


BAD_OUTCOMES = ("failed", "abandoned")
"""Outcomes of calls that somebody should look at."""


def bad_calls() -> Query:
    """Return spans of calls with a bad outcome or a failed component: the call's own, and those that failed."""
    outcomes = " || ".join(f'span.{a.CONVERSATION_OUTCOME.name} = "{one}"' for one in BAD_OUTCOMES)
    found = f"{{ {_ON_SPAN} && (status = error || {outcomes} || span.{a.CONVERSATION_ERRORS.name} > 0) }}"
    shown = (a.CONVERSATION_ID, a.CONVERSATION_OUTCOME, a.CONVERSATION_ERRORS, a.STAGE)
    return _search("bad_calls", found, "Calls with a bad outcome or a failed component.", *shown)


def conversations() -> Query:
    """Return conversations, with what became of them; with an id in the box the traces of that one."""
    one = f'span.{a.CONVERSATION_ID.name} = "$conversation"'
    found = f'{{ {_ON_SPAN} && (("$conversation" = "" && name = "conversation") || {one}) }}'
    shown = (a.CONVERSATION_ID, a.TURN_NUMBER, a.CONVERSATION_OUTCOME)
    return _search("conversations", found, "Conversations.", *shown)


def short_calls(turns: int) -> Query:
    """Return ended calls with few turns, by what the bridge says of the whole: Tempo would count those of a piece."""
    found = f"{{ {_ON_SPAN} && span.{a.CONVERSATION_TURNS.name} < {turns} }}"
    shown = (a.CONVERSATION_ID, a.CONVERSATION_TURNS, a.CONVERSATION_OUTCOME)
    return _search("short_calls", found, "Ended calls with few turns.", *shown)


def emitters() -> Query:
    """Return which bots send spans, in which language, by which SDK."""
    shown = "resource.telemetry.sdk.language, resource.telemetry.sdk.version"
    expr = f'{{ {_ON_SPAN} && name = "conversation" }} | select({shown})'
    return Query("emitters", expr, "text", "Services and their languages.", language="traceql")


def this_trace() -> Query:
    """Return the trace whose id is in the box."""
    return Query("this_trace", "$short", "text", "The trace.", language="traceql")


def verdict() -> Query:
    """Return the conversation's own span, with what became of the call; the bridge writes that when it ends."""
    shown = (a.CONVERSATION_OUTCOME, a.CONVERSATION_TURNS, a.CONVERSATION_ERRORS, a.CONVERSATION_UNANSWERED)
    return _search("verdict", f'{{ {_THIS_CALL} && name = "conversation" }}', "What became of this call.", *shown)


def identity() -> Query:
    """Return the spans of the call that say its id, which spans of any dialect do."""
    found = f"{{ {_THIS_CALL} && span.{a.CONVERSATION_ID.name} != nil }}"
    return _search("identity", found, "The call's id.", a.CONVERSATION_ID)


def turns() -> Query:
    """Return the turns of the call, with their latencies."""
    return _search("turns", f"{{ {_THIS_CALL} && {_TURN} }}", "Turns of this call.", *OF_A_TURN)


def interrupted() -> Query:
    """Return the turns of the call in which the caller spoke while the bot was speaking."""
    found = f"{{ {_THIS_CALL} && span.{a.INTERRUPTED.name} = true }}"
    return _search("interrupted", found, "Interrupted turns of this call.", a.TURN_NUMBER)


def transcript() -> Query:
    """Return what caller and bot said in the call, as far as content is kept."""
    said = f"({_THIS_TRACE}) && (span.{a.TRANSCRIPT.name} != nil || span.{a.TEXT.name} != nil)"
    return _search("transcript", f"{{ {said} }}", "What was said.", a.STAGE, a.TRANSCRIPT, a.TEXT, a.TTFB_ACCEPTED)


def parts() -> Query:
    """Return the spans that say on what each wait of the call was spent, with the turn they belong to."""
    found = f"{{ ({_THIS_TRACE}) && span.{a.CONTRIBUTION.name} != nil }}"
    return _search("parts", found, "Parts of each wait of this call.", a.TURN_OF_PART, a.CONTRIBUTION)


def _sentences() -> dict[Event, str]:
    """Return the sentences of events that tell a call's course; what was said and measured has panels of its own."""
    return {
        e.CONVERSATION_START: "The call begins.",
        e.CONVERSATION_END: f"The call is over after {{{{ round .{_key(e.SECONDS)} 1 }}}} s.",
        e.INTERRUPTION: "The caller speaks while the bot speaks.",
        e.SILENCE: f"Nobody has spoken for {{{{ round .{_key(e.SECONDS)} 1 }}}} s.",
        e.UNANSWERED_SPEECH: f"The caller is not answered: {{{{ .{_key(e.UNANSWERED_REASON)} }}}}.",
        e.CONVERSATION_SIGNAL: f"The call goes badly: {{{{ .{_key(e.SIGNAL_KIND)} }}}}.",
        e.ERROR: f"{{{{ .{_key(a.STAGE)} }}}} of {{{{ .{_key(a.PROVIDER)} }}}} fails: {{{{ .{_key(e.CATEGORY)} }}}}.",
        e.DECISION: f"The bot decides{{{{ with .{_key(e.DECISION_SELECTED)} }}}}: {{{{ . }}}}{{{{ end }}}}"
        f"{{{{ with .{_key(e.DECISION_OPTIONS)} }}}}, of {{{{ . }}}}{{{{ end }}}}"
        f"{{{{ with .{_key(e.DECISION_RATIONALE)} }}}}, because {{{{ . }}}}{{{{ end }}}}.",
        e.TASK_OUTCOME: f"The bot states the outcome: {{{{ .{_key(e.OUTCOME)} }}}}.",
    }


def lines() -> Query:
    """Return the log lines of the call's trace, of the chosen levels, and the events of its course as sentences."""
    event, sentences = _key(e.EVENT_NAME), _sentences()
    names = "|".join(one.name.replace(".", "[.]") for one in sentences)
    chosen = f'{labels.TRACE_ID}="$trace" | detected_level=~"$level" | {event}=~"({names})?"'
    told = "".join(f'{{{{ if eq .{event} "{one.name}" }}}}{words}{{{{ end }}}}' for one, words in sentences.items())
    shown = f"{told}{{{{ if not .{event} }}}}{{{{ __line__ }}}}{{{{ end }}}}"
    return _logs("lines", f"{{{_IN_LOG}}} | {chosen} | line_format `{shown}`", "Log lines and events of this call.")


def error_lines() -> Query:
    """Return bots' log lines of level error or worse, of all calls."""
    bots = f'{_IN_LOG}, {labels.SERVICE_NAME}!~"{e.NOTIFICATIONS}|{e.QUEUES}"'
    return _logs("error_lines", f'{{{bots}}} | detected_level=~"error|critical|fatal"', "Log lines that say error.")


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
