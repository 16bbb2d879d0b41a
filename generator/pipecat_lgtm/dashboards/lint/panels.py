"""What can be wrong with one panel, although Grafana loads it."""

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

from pipecat_lgtm.dashboards.lint.colour import distance
from pipecat_lgtm.dashboards.lint.fault import GRID_COLUMNS, Json, columns_of, defaults_of, overridden, variables_of
from pipecat_lgtm.dashboards.lint.known import FIELD_CONFIG, ignored
from pipecat_lgtm.dashboards.panels.palette import ACCEPTABLE, BAD
from pipecat_lgtm.dashboards.panels.visual import WINDOW
from pipecat_lgtm_bridge.contract import labels

Rule = Callable[[Json, Json], Iterator[str]]
"""Of a panel and its dashboard; yields what is wrong, and what to do."""

_WORDS_ONLY = ("row", "text")
_NUMBERS = ("timeseries", "stat", "gauge", "bargauge", "piechart", "barchart", "heatmap")
_NAMED = ("timeseries", "bargauge", "piechart", "stat", "state-timeline")
_STATES = ("state-timeline", "status-history")
_SERVICE_QUERIES = 2
"""So many queries of a legend may each have a line per service."""
_LABELS = 4
_NARROW = 8
"""Grid columns; a legend at the right of a narrower panel is cut off."""
_LAPTOP, _PHONE = 1124, 358
"""Pixels that panels have side by side on a screen of 1440 with Grafana's menu, and that each has on a phone."""
_BESIDE_TITLE = 71
"""Pixels of a panel's head that are not the title's."""
_LETTER = 7.3
"""Pixels of a letter in a title or a column's head, in the mean."""
_CELL, _SORTED = 16, 18
"""Pixels that a column's head needs around its name, and for the mark of the sorted one."""
_LEAST_COLUMN = 150
"""Pixels that Grafana gives a column at least for which nothing is said."""
_AGO = 140
"""Pixels of the longest words for how long something is ago."""
_LONGEST_WORD = 30
"""Letters in one piece that a phone shows of the text for no data, which is larger than others."""
_LONGEST_LINE = 42
"""Letters of that text in a bar gauge, which writes it on one line."""
_FIRST_COLUMNS = 3
"""Columns of a table that a phone shows."""
_APART = 15
"""CIE76 distance of two colours that everybody tells apart in a legend."""
_COUNTED = re.compile(
    r"\b(alerts?|barge-ins|calls?|characters|errors?|models?|requests?|times|tokens?|turns?)\b", re.IGNORECASE
)
"""What numbers without a unit are counts of."""
_PERCENTILE = re.compile(r":(turn|stage)_\w+:p\d+_")
"""In the name of a recording: of values that counters of turns or requests grow with."""
_ALWAYS = frozenset({"traceIdHidden", "traceService", "traceName", "spanID", "time", "Start time", "name", "duration"})
"""Columns that a search in Tempo has even if it finds nothing."""
_BUILT_IN_SOURCES = ("-- Mixed --", "-- Dashboard --", "-- Grafana --", "grafana")


def type_is_known(panel: Json, _board: Json) -> Iterator[str]:
    """A type that is deprecated or Angular, or that needs a plugin, is not drawn."""
    if panel["type"] != "row" and panel["type"] not in FIELD_CONFIG:
        yield f"{panel['type']} is no panel type that Grafana 12 brings along; use {', '.join(sorted(FIELD_CONFIG))}"


def has_a_title(panel: Json, _board: Json) -> Iterator[str]:
    """A panel or row without a title cannot be named."""
    if panel["type"] != "text" and not panel.get("title", "").strip():
        yield f"panel {panel['id']} has no title; name what is shown"


def has_a_description(panel: Json, _board: Json) -> Iterator[str]:
    """A panel says which question it answers."""
    if panel["type"] not in _WORDS_ONLY and not panel.get("description", "").strip():
        yield "has no description; say which question it answers and what to do if it is red"


