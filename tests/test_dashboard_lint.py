"""The linter of dashboards: each fault, planted, is found by its rule; what is rendered has none."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

import yamls
from pipecat_lgtm.config import load_default
from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.dashboards.lint import lint
from pipecat_lgtm.dashboards.lint.boards import RULES as OF_BOARDS
from pipecat_lgtm.dashboards.lint.links import destination
from pipecat_lgtm.dashboards.lint.panels import RULES as OF_PANELS
from pipecat_lgtm_bridge.contract.annotations import DASHBOARD_URL, TRACE_URL
from rendered import EVERYTHING, files

Json = dict[str, Any]

PROMETHEUS = {"type": "prometheus", "uid": "${prometheus}"}
CALM = 'ALERTS{severity!="info"} unless ALERTS{severity!="info"} offset 1m'


def target(ref: str = "A", **given: object) -> Json:
    """A query of Prometheus."""
    return {"datasource": PROMETHEUS, "refId": ref, "expr": "topk(8, up)", "legendFormat": "{{service_name}}"} | given


def panel(kind: str = "timeseries", **defaults: object) -> Json:
    """A panel without a fault."""
    if kind == "timeseries":
        defaults["custom"] = {"axisSoftMax": 1} | cast("Json", defaults.get("custom", {}))
    return {
        "id": 1, "type": kind, "title": "Waits", "description": "How long?", "datasource": PROMETHEUS,
        "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}, "targets": [target()],
        "fieldConfig": {"defaults": {"unit": "s"} | defaults, "overrides": []}, "options": {},
    }  # fmt: skip


def board(*panels: Json, uid: str = "one", **given: object) -> Json:
    """A dashboard without a fault."""
    variables = [
        {"name": "prometheus", "type": "datasource", "query": "prometheus"},
        {"name": "service", "type": "custom"},
        {"name": "typed", "type": "textbox", "query": ""},
    ]
    annotation = {"name": "Alerts", "enable": False, "expr": CALM}
    return {
        "uid": uid, "title": "One", "description": "What?", "tags": ["pipecat"], "panels": list(panels),
        "templating": {"list": variables}, "annotations": {"list": [annotation]}, "links": [],
    } | given  # fmt: skip


def override(matcher: str, options: str, **properties: object) -> Json:
    """An override; `__` stands for a dot."""
    pairs = [{"id": name.replace("__", "."), "value": value} for name, value in properties.items()]
    return {"matcher": {"id": matcher, "options": options}, "properties": pairs}


def with_parts(one: Json, **parts: object) -> Json:
    """A panel with other parts; `overrides` go where they belong."""
    made = copy.deepcopy(one)
    made["fieldConfig"]["overrides"] = parts.pop("overrides", [])
    return made | parts


def found(*boards: Json, sources: tuple[Json, ...] = ()) -> list[tuple[str, str]]:
    """(rule, text) of each fault."""
    return [(fault.rule, fault.text) for fault in lint(boards, sources)]


def test_no_fault() -> None:
    """What has no fault has none."""
    table = with_parts(panel("table", noValue="Nothing"), overrides=[override("byRegexp", "/.*/", noValue="")])

    assert [] == found(board(panel()), board(table, uid="two"))


STATES = {"mappings": [{"type": "value"}], "color": {"mode": "fixed"}}
ROOMY = {"x": 0, "y": 0, "w": 6, "h": 8}
BLUE = {"mode": "fixed", "fixedColor": "#0072B2"}
EMPTIED = override("byRegexp", "/.*/", noValue="")
ORGANISED = {"id": "organize", "options": {"renameByName": {"service_name": "Service"}, "indexByName": {}}}


SEARCH = {"datasource": {"type": "tempo", "uid": "${tempo}"}, "refId": "A", "query": "{ }"}
BY_TRACE = {"id": "groupBy", "options": {"fields": {"traceIdHidden": {"aggregations": [], "operation": "groupby"}}}}


def columns(*names: str) -> Json:
    """The step that gives a table these columns."""
    return {"id": "organize", "options": {"indexByName": {name: index for index, name in enumerate(names)}}}


def renamed(**names: str) -> Json:
    """The step that calls columns otherwise."""
    return {"id": "organize", "options": {"renameByName": names, "indexByName": {}}}


NUMBERED = {
    "id": "convertFieldType",
    "options": {"conversions": [{"destinationType": "number", "targetField": "waited"}]},
}
HIDDEN = {"legend": True, "viz": False, "tooltip": False}

PLANTED: list[tuple[str, Json, str]] = [
    ("type_is_known", panel("graph"), "graph is no panel type that Grafana 12 brings along"),
    ("has_a_title", panel() | {"title": " "}, "panel 1 has no title"),
    ("has_a_title", {"id": 1, "type": "row", "title": "", "gridPos": panel()["gridPos"]}, "panel 1 has no title"),
    ("has_a_description", panel() | {"description": ""}, "has no description"),
    ("has_a_unit", panel(unit=""), "its numbers have no unit"),
    ("cells_stay_empty", panel("table", noValue="Nothing"), "its text for no data stands in every empty cell"),
    (
        "cells_stay_empty",
        with_parts(
            panel("table", noValue="Nothing"), overrides=[EMPTIED, override("byName", "Wait", noValue="No wait")]
        ),
        "an override writes 'No wait' into empty cells",
    ),
    ("states_have_words", panel("state-timeline"), "its states have no words and colours"),
    (
        "states_have_words",
        panel("state-timeline", **STATES | {"color": {"mode": "thresholds"}}),
        "colours by thresholds drop its value mappings",
    ),
    ("nothing_is_ignored", panel("logs", noValue="Nothing", unit=None), "Grafana ignores noValue of a logs panel"),
    ("nothing_is_ignored", panel("table", custom={"drawStyle": "line"}), "Grafana ignores custom.drawStyle of a table"),
    (
        "nothing_is_ignored",
        with_parts(panel("table"), overrides=[override("byName", "Wait", custom__hideFrom=HIDDEN)]),
        "Grafana ignores custom.hideFrom in an override of a table panel",
    ),
    (
        "nothing_is_ignored",
        with_parts(panel(), overrides=[override("byFrameRefID", "C", unit="s")]),
        "an override is for query C, which is not there",
    ),
    ("thresholds_are_lines", panel(custom={"thresholdsStyle": {"mode": "line+area"}}), "its thresholds are filled"),
    (
        "thresholds_are_lines",
        with_parts(panel(), overrides=[override("byName", "a", custom__thresholdsStyle={"mode": "area"})]),
        "its thresholds are filled areas",
    ),
    ("thresholds_ascend", panel(thresholds={"steps": [{"value": "null"}]}), "the value of its first threshold must be"),
    (
        "thresholds_ascend",
        panel(thresholds={"steps": [{"value": None}, {"value": 2}, {"value": 1}]}),
        "its thresholds do not ascend",
    ),
    (
        "legend_is_short",
        with_parts(panel(), targets=[target(ref, legendFormat=f"{ref} {{{{service_name}}}}") for ref in "ABC"]),
        "more than 2 queries put each service into the legend",
    ),
    (
        "legend_is_short",
        with_parts(panel(), targets=[target(legendFormat="{{a}} {{b}} {{c}} {{d}} {{e}}")]),
        "'{{a}} {{b}} {{c}} {{d}} {{e}}' names a series by more than 4 labels",
    ),
    (
        "legend_is_short",
        panel() | {"options": {"legend": {"calcs": ["mean", "max"], "displayMode": "list"}}},
        "its legend has several numbers a series",
    ),
    (
        "legend_is_short",
        panel("piechart")
        | {"options": {"legend": {"placement": "right"}}, "gridPos": {"x": 0, "y": 0, "w": 6, "h": 8}},
        "a legend at the right of a panel of 6 columns is cut off",
    ),
    (
        "series_are_named",
        panel("bargauge") | {"targets": [target(legendFormat="__auto")]},
        "the series of query A have no name",
    ),
    ("sources_are_variables", panel() | {"datasource": None}, "does not say which data source it reads"),
    (
        "sources_are_variables",
        panel() | {"targets": [target(datasource={"type": "loki", "uid": "${loki}"})]},
        "data source ${loki} is no variable of type loki of this dashboard",
    ),
    (
        "sources_are_variables",
        panel() | {"datasource": {"type": "prometheus", "uid": "pipecat-prometheus"}},
        "data source pipecat-prometheus is no variable",
    ),
    ("queries_are_lettered_once", panel() | {"targets": [target(), target()]}, "has two queries A"),
    (
        "variables_exist",
        panel() | {"targets": [target(expr='up{a=~"$stage"} + y[$__range] + label_replace(x, "a", "$1", "", "")')]},
        "uses $stage, which is no variable",
    ),
    ("variables_exist", panel() | {"title": "Waits of ${stage:raw}"}, "uses $stage, which is no variable"),
    (
        "sorts_by_a_column",
        panel("table") | {"transformations": [ORGANISED], "options": {"sortBy": [{"displayName": "Wait"}]}},
        "is sorted by 'Wait', which is none of its columns",
    ),
    ("title_fits", panel() | {"title": "W" * 40}, "its title has 40 letters, and there is room for 39"),
    ("title_fits", panel("stat") | {"title": "W" * 28, "gridPos": ROOMY}, "its title has 28 letters"),
    (
        "columns_fit",
        with_parts(panel("table"), transformations=[columns("Call", "Start", "Wait", "Model")]),
        "its columns are 600 pixels wide, and there is room for 522",
    ),
    (
        "columns_fit",
        with_parts(
            panel("table"),
            transformations=[columns("Conversation")],
            overrides=[override("byName", "Conversation", custom__width=100)],
        ),
        "column 'Conversation' is narrower than its name",
    ),
    (
        "columns_fit",
        with_parts(
            panel("table"),
            transformations=[columns("Severity")],
            overrides=[override("byName", "Severity", custom__minWidth=90)],
            options={"sortBy": [{"displayName": "Severity"}]},
        ),
        "column 'Severity' is narrower than its name",
    ),
    (
        "columns_fit",
        with_parts(
            panel("table"),
            transformations=[columns("Since")],
            overrides=[override("byName", "Since", unit="dateTimeFromNow", custom__width=120)],
        ),
        "column 'Since' is narrower than `a few seconds ago`",
    ),
    (
        "emptiness_has_words",
        with_parts(panel("table"), transformations=[{"id": "merge", "options": {}}, ORGANISED]),
        "shows empty columns in place of its text for no data",
    ),
    (
        "emptiness_has_words",
        with_parts(panel("table"), targets=[SEARCH], transformations=[ORGANISED]),
        "shows empty columns in place of its text for no data; divide its rows",
    ),
    (
        "emptiness_has_words",
        with_parts(panel("table"), targets=[SEARCH], transformations=[BY_TRACE, ORGANISED]),
        "shows empty columns in place of its text for no data; divide its rows",
    ),
    (
        "emptiness_has_words",
        with_parts(
            panel("table"),
            targets=[SEARCH],
            transformations=[
                {"id": "partitionByValues", "options": {"fields": ["traceIdHidden"], "keepFields": True}},
                {"id": "merge", "options": {}},
                ORGANISED,
            ],
        ),
        "puts values into the names of its columns",
    ),
    (
        "ends_are_no_recoveries",
        panel() | {"targets": [target(expr="topk(8, pipecat:turn_ttfw_seconds:p95_5m)")]},
        "query A draws a window's percentile while it empties",
    ),
    (
        "traces_are_asked_for",
        with_parts(panel("traces"), targets=[SEARCH | {"query": "$typed"}]),
        "asks for $typed, which is empty at first",
    ),
    ("words_fit", panel("bargauge", noValue="No data " * 6), "its text for no data has 48 letters"),
    ("words_fit", panel(noValue=f"Set {'X' * 31}"), "a phone cuts 'XXX"),
    (
        "calm_is_not_alarming",
        panel("stat", color={"mode": "fixed", "fixedColor": "#E69F00"}),
        "its text for no data has the colour of a fault",
    ),
    ("lines_are_few", panel() | {"targets": [target(expr="up")]}, "query A draws a line for each service"),
    (
        "lines_are_few",
        panel("state-timeline", **STATES) | {"targets": [target(expr="up")]},
        "query A draws a line for each service",
    ),
    (
        "colours_are_distinct",
        with_parts(
            panel(),
            targets=[target(legendFormat="{{stage}} {{status}}")],
            overrides=[override("byRegexp", "/ok/", color=BLUE)],
        ),
        "series named '{{stage}} {{status}}' that match /ok/ have one colour",
    ),
    ("states_are_not_cut", panel("state-timeline", **STATES), "writes words into spans that are too short"),
    ("numbers_say_what_they_are", panel("stat", unit="none"), "its number has no unit, and its title does not say"),
    (
        "numbers_say_what_they_are",
        with_parts(panel("table"), transformations=[columns("Service"), renamed(**{"Value #A": "Of budget"})]),
        "column 'Of budget' has numbers without a unit",
    ),
    (
        "numbers_say_what_they_are",
        with_parts(
            panel("table"), transformations=[NUMBERED, renamed(**{"waited (max)": "Longest"})],
            overrides=[override("byName", "Longest", unit="short")],
        ),
        "column 'Longest' has numbers without a unit",
    ),
    (
        "windows_are_said",
        panel() | {"targets": [target(expr="topk(8, pipecat:turn_errors:ratio_5m)")]},
        "does not say that its values are of the last 5m",
    ),
    (
        "windows_are_said",
        panel("stat") | {"targets": [target(expr="sum(increase(x_total[$__range]))")]},
        "does not say that its values are of the whole time range",
    ),
    ("axes_are_low", panel(custom={"axisSoftMax": 0}), "its axis reaches to 100 where all values are 0"),
    (
        "colours_are_far_apart",
        with_parts(panel(), overrides=[
            override("byName", "a", color=BLUE), override("byName", "b", color=BLUE | {"fixedColor": "#0A7ABD"}),
        ]),
        "#0072B2 and #0A7ABD look the same to some",
    ),
    (
        "colours_are_far_apart",
        with_parts(panel(), overrides=[
            override("byName", "a", color=BLUE | {"fixedColor": "#CC79A7"}),
            override("byName", "b", color=BLUE | {"fixedColor": "#8A8F98"}),
        ]),
        "#8A8F98 and #CC79A7 look the same to some",
    ),
    (
        "colours_are_far_apart",
        panel("barchart", color={"mode": "palette-classic"}),
        "its parts have Grafana's own colours",
    ),
    (
        "colours_are_far_apart",
        panel(custom={"stacking": {"mode": "normal"}}),
        "its parts have Grafana's own colours",
    ),
    (
        "phones_show_what_matters",
        with_parts(panel("table"), transformations=[columns("Service", "Wait", "Since", "Model")]),
        "its first 3 columns are 450 pixels wide, and a phone shows 326",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "planted", "text"), PLANTED, ids=[f"{number}-{rule}" for number, (rule, _, _) in enumerate(PLANTED)]
)
def test_panel(rule: str, planted: Json, text: str) -> None:
    """A fault of a panel is found by its rule alone, and it is said what is wrong."""
    faults = [one for one in found(board(planted)) if one[0] == rule]

    assert 1 == len(faults)
    assert faults[0][1].startswith(text)


def test_series_off_the_legend_do_not_count() -> None:
    """Queries whose series an override keeps off the legend make it no longer, whatever matches them."""
    queries = [target(ref, legendFormat=f"{ref} {{{{service_name}}}}") for ref in "ABCD"] + [
        target("E", legendFormat="E")
    ]
    queries[-1]["legendFormat"] = "__auto"
    hidden = [
        override("byRegexp", "/^C /", custom__hideFrom=HIDDEN),
        override("byName", "D {{service_name}}", custom__hideFrom=HIDDEN),
        override("byFrameRefID", "E", custom__hideFrom=HIDDEN),
    ]

    assert [] == found(board(with_parts(panel(), targets=queries, overrides=hidden)))


def test_lines_that_are_few_or_of_one_colour() -> None:
    """Bars add up, so that each service may have its own; percentiles beside a service's line may be of one grey."""
    bars = panel(custom={"drawStyle": "bars"}) | {"targets": [target(expr="up")]}
    beside = with_parts(
        panel(),
        targets=[target(legendFormat="P50 {{service_name}} ({{deployment_environment}})")],
        overrides=[override("byRegexp", "/^P50 /", color=BLUE, custom__hideFrom=HIDDEN)],
    )

    assert [] == found(board(bars), board(beside, uid="two"))


