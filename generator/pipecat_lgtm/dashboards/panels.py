"""The house style over grafanalib: what every panel has, and cures for what grafanalib lacks or writes wrong.

grafanalib 0.7.1 writes schemaVersion 12, the text 'null' for a base threshold, Graphite and Influx keys into every
target, and knows no exemplar flag. `finished` returns plain data without any of these.
"""

import json
from dataclasses import dataclass
from typing import Any

from grafanalib import core as g
from grafanalib._gen import DashboardEncoder

from pipecat_lgtm.config.thresholds import Bounds
from pipecat_lgtm.contract import labels
from pipecat_lgtm.queries import Query
from pipecat_lgtm.queries.promql import values_of

SCHEMA_VERSION = 42
"""Of Grafana 12."""

PROMETHEUS = "${prometheus}"
GOOD, ACCEPTABLE, BAD = "#0072B2", "#E69F00", "#D55E00"
"""Okabe-Ito colours: told apart by colour-blind people too."""

_UNITS = {
    "seconds": "s",
    "ratio": "percentunit",
    "per_second": "cps",
    "count": "short",
    "tokens": "short",
    "text": "string",
}
_UNUSED = ("__inputs", "gnetId", "hideControls", "rows", "sharedCrosshair", "style", "version", "id")
_UNUSED_IN_PANEL = (
    "cacheTimeout",
    "editable",
    "error",
    "height",
    "hideTimeOverride",
    "interval",
    "isNew",
    "links",
    "maxDataPoints",
    "maxPerRow",
    "minSpan",
    "repeat",
    "repeatDirection",
    "span",
    "timeFrom",
    "timeShift",
)


@dataclass(frozen=True)
class Place:
    """Where a panel is: Grafana's grid of 24 columns."""

    x: int
    y: int
    width: int
    height: int


def thresholds(bounds: Bounds[Any]) -> list[dict[str, Any]]:
    """Return Grafana's threshold steps of a signal that is bad when high."""
    steps: list[dict[str, Any]] = [{"color": GOOD, "value": None}]
    if bounds.warning is not None:
        steps.append({"color": ACCEPTABLE, "value": bounds.warning})
    if bounds.critical is not None:
        steps.append({"color": BAD, "value": bounds.critical})
    return steps


def target(query: Query, ref: str, *, instant: bool = False, exemplar: bool = False) -> dict[str, Any]:
    """Return a Prometheus target of a query."""
    return {
        "datasource": _source(),
        "exemplar": exemplar,
        "expr": query.expr,
        "format": "time_series",
        "instant": instant,
        "legendFormat": query.legend or "__auto",
        "range": not instant,
        "refId": ref,
    }


def timeseries(  # noqa: PLR0913 - a panel has that many parts
    title: str,
    description: str,
    queries: list[Query],
    bounds: Bounds[Any],
    place: Place,
    *,
    exemplars: Query | None = None,
) -> g.TimeSeries:
    """Return a graph with its bounds drawn as lines and bands.

    Args:
        title: what is shown; the critical bound is added.
        description: the question it answers and what to do if it is red.
        queries: what is drawn.
        bounds: drawn in the queries' unit.
        place: on the grid.
        exemplars: a query over raw buckets; its exemplars link to traces, its own line is hidden.
    """
    targets = [target(query, chr(ord("A") + index)) for index, query in enumerate(queries)]
    overrides: list[dict[str, Any]] = []
    if exemplars is not None:
        ref = chr(ord("A") + len(targets))
        targets.append(target(exemplars, ref, exemplar=True))
        hidden = {"id": "custom.hideFrom", "value": {"viz": True, "legend": True, "tooltip": True}}
        overrides.append({"matcher": {"id": "byFrameRefID", "options": ref}, "properties": [hidden]})
    return g.TimeSeries(
        title=title,
        description=description,
        dataSource=_source(),
        targets=targets,
        unit=_UNITS[queries[0].unit],
        gridPos=g.GridPos(h=place.height, w=place.width, x=place.x, y=place.y),
        thresholds=thresholds(bounds),
        thresholdsStyleMode="line+area",
        lineWidth=2,
        legendDisplayMode="list",
        overrides=overrides,
        extraJson={"options": {"tooltip": {"mode": "multi", "sort": "desc"}}},
    )


def stat(title: str, description: str, queries: list[Query], place: Place) -> g.Stat:
    """Return a panel of one value per series, its name beside it."""
    return g.Stat(
        title=title,
        description=description,
        dataSource=_source(),
        targets=[target(query, chr(ord("A") + index), instant=True) for index, query in enumerate(queries)],
        format=_UNITS[queries[0].unit],
        gridPos=g.GridPos(h=place.height, w=place.width, x=place.x, y=place.y),
        textMode="value_and_name",
        reduceCalc="lastNotNull",
        thresholds=[{"color": GOOD, "value": None}],
        graphMode="none",
    )


def variables() -> list[dict[str, Any]]:
    """Return the variables all dashboards share: the datasource, the environment, the service."""
    return [
        {
            "name": "prometheus",
            "label": "Metrics",
            "type": "datasource",
            "query": "prometheus",
            "hide": 0,
            "refresh": 1,
            "options": [],
            "current": {},
        },
        _labels("environment", labels.ENVIRONMENT, ""),
        _labels("service", labels.SERVICE_NAME, f'{labels.ENVIRONMENT}=~"$environment"'),
    ]


def _labels(name: str, label: str, within: str) -> dict[str, Any]:
    query = values_of(label, within)
    return {
        "name": name,
        "label": name.capitalize(),
        "type": "query",
        "datasource": _source(),
        "definition": query.expr,
        "query": {"query": query.expr, "refId": "A"},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "hide": 0,
        "options": [],
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }


def finished(uid: str, title: str, description: str, panels: list[Any]) -> dict[str, Any]:
    """Return a dashboard as the data that Grafana stores, without grafanalib's slips."""
    dashboard = g.Dashboard(
        title=title, uid=uid, description=description, panels=panels, tags=["pipecat", "generated"], timezone="browser",
        time=g.Time("now-1h", "now"), refresh="15s", editable=False, schemaVersion=SCHEMA_VERSION, sharedCrosshair=True,
    ).auto_panel_ids()  # fmt: skip
    data: dict[str, Any] = json.loads(json.dumps(dashboard.to_json_data(), cls=DashboardEncoder))
    data["templating"] = {"list": variables()}
    data["links"] = [
        {
            "type": "dashboards",
            "tags": ["pipecat"],
            "asDropdown": True,
            "includeVars": True,
            "keepTime": True,
            "title": "Pipecat",
            "targetBlank": False,
        }
    ]
    for panel in data["panels"]:
        for key in _UNUSED_IN_PANEL:
            panel.pop(key, None)
    return {key: value for key, value in data.items() if key not in _UNUSED} | {
        "graphTooltip": 1,
        "annotations": {"list": []},
    }


def _source() -> Any:  # noqa: ANN401 - grafanalib takes any
    return {"type": "prometheus", "uid": PROMETHEUS}
