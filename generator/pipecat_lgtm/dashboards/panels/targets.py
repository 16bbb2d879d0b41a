"""Targets: a query, and how a panel wants its answer. grafanalib knows neither exemplars nor Tempo nor instant Loki."""

from typing import Any, Literal

from pipecat_lgtm.queries import Query

PROMETHEUS, TEMPO, LOKI = "${prometheus}", "${tempo}", "${loki}"
"""The datasource variables; no dashboard names a datasource."""

NATIVE = "native"
"""Key of a target's expression over native histograms; a stored dashboard has one of both, under `expr`."""

Shape = Literal["range", "instant", "table", "heatmap", "exemplars"]
TRACES_SHOWN = 50
LINES_SHOWN = 500


def source(kind: Literal["prometheus", "tempo", "loki"]) -> dict[str, str]:
    """Return the reference to a store's datasource variable."""
    return {"type": kind, "uid": f"${{{kind}}}"}


def target(query: Query, ref: str, shape: Shape = "range", interval: str = "") -> dict[str, Any]:
    """Return the target of a query in its own store's form.

    Args:
        query: its language says which store answers.
        ref: letter of the target within the panel.
        shape: a series over time, one value per series now, a table of these, buckets over time, or exemplars only.
        interval: the least step, as `1m`; empty leaves it to Grafana.
    """
    if query.language == "traceql":
        return traceql(query, ref)
    if query.language == "logql":
        return logql(query, ref, shape)
    made = {
        "datasource": source("prometheus"),
        "editorMode": "code",
        "exemplar": shape == "exemplars",
        "expr": query.expr,
        NATIVE: query.native,
        "format": {"table": "table", "heatmap": "heatmap"}.get(shape, "time_series"),
        "instant": shape in {"instant", "table"},
        "legendFormat": query.legend or "__auto",
        "range": shape not in {"instant", "table"},
        "refId": ref,
    }
    return made | ({"interval": interval} if interval else {})


def traceql(query: Query, ref: str) -> dict[str, Any]:
    """Return a Tempo target: a search whose matching spans are rows, or a trace by its id."""
    return {
        "datasource": source("tempo"),
        "filters": [],
        "limit": TRACES_SHOWN,
        "query": query.expr,
        "queryType": "traceql",
        "refId": ref,
        "spss": 100,
        "tableType": "spans",
    }


def logql(query: Query, ref: str, shape: Shape = "range") -> dict[str, Any]:
    """Return a Loki target: lines or series over time, or one value now."""
    return {
        "datasource": source("loki"),
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.legend,
        "maxLines": LINES_SHOWN,
        "queryType": "instant" if shape in {"instant", "table"} else "range",
        "refId": ref,
    }


def targets(queries: list[Query], shape: Shape = "range", interval: str = "") -> list[dict[str, Any]]:
    """Return the targets of a panel's queries, lettered in order."""
    return [target(query, chr(ord("A") + index), shape, interval) for index, query in enumerate(queries)]