def test_numbers_that_say_what_they_are() -> None:
    """A count is named by the title of its panel or column; a text that a search finds is no number."""
    counted = panel("stat", unit="none") | {"title": "Turns ended"}
    column = with_parts(panel("table"), transformations=[renamed(**{"Value #A": "Errors", "stage": "Stage"})])
    text = panel("stat", unit="string")

    assert [] == found(board(counted), board(column, uid="two"), board(text, uid="three"))


def test_windows_that_are_said() -> None:
    """The window stands in the title or in the description."""
    lately = panel() | {"targets": [target(expr="topk(8, pipecat:x:ratio_5m)")], "title": "Waits (last 5m)"}
    whole = panel("stat") | {"targets": [target(expr="x[$__range]")], "description": "How long, in the time range?"}

    assert [] == found(board(lately), board(whole, uid="two"))


def _moved(**place: int) -> Json:
    return panel() | {"id": 2, "gridPos": panel()["gridPos"] | place}


def _marked(**given: object) -> Json:
    return {"list": [{"name": "Alerts", "enable": False, "expr": CALM} | given]}


SILENT = "Nothing has come in this time range, for the reason that nobody has sent anything at all"


def _silent() -> Json:
    return {"fieldConfig": panel(noValue=SILENT)["fieldConfig"]}


