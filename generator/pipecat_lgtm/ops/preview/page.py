"""A plain page of what every query returned: values as the stores gave them, in tables.

It does not imitate Grafana. Colours, legends, value mappings and layouts can be right on a drawn copy and wrong in the
real one; `dashboards shots` takes pictures of the real one.
"""

import importlib.resources
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jinja2

from pipecat_lgtm.ops.preview.answers import Answer, Drawn

Row = dict[str, str]
ROWS_SHOWN = 30
_DEEPEST = 20
"""Levels of a waterfall that are set in: text of a chain of spans would grow with the square of its length."""


def page(boards: list[tuple[dict[str, Any], list[Drawn]]], when: str) -> str:
    """Return the whole page as one file; `when` says when the stores were asked."""
    source = importlib.resources.files("pipecat_lgtm.ops.preview").joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(source).render(boards=boards, when=when, rows=rows, shown=ROWS_SHOWN)


def rows(answer: Answer) -> list[Row]:
    """Return an answer as table rows: one per series, row, exemplar or span; keys are the columns' names."""
    return list(_rows(answer))


def _rows(answer: Answer) -> Iterator[Row]:
    for one in answer.series:
        values = [value for _, value in one.points]
        numbers = {"last": one.last, "least": min(values), "greatest": max(values), "points": len(values)}
        yield {"series": one.name} | {name: f"{value:g}" for name, value in numbers.items()}
    names = sorted({name for row in answer.rows for name in row})
    for row in answer.rows:
        yield {name: _cell(name, row.get(name)) for name in names}
    for dot in answer.dots:
        yield {"exemplar": _moment(dot.time), "value": f"{dot.value:g}", "trace": dot.trace_id}
    for span in answer.spans:
        yield {
            "span": "\N{NO-BREAK SPACE}" * 3 * min(span.depth, _DEEPEST) + span.name,
            "service": span.service,
            "start": _moment(span.start),
            "seconds": f"{span.end - span.start:.3f}",
            "status": "error" if span.failed else "",
        }


def _cell(name: str, value: Any) -> str:  # noqa: ANN401 - any cell
    if value is None:
        return ""
    if name == "time" and isinstance(value, float):
        return _moment(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _moment(stamp: float) -> str:
    return datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