def has_a_unit(panel: Json, _board: Json) -> Iterator[str]:
    """A number without a unit is no information."""
    own = defaults_of(panel).get("unit") or panel.get("options", {}).get("yAxis", {}).get("unit")
    if panel["type"] in _NUMBERS and not own:
        yield "its numbers have no unit; set fieldConfig.defaults.unit, `none` or `short` for counts"


def numbers_say_what_they_are(panel: Json, _board: Json) -> Iterator[str]:
    """A bare `42` says nothing: it has a unit, or its title or column names what is counted."""
    bare = (None, "", "none", "short")
    one = panel["type"] in {"stat", "gauge", "bargauge"} and defaults_of(panel).get("unit") in bare
    if one and not _COUNTED.search(panel.get("title", "")):
        yield "its number has no unit, and its title does not say what is counted; give it one, or name it"
    if panel["type"] != "table":
        return
    units = {matcher["options"]: value for matcher, name, value in overridden(panel) if name == "unit"}
    for name in sorted(_numeric(panel)):
        if units.get(name) in bare and not _COUNTED.search(name):
            yield f"column {name!r} has numbers without a unit, and does not say what is counted; set its unit"


def _numeric(panel: Json) -> set[str]:
    """Return the columns of a table that are values of queries, or that it makes numbers of."""
    steps = panel.get("transformations", [])
    made = {
        one["targetField"]
        for step in steps
        if step["id"] == "convertFieldType"
        for one in step["options"]["conversions"]
        if one["destinationType"] == "number"
    }
    renamed: Json = next(
        (step["options"].get("renameByName", {}) for step in reversed(steps) if step["id"] == "organize"), {}
    )
    return {to for name, to in renamed.items() if name.startswith("Value") or re.sub(r" \(\w+\)$", "", name) in made}


def windows_are_said(panel: Json, _board: Json) -> Iterator[str]:
    """Values of other windows than a reader thinks of do not agree; which it is stands in the description."""
    said = f"{panel.get('title', '')} {panel.get('description', '')}"
    exprs = [target.get("expr", "") for target in panel.get("targets", [])]
    if missing := sorted({window for expr in exprs for window in WINDOW.findall(expr) if window not in said}):
        yield f"does not say that its values are of the last {missing[0]}; say it in the description"
    whole = panel["type"] in {"stat", "bargauge", "table"} and any("$__range" in expr for expr in exprs)
    if whole and "time range" not in said:
        yield "does not say that its values are of the whole time range; say it in the description"


def axes_are_low(panel: Json, _board: Json) -> Iterator[str]:
    """Grafana draws an axis to 100 where all values are 0, which is 10,000 % of a share."""
    if panel["type"] != "timeseries":
        return
    if defaults_of(panel).get("max") is None and not defaults_of(panel).get("custom", {}).get("axisSoftMax"):
        yield "its axis reaches to 100 where all values are 0; set custom.axisSoftMax, or max of a share"


def cells_stay_empty(panel: Json, _board: Json) -> Iterator[str]:
    """A table's text for `no data` is written into every empty cell as well."""
    if panel["type"] != "table" or not defaults_of(panel).get("noValue"):
        return
    texts = [(matcher, value) for matcher, name, value in overridden(panel) if name == "noValue"]
    emptied = [index for index, (matcher, value) in enumerate(texts) if _matches_all(matcher) and value == ""]
    if not emptied:
        yield "its text for no data stands in every empty cell; add an override of /.*/ with an empty noValue"
    elif filled := [value for _, value in texts[emptied[0] :] if value]:
        yield f"an override writes {filled[0]!r} into empty cells; remove it"


def _matches_all(matcher: Json) -> bool:
    return matcher["id"] == "byRegexp" and matcher["options"].strip("/") in {".*", ".+"}


def states_have_words(panel: Json, _board: Json) -> Iterator[str]:
    """A timeline of states without mappings shows numbers, and one coloured by thresholds drops its mappings."""
    if panel["type"] not in _STATES:
        return
    if not defaults_of(panel).get("mappings"):
        yield "its states have no words and colours; set fieldConfig.defaults.mappings"
    elif defaults_of(panel).get("color", {}).get("mode") == "thresholds":
        yield "colours by thresholds drop its value mappings; set color.mode to fixed"


