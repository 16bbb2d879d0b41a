"""What a reader sees of a panel: bounds on the axis, colours that tell, captions, order, sentences."""

import re
from dataclasses import replace
from importlib.metadata import files
from itertools import combinations
from typing import Any, get_args

import pytest

from pipecat_lgtm.config import load_default
from pipecat_lgtm.dashboards.lint.colour import distance
from pipecat_lgtm.dashboards.panels import palette, table
from pipecat_lgtm.dashboards.panels.card import Card
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished
from pipecat_lgtm.queries import Query
from pipecat_lgtm.queries.query import Unit
from pipecat_lgtm_bridge.contract import labels

CONFIG = load_default()
CARD = Card(1, "Title", "Is it?", "Do this.")
SECONDS = Query("q", "up", "seconds", "", "{{stage}}")


def _panel(one: Any) -> dict[str, Any]:  # noqa: ANN401 - grafanalib's
    """A panel as it is stored."""
    (panel,) = finished(CONFIG, Sheet("u", "t", "q?"), [Line(4, [one])])["panels"]
    return panel


@pytest.mark.parametrize(
    ("bounds", "top", "soft"),
    [
        pytest.param(CONFIG.thresholds.ttfw.p95, None, pytest.approx(1.32), id="bounds"),
        pytest.param(CONFIG.thresholds.ttfw.p95, 1, None, id="a greatest value"),
        pytest.param(None, None, 1, id="none"),
    ],
)
def test_bounds_are_on_the_axis(bounds: Any, top: float | None, soft: float | None) -> None:  # noqa: ANN401 - any unit
    """The axis reaches above the highest bound, however small the values are, unless there is a greatest value."""
    panel = _panel(graph(CARD, [SECONDS], bounds=bounds, top=top))

    assert soft == panel["fieldConfig"]["defaults"]["custom"].get("axisSoftMax")


def test_no_call_is_an_axis_of_few() -> None:
    """Without a bound the axis of a count that is always 0 reaches to 5 and not to 100; so does every unit's."""
    tops = {
        unit: _panel(graph(CARD, [replace(SECONDS, unit=unit)]))["fieldConfig"]["defaults"]["custom"]["axisSoftMax"]
        for unit in palette.LEAST_AXIS
    }

    assert tops == palette.LEAST_AXIS
    assert 5 == tops["count"]
    assert tops.keys() == set(get_args(Unit)) - {"text", "moment"}


@pytest.mark.parametrize(
    ("said", "expr", "note"),
    [
        ("Is it?", "pipecat:turns:ratio_5m * 1", " Each value is of the last 5m before it."),
        ("Is it in the last 5m?", "pipecat:turns:ratio_5m * 1", ""),
        ("Is it?", "sum(increase(x_total[$__range]))", " Of the whole time range."),
        ("Is it in the time range?", "sum(increase(x_total[$__range]))", ""),
        ("Is it?", "sum(increase(x_total[$__interval]))", ""),
    ],
)
def test_windows_are_described(said: str, expr: str, note: str) -> None:
    """A description ends with the window that values are of, as a recording's name has it, unless it says it."""
    panel = _panel(graph(Card(1, "Title", said, "Do this."), [replace(SECONDS, source=expr)]))

    assert f"{said} Do this.{note}" == panel["description"]


def test_parts_of_a_wait_are_told_apart() -> None:
    """Any two colours of parts of a wait are far apart for usual sight, and for red and green blindness."""
    pairs = combinations(palette.KNOWN[labels.CONTRIBUTION].items(), 2)

    assert [] == [(one, other) for (one, first), (other, second) in pairs if distance(first, second) < 15]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("#FFFFFF", "#000000", 100), ("#FFFFFF", "#FFFFFF", 0), ("#CC79A7", "#8A8F98", 4.2), ("#FFFFFF", "#808080", 46.4)],
)
def test_distance(one: str, other: str, expected: float) -> None:
    """Distances are CIE76's, of the eyes for which two colours are nearest to each other."""
    assert expected == pytest.approx(distance(one, other), abs=0.6)


def test_a_name_is_no_colour() -> None:
    """A colour that is not written as #RRGGBB is refused."""
    with pytest.raises(ValueError, match="'red' is no colour; write it as #RRGGBB"):
        distance("red", "#000000")


def test_pipecat_has_no_other_parts() -> None:
    """Every part of a wait that the installed Pipecat or the bridge names has a colour."""
    (file,) = (one for one in files("pipecat-ai") or () if one.name == "user_bot_latency_observer.py")
    source = file.read_text(encoding="utf-8")

    assert set(re.findall(r'\bkey="(\w+)"', source)) | {"leading_silence"} <= set(labels.CONTRIBUTIONS)


@pytest.mark.parametrize(
    ("legend", "coloured"),
    [
        pytest.param("{{stage}}", 3, id="stages"),
        pytest.param("{{stage}} · {{category}}", 0, id="stages that recur"),
        pytest.param("{{stage}} · {{status}}", 0, id="how each ended"),
        pytest.param("{{status}}", 3, id="by how it ended"),
    ],
)
def test_known_colours(legend: str, coloured: int) -> None:
    """Series have their label's known colours where each has one of its own."""
    panel = _panel(graph(CARD, [Query("q", "up", "count", "", legend)]))

    assert coloured == len(panel["fieldConfig"]["overrides"])


@pytest.mark.parametrize(("least_first", "desc"), [(False, True), (True, False)], ids=["greatest", "least"])
def test_captions_and_order(least_first: bool, desc: bool) -> None:  # noqa: FBT001 - cases
    """Columns of labels have captions people read; the first row is the greatest, or the least."""
    columns = table.organised(["severity", "alertname", "Value"], {"Value": "Series"})
    panel = _panel(table.table(CARD, [SECONDS], transformations=[columns], sort="Severity", least_first=least_first))

    assert {"severity": "Severity", "alertname": "Alert", "Value": "Series"} == columns["options"]["renameByName"]
    assert [{"displayName": "Severity", "desc": desc}] == panel["options"]["sortBy"]
