"""From a panel and its answers to a Plotly figure."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from pipecat_lgtm.dashboards.panels.palette import BAD, GOOD, NEUTRAL, SERIES
from pipecat_lgtm.ops.preview import looks
from pipecat_lgtm.ops.preview.answers import Drawn, Series

Figure = dict[str, Any]
_LAYOUT: dict[str, Any] = {
    "margin": {"l": 56, "r": 12, "t": 8, "b": 36},
    "font": {"family": "inherit", "size": 11, "color": "#3c4149"},
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "legend": {"orientation": "h", "y": -0.18, "x": 0, "font": {"size": 11}},
    "hovermode": "x unified",
    "showlegend": True,
    "colorway": list(SERIES),
}
_GRID = {"gridcolor": "#e7e9ec", "zeroline": False}
_TINT = 0.10
_TEXT_SHARE = 0.2
"""Of the width of a waterfall, that the longest text needs."""
_BAR_MILLISECONDS = 60_000
_DASHES = {"[2, 4]": "dot", "[10, 6]": "dash"}


def _times(drawn: Drawn) -> dict[str, Any]:
    return _GRID | {"type": "date", "range": [at(drawn.start), at(drawn.end)]}


def at(stamp: float) -> str:
    """Return a moment as Plotly reads it."""
    return datetime.fromtimestamp(stamp, UTC).isoformat()


def graph(drawn: Drawn) -> Figure:
    """Return lines, bars or stacked areas, bounds as lines with the bad side tinted, exemplars as dots."""
    panel = drawn.panel
    custom = panel["fieldConfig"]["defaults"]["custom"]
    stacked, bars = custom["stacking"].get("mode") == "normal", custom["drawStyle"] == "bars"
    series = [one for answer in drawn.answers for one in answer.series]
    traces = [_trace(panel, one, index, bars=bars, stacked=stacked) for index, one in enumerate(series)]
    dots = [dot for answer in drawn.answers for dot in answer.dots]
    if dots:
        traces.append(
            {
                "type": "scatter", "mode": "markers", "name": "one trace each",
                "marker": {"color": NEUTRAL, "size": 7, "symbol": "diamond"},
                "x": [at(dot.time) for dot in dots], "y": [dot.value for dot in dots],
                "text": [dot.trace_id for dot in dots], "hovertemplate": "%{y:.3f} s<br>trace %{text}<extra></extra>",
            }
        )  # fmt: skip
    unit = looks.unit_of(panel, "")
    values = [value for one in series for _, value in one.points] + [dot.value for dot in dots]
    top = panel["fieldConfig"]["defaults"].get("max") or max(values, default=0.0) * 1.15
    lines, shapes = _bounds(panel, top)
    top = top or (0.0 if lines else 1.0)
    layout = _LAYOUT | {
        "xaxis": _times(drawn),
        "yaxis": _GRID
        | looks.axis(unit)
        | ({} if stacked and not lines else {"range": [0, max([top, *(1.1 * one for one in lines)])]}),
        "barmode": "stack",
        "bargap": 0.1,
        "shapes": shapes,
    }
    return {"data": traces, "layout": layout}


def _trace(panel: dict[str, Any], one: Series, index: int, *, bars: bool, stacked: bool) -> Figure:
    colour = looks.series_colour(panel, one.name, index)
    own = looks.properties(panel, one.name)
    made: Figure = {
        "name": one.name,
        "x": [at(stamp) for stamp, _ in one.points],
        "y": [value for _, value in one.points],
    }
    if bars:
        return made | {"type": "bar", "marker": {"color": colour}, "width": 0.9 * _BAR_MILLISECONDS}
    dash = _DASHES.get(str(own.get("custom.lineStyle", {}).get("dash")), "solid")
    line = {"color": colour, "width": own.get("custom.lineWidth", 2), "dash": dash}
    few = len(one.points) < 3  # noqa: PLR2004 - a line needs three points to be seen as one
    made |= {"type": "scatter", "mode": "lines+markers" if few else "lines", "line": line}
    return made | ({"stackgroup": "one", "fillcolor": f"{colour}66"} if stacked else {})


def _bounds(panel: dict[str, Any], top: float) -> tuple[list[float], list[dict[str, Any]]]:
    config = panel["fieldConfig"]["defaults"]
    if config["custom"]["thresholdsStyle"]["mode"] == "off":
        return [], []
    steps = config["thresholds"]["steps"]
    lines = [step["value"] for step in steps if step["value"] is not None]
    shapes: list[dict[str, Any]] = []
    edges = [0.0, *lines, max([top, *lines]) * 1.5]
    for step, low, high in zip(steps, edges[:-1], edges[1:], strict=True):
        if step["color"] not in {"transparent", GOOD}:
            area = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": low, "y1": high, "line": {"width": 0}}
            shapes.append(area | {"fillcolor": step["color"], "opacity": _TINT, "layer": "below"})
        if step["value"] is not None:
            line = {"color": step["color"], "width": 1, "dash": "dash"}
            shapes.append({"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": low, "y1": low, "line": line})
    return lines, shapes


def bars(drawn: Drawn) -> Figure:
    """Return horizontal bars, one per series."""
    panel = drawn.panel
    series = sorted((one for answer in drawn.answers for one in answer.series), key=lambda one: one.last)
    unit = looks.unit_of(panel, "")
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": [one.last for one in series],
        "y": [one.name for one in series],
        "text": [looks.shown(one.last, unit) for one in series],
        "textposition": "auto",
        "cliponaxis": False,
        "marker": {"color": [looks.level_colour(panel, one.last) for one in series]},
    }
    axes = {"xaxis": _GRID | looks.axis(unit) | {"rangemode": "tozero"}, "yaxis": {"automargin": True}}
    return {"data": [trace], "layout": _LAYOUT | axes | {"hovermode": "closest", "showlegend": False}}


def pie(drawn: Drawn) -> Figure:
    """Return shares of a whole."""
    series = [one for answer in drawn.answers for one in answer.series]
    trace = {
        "type": "pie",
        "hole": 0.55,
        "labels": [one.name for one in series],
        "values": [one.last for one in series],
        "textinfo": "percent",
        "marker": {"colors": list(SERIES)},
    }
    side = {"orientation": "v", "x": 1, "y": 0.5}
    return {
        "data": [trace],
        "layout": _LAYOUT | {"hovermode": "closest", "legend": side, "margin": {"l": 8, "r": 8, "t": 8, "b": 8}},
    }


def heatmap(drawn: Drawn) -> Figure:
    """Return how many values fell between neighbouring bucket bounds, over time."""
    series = sorted((one for answer in drawn.answers for one in answer.series), key=lambda one: float(one.labels["le"]))
    times = sorted({stamp for one in series for stamp, _ in one.points})
    times[:0] = [times[0] - _BAR_MILLISECONDS / 1000] if len(times) == 1 else []  # one column alone has no width
    below: dict[float, float] = {}
    rows, names = [], []
    for one in series:
        counts = dict(one.points)
        rows.append([max(0.0, counts.get(stamp, 0.0) - below.get(stamp, 0.0)) or None for stamp in times])
        names.append(f"≤ {one.labels['le']}")
        below = counts
    unit = looks.unit_of(drawn.panel, "")
    trace = {
        "type": "heatmap", "x": [at(stamp) for stamp in times], "y": names, "z": rows, "colorscale": "Viridis",
        "reversescale": True, "xgap": 1, "ygap": 1,
        "colorbar": {"thickness": 10, "title": {"text": "turns", "side": "right"}},
    }  # fmt: skip
    axes = {
        "xaxis": _times(drawn),
        "yaxis": {"type": "category", "ticksuffix": looks.axis(unit).get("ticksuffix", ""), "automargin": True},
    }
    return {"data": [trace], "layout": _LAYOUT | axes | {"hovermode": "closest"}}


def timeline(drawn: Drawn) -> Figure:
    """Return a row of coloured spans of time per series."""
    panel, traces = drawn.panel, []
    seen: set[str] = set()
    for one in (one for answer in drawn.answers for one in answer.series):
        for begin, end, name, colour in _states(panel, one):
            traces.append(
                {
                    "type": "bar", "orientation": "h", "y": [one.name],
                    "base": [at(begin)], "x": [(end - begin) * 1000],
                    "name": name, "legendgroup": name, "showlegend": name not in seen, "marker": {"color": colour},
                    "text": [name], "textposition": "inside", "insidetextanchor": "middle",
                    "hovertemplate": f"{one.name}: {name}<extra></extra>",
                }
            )  # fmt: skip
            seen.add(name)
    axes = {"xaxis": _times(drawn), "yaxis": {"automargin": True, "type": "category"}}
    return {"data": traces, "layout": _LAYOUT | axes | {"barmode": "overlay", "hovermode": "closest", "bargap": 0.25}}


def _runs(one: Series) -> list[tuple[float, float, float]]:
    """Return (begin, end, value) of each point, up to the next."""
    step = min((after - before for (before, _), (after, _) in pairwise(one.points)), default=15.0)
    return [(stamp, stamp + step, value) for stamp, value in one.points]


def _states(panel: dict[str, Any], one: Series) -> list[tuple[float, float, str, str]]:
    """Return (begin, end, name, colour) of each run of points with one name."""
    found: list[tuple[float, float, str, str]] = []
    for begin, end, value in _runs(one):
        text, colour = looks.mapped(panel, value)
        name = text or f"{value:g}"
        goes_on = found and found[-1][2] == name and abs(found[-1][1] - begin) < 1
        first = found.pop()[0] if goes_on else begin
        found.append((first, end, name, colour))
    return found


def waterfall(drawn: Drawn) -> Figure:
    """Return the spans of a trace, one bar each."""
    spans = [span for answer in drawn.answers for span in answer.spans]
    first = min((span.start for span in spans), default=0.0)
    names = [
        f"{' ' * 3 * span.depth}{span.name}<span style='display:none'>{index}</span>"
        for index, span in enumerate(spans)
    ]
    whole = max((span.end for span in spans), default=0.0) - first
    roomy = [span.end - span.start > _TEXT_SHARE * whole for span in spans]
    hues = {"stt": SERIES[0], "llm": SERIES[1], "tts": SERIES[2]}
    trace = {
        "type": "bar", "orientation": "h", "y": list(range(len(spans))), "base": [span.start - first for span in spans],
        "x": [max(span.end - span.start, 0.004) for span in spans],
        "marker": {"color": [BAD if span.failed else hues.get(span.name, NEUTRAL) for span in spans]},
        "text": [f"{span.name} {looks.shown(span.end - span.start, 's')}" for span in spans],
        "textposition": ["inside" if one else "outside" for one in roomy],
        "constraintext": "none", "textfont": {"size": 10}, "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip
    ticks = {
        "tickmode": "array",
        "tickvals": list(range(len(spans))),
        "ticktext": [name.split("<")[0] for name in names],
    }
    axes = {
        "xaxis": _GRID | {"ticksuffix": " s", "side": "top", "range": [0, (1 + _TEXT_SHARE) * whole]},
        "yaxis": ticks | {"autorange": "reversed", "automargin": True},
    }
    return {
        "data": [trace],
        "layout": _LAYOUT
        | axes
        | {"hovermode": "closest", "showlegend": False, "margin": {"l": 8, "r": 12, "t": 30, "b": 8}},
    }
