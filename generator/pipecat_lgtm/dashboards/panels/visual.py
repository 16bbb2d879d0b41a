"""A panel type of Grafana 12 for which grafanalib has no class, or one of Grafana 6."""

from typing import Any

import attr
from grafanalib import core as g

from pipecat_lgtm.dashboards.panels.card import Card

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


def words(card: Card) -> dict[str, Any]:
    """Return what every panel takes from its card."""
    return {"id": card.id, "title": card.title, "description": card.description}
