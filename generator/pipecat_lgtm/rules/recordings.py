"""The recording rules by group: what panels draw, and what alerts read besides.

Names are `pipecat:<what>:<operation>_<window>`; the functions that build them are how panels and alerts find them.
"""

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Metric
from pipecat_lgtm.queries import promql
from pipecat_lgtm.rules.model import Recording

WINDOW = "5m"
QUANTILES = (0.5, 0.95, 0.99)

__all__ = ["QUANTILES", "WINDOW", "Recording", "groups", "latency_name", "recorded", "share_name"]


def recorded(what: str, operation: str, window: str = WINDOW) -> str:
    """Return the name of a recording."""
    return f"pipecat:{what}:{operation}_{window}"


def latency_name(metric: Metric, q: float, *, detailed: bool = False, window: str = WINDOW) -> str:
    """Return the recorded name of a latency's quantile; detailed: per provider and model."""
    what = metric.prometheus.removeprefix("pipecat_")
    return recorded(f"{what}_by_model" if detailed else what, f"p{q * 100:g}", window)


def share_name(metric: Metric, severity: str, window: str = WINDOW) -> str:
    """Return the recorded name of the share of turns beyond a severity's bound."""
    return recorded(metric.prometheus.removeprefix("pipecat_"), f"beyond_{severity}", window)


def groups(config: Config) -> dict[str, list[Recording]]:
    """Return the recordings that panels draw, by rule group."""
    native = config.alerts.flavour == "native"
    latency = []
    for metric in (m.TURN_TTFW, m.TURN_E2E):
        latency += [
            Recording(latency_name(metric, q), promql.quantile(metric, q, WINDOW, native=native)) for q in QUANTILES
        ]
    stages = []
    for q in QUANTILES:
        by_stage = promql.quantile(m.STAGE_TTFB, q, WINDOW, labels.STAGE, native=native)
        by_model = promql.quantile(m.STAGE_TTFB, q, WINDOW, *m.STAGE_TTFB.labels, native=native)
        stages += [
            Recording(latency_name(m.STAGE_TTFB, q), by_stage),
            Recording(latency_name(m.STAGE_TTFB, q, detailed=True), by_model),
        ]
    bounds = {m.TURN_TTFW: config.thresholds.ttfw.p95, m.TURN_E2E: config.thresholds.e2e.p95}
    shares = [
        Recording(share_name(metric, severity), promql.share_beyond(metric, bound, WINDOW, native=native))
        for metric, level in bounds.items()
        for severity, bound in (("warning", level.warning), ("critical", level.critical))
        if bound is not None
    ]
    health = [
        Recording(recorded("stage_errors", "ratio"), promql.stage_error_ratio(WINDOW)),
        Recording(recorded("conversation_failures", "ratio"), promql.conversation_failure_ratio(WINDOW)),
        Recording(recorded("tokens_per_turn", "mean"), promql.tokens_per_turn(WINDOW, native=native)),
        Recording(recorded("turns", "rate"), promql.per_second(m.TURNS, WINDOW)),
        Recording(recorded("turns", "increase"), promql.increase(m.TURNS, WINDOW)),
        Recording(recorded("turns_with_latency", "increase"), promql.increase(m.TURN_TTFW, WINDOW, native=native)),
        Recording(recorded("conversations", "increase"), promql.increase(m.CONVERSATIONS, WINDOW)),
    ]
    return {
        "pipecat-latency": latency,
        "pipecat-stages": stages,
        "pipecat-shares": shares,
        "pipecat-health": health,
    }
