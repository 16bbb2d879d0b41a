import json
from typing import Any

import pytest

import yamls
from rendered import EVERYTHING, files

SOURCES: dict[str, dict[str, Any]] = {
    source["type"]: source
    for source in yamls.load(files()["grafana/provisioning/datasources/pipecat.yaml"])["datasources"]
}
BOARDS = {path: json.loads(text) for path, text in files().items() if path.startswith("grafana/dashboards/")}


def test_datasources() -> None:
    """Grafana finds all four stores under fixed uids at their addresses; metrics are the default."""
    assert {
        "prometheus": ("pipecat-prometheus", "http://prometheus:9090"),
        "tempo": ("pipecat-tempo", "http://tempo:3200"),
        "loki": ("pipecat-loki", "http://loki:3100"),
        "alertmanager": ("pipecat-alertmanager", "http://alertmanager:9093"),
    } == {kind: (source["uid"], source["url"]) for kind, source in SOURCES.items()}
    assert ["prometheus"] == [kind for kind, source in SOURCES.items() if source.get("isDefault")]


def test_dot_opens_its_call() -> None:
    """A dot on a graph leads to its call on a dashboard, and nowhere else: Explore is closed to viewers."""
    (call,) = SOURCES["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]

    assert {
        "name": "trace_id",
        "url": "/d/pipecat-conversation?var-trace=$${__value.raw}",
        "urlDisplayLabel": "Open the call",
    } == call


def test_log_line_opens_its_call() -> None:
    """A log line's trace id opens the call on a dashboard."""
    (field,) = SOURCES["loki"]["jsonData"]["derivedFields"]

    assert ("label", "trace_id", "/d/pipecat-conversation?var-trace=$${__value.raw}") == (
        field["matcherType"],
        field["matcherRegex"],
        field["url"],
    )
    assert "datasourceUid" not in field


def test_remote_stores() -> None:
    """Grafana asks a remote store at its own address."""
    remote = yamls.load(files(EVERYTHING)["grafana/provisioning/datasources/pipecat.yaml"])["datasources"]

    assert {
        "prometheus": "https://metrics.example.com/prom",
        "tempo": "https://tempo.example.com",
        "loki": "https://loki.example.com",
        "alertmanager": "http://alertmanager:9093",
    } == {source["type"]: source["url"] for source in remote}


def test_dashboards_are_provisioned_from_their_folder() -> None:
    """Grafana reads the rendered dashboards, and what somebody changes in the browser does not stay."""
    (provider,) = yamls.load(files()["grafana/provisioning/dashboards/pipecat.yaml"])["providers"]

    assert ("/etc/grafana/dashboards", False) == (provider["options"]["path"], provider["allowUiUpdates"])


@pytest.mark.parametrize("path", BOARDS)
def test_dashboard(path: str) -> None:
    """A dashboard's file is named after its uid; it is marked as rendered and cannot be edited in place."""
    board = BOARDS[path]

    assert f"grafana/dashboards/{board['uid']}.json" == path
    assert {"pipecat", "generated"} <= set(board["tags"])
    assert board["editable"] is False
    assert not {"id", "version", "__inputs"} & set(board)


def test_core_has_three_panels() -> None:
    """The core dashboard is three panels: first word, end to end, the stage over its budget; no more."""
    panels = BOARDS["grafana/dashboards/pipecat-core.json"]["panels"]
    titles = [panel["title"].split(",")[0] for panel in panels]

    assert ["Time to first word", "End to end", "Stage furthest over budget"] == titles
