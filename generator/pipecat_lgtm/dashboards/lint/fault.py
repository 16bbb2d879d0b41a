"""What is wrong with a dashboard, and the parts that rules look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
"""A dashboard, a panel or a data source as it is stored."""


GRID_COLUMNS = 24
"""Of a dashboard, in which places and widths are counted."""


@dataclass(frozen=True)
class Fault:
    """One fault.

    Args:
        where: uid of the dashboard, or name of the data source.
        panel: its title and id; empty where no panel is concerned.
        rule: name of the rule.
        text: what is wrong, and what to do.
    """

    where: str
    panel: str
    rule: str
    text: str

    def __str__(self) -> str:
        """Return the fault as one line."""
        return f"{self.where}{f', panel {self.panel}' if self.panel else ''}: {self.text} [{self.rule}]"


def panels_of(board: Json) -> Iterator[Json]:
    """Yield every panel, rows and what is folded into them included."""
    for panel in board.get("panels", []):
        yield panel
        yield from panel.get("panels", [])


def variables_of(board: Json) -> dict[str, Json]:
    """Return the variables of a dashboard by name."""
    return {one["name"]: one for one in board.get("templating", {}).get("list", [])}


def defaults_of(panel: Json) -> Json:
    """Return what applies to all fields of a panel."""
    found: Json = panel.get("fieldConfig", {}).get("defaults", {})
    return found


def overridden(panel: Json) -> Iterator[tuple[Json, str, Any]]:
    """Yield (matcher, property, value) of every override of a panel."""
    for override in panel.get("fieldConfig", {}).get("overrides", []):
        for one in override["properties"]:
            yield override["matcher"], one["id"], one["value"]


def columns_of(panel: Json) -> set[str] | None:
    """Return the columns that a table's last `organize` names; None if it has none, so that any may be there."""
    steps = [step["options"] for step in panel.get("transformations", []) if step["id"] == "organize"]
    if not steps:
        return None
    options = steps[-1]
    renamed = options.get("renameByName", {})
    names = [*options.get("indexByName", {}), *renamed]
    return {renamed.get(name) or name for name in names if not options.get("excludeByName", {}).get(name)}
