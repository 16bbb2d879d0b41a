"""A panel type of Grafana 12 for which grafanalib has no class, or one of Grafana 6."""

import re
from typing import Any

import attr
from grafanalib import core as g

from pipecat_lgtm.dashboards.panels.card import Card
from pipecat_lgtm.queries import Query

_attrs: Any = attr.s
"""Untyped, as the base is: mypy would else know only the four arguments added here."""


@_attrs
class Visual(g.Panel):  # type: ignore[misc]  # grafanalib has no types
    """A panel by its parts; grafanalib's base gives it place, title and description.

    Args:
        kind: Grafana's name of the panel type.
        defaults: what applies to all fields.
        overrides: what applies to some.
        options: of the panel type.
    """

    kind: Any = attr.ib(default="")
    defaults: Any = attr.ib(factory=dict)
    overrides: Any = attr.ib(factory=list)
    options: Any = attr.ib(factory=dict)

    def to_json_data(self) -> Any:  # noqa: ANN401 - grafanalib's
        """Return the panel as Grafana stores it."""
        config = {"defaults": self.defaults, "overrides": self.overrides}
        return self.panel_json({"type": self.kind, "fieldConfig": config, "options": self.options})


WINDOW = re.compile(r"\b[a-z]\w*:\w+:\w*?_((?:\d+[smhdw])+)\b")
"""The window in the name of a recording."""


def words(card: Card, queries: list[Query] | None = None) -> dict[str, Any]:
    """Return what every panel takes from its card; its description says over which time its values are.

    Args:
        card: its words.
        queries: what it shows; a recording's name has its window.
    """
    said = f"{card.title} {card.description}"
    notes = []
    exprs = " ".join(one.expr for one in queries or [])
    if windows := {window for window in WINDOW.findall(exprs) if f"last {window}" not in said}:
        notes.append(f" Each value is of the last {' or '.join(sorted(windows))} before it.")
    elif "$__range" in exprs and "time range" not in said and "@ end()" not in exprs:
        notes.append(" Of the whole time range.")
    return {"id": card.id, "title": card.title, "description": card.description + "".join(notes)}
