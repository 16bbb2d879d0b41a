"""The preview: variables filled in, answers in one form, and a page even where stores are away."""

import json
from pathlib import Path
from typing import Any

import pytest
from harness import free_ports
from typer.testing import CliRunner

from pipecat_lgtm import cli
from pipecat_lgtm.config import load
from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.preview import legends, looks, run, tables, traces
from pipecat_lgtm.ops.preview.answers import Answer, Drawn, Series
from pipecat_lgtm.ops.preview.choices import Choices, seconds
from pipecat_lgtm.ops.preview.figures import heatmap
from pipecat_lgtm.ops.preview.page import tile

HOUR = Choices(0, 3600, {"service": "bot", "trace": "00ab"})


@pytest.mark.parametrize(
    ("expr", "filled"),
    [
        ('x{service_name=~"$service", stage=~"$stage"}', 'x{service_name=~"bot", stage=~".+"}'),
        ("rate(x[$__rate_interval])", "rate(x[60s])"),
        ("increase(x[$__range])", "increase(x[3600s])"),
        ('{ trace:id = "$short" }', '{ trace:id = "ab" }'),
        ("$trace", "00ab"),
    ],
)
def test_variables(expr: str, filled: str) -> None:
    """Choices take the place of variables, all values where nothing was chosen."""
    assert filled == HOUR.fill(expr)


@pytest.mark.parametrize(("start", "least", "step"), [(3600, "", 15), (3600, "1m", 60), (86400, "", 360)])
def test_step(start: int, least: str, step: int) -> None:
    """A graph has at most 240 points, none nearer than the scrape interval or the panel's own."""
    assert step == Choices(0, start).step(least)


def test_time_range() -> None:
    """A time range has a unit."""
    assert [900, 21600, 172800] == [seconds(text) for text in ("15m", "now-6h", "2d")]
    with pytest.raises(CheckFailed, match="soon: is no time range"):
        seconds("soon")


@pytest.mark.parametrize(
    ("legend", "name"),
    [
        ("{{a}} · {{ b }}", "1 · 2"),
        ("all", "all"),
        ("__auto", "a=1, b=2"),
    ],
)
def test_legends(legend: str, name: str) -> None:
    """Series are named as Grafana names them."""
    assert name == legends.name(legend, {"__name__": "x", "a": "1", "b": "2"})


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.25, "s", "250 ms"),
        (1.5, "s", "1.50 s"),
        (0.053, "percentunit", "5.3%"),
        (3 * 1024**2, "bytes", "3.0 MiB"),
        (0.01234, "currencyUSD", "$0.0123"),
        (1200, "short", "1,200"),
        ("text", "short", "text"),
        (None, "s", ""),
    ],
)
def test_values(value: Any, unit: str, shown: str) -> None:  # noqa: ANN401 - any cell
    """Values are shown as people read them."""
    assert shown == looks.shown(value, unit)


def test_table_puts_queries_side_by_side() -> None:
    """Rows with equal labels become one; columns are ordered, renamed and hidden."""
    panel = {
        "transformations": [
            {"id": "merge", "options": {}},
            {"id": "organize", "options": {"excludeByName": {"x": True}, "indexByName": {"model": 0, "Value #A": 1},
                                           "renameByName": {"Value #A": "P50", "Value #B": "P95"}}},
        ]
    }  # fmt: skip
    answers = [
        Answer("A", "", rows=[{"model": "m", "x": "1", "Value #A": 0.1}]),
        Answer("B", "", rows=[{"model": "m", "x": "1", "Value #B": 0.2}]),
    ]

    assert (["model", "P50", "P95"], [{"model": "m", "P50": 0.1, "P95": 0.2}]) == tables.rows(panel, answers)


