"""What a benchmark found, ready to print."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Report:
    """A table and what has to be said about it.

    Args:
        title: what was measured, on what.
        columns: headings, units included.
        rows: as many cells as columns.
        notes: one line each, below the table.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = field(default=())
