"""PromQL over the contract's metrics."""

from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Metric
from pipecat_lgtm.queries.histograms import Histogram, by
from pipecat_lgtm.queries.query import Query


def quantile(metric: Metric, q: float, window: str, *more: str, native: bool = False) -> Query:
    """Return a quantile of a histogram per service, environment and further labels."""
    percent = f"p{q * 100:g}"
    return Query(
        f"{metric.name}.{percent}.{window}" + "".join(f".{label}" for label in more),
        Histogram(metric, window, more, native).quantile(q),
        "seconds",
        f"{percent.upper()} of: {metric.brief}",
    )


def share_beyond(
    metric: Metric, bound: float, window: str, *more: str, matching: dict[str, str] | None = None, native: bool = False
) -> Query:
    """Return the exact share of values beyond a bound that is a bucket bound; matching: of which series."""
    values = Histogram(metric, window, more, native, tuple((matching or {}).items()))
    return Query(
        f"{metric.name}.beyond.{bound:g}.{window}" + "".join(f".{label}" for label in more),
        f"1 - {values.within(bound)} / ({values.count()} > 0)",
        "ratio",
        f"Share beyond {bound:g} s of: {metric.brief}",
    )


def increase(metric: Metric, window: str, *more: str, native: bool = False) -> Query:
    """Return how much a counter, or a histogram's count, grew in a window."""
    expr = f"sum {by(*more)} (increase({metric.prometheus}[{window}]))"
    if metric.kind == "histogram":
        expr = Histogram(metric, window, more, native).increase()
    return Query(
        f"{metric.name}.increase.{window}" + "".join(f".{label}" for label in more), expr, "count", metric.brief
    )


def per_second(metric: Metric, window: str) -> Query:
    """Return a counter's rate."""
    return Query(
        f"{metric.name}.rate.{window}",
        f"sum {by()} (rate({metric.prometheus}[{window}]))",
        "per_second",
        metric.brief,
    )


def stage_attempts(requests: str, errors: str) -> Query:
    """Return recorded requests to a stage, or its failures where they are more: a stage may fail without a request."""
    return Query(
        "stage.attempts", f"{requests} >= {errors} or {errors} or {requests}", "count", "Requests, failed ones too."
    )


def stage_error_ratio(requests: str, errors: str, attempts: str) -> Query:
    """Return failures of a stage per attempt, all recorded; nought without failures, nothing without attempts."""
    return Query(
        "stage.error_ratio",
        f"({errors} or {requests} * 0) / ({attempts} > 0)",
        "ratio",
        "Failures of a stage per request; a stage that only fails may leave no request.",
    )


def conversation_failure_ratio(window: str) -> Query:
    """Return the share of ended conversations in which a component failed (the bridge knows)."""
    failed = f'sum {by()} (rate({m.CONVERSATIONS.prometheus}{{{labels.OUTCOME}="failed"}}[{window}]))'
    every = f"sum {by()} (rate({m.CONVERSATIONS.prometheus}[{window}]))"
    return Query(
        f"conversation.failure_ratio.{window}",
        f"({failed} or {every} * 0) / ({every} > 0)",
        "ratio",
        "Share of ended conversations with a component failure.",
    )


def tokens_per_turn(window: str, *, native: bool = False) -> Query:
    """Return LLM tokens, in and out, per turn: the bridge's own figure, else the ratio of sums."""
    exact = Histogram(m.TURN_TOKENS, window, native=native).mean()
    tokens = f'sum {by()} (rate({m.TOKENS.prometheus}{{{labels.TYPE}=~"input|output"}}[{window}]))'
    turns = f"sum {by()} (rate({m.TURNS.prometheus}[{window}]))"
    return Query(
        f"tokens_per_turn.{window}",
        f"{exact} or {tokens} / ({turns} > 0)",
        "tokens",
        "LLM tokens of a turn.",
    )
