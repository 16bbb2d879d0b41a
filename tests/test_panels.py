"""The cures for what grafanalib lacks or writes wrong, each by itself."""

from typing import Any

import pytest

from pipecat_lgtm.config import Config, load_default
from pipecat_lgtm.config.thresholds import FloorBounds, SecondsBounds
from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.dashboards.panels import calls, fields, palette, table, targets
from pipecat_lgtm.dashboards.panels.annotations import annotations
from pipecat_lgtm.dashboards.panels.bands import experience
from pipecat_lgtm.dashboards.panels.card import NO_BRIDGE, Card
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.numbers import bars, shares, stat
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished, heading
from pipecat_lgtm.dashboards.panels.texts import lines, trace
from pipecat_lgtm.dashboards.panels.timeline import heatmap, states
from pipecat_lgtm.queries import Query, scope
from pipecat_lgtm.queries import panels_latency as latency
from pipecat_lgtm.queries.native import as_native
from promql_names import named

CONFIG = load_default()
CARD = Card(1, "Title", "Is it?", "Do this.")
SECONDS = Query("q", "up", "seconds", "", "{{stage}}")
LOGS = Query("l", '{a="b"}', "text", "", language="logql")
SPANS = Query("t", "{ }", "text", "", language="traceql")


def _panel(one: Any) -> dict[str, Any]:  # noqa: ANN401 - grafanalib's
    """A panel as it is stored."""
    (panel,) = finished(CONFIG, Sheet("u", "t", "q?"), [Line(4, [one])])["panels"]
    return panel


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("range", {"instant": False, "range": True, "exemplar": False, "format": "time_series"}),
        ("instant", {"instant": True, "range": False, "exemplar": False, "format": "time_series"}),
        ("table", {"instant": True, "range": False, "exemplar": False, "format": "table"}),
        ("heatmap", {"instant": False, "range": True, "exemplar": False, "format": "heatmap"}),
        ("exemplars", {"instant": False, "range": True, "exemplar": True, "format": "time_series"}),
    ],
)
def test_prometheus_target(shape: targets.Shape, expected: dict[str, Any]) -> None:
    """A Prometheus target says how its answer is wanted, exemplars included."""
    made = targets.target(SECONDS, "A", shape)

    assert expected == {key: made[key] for key in expected}
    assert ({"type": "prometheus", "uid": "${prometheus}"}, "up", "A") == (
        made["datasource"],
        made["expr"],
        made["refId"],
    )


def test_loki_target() -> None:
    """A Loki target is over time or instant."""
    assert "range" == targets.target(LOGS, "A")["queryType"]
    assert "instant" == targets.target(LOGS, "A", "instant")["queryType"]


def test_tempo_target() -> None:
    """A Tempo target is a TraceQL search whose spans are rows."""
    made = targets.target(SPANS, "B")

    assert ("traceql", "spans", "{ }", "B") == (made["queryType"], made["tableType"], made["query"], made["refId"])


@pytest.mark.parametrize(
    ("bounds", "steps"),
    [
        pytest.param(
            SecondsBounds.model_validate({"warning": "800 ms", "critical": "2 s"}),
            [(None, palette.GOOD), (0.8, palette.ACCEPTABLE), (2.0, palette.BAD)],
            id="bad when high",
        ),
        pytest.param(
            FloorBounds.model_validate({"target": "85 %", "warning": "75 %", "critical": "60 %"}),
            [(None, palette.BAD), (0.6, palette.ACCEPTABLE), (0.75, palette.GOOD)],
            id="bad when low",
        ),
        pytest.param(FloorBounds.model_validate({}), [(None, palette.GOOD)], id="a floor without levels"),
        pytest.param(None, [(None, palette.GOOD)], id="no bounds"),
    ],
)
def test_steps(bounds: Any, steps: list[tuple[float | None, str]]) -> None:  # noqa: ANN401 - bounds of any unit
    """Bounds become thresholds whose base is null, coloured by severity on the bad side."""
    assert steps == [(step["value"], step["color"]) for step in palette.steps(bounds)]