FIRING = 'ALERTS{alertstate="firing", severity=~"critical|warning"}'


@pytest.mark.parametrize(
    ("rule", "planted", "text"),
    [
        ("has_a_name", board(title=""), "has no title"),
        ("has_a_name", board(description=""), "has no description"),
        ("ids_are_distinct", board(panel(), panel() | _moved(x=12) | {"id": 1}), "2 panels have the id 1"),
        ("panels_have_places", board(panel(), _moved(x=4)), "'Waits' lies over 'Waits'"),
        ("panels_have_places", board(_moved(x=16)), "'Waits' does not fit into 24 columns"),
        ("annotations_are_thin", board(annotations=_marked(enable=True)), "annotation 'Alerts' is on by default"),
        ("annotations_are_thin", board(annotations=_marked(expr=FIRING)), "annotation 'Alerts' is as long as an alert"),
        (
            "annotations_are_thin",
            board(annotations=_marked(expr="ALERTS unless ALERTS offset 1m")),
            "annotation 'Alerts' shows the watchdog",
        ),
        (
            "annotations_are_thin",
            board(annotations=_marked(expr=CALM.replace("severity", "alertname").replace("info", "PipecatWatchdog"))),
            "annotation 'Alerts' shows info",
        ),
        ("variables_are_known", board(annotations=_marked(expr='up{a="$x"}')), "annotation Alerts uses $x"),
        (
            "variables_are_known",
            board(templating={"list": [{"name": "s", "type": "query", "query": {"query": "label_values(a{b='$c'})"}}]}),
            "variable s uses $c",
        ),
        (
            "choices_fit_a_row",
            board(templating={"list": [{"name": f"{name} of a call", "type": "textbox"} for name in "abcd"]}),
            "its choices and links are 920 pixels wide, and there is room for 645 in a row",
        ),
        (
            "words_are_said_once",
            board(*(_moved(x=12 * x, y=8 * y) | {"id": 2 * y + x} | _silent() for x in (0, 1) for y in (0, 1))),
            f"4 panels say {SILENT!r} where there is no data",
        ),
    ],
)
def test_board(rule: str, planted: Json, text: str) -> None:
    """A fault of a dashboard is found by its rule, and it is said what is wrong."""
    faults = [one for one in found(planted) if one[0] == rule]

    assert 1 == len(faults)
    assert faults[0][1].startswith(text)


