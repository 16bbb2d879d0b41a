"""Single values: big numbers, bars beside each other, shares of a whole."""

import re
from typing import Any

from grafanalib import core as g

from pipecat_lgtm.config.thresholds import Bounds, CountBounds
from pipecat_lgtm.dashboards.panels.card import Card
from pipecat_lgtm.dashboards.panels.fields import coloured
from pipecat_lgtm.dashboards.panels.fields import column as field
from pipecat_lgtm.dashboards.panels.palette import GOOD, KNOWN, NEUTRAL, UNITS, steps
from pipecat_lgtm.dashboards.panels.table import grouped
from pipecat_lgtm.dashboards.panels.targets import source, targets
from pipecat_lgtm.dashboards.panels.visual import Visual, words
from pipecat_lgtm.queries import Query

LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
"""Grafana's options to reduce a series to its last value."""


def stat(card: Card, queries: list[Query], *, bounds: Bounds[Any] | None = None, decimals: int | None = None) -> g.Stat:
    """Return a panel of one big value per series, its name beside it if there are several.

    Without bounds a value is neither good nor bad, and has the colour of text.
    """
    return g.Stat(
        **words(card, queries),
        dataSource=source("prometheus"),
        targets=targets(queries, "instant"),
        format=UNITS[queries[0].unit],
        thresholds=steps(bounds),
        noValue=card.no_value,
        color={"mode": "fixed", "fixedColor": "text"} if bounds is None else {"mode": "thresholds"},
        decimals=decimals,
        textMode="auto",
        reduceCalc="lastNotNull",
        graphMode="none",
        extraJson={"options": {"wideLayout": True}},
    )


def bars(card: Card, queries: list[Query], *, decimals: int | None = None) -> Visual:
    """Return horizontal bars, one per series: values now, side by side, each with its name above it."""
    defaults = {
        "color": {"mode": "fixed", "fixedColor": GOOD},
        # Grafana leaves the name of a lone bar out unless it is stated.
        "displayName": _displayed(queries[0].legend),
        "min": 0,
        "noValue": card.no_value,
        "unit": UNITS[queries[0].unit],
    }
    return Visual(
        **words(card, queries),
        kind="bargauge",
        dataSource=source("prometheus"),
        targets=targets(queries, "instant"),
        defaults=defaults | ({} if decimals is None else {"decimals": decimals}),
        options={
            "displayMode": "basic",
            "maxVizHeight": 34,
            "minVizHeight": 16,
            "namePlacement": "top",
            "orientation": "horizontal",
            "reduceOptions": LAST,
            "showUnfilled": False,
            "sizing": "manual",
            "text": {"titleSize": 13, "valueSize": 14},
            "valueMode": "text",
        },
    )


def _displayed(legend: str) -> str:
    """Return a legend as Grafana writes it in a display name."""
    return re.sub(r"{{(\w+)}}", r"${__field.labels.\1}", legend)


FAULT = CountBounds.model_validate({"critical": 1})
"""Bounds of what should not be there at all."""


def found(  # noqa: PLR0913 - a panel has that many parts
    card: Card, query: Query, name: str, how: str, *, unit: str = "none", bounds: Bounds[Any] | None = None
) -> Visual:
    """Return one big value made of the spans that a search finds.

    Args:
        card: its words.
        query: the search.
        name: the column whose values are taken.
        how: Grafana's reducer, as `max` or `count`.
        unit: Grafana's name of the unit.
        bounds: colour the value.
    """
    coloured = {"mode": "thresholds"} if bounds is not None else {"mode": "fixed", "fixedColor": "text"}
    return Visual(
        **words(card),
        kind="stat",
        dataSource=source("tempo"),
        targets=targets([query]),
        # Tempo's attributes come as text.
        transformations=[
            {"id": "convertFieldType", "options": {"conversions": [{"destinationType": "number", "targetField": name}]}}
        ]
        if how in {"max", "sum"}
        else [],
        thresholds=steps(bounds),
        defaults={"color": coloured, "noValue": card.no_value, "unit": unit},
        options={
            "colorMode": "value",
            "graphMode": "none",
            "justifyMode": "center",
            "reduceOptions": {"calcs": [how], "fields": f"/^{re.escape(name)}$/", "values": False},
            "textMode": "value",
        },
    )


def stacked(  # noqa: PLR0913 - a panel has that many parts
    card: Card, query: Query, *, row: str, column: str, parts: str, name: str
) -> Visual:
    """Return horizontal bars made of the spans that a search finds: a bar per row, a part per column, of durations.

    Args:
        card: its words.
        query: the search.
        row: the attribute whose values have a bar each, a number.
        column: the attribute whose values are the parts of a bar.
        parts: the label whose known values the parts are, each with its colour.
        name: what a row is called.
    """
    # As Grafana calls the first column of a matrix.
    rows = f"{row}\\{column}"
    return Visual(
        **words(card),
        kind="barchart",
        dataSource=source("tempo"),
        targets=targets([query]),
        transformations=[
            # Tempo's attributes come as text, which would be sorted as text.
            {"id": "convertFieldType", "options": {"conversions": [{"destinationType": "number", "targetField": row}]}},
            {"id": "sortBy", "options": {"fields": {}, "sort": [{"desc": False, "field": row}]}},
            grouped([row, column], Duration="sum"),
            {
                "id": "groupingToMatrix",
                "options": {
                    "columnField": column,
                    "emptyValue": "null",
                    "rowField": row,
                    "valueField": "Duration (sum)",
                },
            },
        ],
        defaults={
            "color": {"mode": "fixed", "fixedColor": NEUTRAL},
            "custom": {"fillOpacity": 80, "lineWidth": 0},
            "noValue": card.no_value,
            "unit": "ns",
        },
        overrides=[
            field(rows, displayName=name, unit="none", decimals=0),
            *(coloured(part, colour) for part, colour in KNOWN[parts].items()),
        ],
        options={
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "orientation": "horizontal",
            "showValue": "never",
            "stacking": "normal",
            "tooltip": {"mode": "multi", "sort": "desc"},
            "xField": rows,
        },
    )
