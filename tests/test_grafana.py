import json
from typing import Any

import pytest
import yaml

from rendered import EVERYTHING, files

SOURCES: dict[str, dict[str, Any]] = {
    source["type"]: source
    for source in yaml.safe_load(files()["grafana/provisioning/datasources/pipecat.yaml"])["datasources"]
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


def test_exemplar_opens_its_trace() -> None:
    """A dot on a graph opens its trace in Tempo, or its call on the conversation dashboard."""
    trace, call = SOURCES["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]

    assert {"name": "trace_id", "datasourceUid": "pipecat-tempo"} == trace
    assert ("trace_id", "/d/pipecat-conversation?var-trace=$${__value.raw}") == (call["name"], call["url"])


def test_trace_opens_logs_and_metrics() -> None:
    """A span leads to the lines of its call in Loki and to its bot's metrics in Prometheus."""
    links = SOURCES["tempo"]["jsonData"]

    assert ("pipecat-loki", "pipecat-prometheus") == (
        links["tracesToLogsV2"]["datasourceUid"],
        links["tracesToMetrics"]["datasourceUid"],
    )
    assert (
        '{service_name="$${__span.tags["service.name"]}"} | trace_id="$${__trace.traceId}"'
        == links["tracesToLogsV2"]["query"]
    )
    assert 2 == len(links["tracesToMetrics"]["queries"])


def test_log_line_opens_its_trace() -> None:
    """A log line's trace id opens the trace."""
    (field,) = SOURCES["loki"]["jsonData"]["derivedFields"]

    assert ("label", "trace_id", "pipecat-tempo", "$${__value.raw}") == (
        field["matcherType"],
        field["matcherRegex"],
        field["datasourceUid"],
        field["url"],
    )


def test_remote_stores() -> None:
    """Grafana asks a remote store at its own address."""
    remote = yaml.safe_load(files(EVERYTHING)["grafana/provisioning/datasources/pipecat.yaml"])["datasources"]

    assert {
        "prometheus": "https://metrics.example.com/prom",
        "tempo": "https://tempo.example.com",
        "loki": "https://loki.example.com",
        "alertmanager": "http://alertmanager:9093",
    } == {source["type"]: source["url"] for source in remote}


def test_dashboards_are_provisioned_from_their_folder() -> None:
    """Grafana reads the rendered dashboards, and what somebody changes in the browser does not stay."""
    (provider,) = yaml.safe_load(files()["grafana/provisioning/dashboards/pipecat.yaml"])["providers"]

    assert ("/etc/grafana/dashboards", False) == (provider["options"]["path"], provider["allowUiUpdates"])


@pytest.mark.parametrize("path", BOARDS)
def test_dashboard(path: str) -> None:
    """A dashboard's file is named after its uid; it is marked as rendered and cannot be edited in place."""
    board = BOARDS[path]

    assert f"grafana/dashboards/{board['uid']}.json" == path
    assert {"pipecat", "generated"} <= set(board["tags"])
    assert board["editable"] is False
    assert not {"id", "version", "__inputs"} & set(board)


@pytest.mark.parametrize("path", BOARDS)
def test_every_panel_explains_itself(path: str) -> None:
    """Every panel that draws something has a title, and says in a sentence which question it answers."""
    for panel in BOARDS[path]["panels"]:
        if panel["type"] not in {"row", "text"}:
            assert panel["title"]
            assert len(panel["description"]) > 40, panel["title"]


def test_core_has_three_panels() -> None:
    """The core dashboard is three panels: first word, end to end, slowest stage; no more."""
    titles = [panel["title"] for panel in BOARDS["grafana/dashboards/pipecat-core.json"]["panels"]]

    assert ["Time to first word", "End to end", "Slowest stage"] == [title.split(",")[0] for title in titles]
