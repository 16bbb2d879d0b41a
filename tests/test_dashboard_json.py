"""What every dashboard is made of, whatever it shows."""

import json
import re
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from pipecat_lgtm.config import load_default
from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.dashboards.panels.card import NO_BRIDGE
from pipecat_lgtm.rules.alerts import alert_groups

CURRENT = {
    "bargauge", "heatmap", "logs", "piechart", "row", "stat", "state-timeline", "table", "timeseries", "traces",
}  # fmt: skip
"""Panel types of Grafana 12 in use; none of them deprecated, none Angular."""

OF_PROMETHEUS = ("step", "tagKeys", "textFormat", "titleFormat", "useValueForTime")
"""Keys of Prometheus' annotation queries, which the model leaves to the datasource."""

CONFIG = load_default()
BOARDS = {uid: board(CONFIG) for uid, board in DASHBOARDS.items()}
register_default_plugins()


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels that show something."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def typed(data: dict[str, Any]) -> dict[str, Any]:
    """What the typed model keeps of a dashboard."""
    return json.loads(json.dumps(Dashboard.from_json(data), cls=JSONEncoder))


def lost(given: object, kept: object, path: str = "") -> list[str]:
    """The places at which a kept value is not the given one; defaults may have been added."""
    if isinstance(given, dict) and isinstance(kept, dict):
        return [one for key, value in given.items() for one in lost(value, kept.get(key), f"{path}.{key}")]
    if isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        pairs = enumerate(zip(given, kept, strict=True))
        return [one for index, (value, other) in pairs for one in lost(value, other, f"{path}[{index}]")]
    return [] if given == kept else [f"{path}: {given!r} became {kept!r}"]


@pytest.fixture(params=BOARDS)
def board(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each dashboard."""
    return BOARDS[request.param]


def test_typed_model_keeps_everything(board: dict[str, Any]) -> None:
    """Grafana 12's typed model knows every key, and saving and loading changes nothing."""
    saved = typed(board)
    gone = [one for one in lost(board, saved) if not one.startswith(tuple(f".annotations.list[{n}]" for n in range(3)))]

    assert [] == gone
    assert {f".annotations.list[{n}].{key}" for n in range(2) for key in OF_PROMETHEUS} >= {
        one.split(":")[0] for one in lost(board, saved) if one not in gone
    }
    assert saved == typed(saved)


def test_panels_are_current_and_have_stable_ids(board: dict[str, Any]) -> None:
    """No panel type is deprecated, ids are distinct, and nothing overlaps."""
    ids = [panel["id"] for panel in board["panels"]]
    cells = [
        (x, y)
        for panel in board["panels"]
        for place in (panel["gridPos"],)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert set() == {panel["type"] for panel in board["panels"]} - CURRENT
    assert sorted(set(ids)) == sorted(ids)
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_no_datasource_is_named(board: dict[str, Any]) -> None:
    """Every datasource is a variable of its type."""
    text = json.dumps(board)
    uids = {part.split('"')[0] for part in text.split('"uid": "')[1:]} - {board["uid"]}

    assert set() == uids - {"${prometheus}", "${tempo}", "${loki}"}


def test_every_panel_answers_a_question(board: dict[str, Any]) -> None:
    """A panel's description asks something and says what to do; a graph has a unit and a text for its absence."""
    for panel in panels(board):
        assert "?" in panel["description"], panel["title"]
        assert len(panel["description"].split("?", 1)[1]) > 1, panel["title"]
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["noValue"], panel["title"]
        if panel["type"] in {"timeseries", "stat", "heatmap", "bargauge", "piechart"}:
            assert defaults["unit"], panel["title"]


def test_bridge_panels_say_so(board: dict[str, Any]) -> None:
    """A panel that only the bridge feeds says so, and shows how to get it instead of an empty graph."""
    for panel in panels(board):
        only = "Only the bridge feeds this panel." in panel.get("description", "")
        assert only == (NO_BRIDGE in panel["fieldConfig"]["defaults"]["noValue"]), panel["title"]


def test_no_slip_of_grafanalib(board: dict[str, Any]) -> None:
    """The base threshold is null and not a text, the schema is Grafana 12's, and no key of an old target is left."""
    text = json.dumps(board)

    assert board["schemaVersion"] == 42
    assert '"value": "null"' not in text
    assert not [key for key in ("gnetId", "hideControls", "intervalFactor", "dsType", "rows") if f'"{key}"' in text]


def test_bounds_are_the_configs() -> None:
    """The lines on TTFW are drawn at the configured bounds, and its title names the critical one."""
    panel = panels(BOARDS["pipecat-core"])[0]
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]

    assert [None, 0.8, 1.2] == [step["value"] for step in steps]
    assert "1.2 s" in panel["title"]


def test_alerts_lead_to_a_dashboard() -> None:
    """Every alert names a dashboard that there is."""
    named = {alert.dashboard for group in alert_groups(CONFIG).values() for alert in group}

    assert set() == named - set(BOARDS)


def test_links_lead_to_a_dashboard() -> None:
    """Every link of a dashboard, a panel or a column leads to a dashboard that there is."""
    targets = {uid for board in BOARDS.values() for uid in re.findall(r"/d/([a-z-]+)", json.dumps(board))}

    assert len(targets) > 5
    assert set() == targets - set(BOARDS)


CHAIN = (
    ("pipecat-core", "pipecat-latency"), ("pipecat-latency", "pipecat-conversations"),
    ("pipecat-conversations", "pipecat-conversation"),
)  # fmt: skip


@pytest.mark.parametrize(("uid", "onward"), CHAIN)
def test_the_way_down_keeps_its_context(uid: str, onward: str) -> None:
    """Core leads to latency, conversations, one conversation; a link keeps time, stores, environment and service."""
    urls = re.findall(rf'"url": "(/d/{onward}[^"]*)"', json.dumps(BOARDS[uid]["panels"]))

    assert urls
    kept = (
        "${__url_time_range}",
        *(f"${{{name}:queryparam}}" for name in ("prometheus", "tempo", "loki", "environment")),
    )
    assert [] == [(url, part) for url in urls for part in kept if part not in url]
    assert [] == [url for url in urls if "${service:queryparam}" not in url and "var-service=" not in url]
    heads = [link for link in BOARDS[uid]["links"] if link["url"] == f"/d/{onward}"]
    assert all(link["keepTime"] and link["includeVars"] for link in heads)


def test_an_alert_leads_to_its_moment_and_service() -> None:
    """An alert's dashboard opens at the alert's own time, and where the alert has a service, for that service."""
    for alert in (one for group in alert_groups(CONFIG).values() for one in group):
        url = alert.annotations["dashboard_url"]

        assert f"/d/{alert.dashboard}/{alert.dashboard}?from={{{{ $from }}}}&to={{{{ $to }}}}" in url
        assert ("service_name" in alert.signal.labels) == ("var-service={{ $labels.service_name | urlquery }}" in url)


def test_core_has_exactly_three_panels() -> None:
    """The core dashboard is three panels, not one more."""
    assert [1, 2, 3] == [panel["id"] for panel in BOARDS["pipecat-core"]["panels"]]