def nothing_is_ignored(panel: Json, _board: Json) -> Iterator[str]:
    """What a panel type does not read has no effect, and whoever wrote it thinks that it has."""
    if panel["type"] not in FIELD_CONFIG:
        return
    for path in ignored(panel["type"], defaults_of(panel)):
        yield f"Grafana ignores {path} of a {panel['type']} panel; remove it"
    for _, name, _ in overridden(panel):
        if name not in FIELD_CONFIG[panel["type"]]:
            yield f"Grafana ignores {name} in an override of a {panel['type']} panel; remove it"
    refs = {target["refId"] for target in panel.get("targets", [])}
    for matcher, _, _ in overridden(panel):
        if matcher["id"] == "byFrameRefID" and matcher["options"] not in refs:
            yield f"an override is for query {matcher['options']}, which is not there; remove it"


def thresholds_are_lines(panel: Json, _board: Json) -> Iterator[str]:
    """Filled areas hide the graph behind them."""
    styles = [defaults_of(panel).get("custom", {}).get("thresholdsStyle")]
    styles += [value for _, name, value in overridden(panel) if name == "custom.thresholdsStyle"]
    if any("area" in (style or {}).get("mode", "") for style in styles):
        yield "its thresholds are filled areas; set custom.thresholdsStyle.mode to dashed"


def thresholds_ascend(panel: Json, _board: Json) -> Iterator[str]:
    """The first threshold is the base, whose value is null; the others ascend."""
    every = [defaults_of(panel).get("thresholds"), *(one for _, name, one in overridden(panel) if name == "thresholds")]
    for thresholds in every:
        values = [step["value"] for step in (thresholds or {}).get("steps", [])]
        if values and (values[0] is not None or not all(isinstance(one, int | float) for one in values[1:])):
            yield "the value of its first threshold must be null, and that of each other a number"
        elif values[1:] != sorted(values[1:]):
            yield "its thresholds do not ascend; put them in order"


def legend_is_short(panel: Json, _board: Json) -> Iterator[str]:
    """A legend that repeats every service for each query, or lists all labels, leaves no room for the graph."""
    legend = panel.get("options", {}).get("legend", {})
    if panel["type"] not in _NAMED or not legend.get("showLegend", True):
        return
    shown = [
        target.get("legendFormat", "")
        for target in panel.get("targets", [])
        if target.get("datasource", {}).get("type") in {"prometheus", "loki"} and not _off_legend(panel, target)
    ]
    if sum(f"{{{{{labels.SERVICE_NAME}}}}}" in name for name in shown) > _SERVICE_QUERIES:
        yield f"more than {_SERVICE_QUERIES} queries put each service into the legend; hide some with custom.hideFrom"
    if many := [name for name in shown if name.count("{{") > _LABELS]:
        yield f"{many[0]!r} names a series by more than {_LABELS} labels; group by fewer"
    if len(legend.get("calcs", [])) > 1 and legend.get("displayMode") != "table":
        yield "its legend has several numbers a series; keep one of legend.calcs"
    if legend.get("placement") == "right" and panel["gridPos"]["w"] < _NARROW:
        yield f"a legend at the right of a panel of {panel['gridPos']['w']} columns is cut off; put it below"


def series_are_named(panel: Json, _board: Json) -> Iterator[str]:
    """A series without a name of its own is called by all its labels, or `Value`."""
    if panel["type"] not in _NAMED or panel["type"] == "stat":
        return
    for target in panel.get("targets", []):
        kind = target.get("datasource", {}).get("type")
        named = target.get("legendFormat", "") not in {"", "__auto"}
        if kind in {"prometheus", "loki"} and not named and not _off_legend(panel, target):
            yield f"the series of query {target['refId']} have no name; set its legendFormat"


def _off_legend(panel: Json, target: Json) -> bool:
    """Tell whether an override keeps a query's series off the legend."""
    name = target.get("legendFormat", "")

    def matches(matcher: Json) -> bool:
        options = matcher["options"]
        match matcher["id"]:
            case "byFrameRefID":
                return bool(options == target["refId"])
            case "byName":
                return bool(options == name)
            case "byRegexp":
                return re.search(str(options).strip("/"), name) is not None
        return False

    return any(
        matches(matcher) and property_id == "custom.hideFrom" and value.get("legend")
        for matcher, property_id, value in overridden(panel)
    )