def test_graph() -> None:
    """A graph draws its bounds, hides the line of its exemplars, and colours series that are known."""
    panel = _panel(
        graph(CARD, [SECONDS], bounds=CONFIG.thresholds.ttfw.p95, exemplars=scope.exemplars(m.TURN_TTFW), top=1)
    )
    config = panel["fieldConfig"]

    assert ("timeseries", "s", 1, 0) == (panel["type"], *(config["defaults"][key] for key in ("unit", "max", "min")))
    assert "line+area" == config["defaults"]["custom"]["thresholdsStyle"]["mode"]
    assert [False, True] == [one["exemplar"] for one in panel["targets"]]
    hidden = [one for one in config["overrides"] if one["matcher"] == {"id": "byFrameRefID", "options": "B"}]
    assert [[{"id": "custom.hideFrom", "value": {"viz": True, "legend": True, "tooltip": True}}]] == [
        one["properties"] for one in hidden
    ]
    assert 3 == sum("stt" in str(one) or "llm" in str(one) or "tts" in str(one) for one in config["overrides"])


def test_bars_over_time_have_a_minute_each() -> None:
    """A bar counts what happened in its minute, whatever the time range."""
    panel = _panel(graph(CARD, [SECONDS], look="bars"))

    assert "1m" == panel["targets"][0]["interval"]
    assert "normal" == panel["fieldConfig"]["defaults"]["custom"]["stacking"]["mode"]


NATIVE = CONFIG.model_copy(update={"alerts": CONFIG.alerts.model_copy(update={"flavour": "native"})})


@pytest.mark.parametrize(("config", "shape"), [(CONFIG, "heatmap"), (NATIVE, "time_series")], ids=["classic", "native"])
def test_heatmap(config: Config, shape: str) -> None:
    """Classic buckets are asked for as a heatmap, native histograms as they are."""
    board = finished(config, Sheet("u", "t", "q?"), [Line(4, [heatmap(CARD, latency.buckets(m.TURN_TTFW))])])
    (panel,) = board["panels"]

    assert ("heatmap", shape, False) == (panel["type"], panel["targets"][0]["format"], panel["options"]["calculate"])


@pytest.mark.parametrize(
    ("classic", "native"),
    [
        pytest.param(
            'histogram_quantile(0.95, sum by (le, tool) (rate(pipecat_tool_duration_seconds_bucket{a="b"}[5m])))',
            'histogram_quantile(0.95, sum by (tool) (rate(pipecat_tool_duration_seconds{a="b"}[5m])))',
            id="quantile",
        ),
        pytest.param(
            'sum by (le) (increase(pipecat_turn_ttfw_seconds_bucket{a="b"}[1m]))',
            'sum (increase(pipecat_turn_ttfw_seconds{a="b"}[1m]))',
            id="buckets",
        ),
        pytest.param(
            "sum by (side) (rate(pipecat_webrtc_rtt_seconds_sum{}[5m])) "
            "/ (sum by (side) (rate(pipecat_webrtc_rtt_seconds_count{}[5m])) > 0)",
            "histogram_sum(sum by (side) (rate(pipecat_webrtc_rtt_seconds{}[5m]))) "
            "/ (histogram_count(sum by (side) (rate(pipecat_webrtc_rtt_seconds{}[5m]))) > 0)",
            id="mean",
        ),
        pytest.param(
            "count by (service_name) (pipecat_stage_ttfb_seconds_count{})",
            "count by (service_name) (pipecat_stage_ttfb_seconds{})",
            id="series",
        ),
        pytest.param("sum(rate(pipecat_turns_total{}[5m]))", "sum(rate(pipecat_turns_total{}[5m]))", id="a counter"),
    ],
)
def test_native(classic: str, native: str) -> None:
    """Every form over bucket series has its like over native histograms."""
    assert native == as_native(classic)


def test_native_dashboards_read_no_buckets() -> None:
    """With native histograms no panel reads a series of buckets, sums or counts, and every expression still parses."""
    exprs = [
        target["expr"]
        for board in DASHBOARDS.values()
        for panel in board(NATIVE)["panels"]
        for target in panel.get("targets", [])
        if target["datasource"]["type"] == "prometheus"
    ]

    names = {one.series for expr in exprs for one in named(expr)}
    assert set() == {
        name for name in names if name.startswith("pipecat_") and name.endswith(("_bucket", "_sum", "_count"))
    }


def test_states() -> None:
    """A state timeline turns ranges into words of one colour each."""
    mappings, words = experience(CONFIG)
    panel = _panel(states(CARD, [SECONDS], mappings))

    assert "state-timeline" == panel["type"]
    assert [("natural", 0.0, 0.5), ("acceptable", 0.5, 0.8), ("noticeable", 0.8, 1.2), ("frustrating", 1.2, None)] == [
        (one["options"]["result"]["text"], one["options"]["from"], one["options"]["to"])
        for one in panel["fieldConfig"]["defaults"]["mappings"]
    ]
    assert "Natural to 0.5 s, acceptable to 0.8 s, noticeable to 1.2 s, then frustrating." == words


