"""The network in three layers: connection, media, pipeline."""

from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Metric
from pipecat_lgtm.queries import scope
from pipecat_lgtm.queries.query import Query, Unit

LINE = (labels.SIDE, labels.DIRECTION)


def states() -> Query:
    """Return changes of connection state in each step of a graph."""
    return scope.over_time(m.WEBRTC_STATES, labels.STATE)


def worst(metric: Metric, unit: Unit = "seconds") -> Query:
    """Return the P95 of a measure of the media, per side and direction."""
    return scope.quantile(metric, 0.95, *LINE, unit=unit)


def audio_level() -> Query:
    """Return the mean audio level, per side and direction; nought is silence where speech should be."""
    return scope.mean(m.WEBRTC_AUDIO_LEVEL, *LINE, unit="ratio")


def against_budget(stage_p95: str, stage: str, budget: float) -> Query:
    """Return a stage's P95 TTFB divided by its budget in seconds: beyond 1 is over."""
    matcher = f'{labels.STAGE}="{stage}"'
    expr = f"max by ({labels.STAGE}) ({stage_p95}{scope.selector(matcher)}) / {budget:g}"
    return Query(f"against_budget.{stage}", expr, "ratio", f"{stage} against its budget.", scope.legend(labels.STAGE))
