"""States over time, and where values lie over time."""

from typing import Any

from grafanalib import core as g

from pipecat_lgtm.dashboards.panels.card import Card
from pipecat_lgtm.dashboards.panels.fields import Link
from pipecat_lgtm.dashboards.panels.palette import UNITS
from pipecat_lgtm.dashboards.panels.targets import source, targets
from pipecat_lgtm.dashboards.panels.visual import Visual, words
from pipecat_lgtm.queries import Query


def states(
    card: Card, queries: list[Query], mappings: list[dict[str, Any]], links: list[Link] | None = None
) -> g.StateTimeline:
    """Return a row of coloured spans of time per series; the mappings turn values into words."""
    defaults = {"links": links or [], "noValue": card.no_value, "unit": UNITS[queries[0].unit]}
    return g.StateTimeline(
        **words(card),
        dataSource=source("prometheus"),
        targets=targets(queries),
        mappings=mappings,
        thresholds=[{"color": "text", "value": None}],
        showValue="auto",
        extraJson={
            "fieldConfig": {"defaults": defaults},
            "options": {"legend": {"showLegend": True}, "tooltip": {"sort": "none"}},
        },
    )


def heatmap(card: Card, query: Query) -> Visual:
    """Return where the values of a histogram lie over time; the query counts them by `le`."""
    unit = UNITS[query.unit]
    return Visual(
        **words(card),
        kind="heatmap",
        dataSource=source("prometheus"),
        targets=targets([query], "heatmap", "1m"),
        defaults={"custom": {"scaleDistribution": {"type": "linear"}}, "noValue": card.no_value, "unit": unit},
        options={
            "calculate": False,
            "cellGap": 1,
            "cellValues": {"unit": "short"},
            "color": {"exponent": 0.5, "fill": "dark-blue", "mode": "scheme", "reverse": False, "scale": "exponential",
                      "scheme": "Viridis", "steps": 64},
            "exemplars": {"color": "#D55E00"},
            "filterValues": {"le": 1e-9},
            "legend": {"show": True},
            "rowsFrame": {"layout": "auto"},
            "tooltip": {"mode": "single", "showColorScale": True, "yHistogram": True},
            "yAxis": {"axisPlacement": "left", "reverse": False, "unit": unit},
        },
    )  # fmt: skip
