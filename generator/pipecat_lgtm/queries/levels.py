"""Values that alerts look at besides latencies: shares, means, ratios to a baseline, burn."""

from typing import Literal

from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Metric
from pipecat_lgtm.queries.histograms import Histogram, by, matchers
from pipecat_lgtm.queries.query import Query, Unit


def grown(metric: Metric, window: str, *more: str, **matching: str) -> Query:
    """Return how much a counter grew in a window; matching: regular expressions of label values."""
    expr = f"sum {by(*more)} (increase({metric.prometheus}{matchers(matching)}[{window}]))"
    name = f"{metric.name}.grown.{window}" + "".join(f".{value}" for value in (*more, *matching.values()))
    return Query(name, expr, "count", metric.brief)


def share(metric: Metric, window: str, *more: str, of: dict[str, str], among: dict[str, str] | None = None) -> Query:
    """Return the share of a counter that has some label values; nought if none has, nothing without any.

    Args:
        metric: a counter.
        window: over which.
        more: labels besides service and environment.
        of: regular expressions of the label values counted.
        among: the same, of all that are looked at.
    """
    among = among or {}
    counted = f"sum {by(*more)} (rate({metric.prometheus}{matchers(among | of)}[{window}]))"
    every = f"sum {by(*more)} (rate({metric.prometheus}{matchers(among)}[{window}]))"
    name = f"{metric.name}.share.{window}." + ".".join(of.values())
    return Query(name, f"({counted} or {every} * 0) / ({every} > 0)", "ratio", f"Share of: {metric.brief}")


def per(part: str, whole: str, name: str, brief: str) -> Query:
    """Return one recorded count per another."""
    return Query(name, f"{part} / ({whole} > 0)", "ratio", brief)


def mean(histogram: Histogram, unit: Unit) -> Query:
    """Return the mean of a histogram's values."""
    metric = histogram.metric
    return Query(f"{metric.name}.mean.{histogram.window}", histogram.mean(), unit, f"Mean of: {metric.brief}")


def share_within(histogram: Histogram, bound: float, brief: str) -> Query:
    """Return the exact share of values at most a bucket bound."""
    name = f"{histogram.metric.name}.within.{bound:g}.{histogram.window}"
    return Query(name, f"{histogram.within(bound)} / ({histogram.count()} > 0)", "ratio", brief)


def silent_turns(bound: float, window: str, *, native: bool) -> Query:
    """Return silences longer than a bound per turn; nought if there are none."""
    silences = Histogram(m.SILENCE, window, native=native)
    turns = f"sum {by()} (rate({m.TURNS.prometheus}[{window}]))"
    beyond = f"({silences.count()} - {silences.within(bound)})"
    return Query("silent_turns", f"({beyond} or {turns} * 0) / ({turns} > 0)", "ratio", "Long silences per turn.")


def rise(metric: Metric, window: str, before: str, *more: str) -> Query:
    """Return a counter's rate as a multiple of its rate in the time before; nothing for a younger one."""
    now = f"sum {by(*more)} (rate({metric.prometheus}[{window}]))"
    then = f"sum {by(*more)} (rate({metric.prometheus}[{before}] offset {window}))"
    old = f"sum {by(*more)} ({metric.prometheus} offset {before})"
    return Query(
        f"{metric.name}.rise.{window}", f"{now} / ({then} > 0) and {old}", "count", f"Against {before} before."
    )


def baseline(value: str, window: str, offset: str, step: str) -> Query:
    """Return the median of a recorded value over its past."""
    past = f"quantile_over_time(0.5, {value}[{window}:{step}] offset {offset})"
    return Query(f"baseline.{value}", past, "count", f"Median of {value} over {window}, ending {offset} ago.")


