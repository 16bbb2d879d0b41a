"""pipecat-core: are callers having a good time now? Exactly three panels."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.dashboards.panels import Place, finished, stat, timeseries
from pipecat_lgtm.queries import promql
from pipecat_lgtm.rules.recordings import latency_name

UID = "pipecat-core"


def core(config: Config) -> dict[str, Any]:
    """Return the dashboard."""
    ttfw, e2e, stage = (latency_name(metric, 0.95) for metric in (m.TURN_TTFW, m.TURN_E2E, m.STAGE_TTFB))
    bounds = config.thresholds
    return finished(
        UID,
        "Pipecat: core",
        "Are callers having a good time now?",
        [
            timeseries(
                f"Time to first word, P95 (critical above {bounds.ttfw.p95.critical:g} s)",
                "How long do callers wait until the bot speaks? 95 of 100 turns are faster than the line. "
                "Red: look at the slowest stage, then open a dot (one turn) to see its trace.",
                [promql.chosen(ttfw, "seconds", "P95 TTFW")],
                bounds.ttfw.p95,
                Place(0, 0, 12, 10),
                exemplars=promql.buckets_for_exemplars(m.TURN_TTFW),
            ),
            timeseries(
                f"End to end, P95 (critical above {bounds.e2e.p95.critical:g} s)",
                "How long until a reply is fully processed? Without the bridge this ends at the first audio byte. "
                "Red while the first word is fine: the reply is long or synthesis is slow.",
                [promql.chosen(e2e, "seconds", "P95 E2E")],
                bounds.e2e.p95,
                Place(12, 0, 12, 10),
                exemplars=promql.buckets_for_exemplars(m.TURN_E2E),
            ),
            stat(
                "Slowest stage",
                "Which of STT, LLM and TTS takes longest (P95 of its time to first byte), and what share of the time "
                "to first word that is. Start there: its provider's status page, its model, its region.",
                [promql.slowest_stage(stage), promql.slowest_stage_share(stage, ttfw)],
                Place(0, 10, 24, 6),
            ),
        ],
    )
