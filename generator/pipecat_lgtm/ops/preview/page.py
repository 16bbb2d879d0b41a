"""The page: dashboards one below the other, panels on Grafana's grid, Plotly's own script inlined."""

import html
import importlib.resources
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jinja2
from plotly.offline import get_plotlyjs

from pipecat_lgtm.ops.preview import figures, looks, tables
from pipecat_lgtm.ops.preview.answers import Drawn
from pipecat_lgtm.ops.preview.figures import Figure, at

_FIGURES: dict[str, Callable[[Drawn], Figure]] = {
    "timeseries": figures.graph,
    "bargauge": figures.bars,
    "piechart": figures.pie,
    "heatmap": figures.heatmap,
    "state-timeline": figures.timeline,
    "traces": figures.waterfall,
}
_ROWS_SHOWN = 30


@dataclass(frozen=True)
class Tile:
    """A panel as the page places it.

    Args:
        panel: Grafana's.
        body: HTML between title and figure.
        figure: of Plotly; None where the body is all.
        errors: what went wrong, with the expression.
        warnings: what the store said besides.
    """

    panel: dict[str, Any]
    body: str
    figure: Figure | None
    errors: list[tuple[str, str]]
    warnings: list[str]


def tile(drawn: Drawn) -> Tile:
    """Return a panel's tile: its figure, its words, or what stands in place of an empty graph."""
    panel, kind = drawn.panel, drawn.panel["type"]
    errors = [(answer.error, answer.expr) for answer in drawn.answers if answer.error]
    warnings = [warning for answer in drawn.answers for warning in answer.warnings]
    if kind == "row":
        return Tile(panel, "", None, [], [])
    if not errors and not any(answer.count for answer in drawn.answers):
        return Tile(panel, _empty(panel), None, errors, warnings)
    if kind in _FIGURES:
        return Tile(panel, "", _FIGURES[kind](drawn) if not errors else None, errors, warnings)
    bodies = {"stat": _numbers, "table": _table, "logs": _lines}
    return Tile(panel, bodies[kind](drawn) if not errors else "", None, errors, warnings)


def page(boards: list[tuple[dict[str, Any], list[Tile]]], when: str) -> str:
    """Return the whole page as one file."""
    source = importlib.resources.files("pipecat_lgtm.ops.preview").joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    made = {
        f"{board['uid']}-{one.panel['id']}": one.figure
        for board, tiles in boards
        for one in tiles
        if one.figure is not None
    }
    data = json.dumps(made, ensure_ascii=False).replace("</", "<\\/")
    return environment.from_string(source).render(boards=boards, when=when, figures=data, plotly=get_plotlyjs())


def _empty(panel: dict[str, Any]) -> str:
    return f'<div class="empty">{html.escape(panel["fieldConfig"]["defaults"].get("noValue", ""))}</div>'


def _numbers(drawn: Drawn) -> str:
    panel = drawn.panel
    decimals = panel["fieldConfig"]["defaults"].get("decimals")
    parts = []
    several = sum(len(answer.series) for answer in drawn.answers) > 1
    for answer in drawn.answers:
        for one in answer.series:
            text, colour = looks.mapped(panel, one.last)
            value = text or looks.shown(one.last, looks.unit_of(panel, one.name, answer.ref), decimals)
            label = f'<div class="label">{html.escape(one.name)}</div>' if several else ""
            parts.append(f'<div class="number" style="color:{colour}">{html.escape(value)}{label}</div>')
    return f'<div class="numbers">{"".join(parts)}</div>'


def _table(drawn: Drawn) -> str:
    names, rows = tables.rows(drawn.panel, drawn.answers)
    units = {name: looks.properties(drawn.panel, name) for name in names}
    for sort in drawn.panel["options"]["sortBy"]:
        rows = sorted(rows, key=lambda row: _sortable(row.get(sort["displayName"])), reverse=sort["desc"])
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_cell(name, row.get(name), units[name]))}</td>" for name in names) + "</tr>"
        for row in rows[:_ROWS_SHOWN]
    )
    more = f'<div class="more">and {len(rows) - _ROWS_SHOWN} more</div>' if len(rows) > _ROWS_SHOWN else ""
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}</div>'


def _sortable(value: Any) -> tuple[int, Any]:  # noqa: ANN401 - any cell
    number = isinstance(value, int | float)
    return (1, value) if number else (0, str(value or ""))


def _cell(name: str, value: Any, own: dict[str, Any]) -> str:  # noqa: ANN401 - any cell
    if name == "Start" and isinstance(value, float):
        return at(value)[11:23]
    unit = "s" if name == "Duration" else own.get("unit", "short")
    return looks.shown(value, unit, own.get("decimals"))


def _lines(drawn: Drawn) -> str:
    rows = [row for answer in drawn.answers for row in answer.rows][:_ROWS_SHOWN]
    body = "".join(
        f'<div class="line"><span>{at(row["time"])[11:23]}</span>{html.escape(str(row["line"]))}</div>' for row in rows
    )
    return f'<div class="scroll">{body}</div>'
