"""Tables: several queries side by side, or the spans a search finds."""

from typing import Any

from pipecat_lgtm.contract import labels
from pipecat_lgtm.dashboards.panels.card import Card
from pipecat_lgtm.dashboards.panels.fields import Override
from pipecat_lgtm.dashboards.panels.palette import GOOD
from pipecat_lgtm.dashboards.panels.targets import Shape, source, targets
from pipecat_lgtm.dashboards.panels.visual import Visual, words
from pipecat_lgtm.queries import Query

Transformation = dict[str, Any]


def merged() -> Transformation:
    """Return the transformation that puts rows with equal labels together."""
    return {"id": "merge", "options": {}}


CAPTIONS = {
    labels.STAGE: "Stage",
    labels.PROVIDER: "Provider",
    labels.MODEL: "Model",
    labels.CATEGORY: "Category",
    labels.SEVERITY: "Severity",
    labels.SERVICE_NAME: "Service",
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


def table(  # noqa: PLR0913 - a panel has that many parts
    card: Card,
    queries: list[Query],
    *,
    transformations: list[Transformation] | None = None,
    overrides: list[Override] | None = None,
    sort: str = "",
    least_first: bool = False,
    shape: Shape = "table",
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
    """
    store = {"promql": "prometheus", "traceql": "tempo", "logql": "loki"}[queries[0].language]
    return Visual(
        **words(card),
        kind="table",
        dataSource=source(store),  # type: ignore[arg-type]  # the dict's values are the literals
        targets=targets(queries, shape),
        transformations=transformations or [],
        thresholds=[{"color": GOOD, "value": None}],
        defaults={
            "color": {"mode": "thresholds"},
            "custom": {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True},
            "noValue": card.no_value,
        },
        overrides=overrides or [],
        options={
            "cellHeight": "sm",
            "showHeader": True,
            "sortBy": [{"displayName": sort, "desc": not least_first}] if sort else [],
        },
    )