def baseline_ready(  # noqa: PLR0913, PLR0917 - the parts of a baseline
    value: str, window: str, offset: str, step: str, whole: str, min_points: int
) -> Query:
    """Return 1 where a recorded value has enough history for a baseline, 0 where it has not.

    Enough: it was seen before the baseline's window began, and at `min_points` of the window's steps.
    """
    seen_before = f"present_over_time({value}[{window}:{step}] offset {whole})"
    points = f"count_over_time({value}[{window}:{step}] offset {offset}) >= {min_points}"
    return Query(
        f"baseline_ready.{value}",
        f"({points} and {seen_before}) * 0 + 1 or {value} * 0",
        "count",
        f"1: {value} has a baseline; 0: not enough history.",
    )


def against(value: str, past: str, ready: str, signal: str, *more: str) -> Query:
    """Return a recorded value as a multiple of its baseline; nothing where the history is too short."""
    shared = ", ".join((*labels.COMMON, *more))
    known = f'(({past} > 0) and on ({shared}) ({ready}{{{labels.SIGNAL}="{signal}"}} == 1))'
    return Query(f"against_baseline.{signal}", f"{value} / on ({shared}) {known}", "count", "Times its own baseline.")


def points_above(value: str, past: str, ready: str, signal: str, *more: str) -> Query:
    """Return a recorded share less its baseline; nothing where the history is too short."""
    shared = ", ".join((*labels.COMMON, *more))
    known = f'({past} and on ({shared}) ({ready}{{{labels.SIGNAL}="{signal}"}} == 1))'
    return Query(f"above_baseline.{signal}", f"{value} - on ({shared}) {known}", "ratio", "Above its own baseline.")


def drop(value: str, past: str, ready: str, signal: str, *more: str) -> Query:
    """Return by what share a recorded value is below its baseline; nothing where the history is too short."""
    ratio = against(value, past, ready, signal, *more)
    return Query(f"drop.{signal}", f"1 - {ratio.expr}", "ratio", "Below its own baseline.")


def quantile(histogram: Histogram, q: float) -> Query:
    """Return a quantile of a histogram whose labels are restricted."""
    metric = histogram.metric
    return Query(
        f"{metric.name}.p{q * 100:g}.{histogram.window}", histogram.quantile(q), "seconds", f"P95 of: {metric.brief}"
    )


def counted(histogram: Histogram) -> Query:
    """Return how many values a histogram got in its window."""
    metric = histogram.metric
    return Query(f"{metric.name}.counted.{histogram.window}", histogram.increase(), "count", metric.brief)


def markers_per_turn(window: str) -> Query:
    """Return frustration markers per turn; nought if there are none."""
    markers = f"sum {by()} (rate({m.FRUSTRATION_MARKERS.prometheus}[{window}]))"
    turns = f"sum {by()} (rate({m.TURNS.prometheus}[{window}]))"
    return Query("markers_per_turn", f"({markers} or {turns} * 0) / ({turns} > 0)", "ratio", "Markers per turn.")


def either(name: str, queries: list[Query]) -> Query:
    """Return the series of several queries that share none."""
    first = queries[0]
    return Query(name, " or ".join(one.expr for one in queries), first.unit, first.brief)


def again(name: str, unit: Unit) -> Query:
    """Return a recorded value as it is, to be kept at fewer points in time."""
    return Query(f"again.{name}", name, unit, f"{name}, less often.")


def bad_ones(share: str, samples: str, *more: str) -> Query:
    """Return how many of the recorded samples were bad, by their recorded share."""
    expr = f"{share} * on ({', '.join((*labels.COMMON, *more))}) {samples}"
    return Query(f"bad.{share}", expr, "count", f"{share}, as a number.")


def over_hours(function: Literal["sum", "max"], name: str, window: str, step: str) -> Query:
    """Return the sum or the greatest of a recorded value of windows of `step` that do not overlap."""
    return Query(
        f"{function}.{name}.{window}", f"{function}_over_time({name}[{window}:{step}])", "count", f"Over {window}."
    )
