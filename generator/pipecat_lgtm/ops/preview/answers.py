"""What a store answers to one target, in one form for all stores."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Series:
    """Values over time, or the last one only.

    Args:
        name: by the target's legend.
        labels: of the series.
        points: (Unix seconds, value).
    """

    name: str
    labels: dict[str, str]
    points: list[tuple[float, float]]

    @property
    def last(self) -> float:
        """The newest value."""
        return self.points[-1][1]


@dataclass(frozen=True)
class Dot:
    """An exemplar: one measured value and the trace it came from."""

    time: float
    value: float
    trace_id: str


@dataclass(frozen=True)
class Span:
    """A bar of a trace's waterfall; times in Unix seconds."""

    name: str
    service: str
    start: float
    end: float
    depth: int
    failed: bool


@dataclass(frozen=True)
class Answer:
    """What came back for one target.

    Args:
        ref: the target's letter.
        expr: as it was sent, variables filled in.
        series: of metrics.
        rows: of a search, a table or log lines.
        dots: exemplars.
        spans: of a trace.
        error: why there is none of it.
        warnings: what the store said besides.
    """

    ref: str
    expr: str
    series: list[Series] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    error: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many things came back."""
        return len(self.series) + len(self.rows) + len(self.dots) + len(self.spans)


@dataclass(frozen=True)
class Drawn:
    """A panel with its answers."""

    panel: dict[str, Any]
    answers: list[Answer]
