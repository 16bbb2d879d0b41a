"""Values that alerts look at besides latencies: shares, means, ratios to a baseline, burn."""

from pipecat_lgtm.queries.expr import Expr, Matcher, Number, Range, Vector, among, call, equal, total
from pipecat_lgtm.queries.histograms import Histogram
from pipecat_lgtm.queries.query import Query, Unit
from pipecat_lgtm.queries.semantics import counter, each, increase_of_failures, per, ratio
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Metric

REPEATED = among(labels.KIND, *labels.REPETITIONS)
"""Of signals of conversations: what is said over and over."""


def grown(metric: Metric, window: str, *more: str, matchers: tuple[Matcher, ...] = ()) -> Query:
    """Return how many events a counter saw in a window, in whole numbers; those while Prometheus was away, too."""
    expr = total(increase_of_failures(counter(metric, *matchers), window), *labels.COMMON, *more)
    name = f"{metric.name}.grown.{window}" + "".join(f".{value}" for value in (*more, *(one.value for one in matchers)))
    return Query(name, expr, "count", metric.brief)


def increase(metric: Metric, window: str, *matchers: Matcher) -> Query:
    """Return how much a counter grew in a window."""
    name = f"{metric.name}.increase.{window}" + "".join(f".{one.value}" for one in matchers)
    return Query(name, each("increase", metric, window, matchers=matchers), "count", metric.brief)


def share(metric: Metric, window: str, of: Matcher, *among: Matcher) -> Query:
    """Return the share of a counter that has some label values; 0 if none has, nothing without any.

    Args:
        metric: a counter.
        window: over which.
        of: what is counted.
        among: what all that is looked at has in common.
    """
    part = each("rate", metric, window, matchers=(*among, of))
    every = each("rate", metric, window, matchers=among)
    return Query(f"{metric.name}.share.{window}.{of.value}", ratio(part, every), "ratio", f"Share of: {metric.brief}")


def mean(histogram: Histogram, unit: Unit) -> Query:
    """Return the mean of a histogram's values."""
    metric = histogram.metric
    return Query(f"{metric.name}.mean.{histogram.window}", histogram.mean(), unit, f"Mean of: {metric.brief}")


def share_within(histogram: Histogram, bound: float, brief: str) -> Query:
    """Return the exact share of values at most a bucket bound."""
    name = f"{histogram.metric.name}.within.{bound:g}.{histogram.window}"
    return Query(name, per(histogram.within(bound), histogram.count()), "ratio", brief)


def silent_turns(window: str) -> Query:
    """Return long silences per turn, those that last too; 0 if there are none."""
    long = each("rate", m.SILENCES_LONG, window)
    return Query("silent_turns", ratio(long, each("rate", m.TURNS, window)), "ratio", "Long silences per turn.")


def rise(metric: Metric, window: str, before: str, *more: str) -> Query:
    """Return a counter's rate as a multiple of its rate in the time before; nothing for a younger one."""
    by = (*labels.COMMON, *more)
    now = each("rate", metric, window, *more)
    then = total(call("rate", counter(metric).ago(window).over(before)), *by)
    old = total(counter(metric).ago(before), *by)
    return Query(f"{metric.name}.rise.{window}", per(now, then).and_(old), "times", f"Against {before} before.")


def baseline(value: str, window: str, offset: str, step: str) -> Query:
    """Return the median of a recorded value over its past; hours without a value count for nothing."""
    past = call("quantile_over_time", 0.5, _past(value, window, step, offset))
    return Query(f"baseline.{value}", past, "count", f"Median of {value} over {window}, ending {offset} ago.")


def baseline_ready(  # noqa: PLR0913, PLR0917 - the parts of a baseline
    value: str, window: str, offset: str, step: str, whole: str, min_points: int
) -> Query:
    """Return 1 where a recorded value has enough history for a baseline, 0 where it has not.

    Enough: it was seen before the baseline's window began, and was a number at `min_points` of the window's steps.
    """
    seen_before = call("present_over_time", _past(value, window, step, whole))
    points = call("count_over_time", _past(value, window, step, offset)).at_least(min_points)
    ready = points.and_(seen_before) * 0 + Number(1)
    return Query(
        f"baseline_ready.{value}",
        ready.or_(Vector(value) * 0),
        "count",
        f"1: {value} has a baseline; 0: not enough history.",
    )


