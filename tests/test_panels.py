"""The cures for what grafanalib lacks or writes wrong, each by itself."""

from dataclasses import replace
from typing import Any

import pytest

from pipecat_lgtm.config import Config, load_default
from pipecat_lgtm.config.thresholds import FloorBounds, SecondsBounds
from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.dashboards.panels import calls, fields, palette, table, targets
from pipecat_lgtm.dashboards.panels.alarms import alarms
from pipecat_lgtm.dashboards.panels.annotations import annotations
from pipecat_lgtm.dashboards.panels.bands import experience
from pipecat_lgtm.dashboards.panels.card import NO_BRIDGE, Card
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.numbers import bars, stat
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished, heading
from pipecat_lgtm.dashboards.panels.texts import lines, trace
from pipecat_lgtm.dashboards.panels.timeline import heatmap, states
from pipecat_lgtm.queries import Query, panels_stack, scope
from pipecat_lgtm.queries import panels_latency as latency
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import metrics as m
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
    assert "dashed" == config["defaults"]["custom"]["thresholdsStyle"]["mode"]
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


_HERE = 'deployment_environment=~"$environment", service_name=~"$service"'


@pytest.mark.parametrize(
    ("query", "native"),
    [
        pytest.param(
            scope.quantile(m.TOOL_DURATION, 0.95, "tool"),
            "histogram_quantile(0.95, sum by (tool) "
            f"(rate(pipecat_tool_duration_seconds{{{_HERE}}}[$__rate_interval]))) >= -Inf",
            id="quantile",
        ),
        pytest.param(
            latency.buckets(m.TURN_TTFW),
            f"sum(increase(pipecat_turn_ttfw_seconds{{{_HERE}}}[$__interval]))",
            id="buckets",
        ),
        pytest.param(
            scope.mean(m.WEBRTC_RTT, "side", unit="seconds"),
            f"histogram_sum(sum by (side) (rate(pipecat_webrtc_rtt_seconds{{{_HERE}}}[$__rate_interval]))) "
            f"/ (histogram_count(sum by (side) (rate(pipecat_webrtc_rtt_seconds{{{_HERE}}}[$__rate_interval]))) > 0)",
            id="mean",
        ),
        pytest.param(
            panels_stack.stage_series(),
            f"topk(8, count by (service_name) (pipecat_stage_ttfb_seconds{{{_HERE}}}))",
            id="series",
        ),
        pytest.param(
            scope.in_range(m.TURNS), f"sum(increase(pipecat_turns_total{{{_HERE}}}[$__range]))", id="a counter"
        ),
    ],
)
def test_native(query: Query, native: str) -> None:
    """Every form over bucket series has its like over native histograms."""
    assert native == query.native
    assert native == query.flavoured(native=True).expr


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
    """A state timeline has a word for each number, which Grafana drops where colours come from thresholds."""
    edges, bands, words = experience(CONFIG)
    panel = _panel(states(CARD, [latency.bands("pipecat:x:p95_5m", edges)], bands))
    defaults = panel["fieldConfig"]["defaults"]

    assert ("state-timeline", "fixed") == (panel["type"], defaults["color"]["mode"])
    assert [0.5, 0.8, 1.2] == edges
    (mapping,) = defaults["mappings"]
    assert {"0": "natural", "1": "acceptable", "2": "noticeable", "3": "frustrating"} == {
        number: one["text"] for number, one in mapping["options"].items()
    }
    assert 3 == panel["targets"][0]["expr"].count("> bool")
    assert "Natural to 0.5 s, acceptable to 0.8 s, noticeable to 1.2 s, then frustrating." == words


def test_value_words() -> None:
    """Single values become words too."""
    assert {
        "type": "value",
        "options": {"1": {"text": "answers", "color": "blue", "index": 0}},
    } == fields.words({"1": ("answers", "blue")})


def test_numbers() -> None:
    """Stat and bars ask for the last value; a lone bar has its name; without bounds no colour says good or bad."""
    models = replace(SECONDS, legend="{{provider}} · {{model}}")
    value, judged, named = (
        _panel(one)
        for one in (
            stat(CARD, [SECONDS]),
            stat(CARD, [SECONDS], bounds=CONFIG.thresholds.ttfw.p95),
            bars(CARD, [models], decimals=0),
        )
    )

    assert ["stat", "stat", "bargauge"] == [panel["type"] for panel in (value, judged, named)]
    assert {True} == {panel["targets"][0]["instant"] for panel in (value, judged, named)}
    assert {"lastNotNull"} == {panel["options"]["reduceOptions"]["calcs"][0] for panel in (value, judged, named)}
    assert ["fixed", "thresholds"] == [panel["fieldConfig"]["defaults"]["color"]["mode"] for panel in (value, judged)]
    assert "${__field.labels.provider} · ${__field.labels.model}" == named["fieldConfig"]["defaults"]["displayName"]


def test_alarms() -> None:
    """The list of firing alerts has a row for each kind with its severity, and since when, for the chosen services."""
    (panel,) = finished(CONFIG, Sheet("u", "t", "q?"), [alarms(90)])["panels"]
    (target,) = panel["targets"]

    assert ("table", "table", False) == (panel["type"], target["format"], panel["options"]["showHeader"])
    assert [{"displayName": "Severity", "desc": False}] == panel["options"]["sortBy"]
    assert {"severity": "Severity", "alertname": "Alert", "Value": "Since"} == (
        panel["transformations"][0]["options"]["renameByName"]
    )
    assert "min by (severity, alertname) (" in target["expr"]
    assert 2 == target["expr"].count(
        'severity!="info", deployment_environment=~"$environment|", service_name=~"$service|"'
    )


