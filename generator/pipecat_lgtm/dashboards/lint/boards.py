"""What can be wrong with a dashboard as a whole."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from pipecat_lgtm.dashboards.lint.fault import GRID_COLUMNS, Json, defaults_of, panels_of, variables_of
from pipecat_lgtm.dashboards.lint.panels import used_in

Rule = Callable[[Json], Iterator[str]]
"""Of a dashboard; yields what is wrong, and what to do."""

_ROW = 645
"""Pixels beside the time range, on a screen of 1440 with Grafana's menu."""
_LETTER, _MARK, _CHOICE, _BOX, _LINK, _GAP = 7, 24, 95, 145, 40, 8
"""Pixels of a letter, of the mark of a description, of a choice and a box around their labels, of a link, of a gap."""
_REPEATED, _LONG = 2, 60
"""So often a text for no data may stand on a dashboard if it has more letters than that."""
_FIRING = re.compile(r"ALERTS\s*(?:\{(?P<labels>[^}]*)\})?")
_WATCHDOG = {"alertname": "PipecatWatchdog", "severity": "info", "alertstate": "firing"}
_INFO = {"alertname": "PipecatExample", "severity": "info", "alertstate": "firing"}


def has_a_name(board: Json) -> Iterator[str]:
    """A dashboard has a title, and says which question it answers."""
    for key in ("title", "description"):
        if not board.get(key, "").strip():
            yield f"has no {key}"


def ids_are_distinct(board: Json) -> Iterator[str]:
    """Links and alerts name panels by id."""
    for identity, times in Counter(panel["id"] for panel in panels_of(board)).items():
        if times > 1:
            yield f"{times} panels have the id {identity}; give each its own"


def panels_have_places(board: Json) -> Iterator[str]:
    """Panels lie on a grid of 24 columns, none over another."""
    taken: dict[tuple[int, int], Json] = {}
    for panel in board.get("panels", []):
        place = panel["gridPos"]
        if place["x"] < 0 or place["w"] < 1 or place["x"] + place["w"] > GRID_COLUMNS:
            yield f"{panel['title']!r} does not fit into {GRID_COLUMNS} columns"
        cells = [
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ]
        if under := next((taken[cell] for cell in cells if cell in taken), None):
            yield f"{panel['title']!r} lies over {under['title']!r}"
        taken |= dict.fromkeys(cells, panel)


def annotations_are_thin(board: Json) -> Iterator[str]:
    """Alerts as annotations are off at first, mark only when one begins, and are never the watchdog or info."""
    for one in board.get("annotations", {}).get("list", []):
        name, expr = one.get("name", ""), str(one.get("expr", ""))
        if one.get("builtIn"):
            continue
        if one.get("enable"):
            yield f"annotation {name!r} is on by default, which draws over every graph; set enable to false"
        firing = [match["labels"] or "" for match in _FIRING.finditer(expr)]
        if firing and not re.search(r"\bunless\b.*\boffset\b", expr):
            yield f"annotation {name!r} is as long as an alert fires, a region; mark its begin: x unless x offset 1m"
        for kind, labels in (("the watchdog", _WATCHDOG), ("info", _INFO)):
            if any(_selects(selector, labels) for selector in firing):
                yield f"annotation {name!r} shows {kind}; leave out severity info"
                break


def _selects(selector: str, labels: dict[str, str]) -> bool:
    """Tell whether a selector's matchers let a series with these labels through; labels not given are anything."""
    for name, how, wanted in re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', selector):
        if name not in labels or "$" in wanted:
            continue
        equal = labels[name] == wanted if how in {"=", "!="} else re.fullmatch(wanted, labels[name]) is not None
        if equal == how.startswith("!"):
            return False
    return True


def variables_are_known(board: Json) -> Iterator[str]:
    """A variable's query, and an annotation, use variables of this dashboard."""
    known = variables_of(board)
    texts = {f"variable {name}": one.get("query", "") for name, one in known.items() if one["type"] == "query"}
    texts |= {f"annotation {one['name']}": one.get("expr", "") for one in board.get("annotations", {}).get("list", [])}
    for what, text in texts.items():
        for name in sorted(used_in(text) - known.keys()):
            yield f"{what} uses ${name}, which is no variable of this dashboard"


def choices_fit_a_row(board: Json) -> Iterator[str]:
    """What a reader chooses, the links and the time range are one row on a laptop, else graphs begin further down."""
    parts = [
        _LETTER * len(one.get("label") or one["name"])
        + (_MARK if one.get("description") else 0)
        + (_BOX if one["type"] == "textbox" else _CHOICE)
        for one in variables_of(board).values()
        if not one.get("hide")
    ]
    parts += [_LETTER * len(link["title"]) + _LINK for link in board.get("links", [])]
    if (needed := round(sum(parts) + _GAP * len(parts))) > _ROW:
        yield (
            f"its choices and links are {needed} pixels wide, and there is room for {_ROW} in a row; "
            "put some into the menu (hide: 3)"
        )


def words_are_said_once(board: Json) -> Iterator[str]:
    """A long text for no data that stands in one panel after the other is a wall; a text panel says it once."""
    texts = Counter(defaults_of(panel).get("noValue", "") for panel in panels_of(board))
    for text, times in texts.items():
        if times > _REPEATED and len(text) > _LONG:
            yield f"{times} panels say {text!r} where there is no data; say it once in a text panel, and less in each"


RULES: tuple[Rule, ...] = (
    has_a_name, ids_are_distinct, panels_have_places, annotations_are_thin, variables_are_known, choices_fit_a_row,
    words_are_said_once,
)  # fmt: skip
