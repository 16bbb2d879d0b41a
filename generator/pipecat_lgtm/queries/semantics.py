"""What nothing means, once for all queries: no traffic, no failure, a series that was not there before."""

from pipecat_lgtm.config.units import format_seconds, parse_seconds
from pipecat_lgtm.queries.expr import Binary, Expr, Matcher, Number, Range, Vector, call, highest, total
from pipecat_lgtm.queries.histograms import Histogram
from pipecat_lgtm_bridge.contract import engines as own
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract.types import Metric

MEMORY = "1h"
"""So long before a window a counter's last value is looked for, where Prometheus was away when the window began."""
_MINUTE, _SCRAPE = "1m", "15s"
"""Steps at which samples are looked for: their times; the last one of a life, which is seen until the next scrape."""
_OTHER = "other"
"""A label that sets the series of one expression apart from those of another; no metric has it."""
_SAME_START = 5
"""Seconds: an uptime and the time of its sample are not read in the same instant."""


def counter(metric: Metric, *matchers: Matcher) -> Vector:
    """Return the selector of a counter."""
    return Vector(metric.prometheus, matchers)


def summed(function: str, metric: Metric, window: str, *by: str, matchers: tuple[Matcher, ...] = ()) -> Expr:
    """Return the `rate` or `increase` of a counter, or of a histogram's count, summed by some labels."""
    if metric.kind == "histogram":
        return Histogram(metric, window, by, matchers).count(function)
    return total(call(function, counter(metric, *matchers).over(window)), *by)


def each(function: str, metric: Metric, window: str, *more: str, matchers: tuple[Matcher, ...] = ()) -> Expr:
    """Return the same per service, environment and further labels."""
    return summed(function, metric, window, *labels.COMMON, *more, matchers=matchers)


def ratio(part: Expr, whole: Expr) -> Binary:
    """Return a part's share of a whole: 0 where there is no part, nothing where there is no whole."""
    return part.or_(whole * 0) / whole.above(0)


def per(value: Expr, whole: Expr) -> Binary:
    """Return a value divided by a whole; nothing where there is no whole."""
    return value / whole.above(0)


def exact_increase(series: Vector, window: str, *, since: str = "") -> Expr:
    """Return how much counters grew in a window, in whole events, where `increase` extrapolates to the window's ends.

    Our collector's counters begin at 0, at the time of their first event: where there was no sample before the window,
    its least value is the first. Over a restart the growth is what `increase` makes of it, rounded.

    Args:
        series: the counters; their offset says how long ago the window ended.
        window: its length.
        since: how long ago it began, where it ended before now.
    """
    first = series.ago(since or window).or_(call("min_over_time", series.over(window)))
    return _without_resets(series - first, series, window)


def increase_of_failures(series: Vector, window: str) -> Expr:
    """Return the same of what nobody may miss (failures, findings), and of what happened while Prometheus was away.

    What happened while Prometheus was away, up to `MEMORY`, counts in the window in which Prometheus is back; unless
    the collector restarted in that time, for what was known then may be of its life before.
    """
    whole = format_seconds(parse_seconds(window) + parse_seconds(MEMORY))
    restarted = call("resets", series.over(whole)).above(0)
    known = _remembered(series, window).unless(restarted)
    first = series.ago(window).or_(known, call("min_over_time", series.over(window)))
    return _without_resets(series - first, series, window)


def increase_of_others(series: Vector, window: str, *by: str) -> Expr:
    """Return how much other programs' counters grew in a window, summed; one that was not there before counts from 0.

    Programs show a counter of failures from the first failure on: a first burst is its first value. What happened while
    Prometheus was away, up to `MEMORY`, counts in the window in which Prometheus is back. A program that restarts
    counts from 0 again and may hide it: its counter is not there until it has any value, which may be the old one. So
    what was known before its start is left out, and what its life before counted within the window is added.
    """
    known = _remembered(series, window)
    seen = call("timestamp", series.ago(window)).or_(
        call("max_over_time", Range(call("timestamp", series), MEMORY, _MINUTE, window))
    )
    of_before = seen.compared("<", _started()).matched(own.JOB, own.INSTANCE, many="left")
    now = _above(series, known.unless(of_before))
    other_life = _started().compared("<", _started(at_end=True) - Number(_SAME_START))
    earlier = series.and_(other_life, (own.JOB, own.INSTANCE))
    gone = _above(call("max_over_time", Range(earlier, window, _SCRAPE)), known)
    return added(by, now, gone)


def added(by: tuple[str, ...], first: Expr, *others: Expr) -> Expr:
    """Return the sum of expressions by some labels, each written once; any of them may be all there is."""
    apart = (call("label_replace", one, _OTHER, str(number), "", "") for number, one in enumerate(others, 1))
    return total(first.or_(*apart), *by)


def _remembered(series: Vector, window: str) -> Expr:
    """Return the last known values before a window."""
    return call("last_over_time", series.ago(window).over(MEMORY))


def _above(value: Expr, first: Expr) -> Expr:
    """Return how much more a counter is than it was; all of it where it was not there, or was more."""
    return (value - first).at_least(0).or_(value)


def _started(*, at_end: bool = False) -> Expr:
    """Return when each program began, in Unix seconds.

    Args:
        at_end: in a subquery, of the programs that run when the whole query is asked.
    """
    programs, uptime = (Vector(name, at_end=at_end) for name in (own.STARTED, own.COLLECTOR_UPTIME))
    return highest(programs.or_(call("timestamp", uptime) - uptime), own.JOB, own.INSTANCE)


def _without_resets(grown: Expr, series: Vector, window: str) -> Expr:
    over_restart = call("round", call("increase", series.over(window)))
    return grown.and_(call("resets", series.over(window)).compared("==", 0)).or_(over_restart)