def sources_are_variables(panel: Json, board: Json) -> Iterator[str]:
    """A panel reads the data source of a variable, so that it works in any Grafana."""
    if panel["type"] in {*_WORDS_ONLY, "alertlist", "dashlist"}:
        return
    known = {
        f"${{{name}}}": one.get("query") for name, one in variables_of(board).items() if one["type"] == "datasource"
    }
    for one in (panel, *panel.get("targets", [])):
        source = one.get("datasource")
        if not isinstance(source, dict) or "uid" not in source:
            yield "does not say which data source it reads"
        elif source["uid"] not in _BUILT_IN_SOURCES and known.get(source["uid"]) != source.get("type"):
            yield f"data source {source['uid']} is no variable of type {source.get('type')} of this dashboard"


def queries_are_lettered_once(panel: Json, _board: Json) -> Iterator[str]:
    """Two queries of one letter are one to Grafana."""
    refs = [target["refId"] for target in panel.get("targets", [])]
    for ref in sorted({ref for ref in refs if refs.count(ref) > 1}):
        yield f"has two queries {ref}; letter each once"


def variables_exist(panel: Json, board: Json) -> Iterator[str]:
    """An unknown variable is sent to the store as it is written."""
    texts: list[Any] = [panel.get("title", "")]
    texts += [target.get(key, "") for target in panel.get("targets", []) for key in ("expr", "query", "legendFormat")]
    for name in sorted(used_in(*texts) - variables_of(board).keys()):
        yield f"uses ${name}, which is no variable of this dashboard"


def used_in(*texts: Any) -> set[str]:  # noqa: ANN401 - JSON
    """Return the variables that texts name, Grafana's own left out."""
    found = re.findall(r"\$\{(\w+)|\$(\w+)|\[\[(\w+)", " ".join(str(text) for text in texts))
    names = {name for each in found for name in each if name}
    return {name for name in names if not name.startswith("__") and not name[0].isdigit()}


def sorts_by_a_column(panel: Json, _board: Json) -> Iterator[str]:
    """A table that is sorted by a column which is not there is not sorted."""
    names = columns_of(panel)
    for sort in panel.get("options", {}).get("sortBy", []) if panel["type"] == "table" else []:
        if names is not None and sort["displayName"] not in names:
            yield f"is sorted by {sort['displayName']!r}, which is none of its columns"


def title_fits(panel: Json, _board: Json) -> Iterator[str]:
    """A title that is wider than its panel is cut, on a laptop or on a phone."""
    if panel["type"] in _WORDS_ONLY:
        return
    room = int((min(_PHONE, _width(panel)) - _BESIDE_TITLE) / _LETTER)
    if len(panel.get("title", "")) > room:
        yield f"its title has {len(panel['title'])} letters, and there is room for {room}; say it shorter"


def _width(panel: Json) -> float:
    """Return a panel's width on a laptop, in pixels."""
    return float(_LAPTOP * panel["gridPos"]["w"] / GRID_COLUMNS - 8)


def columns_fit(panel: Json, _board: Json) -> Iterator[str]:
    """Columns that do not fit into a table are behind its edge; a narrow one's name is cut."""
    names = columns_of(panel) if panel["type"] == "table" else None
    if not names:
        return
    widths = _widths(panel, names)
    if (needed := sum(widths.values())) > (room := int(_width(panel) - 2 * _CELL)):
        yield f"its columns are {needed} pixels wide, and there is room for {room}; give some a smaller custom.width"
    options = panel.get("options", {})
    ordered = {sort["displayName"] for sort in options.get("sortBy", [])}
    for name, width in sorted(widths.items()) if options.get("showHeader", True) else ():
        if len(name) * _LETTER + _CELL + (_SORTED if name in ordered else 0) > width:
            yield f"column {name!r} is narrower than its name; give it a greater custom.width"
    for matcher, property_id, value in overridden(panel):
        if property_id == "unit" and value == "dateTimeFromNow" and widths.get(matcher["options"], _AGO) < _AGO:
            yield f"column {matcher['options']!r} is narrower than `a few seconds ago`; give it {_AGO} pixels"


