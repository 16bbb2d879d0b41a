"""Columns of what a Tempo search finds: one row a span, its trace id a link to the call."""

from typing import Any

from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract.types import Attribute
from pipecat_lgtm.dashboards.panels.fields import Override, column, to_call
from pipecat_lgtm.dashboards.panels.table import Transformation, grouped, organised

TRACE_ID = "traceIdHidden"
"""Grafana's name of the column, which it hides unless told otherwise."""

_FIXED = {TRACE_ID: "Call", "time": "Start", a.SERVICE_NAME.name: "Service"}
_ASKED = ["traceName", "traceService", "spanID", a.ENVIRONMENT.name, "status"]
"""What was searched by comes back too; the service among it, while that of the root is unknown until a call has ended."""
_NAMES: dict[Attribute, str] = {
    a.CONVERSATION_ID: "Conversation",
    a.CONVERSATION_OUTCOME: "Outcome",
    a.TURN_NUMBER: "Turn",
    a.TURN_LATENCY: "Wait",
    a.TTFW: "First word",
    a.E2E: "End to end",
    a.TURN_DURATION: "Length",
    a.TURN_WAS_INTERRUPTED: "Interrupted (or last)",
    a.TURN_TOKENS: "Tokens",
    a.STAGE: "Stage",
    a.PROVIDER: "Provider",
    a.MODEL: "Model",
    a.TRANSCRIPT: "Caller said",
    a.TEXT: "Bot said",
    a.TTFB_ACCEPTED: "To first byte",
}
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
    rename = {**_FIXED, **renamed} | ({"name": "Span", "duration": "Duration"} if name else {})
    hidden = [*_ASKED, *([] if name else ["name", "duration"]), *([TRACE_ID, a.SERVICE_NAME.name] if one else [])]
    order = [TRACE_ID, "time", a.SERVICE_NAME.name, *(("name", "duration") if name else ()), *renamed]
    overrides: list[Override] = [
        column("Call", links=[to_call("Call")], custom__hidden=False, custom__width=280),
        column("Start", custom__width=180),
        *(column(_NAMES[each], unit="s", decimals=3) for each in shown if each in _SECONDS),
    ]
    return [organised(order, rename, hidden)], overrides


def emitter_columns() -> tuple[list[Transformation], list[Override]]:
    """Return transformations that make one row per service of a search for conversations."""
    language, version = "telemetry.sdk.language", "telemetry.sdk.version"
    names = {a.SERVICE_NAME.name: "Service", language: "Language", version: "SDK", f"{TRACE_ID} (count)": "Calls found"}
    keys: list[Any] = [a.SERVICE_NAME.name, language, version]
    return [grouped(keys, **{TRACE_ID: "count"}), organised(list(names), names)], []
