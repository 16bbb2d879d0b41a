"""pipecat-core: are callers having a good time now? Exactly three panels."""

from string import ascii_uppercase
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.dashboards.panels.card import Card, Panel
from pipecat_lgtm.dashboards.panels.fields import column, to_row, to_service
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.palette import ACCEPTABLE, BAD, GOOD, UNITS, steps
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished
from pipecat_lgtm.dashboards.panels.table import side_by_side, table
from pipecat_lgtm.queries import panels_core as p
from pipecat_lgtm.queries import scope
from pipecat_lgtm.rules.recordings import latency_name, usual
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m

UID = "pipecat-core"
_LATE = tuple(f"{name}{traffic}" for name in ("PipecatTtfwHigh", "PipecatE2eHigh") for traffic in ("", "LowTraffic"))
"""Alerts on callers who wait too long."""
NEW_HERE = (
    "No turn in this time range. New here? 1. Set OTEL_EXPORTER_OTLP_ENDPOINT to {entrance}",
    "2. Set PIPECAT_SETUP_FILES=$(pipecat-lgtm bridge path), then start your bot",
    "3. Place a call: its service is here after the first turn. To see calls without a bot: pipecat-lgtm demo --calls 5",
)
"""What a newcomer reads where the panels will be, in their order."""


def core(config: Config) -> dict[str, Any]:
    """Return the dashboard."""
    ttfw, e2e = (latency_name(metric, 0.95, usual(config)) for metric in (m.TURN_TTFW, m.TURN_E2E))
    bounds = config.thresholds
    sheet = Sheet(
        UID,
        "Pipecat: core",
        "Are callers having a good time now?",
        leads_to=(("pipecat-latency", "Latency"), ("pipecat-conversations", "Calls")),
    )
    onward = [to_service("pipecat-latency", "Latency")]
    first, second, third = (words.format(entrance=_entrance(config)) for words in NEW_HERE)
    first_word = graph(
        Card(
            1,
            f"Time to first word, P95 (bound {bounds.ttfw.p95.critical:g} s)",
            "How long do callers wait until the bot speaks? 95 of 100 turns are faster than the line.",
            "Red: look at the worst stage below, then open a dot (one turn) to see its trace.",
            "both",
            empty=first,
        ),
        [scope.while_used(scope.recorded(ttfw, "seconds", "P95 time to first word."), m.TURNS)],
        bounds=bounds.ttfw.p95,
        exemplars=scope.exemplars(m.TURN_TTFW),
        links=onward,
    )
    whole_reply = graph(
        Card(
            2,
            f"End to end, P95 (bound {bounds.e2e.p95.critical:g} s)",
            "How long until a reply is fully processed? Without the bridge this ends at the first audio byte.",
            "Red while the first word is fine: the reply is long or synthesis is slow.",
            "both",
            empty=second,
        ),
        [scope.while_used(scope.recorded(e2e, "seconds", "P95 end to end."), m.TURNS)],
        bounds=bounds.e2e.p95,
        exemplars=scope.exemplars(m.TURN_E2E),
        links=onward,
    )
    return finished(config, sheet, [Line(11, [first_word, whole_reply]), Line(9, [_services(config, third)])])


def _entrance(config: Config) -> str:
    """Return the address that bots send to."""
    network = config.network
    return f"{network.entrance}:{network.ports.otlp_http}"


def _services(config: Config, nothing: str) -> Panel:
    ttfw, stage = (latency_name(metric, 0.95, usual(config)) for metric in (m.TURN_TTFW, m.STAGE_TTFB))
    bounds = config.thresholds.ttfw.p95
    bound = bounds.critical or bounds.warning or 1.0
    budgets = {
        one: level.target or level.warning or 1.0 for one in labels.STAGES for level in (config.thresholds.stage(one),)
    }
    slow = f"Above {bound:g} s"
    queries = {
        "First word": p.last(ttfw, "Time to first word, P95."),
        "Slow for": p.breached_for(*_LATE),
        slow: p.slow_turns(bound),
        "× budget": p.worst_of_budget(stage, budgets),
        "Its P95": p.worst_stage(stage, budgets),
        "A day ago": p.a_day_ago(ttfw),
        "Last turn ago": p.since_last_turn(),
        "Alerts": p.firing(),
    }
    columns = {f"Value #{letter}": name for letter, name in zip(ascii_uppercase, queries, strict=False)}
    shown = list(columns)
    # A phone shows three columns: who is waiting, how long, for how long already.
    order = [labels.SERVICE_NAME, *shown[:3], labels.STAGE, *shown[3:], labels.ENVIRONMENT]
    worst = {"mode": "absolute", "steps": steps(bounds)}
    over = {
        "mode": "absolute",
        "steps": [{"color": GOOD, "value": None}, {"color": ACCEPTABLE, "value": 1}, {"color": BAD, "value": 2}],
    }
    alarm = {"mode": "absolute", "steps": [{"color": GOOD, "value": None}, {"color": BAD, "value": 1}]}
    text = {"type": "color-text"}
    return table(
        Card(
            3,
            "Stage furthest over budget, by service",
            "Which service keeps callers waiting, for how long already, in how many turns, and which of STT, LLM and TTS is to "
            "look at? That whose P95 is the greatest multiple of its own budget: 2× is twice its target, below 1× all is well.",
            "Click the number of turns for the calls, the stage for its latency, the service for everything about it. "
            "Values are the last ones of the time range: see how long ago the last turn was.",
            empty=nothing,
        ),
        list(queries.values()),
        transformations=side_by_side(order, columns | {labels.STAGE: "Worst stage"}),
        overrides=[
            column("Service", links=[to_row("pipecat-latency", "Latency")], custom__minWidth=130),
            column("First word", unit="s", thresholds=worst, custom__cellOptions=text, custom__width=108),
            column("Slow for", unit="s", decimals=0, custom__width=86),
            column(
                slow,
                unit="suffix: turns",
                decimals=0,
                links=[to_row("pipecat-conversations", "Calls")],
                custom__width=105,
            ),
            column(
                "Worst stage", links=[to_row("pipecat-latency", "Every stage against its budget")], custom__width=100
            ),
            column(
                "× budget", unit=UNITS["times"], decimals=1, thresholds=over, custom__cellOptions=text, custom__width=85
            ),
            column("Its P95", unit="s", custom__width=80),
            column("A day ago", unit="s", custom__width=90, color={"mode": "fixed", "fixedColor": "text"}),
            column("Last turn ago", unit="s", decimals=0, custom__width=115),
            column("Alerts", decimals=0, thresholds=alarm, custom__cellOptions=text, custom__width=70),
            column("Environment", custom__width=105),
        ],
        sort="First word",
        shape="table",
    )
