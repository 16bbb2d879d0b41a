"""Lines, bars and stacked areas over time, with bounds drawn as dashed lines and exemplars as dots."""

from typing import Any, Literal

from grafanalib import core as g

from pipecat_lgtm.config.thresholds import Bounds
from pipecat_lgtm.dashboards.panels.card import Card
from pipecat_lgtm.dashboards.panels.fields import Link, Override, columns, of_query
from pipecat_lgtm.dashboards.panels.palette import KNOWN, LEAST_AXIS, NEUTRAL, QUIET, UNITS, steps
from pipecat_lgtm.dashboards.panels.targets import source, target, targets
from pipecat_lgtm.dashboards.panels.visual import words
from pipecat_lgtm.queries import Query
from pipecat_lgtm_bridge.contract import labels

Look = Literal["lines", "bars", "stacked"]
_BAR_STEP = "1m"
_SPANNED_MILLISECONDS = 300_000
"""A gap of up to so long is a quiet moment between two turns; a longer one is drawn as a gap."""

_CONTEXT = {"P50": [2, 4], "P99": [10, 6]}
"""Percentiles that are drawn beside the one that alerts judge, and how."""


def graph(  # noqa: PLR0913 - a panel has that many parts
    card: Card,
    queries: list[Query],
    *,
    bounds: Bounds[Any] | None = None,
    look: Look = "lines",
    exemplars: Query | None = None,
    overrides: list[Override] | None = None,
    links: list[Link] | None = None,
    top: float | None = None,
) -> g.TimeSeries:
    """Return a graph.

    Args:
        card: its words.
        queries: what is drawn.
        bounds: drawn as dashed lines, in the queries' unit.
        look: lines; bars of one minute each; or areas that add up.
        exemplars: a query over raw buckets whose exemplars link to traces; its own line is hidden.
        overrides: of single series.
        links: from a point to elsewhere.
        top: the greatest value there can be, 1 of a share.
    """
    drawn = targets(queries, interval=_BAR_STEP if look == "bars" else "")
    changed = [*_hues(queries), *(overrides or [])]
    if exemplars is not None:
        ref = chr(ord("A") + len(drawn))
        drawn.append(target(exemplars, ref, "exemplars"))
        changed.append(of_query(ref, custom__hideFrom={"viz": True, "legend": True, "tooltip": True}))
    stacked = look in {"bars", "stacked"}
    defaults: dict[str, Any] = {"noValue": card.no_value, "links": links or [], "min": 0}
    if top is not None:
        defaults["max"] = top
    custom: dict[str, Any] = {"spanNulls": _SPANNED_MILLISECONDS} if look == "lines" else {}
    if top is None:
        levels = (one["value"] for one in steps(bounds) if one["value"] is not None)
        custom["axisSoftMax"] = 1.1 * max(levels, default=0) or LEAST_AXIS[queries[0].unit]
    defaults["custom"] = custom
    return g.TimeSeries(
        **words(card, queries),
        dataSource=source("loki" if queries[0].language == "logql" else "prometheus"),
        targets=drawn,
        unit=UNITS[queries[0].unit],
        thresholds=steps(bounds, base=QUIET),
        thresholdsStyleMode="dashed" if bounds is not None else "off",
        drawStyle="bars" if look == "bars" else "line",
        fillOpacity=70 if look == "bars" else 25 if look == "stacked" else 0,
        stacking={"mode": "normal" if stacked else "none", "group": "A"},
        lineWidth=1 if look == "bars" else 2,
        showPoints="never" if stacked else "auto",
        # By order, not by name: of names, two that differ in their ends may have one colour.
        colorMode="palette-classic",
        overrides=changed,
        extraJson={
            "fieldConfig": {"defaults": defaults},
            "options": {
                "legend": {"showLegend": True, "calcs": ["lastNotNull"] if look == "lines" else []},
                "tooltip": {"mode": "multi", "sort": "desc"},
            },
        },
    )


def _hues(queries: list[Query]) -> list[Override]:
    """Return the colours of the series whose names are known; Grafana's own palette is not for everybody's eyes.

    Where there is a series per bot, bots are told apart by colour; P50 and P99 are grey lines beside the P95.
    """
    legends = " ".join(query.legend for query in queries)
    if labels.SERVICE_NAME in legends:
        return [
            columns(
                f"^{percent} ",
                color={"mode": "fixed", "fixedColor": NEUTRAL},
                custom__lineStyle={"fill": "dash", "dash": dash},
                custom__lineWidth=1,
                # Named in the title; in the legend they would be two more lines for each service.
                custom__hideFrom={"viz": False, "legend": True, "tooltip": False},
            )
            for percent, dash in _CONTEXT.items()
            if percent in legends and "P95 " in legends
        ]
    found = {
        value: colour
        for label, colours in KNOWN.items()
        if {query.legend for query in queries} == {f"{{{{{label}}}}}"}
        for value, colour in colours.items()
    }
    if "{{" not in legends:
        found |= {percent: colour for percent, colour in KNOWN["P"].items() if percent in legends}
    return [
        columns(rf"(^|[^a-z_]){value}($|[^a-z_])", color={"mode": "fixed", "fixedColor": colour})
        for value, colour in found.items()
    ]
