"""The table transformations that the dashboards use, as Grafana does them."""

from typing import Any

from pipecat_lgtm.ops.preview.answers import Answer

Row = dict[str, Any]


def rows(panel: dict[str, Any], answers: list[Answer]) -> tuple[list[str], list[Row]]:
    """Return the columns and rows of a table panel after its transformations."""
    found = [row for answer in answers for row in answer.rows]
    single = len(answers) == 1
    made = [
        {("Value" if single and key.startswith("Value #") else key): value for key, value in row.items()}
        for row in found
    ]
    columns: list[str] = []
    for step in panel.get("transformations", []):
        options = step["options"]
        if step["id"] == "merge":
            made = _merged(made)
        elif step["id"] == "groupBy":
            made = _grouped(made, options["fields"])
        elif step["id"] == "organize":
            columns, made = _organised(made, options)
    return columns or sorted({key for row in made for key in row}), made


def _merged(found: list[Row]) -> list[Row]:
    """Put rows together whose labels are equal."""
    by_labels: dict[tuple[tuple[str, Any], ...], Row] = {}
    for row in found:
        key = tuple(sorted((name, value) for name, value in row.items() if not name.startswith("Value")))
        by_labels.setdefault(key, {}).update(row)
    return list(by_labels.values())


def _grouped(found: list[Row], fields: dict[str, Any]) -> list[Row]:
    keys = [name for name, field in fields.items() if field["operation"] == "groupby"]
    counted = [name for name, field in fields.items() if field["operation"] == "aggregate"]
    groups: dict[tuple[Any, ...], int] = {}
    for row in found:
        key = tuple(row.get(name, "") for name in keys)
        groups[key] = groups.get(key, 0) + 1
    return [
        dict(zip(keys, key, strict=True)) | {f"{name} (count)": count for name in counted}
        for key, count in groups.items()
    ]


def _organised(found: list[Row], options: dict[str, Any]) -> tuple[list[str], list[Row]]:
    order, rename, hidden = options["indexByName"], options["renameByName"], options["excludeByName"]
    present = {key for row in found for key in row}
    names = sorted((key for key in present if not hidden.get(key)), key=lambda key: (order.get(key, len(order)), key))
    shown = [rename.get(key, key) for key in names]
    return shown, [{rename.get(key, key): row.get(key) for key in names} for row in found]
