"""What an entry of the contract is."""

from dataclasses import dataclass
from typing import Literal

AttributeType = Literal["string", "double", "int", "bool", "string[]"]
MetricKind = Literal["histogram", "counter", "gauge"]
Feed = Literal["spans", "bridge", "both", "heartbeat", "scores", "stack"]

_UNIT_SUFFIX = {"s": "_seconds", "By": "_bytes"}


@dataclass(frozen=True)
class Attribute:
    """One attribute of a span, event or resource.

    Args:
        name: as it is on the wire.
        type: of the value.
        unit: UCUM; empty for text and flags.
        brief: one sentence.
        content: it holds words of callers, bots or prompts, or of those who decide; mode drop does not store it.
    """

    name: str
    type: AttributeType
    unit: str
    brief: str
    content: bool = False

    @property
    def span(self) -> str:
        """The OTTL path of this attribute on a span."""
        return f'span.attributes["{self.name}"]'

    @property
    def log(self) -> str:
        """The OTTL path of this attribute on a log record."""
        return f'log.attributes["{self.name}"]'

    @property
    def resource(self) -> str:
        """The OTTL path of this attribute on a resource."""
        return f'resource.attributes["{self.name}"]'


@dataclass(frozen=True)
class Metric:
    """One metric family.

    Args:
        name: OpenTelemetry name, dotted, without unit.
        kind: histogram (cumulative, explicit bounds), monotonic counter, or gauge.
        unit: UCUM; `{thing}` counts things.
        labels: besides `service_name` and `deployment_environment`, which all have.
        feed: what must run for it to have data: `spans` (Pipecat's own tracing in the bot), `bridge` (in the bot too),
            `both` (spans alone give a fallback, the bridge the exact value), `heartbeat` (synthetic calls), `scores`
            (whoever judges calls), or `stack` (nothing: it is about the stack itself).
        brief: one sentence.
        producer: who must state what it is made of, besides what `feed` says; empty where nobody must.
    """

    name: str
    kind: MetricKind
    unit: str
    labels: tuple[str, ...]
    feed: Feed
    brief: str
    producer: str = ""

    @property
    def prometheus(self) -> str:
        """The name Prometheus' OTLP translation gives it (without `_bucket`, `_sum`, `_count`)."""
        base = self.name.replace(".", "_") + _UNIT_SUFFIX.get(self.unit, "")
        return base + "_total" if self.kind == "counter" else base


@dataclass(frozen=True)
class Event:
    """One kind of OTLP log record that states a fact.

    Args:
        name: value of `event.name`.
        attributes: what it carries.
        brief: one sentence.
        content: its body may hold words of callers or bots; mode drop stores the event's name instead.
    """

    name: str
    attributes: tuple[Attribute, ...]
    brief: str
    content: bool = False
