"""The recording rules by group: what panels draw, and what alerts read besides.

Names are `pipecat:<what>:<operation>_<window>`; the functions that build them are how panels and alerts find them.
Buckets are read from their series once, and recorded; quantiles, shares and counts are computed from that, and so stand
after it in its group: rules of a group are evaluated in order, groups are not.
"""

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.queries import grown, health, promql
from pipecat_lgtm.queries.expr import Vector
from pipecat_lgtm.rules.model import Recording
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Metric

QUANTILES = (0.5, 0.95, 0.99)
LOW_TRAFFIC_GROUP, BURN_GROUP, HISTORY_GROUP = "pipecat-low-traffic", "pipecat-burn-rates", "pipecat-baselines"
"""Groups that look back over hours, and so are evaluated each `alerts.slow_interval`."""
_COUNTS = {m.TURN_TTFW: "turns_with_latency", m.TURN_E2E: "turns_with_e2e", m.STAGE_TTFB: "stage_ttfb"}
_OWN = {m.TURN_TTFW: (), m.TURN_E2E: (), m.STAGE_TTFB: (labels.STAGE,)}
"""Labels of the recordings of a latency, besides service and environment."""


def recorded(what: str, operation: str, window: str) -> str:
    """Return the name of a recording."""
    return f"pipecat:{what}:{operation}_{window}"


def beside(name: str, suffix: str) -> str:
    """Return the name of a recording made of another one: its `<what>` has a suffix."""
    level, what, operation = name.split(":")
    return f"{level}:{what}{suffix}:{operation}"


def usual(config: Config) -> str:
    """Return `alerts.window` as names and expressions have it."""
    return format_seconds(config.alerts.window)


def latency_name(metric: Metric, q: float, window: str) -> str:
    """Return the recorded name of a latency's quantile."""
    return recorded(_what(metric), f"p{q * 100:g}", window)


def share_name(metric: Metric, severity: str, window: str) -> str:
    """Return the recorded name of the share of turns beyond a severity's bound."""
    return recorded(_what(metric), f"beyond_{severity}", window)


def buckets(config: Config, metric: Metric, window: str) -> Recording:
    """Return the buckets of a latency: what its other recordings are computed from."""
    query = grown.buckets(metric, window, *_OWN[metric])
    return Recording(_source(metric, window), query, group=_group(config, metric, window))


def quantile(config: Config, metric: Metric, q: float, window: str) -> Recording:
    """Return a quantile of a latency."""
    query = grown.quantile(_source(metric, window), q)
    return Recording(latency_name(metric, q, window), query, group=_group(config, metric, window))


def share(config: Config, metric: Metric, severity: str, bound: float, window: str) -> Recording:
    """Return the share of a latency's values beyond the bound of a severity."""
    query = grown.share_beyond(_source(metric, window), bound, *_OWN[metric])
    return Recording(share_name(metric, severity, window), query, group=_group(config, metric, window))


def counted(config: Config, metric: Metric, window: str) -> Recording:
    """Return how many values of a latency there were."""
    query = grown.count(_source(metric, window), *_OWN[metric])
    return Recording(recorded(_COUNTS[metric], "increase", window), query, group=_group(config, metric, window))


def attempts(config: Config, window: str) -> tuple[Recording, Recording, Recording, Recording]:
    """Return requests to a stage, its failures, either of them, and failures per attempt."""
    group = group_name(config, "health", window)
    requests, errors, either = (
        recorded(what, "increase", window) for what in ("stage_requests", "stage_errors", "stage_attempts")
    )
    return (
        Recording(requests, promql.stage_requests(window), group=group),
        Recording(errors, promql.increase(m.STAGE_ERRORS, window, labels.STAGE), group=group),
        Recording(either, promql.stage_attempts(requests, errors), group=group),
        Recording(
            recorded("stage_errors", "ratio", window), promql.stage_error_ratio(requests, errors, either), group=group
        ),
    )