def test_value_words() -> None:
    """Single values become words too."""
    assert {
        "type": "value",
        "options": {"1": {"text": "answers", "color": "blue", "index": 0}},
    } == fields.words({"1": ("answers", "blue")})


def test_numbers() -> None:
    """Stat, bars and pie ask for the last value and are of current types."""
    made = [_panel(one) for one in (stat(CARD, [SECONDS]), bars(CARD, [SECONDS]), shares(CARD, SECONDS))]

    assert ["stat", "bargauge", "piechart"] == [panel["type"] for panel in made]
    assert {True} == {panel["targets"][0]["instant"] for panel in made}
    assert {"lastNotNull"} == {panel["options"]["reduceOptions"]["calcs"][0] for panel in made}


def test_table() -> None:
    """A table's transformations are in order; a search's trace id leads to its call."""
    columns, overrides = calls.call_columns(a.TURN_NUMBER, a.TURN_LATENCY)
    panel = _panel(
        table.table(CARD, [SPANS], transformations=[table.merged(), *columns], overrides=overrides, sort="Wait")
    )

    assert "tempo" == panel["datasource"]["type"]
    assert ["merge", "organize"] == [one["id"] for one in panel["transformations"]]
    assert {"turn.number": "Turn", "turn.user_bot_latency_seconds": "Wait"}.items() <= (
        panel["transformations"][1]["options"]["renameByName"].items()
    )
    link = next(
        one["value"][0] for override in panel["fieldConfig"]["overrides"]
        for one in override["properties"] if one["id"] == "links"
    )  # fmt: skip
    assert "/d/pipecat-conversation?" in link["url"]
    assert "${__url_time_range}" in link["url"]
    assert link["url"].endswith("&var-trace=${__data.fields['Call']}")


def test_trace_and_lines() -> None:
    """A trace panel and log lines stand on their own stores."""
    assert [("traces", "tempo"), ("logs", "loki")] == [
        (panel["type"], panel["datasource"]["type"])
        for panel in (_panel(trace(CARD, SPANS)), _panel(lines(CARD, LOGS)))
    ]


@pytest.mark.parametrize(
    ("card", "shown"),
    [
        (CARD, "Nothing in this time range for this selection"),
        (Card(1, "T", "Q?", "D.", empty="No errors"), "No errors"),
        (Card(1, "T", "Q?", "D.", "bridge"), NO_BRIDGE),
        (Card(1, "T", "Q?", "D.", "bridge", empty="No calls"), f"No calls. {NO_BRIDGE}"),
    ],
)
def test_what_stands_for_nothing(card: Card, shown: str) -> None:
    """An empty panel says why it may be empty, and how to get the bridge where only that feeds it."""
    assert shown == card.no_value


def test_layout() -> None:
    """Panels of a line share the grid; widths may be given; a heading takes a row of its own."""
    two, wide = [stat(Card(n, "T", "Q?", "D."), [SECONDS]) for n in (1, 2)], [16, 8]
    more = [stat(Card(n, "T", "Q?", "D."), [SECONDS]) for n in (3, 4)]
    board = finished(CONFIG, Sheet("u", "t", "q?"), [Line(5, two), heading(9, "More"), Line(4, more, wide)])

    assert [(0, 0, 12, 5), (12, 0, 12, 5), (0, 5, 24, 1), (0, 6, 16, 4), (16, 6, 8, 4)] == [
        tuple(panel["gridPos"][key] for key in ("x", "y", "w", "h")) for panel in board["panels"]
    ]


def test_links_keep_context() -> None:
    """A series' link keeps time, stores and environment, and narrows to the series' service."""
    url = fields.to_service("pipecat-latency", "Where?")["url"]

    for kept in ("${__url_time_range}", "${prometheus:queryparam}", "${environment:queryparam}"):
        assert kept in url
    assert url.endswith("&var-service=${__field.labels.service_name}")


def test_marks() -> None:
    """Firing alerts and deploys are marked on every graph; without the version as a label it says why none are."""
    versioned = CONFIG.model_copy(
        update={"cardinality": CONFIG.cardinality.model_copy(update={"resource_labels": ("service.version",)})}
    )

    assert [
        "Firing alerts",
        "Deploys (none shown: service.version is not in cardinality.resource_labels)",
    ] == [one["name"] for one in annotations(CONFIG)]
    assert ["Firing alerts", "Deploys"] == [one["name"] for one in annotations(versioned)]