def _widths(panel: Json, names: set[str]) -> dict[str, int]:
    """Return the pixels of each column."""
    widths = dict.fromkeys(names, _LEAST_COLUMN)
    for matcher, property_id, value in overridden(panel):
        if matcher["id"] == "byName" and property_id in {"custom.width", "custom.minWidth"}:
            widths |= {name: value for name in names if name == matcher["options"]}
    return widths


def emptiness_has_words(panel: Json, _board: Json) -> Iterator[str]:
    """A table that has columns without a row shows those, and no text for no data."""
    steps = [step["id"] for step in panel.get("transformations", [])]
    if panel["type"] != "table":
        return
    for step in panel.get("transformations", []):
        if step["id"] == "partitionByValues" and step["options"].get("naming", {}).get("asLabels", True):
            yield "puts values into the names of its columns when it divides its rows; set naming.asLabels to false"
    if any(target.get("datasource", {}).get("type") == "tempo" for target in panel.get("targets", [])):
        keys = {
            name
            for step in panel.get("transformations", [])
            if step["id"] == "groupBy"
            for name, one in step["options"]["fields"].items()
            if one["operation"] == "groupby"
        }
        if steps[:2] != ["partitionByValues", "merge"] and (not keys or keys & _ALWAYS):
            yield (
                "shows empty columns in place of its text for no data; divide its rows with partitionByValues, "
                "then merge them, before anything else"
            )
    elif "merge" in steps and "groupBy" not in steps[steps.index("merge") :]:
        yield "shows empty columns in place of its text for no data; group its rows by their labels after merge"


def ends_are_no_recoveries(panel: Json, _board: Json) -> Iterator[str]:
    """When traffic ends, a window empties turn by turn, and its percentile falls to that of the last ones."""
    if panel["type"] not in {"timeseries", *_STATES}:
        return
    for target in panel.get("targets", []):
        expr = target.get("expr", "")
        if _PERCENTILE.search(expr) and not re.search(r"\bunless\b.*\boffset\b", expr):
            yield f"query {target['refId']} draws a window's percentile while it empties; draw it while its counter grows"


def traces_are_asked_for(panel: Json, board: Json) -> Iterator[str]:
    """Tempo refuses an empty trace id, and the panel shows an error to whoever has not typed one yet."""
    empty = {name for name, one in variables_of(board).items() if one["type"] == "textbox" and not one.get("query")}
    for target in panel.get("targets", []) if panel["type"] == "traces" else []:
        for name in sorted(used_in(target.get("query", "")) & empty):
            yield f"asks for ${name}, which is empty at first; take it from a variable that is then a search for nothing"


def words_fit(panel: Json, _board: Json) -> Iterator[str]:
    """The text for no data is cut where a line or a word of it is too long."""
    text = defaults_of(panel).get("noValue", "")
    if panel["type"] == "bargauge" and len(text) > _LONGEST_LINE:
        yield f"its text for no data has {len(text)} letters, and a bar gauge shows {_LONGEST_LINE}; say it shorter"
    for word in re.split(r"[\s-]+", text):
        if len(word) > _LONGEST_WORD:
            yield f"a phone cuts {word!r} in its text for no data; divide it"


def calm_is_not_alarming(panel: Json, _board: Json) -> Iterator[str]:
    """A fixed colour is also that of the text for no data."""
    colour = defaults_of(panel).get("color", {})
    if panel["type"] in {"stat", "gauge", "bargauge"} and colour.get("fixedColor") in {ACCEPTABLE, BAD}:
        yield "its text for no data has the colour of a fault; set color.fixedColor to text"


