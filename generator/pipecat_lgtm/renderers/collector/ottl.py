"""Small pieces of OTTL, the collector's transformation language."""

from collections.abc import Iterable
from typing import Any

LABEL_BYTES = 128
"""The longest label: names of providers, models and tools are shorter."""

ADDRESS = r"(?s)^([A-Za-z]+://)(?:[^/?#@]*@)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?(?:[/?#].*)?$"
"""An address: scheme, host and port; between them may be a password, and after them what somebody said."""


def quoted(text: str) -> str:
    """Return text as an OTTL string literal; a dollar is doubled, else the collector reads it as a variable."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("$", "$$")
    return f'"{escaped}"'


def listed(texts: Iterable[str]) -> str:
    """Return texts as an OTTL list of string literals."""
    return "[" + ", ".join(quoted(text) for text in texts) + "]"


def attribute(name: str) -> str:
    """Return the path of a span attribute that the collector uses for itself."""
    return f"span.attributes[{quoted(name)}]"


def key_values(items: str) -> str:
    """Return the text of a map, a line for each key; a value that is a list or a map is JSON, or empty."""
    return f'ToKeyValueString({items}, "=", "\\n")'


def is_number(path: str) -> str:
    """Return the condition that a value is a double or an int; a test that fails is dear: it writes an error."""
    return f"(IsDouble({path}) or IsInt({path}))"


def one_of(path: str, values: Iterable[str]) -> str:
    """Return the condition that a value is one of several texts."""
    return "(" + " or ".join(f"{path} == {quoted(value)}" for value in values) + ")"


def group(context: str, statements: list[str], *conditions: str) -> dict[str, Any]:
    """Return a group of statements; every condition must hold.

    Args:
        context: span, spanevent, resource, log, metric or datapoint.
        statements: run in order.
        conditions: OTTL conditions, joined by `and`; none: always.
    """
    if not conditions:
        return {"context": context, "statements": statements}
    together = " and ".join(f"({condition})" for condition in conditions)
    return {"context": context, "conditions": [together], "statements": statements}


def transform(signal: str, groups: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a transform processor for `trace`, `metric` or `log`; a statement that fails is logged and skipped."""
    return {"error_mode": "ignore", f"{signal}_statements": groups}


def drop_spans(*conditions: str) -> dict[str, Any]:
    """Return a filter processor that drops (and counts) spans for which any condition holds."""
    return {"error_mode": "ignore", "trace_conditions": list(conditions)}


def fit_for_label(path: str, otherwise: str) -> list[str]:
    """Return the statements that make a text fit to be a label: not too long, and UTF-8, else another text.

    Prometheus takes a label that is no UTF-8 and then answers with JSON that nobody can read.
    """
    readable = r"^[^\x{FFFD}\x00-\x1F]*$"
    return [
        f"set({path}, Substring({path}, 0, {LABEL_BYTES}, true)) "
        f"where IsString({path}) and Len({path}) > {LABEL_BYTES}",
        f"set({path}, {quoted(otherwise)}) where {path} != nil and not IsMatch({path}, {quoted(readable)})",
    ]


def plain_labels(paths: Iterable[str]) -> str:
    """Return the condition that texts are fit to be labels as they are: there, printable ASCII and short together.

    Args:
        paths: of the texts; one that is missing is written `<nil>`, and so never plain.
    """
    several = list(paths)
    fit = rf"^(?:[!-;=-~]{{1,60}}(?:\n|$)){{{len(several)}}}$"
    return f"IsMatch(Concat([{', '.join(several)}], {quoted(chr(10))}), {quoted(fit)})"


def without_doubles(context: str) -> list[str]:
    """Return the statements that leave the last value of a key that is there twice: a store may take any of them."""
    items, once = f"{context}.attributes", f'{context}.cache["once"]'
    return [
        f'set({once}, ParseJSON("{{}}"))',
        f'merge_maps({once}, {items}, "upsert")',
        f"set({items}, {once}) where Len({once}) < Len({items})",
    ]