def test_worst_are_drawn() -> None:
    """Of many services a graph draws those that were worst at any time of the range, of a floor those below it."""
    chosen = 'deployment_environment=~"$environment", service_name=~"$service"'
    above, below = (scope.recorded("pipecat:x:p95_5m", "ratio", "", lower_is_worse=floor) for floor in (False, True))

    assert (
        f"pipecat:x:p95_5m{{{chosen}}} * 1 and topk(8, max_over_time(pipecat:x:p95_5m{{{chosen}}}[$__range] @ end()))"
        == above.expr
    )
    assert below.expr.endswith(f"and bottomk(8, min_over_time(pipecat:x:p95_5m{{{chosen}}}[$__range] @ end()))")


def test_worst_quantiles_are_drawn() -> None:
    """A quantile per service is judged by that of the whole range, in either flavour; others are drawn as they are."""
    each, tools = (scope.quantile(m.TOOL_DURATION, 0.95, name) for name in ("service_name", "tool"))

    for text in (each.expr, each.native):
        assert " and on (service_name) topk(8, histogram_quantile(0.95, " in text
        assert "[$__range] @ end()" in text
    assert "topk" not in tools.expr


def test_drawn_while_used() -> None:
    """A percentile of a window is drawn while turns end; without it the emptying window would look like a recovery."""
    query = scope.while_used(Query("q", scope.chosen("pipecat:x:p95_5m") * 1, "seconds", ""), m.TURNS)
    chosen = 'deployment_environment=~"$environment", service_name=~"$service"'
    turns = f"pipecat_turns_total{{{chosen}}}"

    assert (
        f"pipecat:x:p95_5m{{{chosen}}} * 1 and on (service_name, deployment_environment) "
        f"({turns} unless {turns} == {turns} offset $__rate_interval)" == query.expr
    )


def test_drawn_of_one_service() -> None:
    """A percentile beside the one that is judged is drawn only where the whole time range shows one service."""
    query = scope.if_alone(scope.recorded("pipecat:x:p50_5m", "seconds", ""), "pipecat:x:p95_5m")

    assert query.expr.endswith("[$__range] @ end()))) == 1")
    assert " and on () count(group by (service_name, deployment_environment) (last_over_time(" in query.expr


def test_table() -> None:
    """A table's transformations are in order; a search's trace id leads to its call."""
    columns, overrides = calls.call_columns(a.TURN_NUMBER, a.TURN_LATENCY)
    panel = _panel(table.table(CARD, [SPANS], transformations=columns, overrides=overrides, sort="Wait"))

    assert "tempo" == panel["datasource"]["type"]
    # Tempo's answer always has columns; divided by rows there is nothing where there is no row, and the panel says so.
    assert [
        "partitionByValues",
        "merge",
        "convertFieldType",
        "organize",
    ] == [one["id"] for one in panel["transformations"]]
    assert {"turn.number": "Turn", "turn.user_bot_latency_seconds": "Wait"}.items() <= (
        panel["transformations"][3]["options"]["renameByName"].items()
    )
    link = next(
        one["value"][0] for override in panel["fieldConfig"]["overrides"]
        for one in override["properties"] if one["id"] == "links"
    )  # fmt: skip
    assert "/d/pipecat-conversation?" in link["url"]
    assert "${__url_time_range}" in link["url"]
    assert link["url"].endswith("&var-trace=${__value.raw}")


def test_values_side_by_side() -> None:
    """Values with equal labels are one row; without any label there is no column, and the text for no data is shown."""
    merge, group, columns = table.side_by_side(["service_name", "Value #A", "stage", "Value #B"], {"Value #A": "P95"})

    assert {"id": "merge", "options": {}} == merge
    fields = group["options"]["fields"]
    assert ["service_name", "stage"] == [name for name, one in fields.items() if one["operation"] == "groupby"]
    assert {"Value #A": ["lastNotNull"], "Value #B": ["lastNotNull"]} == {
        name: one["aggregations"] for name, one in fields.items() if one["operation"] == "aggregate"
    }
    assert "P95" == columns["options"]["renameByName"]["Value #A (lastNotNull)"]
    assert ["service_name", "Value #A (lastNotNull)", "stage", "Value #B (lastNotNull)"] == list(
        columns["options"]["indexByName"]
    )


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
        (Card(1, "T", "Q?", "D.", "bridge", empty="No calls"), "No calls"),
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
    """A reader can mark where alerts began, and deploys where the version is a label; nothing is marked at first."""
    versioned = CONFIG.model_copy(
        update={"cardinality": CONFIG.cardinality.model_copy(update={"resource_labels": ("service.version",)})}
    )

    assert ["Alerts"] == [one["name"] for one in annotations(CONFIG)]
    assert ["Alerts", "Deploys"] == [one["name"] for one in annotations(versioned)]
    assert [False, False] == [one["enable"] for one in annotations(versioned)]
    # One sample long, or Grafana fills the time between with a region.
    assert "1m" == annotations(CONFIG)[0]["step"]
    assert "unless" in annotations(CONFIG)[0]["expr"]
    assert "offset 1m" in annotations(CONFIG)[0]["expr"]
