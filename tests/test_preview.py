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
from pipecat_lgtm.ops.preview import legends, run, traces
from pipecat_lgtm.ops.preview.answers import Answer, Dot, Drawn, Series, Span
from pipecat_lgtm.ops.preview.choices import Choices, seconds
from pipecat_lgtm.ops.preview.page import ROWS_SHOWN, page, rows

_PANEL = {"id": 7, "title": "Title", "type": "timeseries", "description": "Is it?"}
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

    spans = [span("c", "a", 3, "llm", 2), span("b", "a", 2, "stt"), span("d", "b", 4, "word"), span("a", "", 1, "turn")]
    batch = {"resource": {"attributes": []}, "scopeSpans": [{"spans": spans}]}

    assert [("turn", 0, False), ("stt", 1, False), ("word", 2, False), ("llm", 1, True)] == [
        (one.name, one.depth, one.failed) for one in traces.spans_of({"batches": [batch]})
    ]


def test_waterfall_of_a_long_chain() -> None:
    """A trace whose every span is the child of the one before is as deep as it is long; the page sets in 20 levels."""
    spans = [
        {"spanId": str(index), "parentSpanId": str(index - 1) if index else "", "name": f"s{index}",
         "startTimeUnixNano": str(index), "endTimeUnixNano": str(index + 1)}
        for index in range(1500)
    ]  # fmt: skip
    found = traces.spans_of({"batches": [{"resource": {}, "scopeSpans": [{"spans": spans}]}]})

    assert [(f"s{index}", index) for index in range(1500)] == [(one.name, one.depth) for one in found]
    shown = rows(Answer("A", "x", spans=found))
    assert (1500, 20 * 3 + len("s1499")) == (len(shown), len(shown[-1]["span"]))


def test_hostile_labels() -> None:
    """Nothing that a bot says of itself opens a comment or a script on the page: every panel after it is there."""
    hostile = "<!--<script>"
    answers = [Answer("A", hostile, [Series(hostile, {}, [(0.0, 1.0)])], [{hostile: hostile}], error=hostile)]
    board = {"uid": "u", "title": hostile, "description": hostile}
    text = page([(board, [Drawn(_PANEL | {"title": hostile}, answers), Drawn(_PANEL | {"id": 8}, answers)])], hostile)

    assert {"<!--": 0, "<script": 0, 'data-panel="7"': 1, 'data-panel="8"': 1} == {
        part: text.count(part) for part in ("<!--", "<script", 'data-panel="7"', 'data-panel="8"')
    }


@pytest.mark.parametrize(
    ("answer", "row"),
    [
        pytest.param(
            Answer("A", "", series=[Series("bot", {}, [(0.0, 2.0), (15.0, 0.5)])]),
            {"series": "bot", "last": "0.5", "least": "0.5", "greatest": "2", "points": "2"},
            id="series",
        ),
        pytest.param(
            Answer("A", "", rows=[{"time": 0.25, "name": "llm", "Value #A": 1.5}, {"stage": "llm"}]),
            {"Value #A": "1.5", "name": "llm", "stage": "", "time": "1970-01-01 00:00:00.250"},
            id="rows that differ in their columns",
        ),
        pytest.param(
            Answer("A", "", dots=[Dot(1.0, 0.4, "ab")]),
            {"exemplar": "1970-01-01 00:00:01.000", "value": "0.4", "trace": "ab"},
            id="exemplar",
        ),
        pytest.param(
            Answer("A", "", spans=[Span("llm", "bot", 1.0, 1.5, 1, failed=True)]),
            {"span": "\xa0\xa0\xa0llm", "service": "bot", "start": "1970-01-01 00:00:01.000", "seconds": "0.500",
             "status": "error"},
            id="span",
        ),
    ],
)  # fmt: skip
def test_rows(answer: Answer, row: dict[str, str]) -> None:
    """An answer of any kind is a table: values as the store gave them, every row with every column."""
    assert row == rows(answer)[0]


def test_page_is_plain() -> None:
    """A panel has its query and what came back, escaped; rows left out are counted; nothing is `no data`."""
    series = [Series(f"<{number}>", {}, [(0.0, 1.0)]) for number in range(ROWS_SHOWN + 2)]
    board = {"uid": "u", "title": "Board", "description": "What?"}
    text = page([(board, [Drawn(_PANEL, [Answer("A", "x < 1", series), Answer("B", "y")])])], "now")

    assert {"A: x &lt; 1": 1, "&lt;0&gt;": 1, "and 2 more": 1, "no data": 1, "<script": 0, 'data-panel="7"': 1} == {
        part: text.count(part)
        for part in ("A: x &lt; 1", "&lt;0&gt;", "and 2 more", "no data", "<script", 'data-panel="7"')
    }


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """A config whose stores do not answer."""
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    file = tmp_path / "stack.yaml"
    file.write_text(
        json.dumps({"stores": {"prometheus": {"url": url, "write_url": url}, "loki": {"url": url}}}), encoding="utf-8"
    )
    return file


def test_stores_away(away: Path, tmp_path: Path) -> None:
    """Where no store answers, each panel says so, there is a page all the same, and the command fails."""
    page = tmp_path / "page.html"
    options = ["--config", str(away), "--dashboard", "pipecat-core", "--out", str(page)]
    done = CliRunner().invoke(cli.app, ["preview", *options])

    assert isinstance(done.exception, CheckFailed)
    assert done.exception.message.startswith("all 12 queries failed, the first with: prometheus at http://127.0.0.1:")
    assert 3 == page.read_text().count('data-panel="')
    assert page.read_text().count('class="error"') == 12


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


def test_unknown_variable() -> None:
    """A variable that none of the dashboards has is refused, with the closest one and all there are."""
    with pytest.raises(CheckFailed) as caught:
        run.boards(load(None).config, ["pipecat-core"], values={"servce": "bot"})

    assert "--var servce: no such variable; did you mean 'service'?" == caught.value.message
    assert "service" in caught.value.hint.split(", ")


def test_some_failures() -> None:
    """Failures among answers are returned; a failure of all is one of the command."""
    good, bad = Answer("A", "x"), Answer("B", "y", error="refused")
    panel = {"id": 1}

    assert ["refused"] == run.failures([run.Board({}, [Drawn(panel, [good, bad])])])
    assert [] == run.failures([run.Board({}, [Drawn(panel, [good])]), run.Board({}, [])])
    with pytest.raises(CheckFailed, match="all 2 queries failed, the first with: refused"):
        run.failures([run.Board({}, [Drawn(panel, [bad]), Drawn(panel, [bad])])])
