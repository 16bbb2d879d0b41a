"""Columns of what a Tempo search finds: one row a span, its trace id a link to the call."""

from typing import Any

from pipecat_lgtm.dashboards.panels.fields import Override, column, to_call
from pipecat_lgtm.dashboards.panels.table import Transformation, grouped, if_any, organised
from pipecat_lgtm.queries.panels_calls import EACH_SPAN
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract.types import Attribute

TRACE_ID = "traceIdHidden"
"""Grafana's name of the column, which it hides unless told otherwise."""

OPEN = {"type": "regex", "options": {"pattern": ".+", "result": {"text": "open", "index": 0}}}
"""What stands in place of a trace id, which is wide and says nothing to a reader."""

_FIXED = {TRACE_ID: "Call", "time": "Start", "Start time": "Start", a.SERVICE_NAME.name: "Service"}
_ASKED = ["traceName", "traceService", "spanID", a.ENVIRONMENT.name, "status", EACH_SPAN]
"""What was searched by comes back too; the service among it, while that of the root is unknown until a call has ended."""
_NAMES: dict[Attribute, str] = {
    a.CONVERSATION_ID: "Conversation",
    a.CONVERSATION_OUTCOME: "Outcome",
    a.CONVERSATION_ERRORS: "Component errors",
    a.CONVERSATION_TURNS: "Turns",
    a.TURN_NUMBER: "Turn",
    a.TURN_LATENCY: "Wait",
    a.TTFW: "First word",
    a.E2E: "End to end",
    a.TURN_DURATION: "Length",
    a.INTERRUPTED: "Barge-in",
    a.TURN_TOKENS: "Tokens",
    a.STAGE: "Stage",
    a.PROVIDER: "Provider",
    a.MODEL: "Model",
    a.TRANSCRIPT: "Caller said",
    a.TEXT: "Bot said",
    a.TTFB_ACCEPTED: "To first byte",
}
_SPAN, _LENGTH = ("name", "Name"), ("duration", "Duration")
"""A span's name and length, as Tempo calls the columns and as Grafana shows them: it knows a column by either."""
_WIDTHS = {
    a.TURN_NUMBER: 62, a.CONVERSATION_TURNS: 62, a.CONVERSATION_OUTCOME: 86, a.CONVERSATION_ERRORS: 140, a.STAGE: 100, a.TURN_LATENCY: 75,
    a.TTFW: 95, a.E2E: 95,
}  # fmt: skip
"""Pixels that values and names of columns need."""
_FOUND = (
    column("Call", links=[to_call()], custom__hidden=False, custom__width=52, mappings=[OPEN]),
    column("Start", unit="time:MMM D HH:mm:ss", custom__width=122),
    column("Service", custom__minWidth=95),
)
"""Of each row: the call it opens, when, whose."""
_SECONDS = (a.TURN_LATENCY, a.TTFW, a.E2E, a.TURN_DURATION, a.TTFB_ACCEPTED)


def call_columns(
    *shown: Attribute, name: bool = False, one: bool = False
) -> tuple[list[Transformation], list[Override]]:
    """Return transformations and overrides of a table of spans.

    Args:
        shown: the attributes selected, in order.
        name: show the span's name and duration too.
        one: all rows are of one call, which need not be named in each.
    """
    renamed = {each.name: _NAMES[each] for each in shown}
    rename = {**_FIXED, **renamed} | (dict.fromkeys(_SPAN, "Span") | dict.fromkeys(_LENGTH, "Duration") if name else {})
    hidden = [*_ASKED, *([] if name else (*_SPAN, *_LENGTH)), *([TRACE_ID, a.SERVICE_NAME.name] if one else [])]
    hidden += [each.name for each in _NAMES if each not in shown]
    order = [TRACE_ID, "time", "Start time", a.SERVICE_NAME.name, *((*_SPAN, *_LENGTH) if name else ()), *renamed]
    overrides: list[Override] = [
        *(override for override in _FOUND if not one or override["matcher"]["options"] == "Start"),
        *([column("Span", custom__minWidth=200), column("Duration", custom__width=95)] if name else []),
        *_sizes(*shown),
        *(column(_NAMES[each], unit="s") for each in shown if each in _SECONDS),
    ]
    numbers = [
        {"destinationType": "number", "targetField": each.name} for each in shown if each.unit or each is a.TURN_NUMBER
    ]
    # Tempo's attributes come as text, which would be sorted as text.
    return [
        *if_any(TRACE_ID),
        {"id": "convertFieldType", "options": {"conversions": numbers}},
        organised(order, rename, hidden),
    ], overrides


def by_call(*shown: Attribute) -> tuple[list[Transformation], list[Override]]:
    """Return transformations and overrides of a table with one row per call, whichever of its spans were found."""
    starts, service = ("time", "Start time"), a.SERVICE_NAME.name
    how = (
        dict.fromkeys(starts, "min")
        | {service: "lastNotNull"}
        | {one.name: "max" if one.unit else "lastNotNull" for one in shown}
    )
    made = {name: f"{name} ({by})" for name, by in how.items()}
    names = {TRACE_ID: "Call"} | {made[one]: "Start" for one in starts} | {made[service]: "Service"}
    names |= {made[one.name]: _NAMES[one] for one in shown}
    numbers = [{"destinationType": "number", "targetField": one.name} for one in shown if one.unit]
    steps = [
        *if_any(TRACE_ID),
        {"id": "convertFieldType", "options": {"conversions": numbers}},
        grouped([TRACE_ID], **how),
        organised(list(names), names),
    ]
    return steps, [*_FOUND, *_sizes(*shown)]


def _sizes(*shown: Attribute) -> list[Override]:
    return [
        *(column(_NAMES[each], custom__width=_WIDTHS[each]) for each in shown if each in _WIDTHS),
        *(column(_NAMES[each], custom__minWidth=105) for each in shown if each is a.CONVERSATION_ID),
    ]


def emitter_columns() -> tuple[list[Transformation], list[Override]]:
    """Return transformations that make one row per service of a search for conversations."""
    language, version = "telemetry.sdk.language", "telemetry.sdk.version"
    names = {a.SERVICE_NAME.name: "Service", language: "Language", version: "SDK"}
    keys: list[Any] = [a.SERVICE_NAME.name, language, version]
    widths = {"Service": 150, "Language": 90, "SDK": 80}
    return [grouped(keys), organised(list(names), names)], [
        column(name, custom__width=width) for name, width in widths.items()
    ]
