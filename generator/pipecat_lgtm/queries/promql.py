"""PromQL over the contract's metrics."""

from pipecat_lgtm.queries.expr import Matcher, Number, Vector, among, call, equal
from pipecat_lgtm.queries.histograms import Histogram
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.queries.semantics import each, per, ratio
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Metric


def quantile(metric: Metric, q: float, window: str, *more: str) -> Query:
    """Return a quantile of a histogram per service, environment and further labels; nothing without values."""
    percent = f"p{q * 100:g}"
    return Query(
        f"{metric.name}.{percent}.{window}" + "".join(f".{label}" for label in more),
        Histogram(metric, window, (*labels.COMMON, *more)).quantile(q),
        "seconds",
        f"{percent.upper()} of: {metric.brief}",
    )


def share_beyond(
    metric: Metric, bound: float, window: str, *more: str, matchers: tuple[Matcher, ...], samples: str
) -> Query:
    """Return the exact share of values above a bound that is a bucket bound.

    Args:
        metric: a histogram.
        bound: which.
        window: over which.
        more: labels besides service and environment.
        matchers: of which series.
        samples: as what the number of all values in the window is recorded.
    """
    values = Histogram(metric, window, (*labels.COMMON, *more), matchers)
    return Query(
        f"{metric.name}.beyond.{bound:g}.{window}" + "".join(f".{label}" for label in more),
        Number(1) - per(values.within(bound, "increase"), Vector(samples, matchers)),
        "ratio",
        f"Share above {bound:g} s of: {metric.brief}",
    )


def increase(metric: Metric, window: str, *more: str) -> Query:
    """Return how much a counter, or a histogram's count, grew in a window."""
    name = f"{metric.name}.increase.{window}" + "".join(f".{label}" for label in more)
    return Query(name, each("increase", metric, window, *more), "count", metric.brief)


def per_second(metric: Metric, window: str) -> Query:
    """Return a counter's rate."""
    return Query(f"{metric.name}.rate.{window}", each("rate", metric, window), "per_second", metric.brief)


def stage_requests(window: str) -> Query:
    """Return requests to each stage; to tools their calls, for no span says that a tool is asked."""
    asked = each("increase", m.STAGE_REQUESTS, window, labels.STAGE)
    called = Histogram(m.TOOL_DURATION, window, labels.COMMON).count("increase")
    expr = asked.or_(call("label_replace", called, labels.STAGE, "tool", "", ""))
    return Query(f"stage.requests.{window}", expr, "count", "Requests to a stage.")


def stage_attempts(requests: str, errors: str) -> Query:
    """Return recorded requests to a stage, or its failures where they are more: a stage may fail without a request."""
    asked, failed = Vector(requests), Vector(errors)
    expr = asked.at_least(failed).or_(failed, asked)
    return Query("stage.attempts", expr, "count", "Requests, failed ones too.")


def stage_error_ratio(requests: str, errors: str, attempts: str) -> Query:
    """Return failures of a stage per attempt, all recorded; 0 without failures, nothing without attempts."""
    failed = Vector(errors).or_(Vector(requests) * 0)
    return Query(
        "stage.error_ratio",
        per(failed, Vector(attempts)),
        "ratio",
        "Failures of a stage per request; a stage that only fails may leave no request.",
    )


def conversation_failure_ratio(conversations: str, window: str) -> Query:
    """Return the share of ended conversations, recorded, in which a component failed (the bridge knows)."""
    failed = each("increase", m.CONVERSATIONS, window, matchers=(equal(labels.OUTCOME, "failed"),))
    return Query(
        f"conversation.failure_ratio.{window}",
        ratio(failed, Vector(conversations)),
        "ratio",
        "Share of ended conversations with a component failure.",
    )


def tokens_per_turn(turns: str, window: str) -> Query:
    """Return LLM tokens, in and out, per turn: the bridge's own figure, else the ratio of sums; turns are recorded."""
    exact = Histogram(m.TURN_TOKENS, window, labels.COMMON).mean()
    tokens = each("increase", m.TOKENS, window, matchers=(among(labels.TYPE, "input", "output"),))
    return Query(
        f"tokens_per_turn.{window}",
        exact.or_(per(tokens, Vector(turns))),
        "tokens",
        "LLM tokens of a turn.",
    )
