"""pipecat-errors: what fails, and whose fault is it?"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_ratio, format_seconds
from pipecat_lgtm.dashboards.panels import variables
from pipecat_lgtm.dashboards.panels.alarms import alarms
from pipecat_lgtm.dashboards.panels.calls import call_columns
from pipecat_lgtm.dashboards.panels.card import Card, Panel
from pipecat_lgtm.dashboards.panels.fields import column
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.recorded import lasting
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished, heading
from pipecat_lgtm.dashboards.panels.table import organised, table
from pipecat_lgtm.dashboards.panels.texts import lines
from pipecat_lgtm.queries import panels_calls as calls
from pipecat_lgtm.queries import panels_errors as q
from pipecat_lgtm.queries import scope
from pipecat_lgtm.rules.recordings import recorded, usual
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m

UID = "pipecat-errors"


def errors(config: Config) -> dict[str, Any]:
    """Return the dashboard."""
    sheet = Sheet(
        UID,
        "Pipecat: errors",
        "What fails, and whose fault is it?",
        chooses=(variables.stage(), variables.provider(), variables.model()),
        leads_to=(("pipecat-conversations", "Calls"), ("pipecat-network", "Network")),
    )
    return finished(
        config,
        sheet,
        [
            alarms(90),
            Line(9, [_ratio(config), _lasting(config), _categories()]),
            Line(8, [_table(), _requests()]),
            heading(100, "Tools and services called"),
            Line(8, [_tool_failures(), _tool_time()]),
            Line(8, [_http_time(), _http_calls()]),
            heading(101, "In detail"),
            Line(9, [_spans()]),
            Line(10, [_lines()]),
        ],
    )


def _ratio(config: Config) -> Panel:
    return graph(
        Card(
            1,
            f"Failures per request (last {usual(config)})",
            "Which stage fails, and does it fail often? Spans alone show LLM failures only.",
            "One stage red: its provider. All at once: the network or a key that expired.",
            "both",
        ),
        [
            scope.recorded(
                recorded("stage_errors", "ratio", usual(config)), "ratio", "", f"{{{{{labels.STAGE}}}}} {scope.BOT}"
            )
        ],
        bounds=config.thresholds.error_ratio,
    )


def _lasting(config: Config) -> Panel:
    bounds, hold = config.thresholds.error_ratio_sustained, config.alerts.sustained_hold
    return graph(
        Card(
            5,
            f"Calls failed or with errors, for {format_seconds(hold)}",
            f"In which share of ended calls did a component fail, or did the bot say that they failed, at the best moment of the last {format_seconds(hold)}? "
            f"Critical above {format_ratio(bounds.critical or 0)}.",
            "Red: it was so all that time, and will not pass by itself.",
            "both",
        ),
        [lasting(config, "conversation_failures", "ratio", "ratio", hold)],
        bounds=bounds,
    )


def _categories() -> Panel:
    return graph(
        Card(
            2,
            "Component errors a minute, by cause",
            "Whose fault is it: the provider's server, a limit, your request, your application?",
            "server: wait or switch. rate limit: raise it. request or application: yours.",
            "both",
            empty="No errors in this time range",
        ),
        [q.by_category()],
        look="bars",
    )


def _table() -> Panel:
    names = {"Value": "Errors"}
    order = [labels.STAGE, labels.PROVIDER, labels.MODEL, labels.CATEGORY, "Value"]
    return table(
        Card(
            3,
            "Component errors in the time range",
            "Which model of which provider failed most since the time range began? It stays here when traffic ends, where the "
            "shares above, of the last minutes, end.",
            "Compare with its number of requests beside.",
            "both",
            empty="No errors in this time range",
        ),
        [q.by_model()],
        transformations=[organised(order, names, ["Time"])],
        overrides=[
            column("Stage", custom__width=60),
            column("Provider", custom__minWidth=110),
            column("Model", custom__minWidth=110),
            column("Category", custom__width=100),
            column("Errors", decimals=0, custom__width=85),
        ],
        sort="Errors",
    )


def _requests() -> Panel:
    return graph(
        Card(
            4,
            "Requests a minute, by how they ended",
            "How many requests are answered a minute, and how do they end?",
            "interrupted is no error: the caller spoke on. For one stage choose it in the menu.",
        ),
        [q.requests()],
        look="bars",
    )


def _tool_failures() -> Panel:
    return graph(
        Card(
            10,
            "Failed tool calls",
            "Which of the bot's functions fail?",
            "The bot's own code or what it calls; open a failed call's trace.",
            "bridge",
        ),
        [q.tool_failures()],
        look="bars",
    )


def _tool_time() -> Panel:
    return graph(
        Card(
            11,
            "Tool calls, P95",
            "Which functions keep callers waiting?",
            "Over a second: let the bot say something first.",
            "bridge",
        ),
        [scope.quantile(m.TOOL_DURATION, 0.95, labels.TOOL)],
        exemplars=scope.exemplars(m.TOOL_DURATION),
    )


def _http_time() -> Panel:
    return graph(
        Card(
            12,
            "HTTP requests, P95 per service called",
            "Which outside service answers slowly?",
            "Needs the bot's HTTP client instrumented (the bridge does it).",
            empty="No HTTP client spans: instrument httpx or aiohttp, or run the bridge",
        ),
        [scope.quantile(m.HTTP_CLIENT_DURATION, 0.95, labels.SERVER_ADDRESS)],
        exemplars=scope.exemplars(m.HTTP_CLIENT_DURATION),
    )


def _http_calls() -> Panel:
    return graph(
        Card(
            13,
            "HTTP requests by class of answer",
            "Which outside service refuses (4xx) or fails (5xx)?",
            "429 is in 4xx: a limit.",
            empty="No HTTP client spans: instrument httpx or aiohttp, or run the bridge",
        ),
        [q.http_calls()],
        look="bars",
    )


def _spans() -> Panel:
    columns, overrides = call_columns(a.STAGE, a.PROVIDER, a.MODEL, name=True)
    return table(
        Card(
            20,
            "Failed spans",
            "Which calls had a failure, and in which span?",
            "Open one to see the exception in its place.",
            empty="No failed span in this time range",
        ),
        [calls.failed_spans()],
        transformations=columns,
        overrides=overrides,
        sort="Start",
    )


def _lines() -> Panel:
    return lines(
        Card(
            21,
            "Error lines",
            "What do bots log as error?",
            "Open a line for its trace.",
            empty="No log line of level error in this time range",
        ),
        calls.error_lines(),
    )
