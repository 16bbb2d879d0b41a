"""Histograms in both of Prometheus' forms: series per bucket (classic) and native histograms.

OTLP writes `le="2"`, a scrape writes `le="2.0"`: bounds are matched in both spellings.
"""

from dataclasses import dataclass

from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract.types import Metric


def by(*more: str) -> str:
    """Return the grouping per service, environment and further labels."""
    return f"by ({', '.join((*labels.COMMON, *more))})"


def matchers(matching: dict[str, str]) -> str:
    """Return regular expression matchers in braces; nothing without any."""
    return "{" + ", ".join(f'{label}=~"{value}"' for label, value in matching.items()) + "}" if matching else ""


def le(bound: float) -> str:
    """Return a bucket bound as a regular expression of its spellings."""
    plain = f"{bound:g}"
    return plain if "." in plain else f"{plain}|{plain}.0"


@dataclass(frozen=True)
class Histogram:
    """Rates of one histogram over a window, summed per service, environment and further labels.

    Args:
        metric: of kind histogram.
        window: as PromQL writes it.
        more: labels besides service and environment.
        native: read native histograms instead of bucket series.
        matching: regular expressions of label values.
    """

    metric: Metric
    window: str
    more: tuple[str, ...] = ()
    native: bool = False
    matching: tuple[tuple[str, str], ...] = ()

    def quantile(self, q: float) -> str:
        """Return a quantile."""
        return f"histogram_quantile({q:g}, {self._whole()})"

    def count(self) -> str:
        """Return how many values a second."""
        return f"histogram_count({self._whole()})" if self.native else self._summed("_count")

    def total(self) -> str:
        """Return the sum of the values of a second."""
        return f"histogram_sum({self._whole()})" if self.native else self._summed("_sum")

    def within(self, bound: float) -> str:
        """Return how many values a second are at most a bound, which is a bucket bound."""
        if self.native:
            # The share of nothing is NaN, and would stay so.
            share = f"histogram_fraction(-Inf, {bound:.10g}, {self._whole()})"
            return f"({share} * ({self.count()} > 0) or {self.count()})"
        return self._summed("_bucket", {"le": le(bound)})

    def mean(self) -> str:
        """Return the mean; nothing without values."""
        return f"{self.total()} / ({self.count()} > 0)"

    def increase(self) -> str:
        """Return how many values in the window."""
        if self.native:
            return f"histogram_count({self._summed('', function='increase')})"
        return self._summed("_count", function="increase")

    def buckets(self) -> str:
        """Return how many values each bucket got in the window; of native histograms a histogram of them."""
        return self._whole("increase")

    def _whole(self, function: str = "rate") -> str:
        if self.native:
            return self._summed("", function=function)
        series = f"{self.metric.prometheus}_bucket{self._matchers({})}"
        return f"sum {by('le', *self.more)} ({function}({series}[{self.window}]))"

    def _summed(self, suffix: str, matching: dict[str, str] | None = None, function: str = "rate") -> str:
        series = f"{self.metric.prometheus}{suffix}{self._matchers(matching or {})}"
        return f"sum {by(*self.more)} ({function}({series}[{self.window}]))"

    def _matchers(self, matching: dict[str, str]) -> str:
        return matchers(dict(self.matching) | matching)
