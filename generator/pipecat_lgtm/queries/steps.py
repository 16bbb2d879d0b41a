"""What happened from one evaluation of a group to the next, in whole events: added up, it is exact over any time.

A step ended one step ago: by then whatever belongs to it has arrived, a scrape that took its time too, or samples on
their way to a store elsewhere. What arrived later would be in no step.
"""

from dataclasses import dataclass

from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.queries.expr import ByFlavour, Expr, Matcher, Vector, call, total
from pipecat_lgtm.queries.histograms import Histogram, le
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.queries.semantics import added, counter, exact_increase
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract.types import Metric

_MEMORY = "10m"
"""A native histogram that was not there for so long, up to a step, is a new one."""

_EXACT = 0.001
"""To what a computed count is rounded."""


@dataclass(frozen=True)
class Step:
    """From one evaluation to the next; it ended as long ago as it is long.

    Args:
        seconds: its length.
    """

    seconds: float

    @property
    def length(self) -> str:
        """Return its length, which is also how long ago it ended, as PromQL writes it."""
        return format_seconds(self.seconds)

    @property
    def since(self) -> str:
        """Return how long ago it began, as PromQL writes it."""
        return format_seconds(2 * self.seconds)

    def grown(self, series: Vector) -> Expr:
        """Return how much our collector's counters grew in it."""
        return exact_increase(series.ago(self.length), self.length, since=self.since)


@dataclass(frozen=True)
class Counts:
    """How many there were in a step, and how many of them were bad."""

    bad: Query
    every: Query


def events(metric: Metric, step: Step, *matchers: Matcher) -> Query:
    """Return how many events a counter saw."""
    expr = total(step.grown(counter(metric, *matchers)), *labels.COMMON)
    name = ".".join((metric.name, "step", step.length, *(one.value for one in matchers)))
    return Query(name, expr, "count", metric.brief)


def either(one: Query, other: Query) -> Query:
    """Return the sum of two counts; either may be all there is."""
    expr = added(labels.COMMON, one.promql, other.promql)
    return Query(f"{one.id}.or.{other.id}", expr, "count", f"{one.brief} {other.brief}")


def values(histogram: Histogram, bound: float, step: Step, every: str) -> Counts:
    """Return how many values a histogram got, and how many above a bound.

    Args:
        histogram: which.
        bound: it is a bucket bound.
        step: when.
        every: as which all values are recorded.
    """
    by, below = histogram.by, histogram.series("bucket", le(bound))
    count, within = (total(step.grown(one), *by) for one in (histogram.series("count"), below))
    native = total(_native(histogram.series(""), step), *by)
    counted = call("histogram_count", native)
    # The share of nothing is NaN, and would stay so. A share times a count is 2.9999999 where there were 3.
    share = call("histogram_fraction", float("-inf"), bound, native)
    above = counted - call("round", share * counted.above(0), _EXACT).or_(counted)
    metric, brief = histogram.metric, histogram.metric.brief
    name = ".".join((metric.name, "step", step.length, *(one.value for one in histogram.matchers)))
    bad = ByFlavour(Vector(every) - within, above)
    return Counts(
        Query(f"{name}.above.{bound:g}", bad, "count", f"Above {bound:g} s: {brief}"),
        Query(name, ByFlavour(count, counted), "count", brief),
    )


def _native(series: Vector, step: Step) -> Expr:
    """Return the growth of native histograms: they have no least value, so its past tells whether one is new."""
    ended = series.ago(step.length)
    resets = call("resets", ended.over(step.length)).compared("==", 0)
    before = call("last_over_time", series.ago(step.since).over(_MEMORY))
    return (
        (ended - series.ago(step.since))
        .and_(resets)
        .or_(ended.unless(before), call("increase", ended.over(step.length)))
    )
