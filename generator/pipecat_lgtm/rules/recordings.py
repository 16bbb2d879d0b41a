"""The core recording rules: `pipecat:<what>:<operation>_<window>`, per service and environment."""

from dataclasses import dataclass

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Metric
from pipecat_lgtm.queries import Query, promql

WINDOW = "5m"
INTERVAL_SECONDS = 15
QUANTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class Recording:
    """A recorded name and the query behind it."""

    name: str
    query: Query


def recorded(what: str, operation: str) -> str:
    """Return the name of a recording."""
    return f"pipecat:{what}:{operation}_{WINDOW}"


def latency_name(metric: Metric, q: float, *, detailed: bool = False) -> str:
    """Return the recorded name of a latency's quantile; detailed: per provider and model."""
    what = metric.prometheus.removeprefix("pipecat_")
    return recorded(f"{what}_by_model" if detailed else what, f"p{q * 100:g}")


def share_name(metric: Metric, severity: str) -> str:
    """Return the recorded name of the share of turns beyond a severity's bound."""
    return recorded(metric.prometheus.removeprefix("pipecat_"), f"beyond_{severity}")


def groups(config: Config) -> dict[str, list[Recording]]:
    """Return the recordings by rule group."""
    latency = []
    for metric in (m.TURN_TTFW, m.TURN_E2E):
        latency += [Recording(latency_name(metric, q), promql.quantile(metric, q, WINDOW)) for q in QUANTILES]
    stages = []
    for q in QUANTILES:
        by_stage = promql.quantile(m.STAGE_TTFB, q, WINDOW, labels.STAGE)
        by_model = promql.quantile(m.STAGE_TTFB, q, WINDOW, *m.STAGE_TTFB.labels)
        stages += [
            Recording(latency_name(m.STAGE_TTFB, q), by_stage),
            Recording(latency_name(m.STAGE_TTFB, q, detailed=True), by_model),
        ]
    bounds = {m.TURN_TTFW: config.thresholds.ttfw.p95, m.TURN_E2E: config.thresholds.e2e.p95}
    shares = [
        Recording(share_name(metric, severity), promql.share_beyond(metric, bound, WINDOW))
        for metric, level in bounds.items()
        for severity, bound in (("warning", level.warning), ("critical", level.critical))
        if bound is not None
    ]
    health = [
        Recording(recorded("stage_errors", "ratio"), promql.stage_error_ratio(WINDOW)),
        Recording(recorded("conversation_failures", "ratio"), promql.conversation_failure_ratio(WINDOW)),
        Recording(recorded("tokens_per_turn", "mean"), promql.tokens_per_turn(WINDOW)),
        Recording(recorded("turns", "rate"), promql.per_second(m.TURNS, WINDOW)),
        Recording(recorded("turns", "increase"), promql.increase(m.TURNS, WINDOW)),
        Recording(recorded("turns_with_latency", "increase"), promql.increase(m.TURN_TTFW, WINDOW)),
        Recording(recorded("conversations", "increase"), promql.increase(m.CONVERSATIONS, WINDOW)),
    ]
    return {
        "pipecat-latency": latency,
        "pipecat-stages": stages,
        "pipecat-shares": shares,
        "pipecat-health": health,
    }
