"""Single values: big numbers, bars beside each other, shares of a whole."""

from typing import Any

from grafanalib import core as g

from pipecat_lgtm.config.thresholds import Bounds
from pipecat_lgtm.dashboards.panels.card import Card
from pipecat_lgtm.dashboards.panels.fields import Link, Override
from pipecat_lgtm.dashboards.panels.palette import GOOD, UNITS, steps
from pipecat_lgtm.dashboards.panels.targets import source, targets
from pipecat_lgtm.dashboards.panels.visual import Visual, words
from pipecat_lgtm.queries import Query

_LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}


def stat(  # noqa: PLR0913 - a panel has that many parts
    card: Card,
    queries: list[Query],
    *,
    bounds: Bounds[Any] | None = None,
    mappings: list[dict[str, Any]] | None = None,
    overrides: list[Override] | None = None,
    links: list[Link] | None = None,
    decimals: int | None = None,
) -> g.Stat:
    """Return a panel of one big value per series, its name beside it if there are several."""
    return g.Stat(
        **words(card),
        dataSource=source("prometheus"),
        targets=targets(queries, "instant"),
        format=UNITS[queries[0].unit],
        thresholds=steps(bounds),
        mappings=mappings or [],
        overrides=overrides or [],
        noValue=card.no_value,
        color={"mode": "thresholds"},
        decimals=decimals,
        textMode="auto",
        reduceCalc="lastNotNull",
        graphMode="none",
        extraJson={"fieldConfig": {"defaults": {"links": links or []}}, "options": {"wideLayout": True}},
    )


def bars(
    card: Card, queries: list[Query], *, bounds: Bounds[Any] | None = None, overrides: list[Override] | None = None
) -> Visual:
    """Return horizontal bars, one per series: values now, side by side."""
    colour = {"mode": "thresholds"} if bounds is not None else {"mode": "fixed", "fixedColor": GOOD}
    return Visual(
        **words(card),
        kind="bargauge",
        dataSource=source("prometheus"),
        targets=targets(queries, "instant"),
        thresholds=steps(bounds),
        defaults={"color": colour, "mappings": [], "min": 0, "noValue": card.no_value, "unit": UNITS[queries[0].unit]},
        overrides=overrides or [],
        options={
            "displayMode": "basic",
            "orientation": "horizontal",
            "reduceOptions": _LAST,
            "showUnfilled": False,
            "valueMode": "color",
        },
    )


def shares(card: Card, query: Query) -> g.PieChartv2:
    """Return a pie of what a whole is made of, values and shares in its legend."""
    return g.PieChartv2(
        **words(card),
        dataSource=source("prometheus"),
        targets=targets([query], "instant"),
        unit=UNITS[query.unit],
        pieType="donut",
        colorMode="palette-classic-by-name",
        legendDisplayMode="table",
        legendPlacement="right",
        legendValues=["value", "percent"],
        extraJson={
            "fieldConfig": {"defaults": {"noValue": card.no_value}},
            "options": {"legend": {"showLegend": True}, "displayLabels": ["name", "percent"]},
        },
    )
