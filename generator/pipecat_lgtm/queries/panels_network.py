"""The network in three layers: connection, media, pipeline."""

from pipecat_lgtm.queries import scope
from pipecat_lgtm.queries.expr import equal, highest
from pipecat_lgtm.queries.query import Query, Unit
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Metric

LINE = (labels.SIDE, labels.DIRECTION)


def states() -> Query:
    """Return changes of connection state in each step of a graph."""
    return scope.over_time(m.WEBRTC_STATES, labels.STATE)


def worst(metric: Metric, unit: Unit = "seconds") -> Query:
    """Return the P95 of a measure of the media, per side and direction."""
    return scope.quantile(metric, 0.95, *LINE, unit=unit)


def audio_level() -> Query:
    """Return the mean audio level, per side and direction; 0 is silence where speech should be."""
    return scope.mean(m.WEBRTC_AUDIO_LEVEL, *LINE, unit="ratio")


def against_budget(stage_p95: str, stage: str, budget: float) -> Query:
    """Return 1 where a stage's P95 TTFB is above its budget in seconds, and 0 where it is not, while it is asked."""
    of_stage = equal(labels.STAGE, stage)
    judged = Query(f"judged.{stage}", scope.chosen(stage_p95, of_stage), "seconds", f"P95 TTFB of {stage}.")
    p95 = highest(scope.while_used(judged, m.STAGE_REQUESTS, where=(of_stage,)).promql, labels.STAGE)
    expr = p95.compared(">", budget, as_bool=True)
    return Query(f"against_budget.{stage}", expr, "count", f"{stage} against its budget.", scope.legend(labels.STAGE))