def lines_are_few(panel: Json, _board: Json) -> Iterator[str]:
    """A line for each of forty services is a tangle, and forty rows of states cannot be read."""
    if panel["type"] not in {"timeseries", *_STATES}:
        return
    if defaults_of(panel).get("custom", {}).get("drawStyle") == "bars":
        return
    for target in panel.get("targets", []):
        each = f"{{{{{labels.SERVICE_NAME}}}}}" in target.get("legendFormat", "")
        if each and not re.search(r"\b(top|bottom)k\(", target.get("expr", "")):
            yield f"query {target['refId']} draws a line for each service; keep the worst ones with topk or bottomk"


def colours_are_distinct(panel: Json, _board: Json) -> Iterator[str]:
    """A colour that is given by one label is that of several series where they differ by another."""
    many = [one for target in panel.get("targets", []) if (one := target.get("legendFormat", "")).count("{{") > 1]
    if panel["type"] != "timeseries" or not many:
        return
    for override in panel["fieldConfig"]["overrides"]:
        given = {one["id"]: one["value"] for one in override["properties"]}
        fixed = given.get("color", {}).get("mode") == "fixed" and not given.get("custom.hideFrom", {}).get("legend")
        if override["matcher"]["id"] == "byRegexp" and fixed:
            yield f"series named {many[0]!r} that match {override['matcher']['options']} have one colour; name them by one label"


def colours_are_far_apart(panel: Json, _board: Json) -> Iterator[str]:
    """Two series are told apart by colours only where everybody's eyes do."""
    parts = (
        panel["type"] == "barchart" or defaults_of(panel).get("custom", {}).get("stacking", {}).get("mode") == "normal"
    )
    lines = defaults_of(panel).get("custom", {}).get("drawStyle") != "bars"
    colours = [
        value["fixedColor"]
        for _, name, value in overridden(panel)
        if name == "color" and value.get("mode") == "fixed" and value["fixedColor"].startswith("#")
    ]
    if parts and lines and not colours:
        yield "its parts have Grafana's own colours, which recur as others that are nearly the same; give each its own"
    near = (
        (one, other) for one, other in itertools.combinations(sorted(set(colours)), 2) if distance(one, other) < _APART
    )
    for one, other in near:
        yield f"{one} and {other} look the same to some; take colours that are at least {_APART} apart"


def phones_show_what_matters(panel: Json, _board: Json) -> Iterator[str]:
    """A phone shows a table's first columns; those that say what is wrong must be among them, and fit."""
    names = columns_of(panel) if panel["type"] == "table" else None
    if not names:
        return
    widths = _widths(panel, names)
    order = [name for name in _in_order(panel) if name in names][:_FIRST_COLUMNS]
    if (needed := sum(widths[name] for name in order)) > (room := _PHONE - 2 * _CELL):
        yield f"its first {len(order)} columns are {needed} pixels wide, and a phone shows {room}; make them narrower"


def _in_order(panel: Json) -> list[str]:
    options = [step["options"] for step in panel["transformations"] if step["id"] == "organize"][-1]
    places = options.get("indexByName", {})
    renamed = options.get("renameByName", {})
    # Of several names for one column, such as Tempo's for the time, the first one's place is that of all.
    return list(dict.fromkeys(renamed.get(name) or name for name in sorted(places, key=places.__getitem__)))


def states_are_not_cut(panel: Json, _board: Json) -> Iterator[str]:
    """In a span of time that is shorter than its word stands the beginning of the word."""
    if panel["type"] in _STATES and panel.get("options", {}).get("showValue", "auto") != "never":
        yield "writes words into spans that are too short for them; set options.showValue to never"


RULES: tuple[Rule, ...] = (
    type_is_known, has_a_title, has_a_description, has_a_unit, cells_stay_empty, states_have_words, nothing_is_ignored,
    thresholds_are_lines, thresholds_ascend, legend_is_short, series_are_named, sources_are_variables,
    queries_are_lettered_once, variables_exist, sorts_by_a_column, title_fits, columns_fit, emptiness_has_words,
    traces_are_asked_for, ends_are_no_recoveries,
    words_fit, calm_is_not_alarming, lines_are_few, colours_are_distinct, states_are_not_cut,
    numbers_say_what_they_are, windows_are_said, axes_are_low, colours_are_far_apart, phones_show_what_matters,
)  # fmt: skip
