"""What every dashboard is made of, whatever it shows."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from pipecat_lgtm.config import load, load_default
from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.dashboards.lint.known import FIELD_CONFIG
from pipecat_lgtm.rules.alerts import alert_groups

OF_PROMETHEUS = ("placement", "step", "tagKeys", "textFormat", "titleFormat", "useValueForTime")
"""Keys of Prometheus' annotation queries that the model leaves to the datasource, and one newer than the model."""

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


def test_every_panel_answers_a_question(board: dict[str, Any]) -> None:
    """A panel's description asks something and says what to do; a graph has a unit and a text for its absence."""
    for panel in panels(board):
        assert "?" in panel["description"], panel["title"]
        assert len(panel["description"].split("?", 1)[1]) > 1, panel["title"]
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults.get("noValue") or "noValue" not in FIELD_CONFIG[panel["type"]], panel["title"]
        if panel["type"] in {"timeseries", "stat", "heatmap", "bargauge"}:
            assert defaults["unit"], panel["title"]


def test_bridge_panels_say_so(board: dict[str, Any]) -> None:
    """A panel that only the bridge feeds says so, and shows how to get it instead of an empty graph."""
    for panel in panels(board):
        only = "Only the bridge feeds this panel." in panel.get("description", "")
        if only and "noValue" in FIELD_CONFIG[panel["type"]]:
            assert "bridge" in panel["fieldConfig"]["defaults"]["noValue"], panel["title"]


def test_no_table_shows_what_spans_are_grouped_by(board: dict[str, Any]) -> None:
    """The id of a span, by which each is found by itself, is a column of no table."""
    for panel in panels(board):
        grouped = [target for target in panel.get("targets", []) if "| by(span:id)" in target.get("query", "")]
        if grouped and panel["type"] == "table":
            steps = panel["transformations"]
            hidden = [name for one in steps if one["id"] == "organize" for name in one["options"]["excludeByName"]]
            assert "by(span:id)" in hidden or "groupBy" in [one["id"] for one in steps], panel["title"]


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
    """An alert's dashboard opens an hour before its window, and where the alert has a service, for that service."""
    for alert in (one for group in alert_groups(CONFIG).values() for one in group):
        url = alert.annotations["dashboard_url"]

        since = re.search(rf"/d/{alert.dashboard}/{alert.dashboard}\?from=\{{\{{ print `\(time\(\) - ([0-9]+)\)", url)
        assert since is not None
        assert int(since[1]) >= 3600
        assert ("service_name" in alert.signal.labels) == ("var-service={{ $labels.service_name | urlquery }}" in url)


def test_core_has_exactly_three_panels() -> None:
    """The core dashboard is three panels, not one more."""
    assert [1, 2, 3] == [panel["id"] for panel in BOARDS["pipecat-core"]["panels"]]


def _panel(uid: str, identity: int) -> dict[str, Any]:
    (found,) = (panel for panel in panels(BOARDS[uid]) if panel["id"] == identity)
    return found


def _columns(panel: dict[str, Any]) -> list[str]:
    """The columns of a table from left to right."""
    (options,) = (step["options"] for step in panel["transformations"] if step["id"] == "organize")
    order = options["indexByName"]
    return list(dict.fromkeys(options["renameByName"][name] for name in sorted(order, key=order.__getitem__)))


def test_core_says_first_who_waits_how_long_and_since_when() -> None:
    """A phone shows three columns of core's table; the others say which stage it is, and if there are calls."""
    names = _columns(_panel("pipecat-core", 3))

    assert ["Service", "First word", "Slow for"] == names[:3]
    assert {"Worst stage", "× budget", "Its P95", "Last turn ago"} <= set(names)


def test_failed_calls_are_listed() -> None:
    """A call with a bad outcome, with component errors or with a failed span is in a table, one row a call."""
    panel = _panel("pipecat-conversations", 13)
    (query,) = (target["query"] for target in panel["targets"])

    for condition in (
        "status = error",
        'span.pipecat.conversation.outcome = "failed"',
        'span.pipecat.conversation.outcome = "abandoned"',
        "span.pipecat.conversation.errors > 0",
    ):
        assert condition in query
    assert ["Call", "Start", "Service", "Conversation", "Outcome", "Component errors", "Stage"] == _columns(panel)
    grouped = next(step["options"]["fields"] for step in panel["transformations"] if step["id"] == "groupBy")
    assert ["traceIdHidden"] == [name for name, one in grouped.items() if one["operation"] == "groupby"]


def test_what_was_said_is_not_kept(tmp_path: Path) -> None:
    """Where words are dropped the transcript says so, and not that nothing was said."""
    file = tmp_path / "stack.yaml"
    file.write_text("content: {mode: drop}")

    (text,) = (
        panel["fieldConfig"]["defaults"]["noValue"]
        for panel in panels(DASHBOARDS["pipecat-conversation"](load(file).config))
        if panel["title"] == "Transcript"
    )

    assert "content.mode in stack.yaml is drop" in text


def test_a_call_is_named() -> None:
    """The page of one call begins with the id that the bot and its logs call it by, whichever span has it."""
    first = panels(BOARDS["pipecat-conversation"])[0]

    assert "Conversation id" == first["title"]
    assert "span.conversation.id != nil" in first["targets"][0]["query"]
    assert "/^conversation\\.id$/" == first["options"]["reduceOptions"]["fields"]


def test_cost_says_what_is_not_in_it() -> None:
    """Beside the cost stands of which kinds of service it is not: those with models that have no price."""
    panel = _panel("pipecat-usage", 34)

    assert "Not in the cost: models without a price" == panel["title"]
    assert ["LLM", "TTS", "STT"] == [target["legendFormat"] for target in panel["targets"]]
    assert {True} == {target["expr"].startswith("count(") for target in panel["targets"]}


ROUTED = """
routing:
  severities: {critical: {notify: [ours]}, warning: {notify: [ours]}}
  receivers: {ours: {webhook: {url: 'http://127.0.0.1:9/'}}}
"""


def test_messages_to_the_log_are_to_nobody(tmp_path: Path) -> None:
    """Where nobody is a receiver, messages to the notification log are called what they are."""
    (tmp_path / "stack.yaml").write_text(ROUTED)
    reader = load(tmp_path / "stack.yaml").config
    alone, heard = (
        next(panel for panel in DASHBOARDS["pipecat-stack"](config)["panels"] if panel["id"] == 32)
        for config in (CONFIG, reader)
    )

    assert [{"id": "displayName", "value": "nobody: kept in the log"}] == [
        one
        for override in alone["fieldConfig"]["overrides"]
        for one in override["properties"]
        if one["id"] == "displayName"
    ]
    assert "displayName" not in json.dumps(heard["fieldConfig"]["overrides"])