def coverage(config: Config, window: str) -> tuple[Recording, Recording]:
    """Return good LLM requests, and which share of them came with a TTFB."""
    group, requests = group_name(config, "health", window), recorded("llm_requests", "increase", window)
    timed = health.metrics_coverage(Vector(requests), window)
    return (
        Recording(requests, health.llm_requests(window), group=group),
        Recording(recorded("metrics_coverage", "ratio", window), timed, group=group),
    )


def unmeasured(config: Config, window: str) -> tuple[Recording, Recording]:
    """Return answered turns, and which share of them has no exact time to first word."""
    group, answered = group_name(config, "health", window), recorded("answered_turns", "increase", window)
    return (
        Recording(answered, health.answered_turns(window), group=group),
        Recording(
            recorded("ttfw_unmeasured", "ratio", window), health.unmeasured(Vector(answered), window), group=group
        ),
    )


def unanswered(config: Config, window: str) -> tuple[Recording, Recording, Recording, Recording]:
    """Return answered turns, what was not answered, either of them, and the share of the latter."""
    group, answered = group_name(config, "health", window), unmeasured(config, window)[0]
    lost, said = (recorded(what, "increase", window) for what in ("unanswered_speech", "speech"))
    return (
        answered,
        Recording(lost, promql.increase(m.UNANSWERED_SPEECH, window), group=group),
        Recording(said, health.speech(answered.name, lost), group=group),
        Recording(recorded("unanswered_speech", "ratio", window), health.unanswered_share(lost, said), group=group),
    )


def turns(window: str) -> Recording:
    """Return turns."""
    return Recording(recorded("turns", "increase", window), promql.increase(m.TURNS, window))


def tokens_per_turn(window: str) -> tuple[Recording, Recording]:
    """Return turns, and the LLM tokens of one."""
    every = turns(window)
    return every, Recording(recorded("tokens_per_turn", "mean", window), promql.tokens_per_turn(every.name, window))


def conversation_failures(window: str) -> tuple[Recording, Recording]:
    """Return ended conversations, and the share of those in which a component failed."""
    ended = Recording(recorded("conversations", "increase", window), promql.increase(m.CONVERSATIONS, window))
    share = promql.conversation_failure_ratio(ended.name, window)
    return ended, Recording(recorded("conversation_failures", "ratio", window), share)


def low_traffic_step(config: Config) -> float:
    """Return the seconds between two evaluations of what low traffic counts: each window must have been seen."""
    windows = (one.window for one in config.alerts.overrides.values() if one.window)
    return max(config.alerts.interval, min(config.alerts.slow_interval, config.alerts.window, *windows))


def group_name(config: Config, subject: str, window: str) -> str:
    """Return the group in which recordings over a window stand together; each other window has its own."""
    return f"pipecat-{subject}" if window == usual(config) else f"pipecat-{subject}-{window}"


def groups(config: Config) -> dict[str, list[Recording]]:
    """Return the recordings that panels draw, by rule group."""
    window, bounds = usual(config), config.thresholds
    latency = []
    for metric, level in ((m.TURN_TTFW, bounds.ttfw.p95), (m.TURN_E2E, bounds.e2e.p95)):
        latency += [
            buckets(config, metric, window),
            *(quantile(config, metric, q, window) for q in QUANTILES),
            *(
                share(config, metric, severity, bound, window)
                for severity, bound in (("warning", level.warning), ("critical", level.critical))
                if bound is not None
            ),
            counted(config, metric, window),
        ]
    stages = [
        buckets(config, m.STAGE_TTFB, window),
        *(quantile(config, m.STAGE_TTFB, q, window) for q in QUANTILES),
    ]
    return {
        group_name(config, "latency", window): latency,
        group_name(config, "stages", window): stages,
        group_name(config, "health", window): [
            *attempts(config, window),
            *conversation_failures(window),
            *tokens_per_turn(window),
            Recording(recorded("turns", "rate", window), promql.per_second(m.TURNS, window)),
        ],
    }


def _what(metric: Metric) -> str:
    return metric.prometheus.removeprefix("pipecat_")


def _source(metric: Metric, window: str) -> str:
    return recorded(_what(metric), "buckets", window)


def _group(config: Config, metric: Metric, window: str) -> str:
    return group_name(config, "stages" if metric is m.STAGE_TTFB else "latency", window)
