"""Quantiles, shares and counts of a histogram whose increase is recorded: its buckets are read once, not once for each.

What is recorded is one series per bucket, or a native histogram; `name` is what it is recorded as.
"""

from pipecat_lgtm.queries.histograms import Histogram, Recorded
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract.types import Metric


def buckets(metric: Metric, window: str, *more: str) -> Query:
    """Return the increase of each bucket in a window, per service, environment and further labels."""
    expr = Histogram(metric, window, (*labels.COMMON, *more)).buckets("increase")
    name = f"{metric.name}.buckets.{window}" + "".join(f".{label}" for label in more)
    return Query(name, expr, "count", f"Buckets of: {metric.brief}")


def quantile(name: str, q: float) -> Query:
    """Return a quantile; nothing without values."""
    percent = f"p{q * 100:g}"
    return Query(f"{name}.{percent}", _recorded(name).quantile(q), "seconds", f"{percent.upper()} of {name}.")


def count(name: str, *more: str) -> Query:
    """Return how many values there were."""
    return Query(f"{name}.count", _recorded(name, *more).count(), "count", f"Values in {name}.")


def share_beyond(name: str, bound: float, *more: str) -> Query:
    """Return the exact share of values above a bound that is a bucket bound; nothing without values."""
    expr = _recorded(name, *more).share_above(bound)
    return Query(f"{name}.beyond.{bound:g}", expr, "ratio", f"Share of {name} above {bound:g} s.")


def _recorded(name: str, *more: str) -> Recorded:
    return Recorded(name, (*labels.COMMON, *more))