def _past(value: str, window: str, step: str, offset: str) -> Range:
    """Return a recorded value at the steps of a window at which it was a number."""
    return Range(Vector(value).numbers(), window, step, offset)


def _known(past: Expr, ready: str, signal: str, by: tuple[str, ...]) -> Expr:
    """Return a baseline where there is enough history for it."""
    return past.and_(Vector(ready, (equal(labels.SIGNAL, signal),)).compared("==", 1), by)


def against(value: str, past: str, ready: str, signal: str, *more: str) -> Query:
    """Return a recorded value as a multiple of its baseline; nothing where the history is too short."""
    by = (*labels.COMMON, *more)
    expr = (Vector(value) / _known(Vector(past).above(0), ready, signal, by)).matched(*by)
    return Query(f"against_baseline.{signal}", expr, "times", "Times its own baseline.")


def points_above(value: str, past: str, ready: str, signal: str, *more: str) -> Query:
    """Return a recorded share less its baseline; nothing where the history is too short."""
    by = (*labels.COMMON, *more)
    expr = (Vector(value) - _known(Vector(past), ready, signal, by)).matched(*by)
    return Query(f"above_baseline.{signal}", expr, "ratio", "Above its own baseline.")


def drop(value: str, past: str, ready: str, signal: str, *more: str) -> Query:
    """Return by what share a recorded value is below its baseline; nothing where the history is too short."""
    below = Number(1) - against(value, past, ready, signal, *more).promql
    return Query(f"drop.{signal}", below, "ratio", "Below its own baseline.")


def quantile(histogram: Histogram, q: float) -> Query:
    """Return a quantile of a histogram whose labels are restricted."""
    metric = histogram.metric
    return Query(
        f"{metric.name}.p{q * 100:g}.{histogram.window}", histogram.quantile(q), "seconds", f"P95 of: {metric.brief}"
    )


def counted(histogram: Histogram) -> Query:
    """Return how many values a histogram got in its window."""
    metric = histogram.metric
    return Query(f"{metric.name}.counted.{histogram.window}", histogram.count("increase"), "count", metric.brief)


def markers_per_turn(window: str) -> Query:
    """Return frustration markers per turn; 0 if there are none."""
    markers, turns = each("rate", m.FRUSTRATION_MARKERS, window), each("rate", m.TURNS, window)
    return Query("markers_per_turn", ratio(markers, turns), "ratio", "Markers per turn.")


def repetitions_per_turn(window: str) -> Query:
    """Return what callers and bots say over and over, per turn; 0 if there is none."""
    again, turns = each("rate", m.CONVERSATION_SIGNALS, window, matchers=(REPEATED,)), each("rate", m.TURNS, window)
    return Query("repetitions_per_turn", ratio(again, turns), "ratio", "Repetitions per turn.")


def either(name: str, queries: list[Query]) -> Query:
    """Return the series of several queries that share none."""
    first, *rest = queries
    return Query(name, first.promql.or_(*(one.promql for one in rest)), first.unit, first.brief)


def again(name: str, unit: Unit) -> Query:
    """Return a recorded value as it is, to be kept at fewer points in time."""
    return Query(f"again.{name}", Vector(name), unit, f"{name}, less often.")


def sum_over(name: str, window: str) -> Query:
    """Return the sum of what a recording counted since the one before it, over hours."""
    expr = call("sum_over_time", Vector(name).over(window))
    return Query(f"sum.{name}.{window}", expr, "count", f"Sum over {window}.")


def max_over(name: str, window: str) -> Query:
    """Return the greatest of a recorded value, at whatever time it was."""
    expr = call("max_over_time", Vector(name).over(window))
    return Query(f"max.{name}.{window}", expr, "count", f"Most in {window}.")