def test_every_rule_has_its_fault() -> None:
    """No rule is without a planted fault."""
    text = Path(__file__).read_text(encoding="utf-8")

    assert [] == [rule.__name__ for rule in (*OF_BOARDS, *OF_PANELS) if f'"{rule.__name__}"' not in text]


def _data_link(url: str) -> Json:
    return board(panel(links=[{"title": "L", "url": url}]))


def _head(**given: object) -> Json:
    return board(links=[{"type": "link", "title": "L", "url": "/d/one", "tags": []} | given])


LINKS: list[tuple[str, Json, str]] = [
    ("explore from a series", _data_link("/explore?left=x"), "link 'L' leads into Explore"),
    ("explore of an organisation", _data_link("/grafana/explore"), "link 'L' leads into Explore"),
    ("home", _data_link("/"), "link 'L' leads to /, which is no dashboard"),
    ("no dashboard", _data_link("/d/gone/slug?var-service=x"), "link 'L' leads to dashboard gone, which is not there"),
    ("no variable", _data_link("/d/one?var-stage=llm"), "link 'L' sets var-stage on one, which has no such variable"),
    ("no parameter", _data_link("/d/one?service=x"), "link 'L' sets service on one, which means nothing there"),
    (
        "a variable that the link's own dashboard has not",
        _data_link("/d/one?var-service=$stage"),
        "link 'L' uses $stage, which is no variable of this dashboard",
    ),
    (
        "a variable that is handed on, and not there",
        board(
            panel(links=[{"title": "L", "url": "/d/two?${service:queryparam}"}]),
            templating={"list": [*board()["templating"]["list"]]},
        ),
        "link 'L' leads to dashboard two, which is not there",
    ),
    (
        "a column",
        board(
            panel("table", links=[{"title": "L", "url": "/d/one?var-service=${__data.fields[Wait]}"}])
            | {"transformations": [ORGANISED]}
        ),
        "link 'L' reads column 'Wait', which is none of this table's",
    ),
    (
        "a column whose values are replaced",
        board(
            with_parts(
                panel("table", links=[{"title": "L", "url": "/d/one?var-service=${__data.fields[Service]}"}]),
                transformations=[ORGANISED],
                overrides=[override("byName", "Service", mappings=[{"type": "regex"}])],
            )
        ),
        "link 'L' reads what mappings put in place of the values of column 'Service'",
    ),
    (
        "of an override",
        board(with_parts(panel(), overrides=[override("byName", "a", links=[{"title": "L", "url": "/explore"}])])),
        "link 'L' leads into Explore",
    ),
    ("of a panel", board(panel() | {"links": [{"title": "L", "url": "/explore"}]}), "link 'L' leads into Explore"),
    ("in a text", board(panel("text") | {"options": {"content": "see [L](/explore)"}}), "link 'L' leads into Explore"),
    ("of the head", _head(url="/d/gone"), "link 'L' leads to dashboard gone, which is not there"),
    ("by a tag", _head(type="dashboards", tags=["none"]), "link 'L' lists dashboards with the tag none"),
    ("without a title", _head(title=""), "a link to /d/one has no title"),
]  # fmt: skip


