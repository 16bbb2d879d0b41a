"""PromQL over the contract's metrics.

OTLP writes `le="2"`, a scrape writes `le="2.0"`: bounds are matched in both spellings.
"""

from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Metric
from pipecat_lgtm.queries.query import Query

_EACH = labels.COMMON


def _by(*more: str) -> str:
    return f"by ({', '.join((*_EACH, *more))})"


def _le(bound: float) -> str:
    plain = f"{bound:g}"
    return plain if "." in plain else f"{plain}|{plain}.0"


def quantile(metric: Metric, q: float, window: str, *more: str) -> Query:
    """Return a quantile of a histogram per service, environment and further labels."""
    buckets = f"sum {_by('le', *more)} (rate({metric.prometheus}_bucket[{window}]))"
    percent = f"p{q * 100:g}"
    return Query(
        f"{metric.name}.{percent}.{window}" + "".join(f".{label}" for label in more),
        f"histogram_quantile({q:g}, {buckets})",
        "seconds",
        f"{percent.upper()} of: {metric.brief}",
    )


def share_beyond(metric: Metric, bound: float, window: str) -> Query:
    """Return the exact share of values beyond a bound that is a bucket bound."""
    within = f'sum {_by()} (rate({metric.prometheus}_bucket{{le=~"{_le(bound)}"}}[{window}]))'
    every = f"sum {_by()} (rate({metric.prometheus}_count[{window}]))"
    return Query(
        f"{metric.name}.beyond.{bound:g}.{window}",
        f"1 - {within} / ({every} > 0)",
        "ratio",
        f"Share beyond {bound:g} s of: {metric.brief}",
    )


def increase(metric: Metric, window: str, *more: str) -> Query:
    """Return how much a counter, or a histogram's count, grew in a window."""
    series = f"{metric.prometheus}_count" if metric.kind == "histogram" else metric.prometheus
    return Query(
        f"{metric.name}.increase.{window}" + "".join(f".{label}" for label in more),
        f"sum {_by(*more)} (increase({series}[{window}]))",
        "count",
        metric.brief,
    )


def per_second(metric: Metric, window: str) -> Query:
    """Return a counter's rate."""
    return Query(
        f"{metric.name}.rate.{window}",
        f"sum {_by()} (rate({metric.prometheus}[{window}]))",
        "per_second",
        metric.brief,
    )


def stage_error_ratio(window: str) -> Query:
    """Return failures of a stage per request; nought without failures, nothing without requests."""
    errors = f"sum {_by(labels.STAGE)} (rate({m.STAGE_ERRORS.prometheus}[{window}]))"
    requests = f"sum {_by(labels.STAGE)} (rate({m.STAGE_REQUESTS.prometheus}[{window}]))"
    return Query(
        f"stage.error_ratio.{window}",
        f"({errors} or {requests} * 0) / ({requests} > 0)",
        "ratio",
        "Failures of a stage per request.",
    )


def conversation_failure_ratio(window: str) -> Query:
    """Return the share of ended conversations in which a component failed (the bridge knows)."""
    failed = f'sum {_by()} (rate({m.CONVERSATIONS.prometheus}{{{labels.OUTCOME}="failed"}}[{window}]))'
    every = f"sum {_by()} (rate({m.CONVERSATIONS.prometheus}[{window}]))"
    return Query(
        f"conversation.failure_ratio.{window}",
        f"({failed} or {every} * 0) / ({every} > 0)",
        "ratio",
        "Share of ended conversations with a component failure.",
    )


def tokens_per_turn(window: str) -> Query:
    """Return LLM tokens, in and out, per turn: the bridge's own figure, else the ratio of sums."""
    per_turn = m.TURN_TOKENS.prometheus
    exact = f"sum {_by()} (rate({per_turn}_sum[{window}])) / (sum {_by()} (rate({per_turn}_count[{window}])) > 0)"
    tokens = f'sum {_by()} (rate({m.TOKENS.prometheus}{{{labels.TYPE}=~"input|output"}}[{window}]))'
    turns = f"sum {_by()} (rate({m.TURNS.prometheus}[{window}]))"
    return Query(
        f"tokens_per_turn.{window}",
        f"{exact} or {tokens} / ({turns} > 0)",
        "tokens",
        "LLM tokens of a turn.",
    )
