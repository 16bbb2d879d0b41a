"""What a query is."""

from dataclasses import dataclass
from typing import Literal

Unit = Literal["seconds", "ratio", "per_second", "count", "tokens", "text", "bytes", "dollars", "cores"]
Language = Literal["promql", "logql", "traceql"]


@dataclass(frozen=True)
class Query:
    """An expression with what one must know to draw it or to alert on it.

    Args:
        id: stable name, unique among all queries.
        expr: PromQL, LogQL or TraceQL.
        unit: of its value.
        brief: what it says, in one sentence.
        legend: Grafana legend format.
        language: which store answers it.
    """

    id: str
    expr: str
    unit: Unit
    brief: str
    legend: str = ""
    language: Language = "promql"
