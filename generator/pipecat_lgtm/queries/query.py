"""What a query is."""

from dataclasses import dataclass, replace
from typing import Literal

from pipecat_lgtm.queries.expr import Expr

Unit = Literal[
    "seconds", "ratio", "times", "per_second", "count", "tokens", "text", "bytes", "dollars", "cores", "moment"
]
"""Of a value. `ratio`: a share, 1 is all; `times`: a multiple of something; `moment`: Unix milliseconds."""
Language = Literal["promql", "logql", "traceql"]


@dataclass(frozen=True)
class Query:
    """An expression with what one must know to draw it or to alert on it.

    Args:
        id: stable name, unique among all queries.
        source: PromQL as an expression, or the text of a LogQL or TraceQL query, or of a variable of Grafana's.
        unit: of its value.
        brief: what it says, in one sentence.
        legend: Grafana legend format.
        language: which store answers it.
    """

    id: str
    source: Expr | str
    unit: Unit
    brief: str
    legend: str = ""
    language: Language = "promql"

    @property
    def expr(self) -> str:
        """The query as its store takes it; of PromQL the form over bucket series."""
        return str(self.source)

    @property
    def native(self) -> str:
        """The same over native histograms."""
        return self.source if isinstance(self.source, str) else self.source.text(native=True)

    @property
    def promql(self) -> Expr:
        """The expression.

        Raises:
            TypeError: the query is in another language.
        """
        if isinstance(self.source, str):
            raise TypeError(f"{self.id} is no PromQL expression")
        return self.source

    def flavoured(self, *, native: bool) -> "Query":
        """Return the query for one kind of histogram only."""
        return self if isinstance(self.source, str) else replace(self, source=self.source.flavoured(native=native))
