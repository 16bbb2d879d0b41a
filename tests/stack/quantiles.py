"""Quantiles as Prometheus takes them over buckets, computed from single values."""

from bisect import bisect_left


def bucketed(values: list[float], bounds: list[float], q: float) -> float:
    """Return the quantile of values as their histogram gives it: linear within the bucket that holds it."""
    counts = [0] * (len(bounds) + 1)
    for value in values:
        counts[bisect_left(bounds, value)] += 1
    rank, below = q * len(values), 0
    for index, count in enumerate(counts):
        if below + count >= rank and count:
            if index == len(bounds):
                return bounds[-1]
            low = bounds[index - 1] if index else 0.0
            return low + (bounds[index] - low) * (rank - below) / count
        below += count
    raise AssertionError("no values")