@pytest.mark.parametrize(("planted", "text"), [one[1:] for one in LINKS], ids=[one[0] for one in LINKS])
def test_link(planted: Json, text: str) -> None:
    """A link of any kind that leads nowhere, or where a viewer may not go, is found."""
    faults = [one for one in found(planted) if one[0] == "links_lead_somewhere"]

    assert 1 == len(faults)
    assert faults[0][1].startswith(text)


@pytest.mark.parametrize(
    "url",
    [
        "/d/one?${__url_time_range}&${service:queryparam}",
        "/d/one/slug?from=now-1h&var-service=${__field.labels.service_name}",
        "https://example.com/runbook",
    ],
)
def test_good_links(url: str) -> None:
    """A link to a dashboard that there is, with variables that it has, is no fault; nor is one to elsewhere."""
    assert [] == found(_data_link(url))


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"tracesToLogsV2": {"datasourceUid": "loki"}}, "tracesToLogsV2 leads into Explore"),
        (
            {"exemplarTraceIdDestinations": [{"name": "trace_id", "datasourceUid": "tempo", "url": "/d/one"}]},
            "exemplarTraceIdDestinations trace_id leads into Explore",
        ),
        (
            {"derivedFields": [{"name": "trace", "url": "/d/one?var-trace=$${__value.raw}"}]},
            "derivedFields trace sets var-trace on one, which has no such variable",
        ),
    ],
    ids=["traces to logs", "dots", "log lines"],
)
def test_data_source(settings: Json, text: str) -> None:
    """A data source's own links are held to the same: dots, log lines, spans."""
    (fault,) = lint([board()], [{"name": "Store", "jsonData": settings}])

    assert ("Store", text) == (fault.where, fault.text[: len(text)])