def test_found_spans_become_rows() -> None:
    """A span found is a row; its trace id has its leading noughts again."""
    span = {"spanID": "1", "name": "turn", "startTimeUnixNano": "1000000000", "durationNanos": "500000000",
            "attributes": [{"key": "turn.number", "value": {"intValue": "2"}}]}  # fmt: skip
    found = {"traces": [{"traceID": "ab", "rootServiceName": "bot", "spanSets": [{"spans": [span]}]}]}

    (row,) = traces.rows_of(found)
    assert ("0" * 30 + "ab", "bot", 1.0, 0.5, 2) == (
        row["traceIdHidden"], row["traceService"], row["time"], row["duration"], row["turn.number"],
    )  # fmt: skip


def test_waterfall_has_children_below_their_parents() -> None:
    """A trace's spans are ordered by parent, then by time, with their depth and failures."""

    def span(identity: str, parent: str, start: int, name: str, code: int = 0) -> dict[str, Any]:
        return {"spanId": identity, "parentSpanId": parent, "name": name, "startTimeUnixNano": str(start * 10**9),
                "endTimeUnixNano": str((start + 1) * 10**9), "status": {"code": code}}  # fmt: skip

    spans = [span("c", "a", 3, "llm", 2), span("b", "a", 2, "stt"), span("a", "", 1, "turn")]
    batch = {"resource": {"attributes": []}, "scopeSpans": [{"spans": spans}]}

    assert [("turn", 0, False), ("stt", 1, False), ("llm", 1, True)] == [
        (one.name, one.depth, one.failed) for one in traces.spans_of({"batches": [batch]})
    ]


def test_heatmap_counts_between_bounds() -> None:
    """Buckets that count everything below their bound become counts between bounds; a lone moment has width."""
    series = [Series("", {"le": le}, [(0.0, value)]) for le, value in (("0.5", 2.0), ("+Inf", 5.0), ("0.1", 1.0))]
    panel = {"fieldConfig": {"defaults": {"unit": "s"}}}

    (trace,) = heatmap(Drawn(panel, [Answer("A", "", series)]))["data"]
    assert (["≤ 0.1", "≤ 0.5", "≤ +Inf"], [[None, 1.0], [None, 1.0], [None, 3.0]]) == (trace["y"], trace["z"])


def test_empty_panel_says_why() -> None:
    """A panel without an answer shows its own words, not an empty graph."""
    panel = {"type": "timeseries", "fieldConfig": {"defaults": {"noValue": "Only <the> bridge"}}}

    made = tile(Drawn(panel, [Answer("A", "")]))
    assert (None, '<div class="empty">Only &lt;the&gt; bridge</div>') == (made.figure, made.body)


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """A config whose stores do not answer."""
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    file = tmp_path / "stack.yaml"
    file.write_text(json.dumps({"stores": {"prometheus": {"url": url}, "loki": {"url": url}}}), encoding="utf-8")
    return file


def test_stores_away(away: Path, tmp_path: Path) -> None:
    """Where a store does not answer, each of its panels says so, and there is a page all the same."""
    page = tmp_path / "page.html"
    options = ["--config", str(away), "--dashboard", "pipecat-core", "--out", str(page)]
    done = CliRunner().invoke(cli.app, ["preview", *options])

    assert 0 == done.exit_code, done.output
    assert "queries failed" in done.output
    assert 3 == page.read_text().count('data-panel="')
    assert page.read_text().count('class="error"') == 6


def test_json(away: Path) -> None:
    """For machines each panel says what was asked, what came back, and what went wrong."""
    made = run.as_data(run.boards(load(away).config, ["pipecat-core"]))

    (panel, *_) = made["pipecat-core"]
    assert (1, "A", 0) == (panel["id"], panel["answers"][0]["ref"], panel["answers"][0]["count"])
    assert panel["answers"][0]["error"].startswith("prometheus at http://127.0.0.1:")


def test_unknown_dashboard() -> None:
    """A dashboard that is not there is named, with those that are."""
    with pytest.raises(CheckFailed) as caught:
        run.boards(load(None).config, ["pipecat-cor"])

    assert ("pipecat-cor: there is no such dashboard", f"use one of {', '.join(DASHBOARDS)}") == (
        caught.value.message,
        caught.value.hint,
    )
