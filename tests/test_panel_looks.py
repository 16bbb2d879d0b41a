"""What a reader sees of a panel: bounds on the axis, colours that tell, captions, order, sentences."""

from typing import Any

import pytest

from pipecat_lgtm.config import load_default
from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import events as e
from pipecat_lgtm.dashboards.panels import table
from pipecat_lgtm.dashboards.panels.card import Card
from pipecat_lgtm.dashboards.panels.graph import graph
from pipecat_lgtm.dashboards.panels.sheet import Line, Sheet, finished
from pipecat_lgtm.queries import Query, panels_calls

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
        pytest.param(None, None, None, id="none"),
    ],
)
def test_bounds_are_on_the_axis(bounds: Any, top: float | None, soft: float | None) -> None:  # noqa: ANN401 - any unit
    """The axis reaches beyond the highest bound, however small the values are, unless there is a greatest value."""
    panel = _panel(graph(CARD, [SECONDS], bounds=bounds, top=top))

    assert soft == panel["fieldConfig"]["defaults"]["custom"].get("axisSoftMax")


@pytest.mark.parametrize(
    ("legend", "coloured"),
    [
        pytest.param("{{stage}}", 3, id="stages"),
        pytest.param("{{stage}} · {{category}}", 0, id="stages that recur"),
        pytest.param("{{stage}} · {{status}}", 3, id="by how it ended"),
    ],
)
def test_known_colours(legend: str, coloured: int) -> None:
    """Series have their label's known colours where each has one of its own, or where the colour says good or bad."""
    panel = _panel(graph(CARD, [Query("q", "up", "count", "", legend)]))

    assert coloured == len(panel["fieldConfig"]["overrides"])


@pytest.mark.parametrize(("least_first", "desc"), [(False, True), (True, False)], ids=["greatest", "least"])
def test_captions_and_order(least_first: bool, desc: bool) -> None:  # noqa: FBT001 - cases
    """Columns of labels have captions people read; the first row is the greatest, or the least."""
    columns = table.organised(["severity", "alertname", "Value"], {"Value": "Series"})
    panel = _panel(table.table(CARD, [SECONDS], transformations=[columns], sort="Severity", least_first=least_first))

    assert {"severity": "Severity", "alertname": "Alert", "Value": "Series"} == columns["options"]["renameByName"]
    assert [{"displayName": "Severity", "desc": desc}] == panel["options"]["sortBy"]


def test_events_are_told() -> None:
    """An event's line says what it has of the attributes, each after its words."""
    line = panels_calls.events(e.ERROR, stage=a.STAGE, failed_with=e.CATEGORY).expr.partition(" | line_format ")[2]

    first, second = (
        f"{{{{ if .{key} }}}}{words} {{{{ .{key} }}}} {{{{ end }}}}"
        for words, key in (("stage", "pipecat_stage"), ("failed with", "pipecat_error_category"))
    )
    assert f"`{first}{second}`" == line
