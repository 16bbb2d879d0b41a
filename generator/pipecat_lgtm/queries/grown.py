"""Quantiles, shares and counts of a histogram whose growth is recorded: its buckets are read once, not once for each.

What is recorded is one series per bucket, or a native histogram; `name` is what it is recorded as.
"""

from pipecat_lgtm.contract.types import Metric
from pipecat_lgtm.queries.histograms import Histogram, by, le
from pipecat_lgtm.queries.query import Query


def buckets(metric: Metric, window: str, *more: str, native: bool = False) -> Query:
    """Return how much each bucket grew in a window, per service, environment and further labels."""
    expr = Histogram(metric, window, more, native).buckets()
    name = f"{metric.name}.buckets.{window}" + "".join(f".{label}" for label in more)
    return Query(name, expr, "count", f"Buckets of: {metric.brief}")


def quantile(name: str, q: float) -> Query:
    """Return a quantile."""
    percent = f"p{q * 100:g}"
    return Query(f"{name}.{percent}", f"histogram_quantile({q:g}, {name})", "seconds", f"{percent.upper()} of {name}.")


def count(name: str, *more: str, native: bool = False) -> Query:
    """Return how many values there were."""
    return Query(f"{name}.count", _count(name, more, native=native), "count", f"Values in {name}.")


def share_beyond(name: str, bound: float, *more: str, native: bool = False) -> Query:
    """Return the exact share of values beyond a bound that is a bucket bound; nothing without values."""
    some = f"{_count(name, more, native=native)} > 0"
    if native:
        expr = f"1 - histogram_fraction(-Inf, {bound:.10g}, {name}) and {some}"
    else:
        expr = f'1 - sum {by(*more)} ({name}{{le=~"{le(bound)}"}}) / ({some})'
    return Query(f"{name}.beyond.{bound:g}", expr, "ratio", f"Share of {name} beyond {bound:g} s.")


def _count(name: str, more: tuple[str, ...], *, native: bool) -> str:
    return f"histogram_count({name})" if native else f'sum {by(*more)} ({name}{{le="+Inf"}})'
