"""pipecat-core: are callers having a good time now? Exactly three panels."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.dashboards.panels.card import Card
from pipecat_lgtm.dashboards.panels.fields import of_query, to_dashboard, to_service
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.numbers import stat
from pipecat_lgtm.dashboards.panels.palette import UNITS
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished
from pipecat_lgtm.queries import panels_latency as q
from pipecat_lgtm.queries import scope
from pipecat_lgtm.rules.recordings import latency_name, usual

UID = "pipecat-core"


def core(config: Config) -> dict[str, Any]:
    """Return the dashboard."""
    ttfw, e2e, stage = (latency_name(metric, 0.95, usual(config)) for metric in (m.TURN_TTFW, m.TURN_E2E, m.STAGE_TTFB))
    bounds = config.thresholds
    sheet = Sheet(
        UID,
        "Pipecat: core",
        "Are callers having a good time now?",
        leads_to=(("pipecat-latency", "Where do the milliseconds go?"), ("pipecat-conversations", "Which calls?")),
    )
    onward = [to_service("pipecat-latency", "Where do the milliseconds go?")]
    first_word = graph(
        Card(
            1,
            f"Time to first word, P95 (critical above {bounds.ttfw.p95.critical:g} s)",
            "How long do callers wait until the bot speaks? 95 of 100 turns are faster than the line.",
            "Red: look at the slowest stage, then open a dot (one turn) to see its trace.",
            "both",
        ),
        [q.latency(ttfw, "P95")],
        bounds=bounds.ttfw.p95,
        exemplars=scope.exemplars(m.TURN_TTFW),
        links=onward,
    )
    whole_reply = graph(
        Card(
            2,
            f"End to end, P95 (critical above {bounds.e2e.p95.critical:g} s)",
            "How long until a reply is fully processed? Without the bridge this ends at the first audio byte.",
            "Red while the first word is fine: the reply is long or synthesis is slow.",
            "both",
        ),
        [q.latency(e2e, "P95")],
        bounds=bounds.e2e.p95,
        exemplars=scope.exemplars(m.TURN_E2E),
        links=onward,
    )
    slowest = stat(
        Card(
            3,
            "Slowest stage",
            "Which of STT, LLM and TTS takes longest (P95 of its time to first byte), and what share of the time to "
            "first word is that?",
            "Start there: its provider's status page, its model, its region.",
        ),
        [q.slowest_stage(stage), q.slowest_stage_share(stage, ttfw)],
        overrides=[of_query("B", unit=UNITS["ratio"])],
        links=[to_dashboard("pipecat-latency", "Every stage against its budget")],
        decimals=2,
    )
    return finished(config, sheet, [Line(11, [first_word, whole_reply]), Line(6, [slowest])])
