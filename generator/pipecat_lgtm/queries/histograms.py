"""Histograms in both of Prometheus' forms: series per bucket (classic) and native histograms with the same bounds."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pipecat_lgtm.queries.expr import ByFlavour, Expr, Matcher, Number, Range, Vector, among, call, equal, total
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract.types import Metric

Part = Literal["bucket", "sum", "count"]
_EXPONENT_FROM = 6
"""Go's shortest form of a float has an exponent from a million on."""
_EXPONENT_BELOW = -4


def spellings(bound: float) -> tuple[str, ...]:
    """Return a bucket bound in every spelling that stores hold, the plain one first.

    OTLP and Prometheus 2 write `2` and `1000000`, a scrape by Prometheus 3 or of OpenMetrics `2.0` and `1e+06`.
    """
    exact = Decimal(repr(float(bound)))
    plain = format(exact, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    if _EXPONENT_BELOW <= exact.adjusted() < _EXPONENT_FROM:
        return (plain,) if "." in plain else (plain, f"{plain}.0")
    digits = "".join(map(str, exact.as_tuple().digits)).rstrip("0")
    mantissa = f"{digits[0]}.{digits[1:]}" if digits[1:] else digits
    sign = "-" if exact.adjusted() < 0 else "+"
    return plain, f"{mantissa}e{sign}{abs(exact.adjusted()):02d}"


def le(bound: float) -> Matcher:
    """Return the matcher of the bucket with a bound."""
    return among(labels.LE, *spellings(bound))


def quantile(q: float, buckets: Expr) -> Expr:
    """Return a quantile of buckets; without values there is none, where PromQL says NaN."""
    return call("histogram_quantile", q, buckets).numbers()


@dataclass(frozen=True)
class Histogram:
    """One histogram over a window, summed by some labels.

    Args:
        metric: of kind histogram.
        window: as PromQL writes it.
        by: labels that are kept.
        matchers: which series.
        at_end: the window is the same at every point of a graph, that before its end.
    """

    metric: Metric
    window: str
    by: tuple[str, ...] = ()
    matchers: tuple[Matcher, ...] = ()
    at_end: bool = False

    def quantile(self, q: float) -> Expr:
        """Return a quantile; nothing without values."""
        return quantile(q, self.buckets())

    def buckets(self, function: str = "rate") -> Expr:
        """Return what each bucket got, per second or in the window; of native histograms one of it."""
        return ByFlavour(
            total(call(function, self._over(self.series("bucket"))), *self.by, labels.LE), self._native(function)
        )

    def count(self, function: str = "rate") -> Expr:
        """Return how many values there were, per second or in the window."""
        return self._part("count", function)

    def total(self, function: str = "rate") -> Expr:
        """Return the sum of the values."""
        return self._part("sum", function)

    def within(self, bound: float, function: str = "rate") -> Expr:
        """Return how many values are at most a bound, which is a bucket bound, per second or in the window."""
        # The share of nothing is NaN, and would stay so.
        share = call("histogram_fraction", float("-inf"), bound, self._native(function))
        count = call("histogram_count", self._native(function))
        classic = total(call(function, self._over(self.series("bucket", le(bound)))), *self.by)
        return ByFlavour(classic, (share * count.above(0)).or_(count))

    def mean(self) -> Expr:
        """Return the mean; nothing without values."""
        return self.total() / self.count().above(0)

    def series(self, part: Part | Literal[""], *more: Matcher) -> Vector:
        """Return the selector of one of a classic histogram's parts, or of the native one."""
        suffix = f"_{part}" if part else ""
        return Vector(f"{self.metric.prometheus}{suffix}", (*self.matchers, *more))

    def _over(self, series: Vector) -> Range:
        return series.over(self.window, at_end=self.at_end)

    def _part(self, part: Literal["sum", "count"], function: str) -> Expr:
        classic = total(call(function, self._over(self.series(part))), *self.by)
        return ByFlavour(classic, call(f"histogram_{part}", self._native(function)))

    def _native(self, function: str) -> Expr:
        return total(call(function, self._over(self.series(""))), *self.by)


@dataclass(frozen=True)
class Recorded:
    """A histogram whose increase is recorded: its buckets are read once, not once for each quantile and share.

    Args:
        name: of the recording: one series per bucket, or a native histogram.
        by: the labels it has.
    """

    name: str
    by: tuple[str, ...]

    def quantile(self, q: float) -> Expr:
        """Return a quantile; nothing without values."""
        return quantile(q, Vector(self.name))

    def count(self) -> Expr:
        """Return how many values there were."""
        whole = Vector(self.name, (equal(labels.LE, "+Inf"),))
        return ByFlavour(total(whole, *self.by), call("histogram_count", Vector(self.name)))

    def share_above(self, bound: float) -> Expr:
        """Return the exact share of values above a bound that is a bucket bound; nothing without values."""
        some = self.count().above(0)
        classic = Number(1) - total(Vector(self.name, (le(bound),)), *self.by) / some
        fraction = call("histogram_fraction", float("-inf"), bound, Vector(self.name))
        return ByFlavour(classic, (Number(1) - fraction).and_(some))
