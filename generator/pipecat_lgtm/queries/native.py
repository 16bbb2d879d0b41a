"""Panels' queries for stores that hold native histograms: one series instead of one per bucket, sum and count.

Only the forms that `scope` and the panels' modules write are known here; recordings have their own in `histograms`.
"""

import re

from pipecat_lgtm.contract import metrics as m

_NAMES = "|".join(sorted((one.prometheus for one in m.METRICS if one.kind == "histogram"), key=len, reverse=True))
_BUCKETS = re.compile(rf"sum by \(le(?:, ([^)]*))?\) \((rate|increase)\(({_NAMES})_bucket\b")
_PARTS = re.compile(rf"sum( by \([^)]*\))? ?\((rate|increase)\(({_NAMES})_(sum|count)(\{{[^}}]*\}}\[[^\]]*\])\)\)")
_SERIES = re.compile(rf"\b({_NAMES})_(?:bucket|count)\b")


def as_native(expr: str) -> str:
    """Return an expression over bucket, sum and count series as one over native histograms."""
    expr = _BUCKETS.sub(lambda found: f"sum{f' by ({found[1]})' if found[1] else ''} ({found[2]}({found[3]}", expr)
    expr = _PARTS.sub(
        lambda found: f"histogram_{found[4]}(sum{found[1] or ''} ({found[2]}({found[3]}{found[5]})))", expr
    )
    return _SERIES.sub(lambda found: found[1], expr)
