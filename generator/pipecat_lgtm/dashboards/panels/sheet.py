"""A whole dashboard: panels on the grid, variables, links, marks; as the data that Grafana stores."""

import json
from dataclasses import dataclass, field
from typing import Any

import attr
from grafanalib import core as g
from grafanalib._gen import DashboardEncoder

from pipecat_lgtm.config import Config
from pipecat_lgtm.dashboards.panels import variables
from pipecat_lgtm.dashboards.panels.annotations import annotations
from pipecat_lgtm.dashboards.panels.targets import NATIVE

SCHEMA_VERSION = 42
"""Of Grafana 12."""

_GRID = 24
_UNUSED = ("__inputs", "gnetId", "hideControls", "rows", "sharedCrosshair", "style", "version", "id")
_UNUSED_IN_PANEL = (
    "cacheTimeout", "collapsed", "editable", "error", "height", "hideTimeOverride", "interval", "isNew",
    "maxDataPoints", "maxPerRow", "minSpan", "repeat", "repeatDirection", "showTitle", "span", "timeFrom", "timeShift",
    "links",
)  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """What a dashboard is called and can be narrowed to.

    Args:
        uid: stable; links and alerts name it.
        title: as listed.
        question: the question the whole dashboard answers.
        chooses: variables besides stores, environment and service.
        leads_to: (uid, words) of the dashboards to look at next.
        span: the time range it opens with.
        shows_who: environment and service are beside the other choices, not in the menu.
    """

    uid: str
    title: str
    question: str
    chooses: tuple[dict[str, Any], ...] = ()
    leads_to: tuple[tuple[str, str], ...] = ()
    span: str = "now-1h"
    shows_who: bool = True


@dataclass(frozen=True)
class Line:
    """Panels beside each other.

    Args:
        height: in grid units of 30 pixels.
        panels: from left to right.
        widths: grid columns of each; equal shares of 24 by default.
    """

    height: int
    panels: list[Any]
    widths: list[int] = field(default_factory=list)


def heading(identity: int, title: str) -> Line:
    """Return a row's title over the lines below it."""
    return Line(1, [g.RowPanel(id=identity, title=title)])


def finished(config: Config, sheet: Sheet, lines: list[Line]) -> dict[str, Any]:
    """Return a dashboard without grafanalib's slips.

    Args:
        config: names what is marked on graphs.
        sheet: what it is called.
        lines: its panels from top to bottom.
    """
    dashboard = g.Dashboard(
        title=sheet.title, uid=sheet.uid, description=sheet.question, panels=_placed(lines), refresh="30s",
        tags=["pipecat", "generated"], timezone="browser", time=g.Time(sheet.span, "now"), editable=False,
        schemaVersion=SCHEMA_VERSION,
    )  # fmt: skip
    data: dict[str, Any] = json.loads(json.dumps(dashboard.to_json_data(), cls=DashboardEncoder))
    made = {key: value for key, value in data.items() if key not in _UNUSED}
    made["panels"] = [_flavoured(config, _tidied(panel)) for panel in data["panels"]]
    made["templating"] = {"list": [*variables.stores(), *variables.who(shown=sheet.shows_who), *sheet.chooses]}
    made["links"] = [*(_next(uid, words) for uid, words in sheet.leads_to), _others()]
    return made | {
        "annotations": {"list": annotations(config)},
        "graphTooltip": 1,
        "fiscalYearStartMonth": 0,
        "liveNow": False,
        "preload": False,
        "timepicker": {"refresh_intervals": ["15s", "30s", "1m", "5m"]},
    }


def _placed(lines: list[Line]) -> list[Any]:
    panels, top = [], 0
    for line in lines:
        widths = line.widths or [_GRID // len(line.panels)] * len(line.panels)
        left = 0
        for panel, width in zip(line.panels, widths, strict=True):
            panels.append(attr.evolve(panel, gridPos=g.GridPos(h=line.height, w=width, x=left, y=top)))
            left += width
        top += line.height
    return panels


def _tidied(panel: dict[str, Any]) -> dict[str, Any]:
    """Return a panel without keys that say nothing; a row needs fewer still."""
    if panel["type"] == "row":
        kept = ("gridPos", "id", "title", "type")
        return {key: panel[key] for key in kept} | {"collapsed": False, "panels": []}
    made: dict[str, Any] = {
        key: value for key, value in panel.items() if key not in _UNUSED_IN_PANEL and value is not None
    }
    defaults = made["fieldConfig"]["defaults"]
    made["fieldConfig"]["defaults"] = {
        key: _some(value)
        for key, value in defaults.items()
        if value or (value is not None and key not in {"custom", "links"})
    }
    if not defaults["thresholds"]["steps"]:
        del made["fieldConfig"]["defaults"]["thresholds"]
    if not made["transformations"]:
        del made["transformations"]
    return made


def _flavoured(config: Config, panel: dict[str, Any]) -> dict[str, Any]:
    """Return a panel whose queries read the kind of histogram that the store holds."""
    for target in panel.get("targets", []):
        native = target.pop(NATIVE, None)
        if config.alerts.native and native is not None:
            target["expr"] = native
            target["format"] = "time_series" if target["format"] == "heatmap" else target["format"]
    return panel


def _some(value: Any) -> Any:  # noqa: ANN401 - JSON
    return {key: inner for key, inner in value.items() if inner is not None} if isinstance(value, dict) else value


def _next(uid: str, words: str) -> dict[str, Any]:
    return _bar_link("link", words) | {"url": f"/d/{uid}", "icon": "dashboard", "tooltip": words}


def _others() -> dict[str, Any]:
    return _bar_link("dashboards", "Pipecat") | {"asDropdown": True, "tags": ["pipecat"], "icon": "external link"}


def _bar_link(kind: str, title: str) -> dict[str, Any]:
    """Return a link in the dashboard's head that keeps the time range and the variables."""
    return {
        "asDropdown": False,
        "icon": "",
        "includeVars": True,
        "keepTime": True,
        "tags": [],
        "targetBlank": False,
        "title": title,
        "tooltip": "",
        "type": kind,
        "url": "",
    }