def test_fault_is_a_line() -> None:
    """A fault says where it is, what is wrong, and by which rule."""
    (fault,) = lint([board(panel() | {"description": ""})])

    assert str(fault).startswith("one, panel 1 'Waits': has no description;")
    assert str(fault).endswith("[has_a_description]")


def _native() -> list[Json]:
    config = load_default()
    native = config.model_copy(update={"alerts": config.alerts.model_copy(update={"flavour": "native"})})
    return [made(native) for made in DASHBOARDS.values()]


def _rendered(path: Path | None) -> Callable[[], list[Json]]:
    return lambda: [json.loads(text) for name, text in files(path).items() if name.startswith("grafana/dashboards/")]


@pytest.mark.parametrize(
    "boards", [_rendered(None), _rendered(EVERYTHING), _native], ids=["shipped", "everything", "native"]
)
def test_rendered_dashboards_have_no_fault(boards: Callable[[], list[Json]]) -> None:
    """What is rendered has no fault, data sources included."""
    sources = yamls.load(files()["grafana/provisioning/datasources/pipecat.yaml"])["datasources"]

    assert [] == [str(fault) for fault in lint(boards(), sources)]


@pytest.mark.parametrize("path", [None, EVERYTHING], ids=["shipped", "everything"])
def test_alerts_lead_to_dashboards(path: Path | None) -> None:
    """Every address in an alert is of a dashboard that there is, with its variables; a call's names its trace."""
    boards = {one["uid"]: one for one in _rendered(path)()}
    groups = yamls.load(files(path)["prometheus/rules/alerts.yml"])["groups"]
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    addresses = [
        re.sub(r"\{\{.*?\}\}", "x", address)
        for alert in alerts
        for key in (TRACE_URL, DASHBOARD_URL)
        for address in re.findall(r"https?://.*?(?=\{\{ (?:else|end) \}\}|$)", alert["annotations"][key])
    ]

    assert len(addresses) > 2 * len(alerts)
    assert set() == {f"{address} {text}" for address in addresses for text in destination(address, boards)}
    calls = [address for address in addresses if "/d/pipecat-conversation/" in address]
    assert calls
    assert {True} == {address.endswith("&var-trace=x") for address in calls}
