"""Colours that colour-blind people tell apart too (Okabe and Ito), units, and the colours of bounds."""

from typing import Any

from pipecat_lgtm.config.thresholds import Bounds
from pipecat_lgtm.queries.query import Unit
from pipecat_lgtm_bridge.contract import labels

GOOD, INFO, ACCEPTABLE, BAD = "#0072B2", "#56B4E9", "#E69F00", "#D55E00"
QUIET = "transparent"
NEUTRAL = "#626A76"
SERIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", NEUTRAL)
"""Colours of things that are neither good nor bad, such as stages and models, in a fixed order."""
PARTS = (*SERIES, "#2200FF", "#7766FF", "#99DD88", "#992222", "#CCCCBB", "#6699FF", "#7711BB")
"""The same, for what has more values: as far from each other as can be, for the colour-blind too."""

KNOWN: dict[str, dict[str, str]] = {
    labels.STAGE: dict(zip(labels.STAGES, SERIES, strict=False)),
    labels.CONTRIBUTION: dict(zip(labels.CONTRIBUTIONS, PARTS, strict=True)),
    labels.TYPE: dict(zip(labels.TOKEN_TYPES, SERIES, strict=False)),
    labels.STATUS: {"ok": "#0072B2", "error": BAD, "interrupted": ACCEPTABLE},
    labels.OUTCOME: {
        "completed": "#0072B2",
        "failed": BAD,
        "escalated": ACCEPTABLE,
        "abandoned": "#CC79A7",
        "unknown": NEUTRAL,
    },
    "P": {"P50": INFO, "P95": "#0072B2", "P99": "#CC79A7"},
}
"""Colours of values that are known beforehand, by label; `P` stands for percentiles."""

UNITS: dict[Unit, str] = {
    "seconds": "s",
    "ratio": "percentunit",
    "times": "suffix:×",
    "per_second": "cps",
    "count": "short",
    "tokens": "short",
    "text": "string",
    "bytes": "bytes",
    "dollars": "currencyUSD",
    "cores": "short",
    "moment": "dateTimeFromNow",
}
"""Grafana's names of our units."""

LEAST_AXIS: dict[Unit, float] = {
    "seconds": 1,
    "ratio": 0.1,
    "times": 2,
    "per_second": 1,
    "count": 5,
    "tokens": 10,
    "bytes": 1e6,
    "dollars": 0.01,
    "cores": 1,
}
"""How far an axis reaches at least, by unit: Grafana's own reaches to 100 where all is 0, which is 10,000 % of a share."""

Step = dict[str, Any]


def steps(bounds: Bounds[Any] | None, *, base: str = GOOD) -> list[Step]:
    """Return Grafana's threshold steps of a signal's bounds.

    Args:
        bounds: in the panel's unit; None draws none.
        base: colour of the good side; `QUIET` where only the bad sides are tinted.
    """
    if bounds is None:
        return [{"color": base, "value": None}]
    levels = [
        (value, colour)
        for value, colour in ((bounds.info, INFO), (bounds.warning, ACCEPTABLE), (bounds.critical, BAD))
        if value is not None
    ]
    if type(bounds).higher_is_worse:
        return [{"color": base, "value": None}, *({"color": colour, "value": value} for value, colour in levels)]
    worst_first = levels[::-1]
    if not worst_first:
        return [{"color": base, "value": None}]
    colours = [colour for _, colour in worst_first] + [base]
    return [
        {"color": colours[0], "value": None},
        *({"color": colour, "value": value} for (value, _), colour in zip(worst_first, colours[1:], strict=True)),
    ]
