"""Tables: several queries side by side, or the spans a search finds."""

from typing import Any

from pipecat_lgtm.dashboards.panels.card import Card
from pipecat_lgtm.dashboards.panels.fields import Override, columns
from pipecat_lgtm.dashboards.panels.palette import GOOD
from pipecat_lgtm.dashboards.panels.targets import Shape, source, targets
from pipecat_lgtm.dashboards.panels.visual import Visual, words
from pipecat_lgtm.queries import Query
from pipecat_lgtm_bridge.contract import labels

Transformation = dict[str, Any]
_VALUE = "Value #"
"""So a column of values is called, before the letter of its query."""


CAPTIONS = {
    labels.STAGE: "Stage",
    labels.PROVIDER: "Provider",
    labels.MODEL: "Model",
    labels.CATEGORY: "Category",
    labels.SEVERITY: "Severity",
    labels.SERVICE_NAME: "Service",
    labels.ENVIRONMENT: "Environment",
    labels.ALERTNAME: "Alert",
}
"""What columns of label values are called."""


def organised(order: list[str], rename: dict[str, str] | None = None, hide: list[str] | None = None) -> Transformation:
    """Return the transformation that orders, renames and hides columns."""
    return {
        "id": "organize",
        "options": {
            "excludeByName": dict.fromkeys(hide or [], True),
            "indexByName": {name: index for index, name in enumerate(order)},
            "renameByName": {name: CAPTIONS[name] for name in order if name in CAPTIONS} | (rename or {}),
        },
    }


def grouped(keys: list[str], **aggregations: str) -> Transformation:
    """Return the transformation that makes one row of all rows with equal keys."""
    fields: dict[str, Any] = {key: {"aggregations": [], "operation": "groupby"} for key in keys}
    fields |= {name: {"aggregations": [how], "operation": "aggregate"} for name, how in aggregations.items()}
    return {"id": "groupBy", "options": {"fields": fields}}


def if_any(key: str) -> list[Transformation]:
    """Return the transformations that leave nothing of a search that found nothing, and its rows of any other.

    Tempo answers with the names of columns without a row, and a table shows those instead of its text for no data.

    Args:
        key: a column that the answer always has; without a row there is nothing to divide by it, and no table is left.
    """
    # As labels the values of the key would be a part of every column's name.
    parted = {"fields": [key], "keepFields": True, "naming": {"asLabels": False}}
    return [{"id": "partitionByValues", "options": parted}, {"id": "merge", "options": {}}]


def side_by_side(order: list[str], rename: dict[str, str]) -> list[Transformation]:
    """Return the transformations that make one row of all values with equal labels.

    Args:
        order: columns from left to right: labels, and `Value #A` of the first query.
        rename: what the values are called.
    """
    last = {name: f"{name} (lastNotNull)" for name in order if name.startswith(_VALUE)}
    keys = [name for name in order if name not in last]
    return [
        {"id": "merge", "options": {}},
        # Without a label of its own a table of nothing has the columns of its values, and no text for no data.
        grouped(keys, **dict.fromkeys(last, "lastNotNull")),
        organised([last.get(name, name) for name in order], {last.get(name, name): to for name, to in rename.items()}),
    ]


def table(  # noqa: PLR0913 - a panel has that many parts
    card: Card,
    queries: list[Query],
    *,
    transformations: list[Transformation] | None = None,
    overrides: list[Override] | None = None,
    sort: str = "",
    least_first: bool = False,
    shape: Shape = "table",
    header: bool = True,
) -> Visual:
    """Return a table.

    Args:
        card: its words.
        queries: each becomes a column `Value #A`, `Value #B`, … beside its labels; a search gives a row per span.
        transformations: applied in order.
        overrides: unit, width, bounds or link of single columns.
        sort: column to sort by, greatest first.
        least_first: sort the other way.
        shape: `table`, or `range` for log lines.
        header: the columns have names.
    """
    store = {"promql": "prometheus", "traceql": "tempo", "logql": "loki"}[queries[0].language]
    return Visual(
        **words(card, queries),
        kind="table",
        dataSource=source(store),  # type: ignore[arg-type]  # the dict's values are the literals
        targets=targets(queries, shape),
        transformations=transformations or [],
        thresholds=[{"color": GOOD, "value": None}],
        defaults={
            "color": {"mode": "thresholds"},
            "custom": {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": False},
            "noValue": card.no_value,
        },
        # Grafana writes a panel's text for "no data" into every empty cell too; an override applies to cells alone.
        overrides=[columns(".*", noValue=""), *(overrides or [])],
        options={
            "cellHeight": "sm",
            "showHeader": header,
            "sortBy": [{"displayName": sort, "desc": not least_first}] if sort else [],
        },
    )
