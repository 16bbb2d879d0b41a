"""The whole config, section by section; stack.yaml has the values, their units and their sources."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema, field_validator, model_validator

from pipecat_lgtm.config.alerts import Alerts
from pipecat_lgtm.config.base import Section
from pipecat_lgtm.config.content import FINDING_KINDS, Content
from pipecat_lgtm.config.network import Network
from pipecat_lgtm.config.prices import Prices
from pipecat_lgtm.config.quality import Quality
from pipecat_lgtm.config.routing import Routing
from pipecat_lgtm.config.secrets import Address, VariableName
from pipecat_lgtm.config.stores import Stores
from pipecat_lgtm.config.thresholds import Preset, Thresholds
from pipecat_lgtm.config.units import Bytes, Count, Seconds, spell_seconds
from pipecat_lgtm.config.versions import Versions
from pipecat_lgtm_bridge.contract.labels import PER_CALL_KEYS

PositiveNumber = Annotated[float, Field(gt=0)]
_SOME = Field(min_length=1)
ResourceKey = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_./-]*$")]
Name = Annotated[str, Field(min_length=1)]


def _first_repeated(names: Iterable[str]) -> str:
    return next((name for name, count in Counter(names).items() if count > 1), "")


_STACK_NAME = r"^[a-z0-9][a-z0-9_-]{0,39}$"
StackName = Annotated[
    str,
    Field(pattern=_STACK_NAME),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": _STACK_NAME}, {"type": "null"}]}),
]
"""Names the Compose project and the state directory."""


class Services(Section):
    """Which bots report here."""

    names: tuple[Name, ...]
    environments: tuple[Name, ...]
    default_environment: Name


class Histograms(Section):
    """Bucket bounds per family, before the thresholds are added."""

    latency: Annotated[tuple[Seconds, ...], _SOME]
    duration: Annotated[tuple[Seconds, ...], _SOME]
    tokens: Annotated[tuple[Count, ...], _SOME]
    ratio: Annotated[tuple[PositiveNumber, ...], _SOME]
    network: Annotated[tuple[Seconds, ...], _SOME]
    memory: Annotated[tuple[Bytes, ...], _SOME]


class Limits(Section):
    """Beyond these a value is refused and counted."""

    latency: Seconds
    duration: Seconds
    tokens: Count
    realtime_min_ttfb: Seconds


class Dialects(Section):
    """Emitters besides Pipecat itself."""

    article: bool
    openinference: bool


class Cardinality(Section):
    """Outer limits of the number of series."""

    series_per_metric: Count
    sums: Count
    services: Count
    breaches_per_service: Count
    breach_expiry: Seconds
    series_expiry: Seconds
    affected_conversations: Count
    resource_labels: tuple[ResourceKey, ...]

    @field_validator("resource_labels")
    @classmethod
    def _not_per_call(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for key in value:
            if key in PER_CALL_KEYS or key.replace("_", ".") in PER_CALL_KEYS:
                raise ValueError(
                    f"{key} has a value per call or host: as a label it would be a series per call; leave it out"
                )
        if repeated := _first_repeated(value):
            raise ValueError(f"{repeated} is given twice")
        return value


_LONGEST_SCRAPE_INTERVAL = 30.0
QUEUE_LEAST = 6 * 1024**2
"""Bytes of the smallest queue: two of the largest batches."""


class Collector(Section):
    """The collector's own settings."""

    instance_id: str
    flush_interval: Seconds
    scrape_interval: Seconds
    memory_limit: Bytes
    other_metrics: Literal["drop", "refuse"]
    queue_size: Bytes

    @field_validator("queue_size")
    @classmethod
    def _holds_a_batch(cls, value: int) -> int:
        if value < QUEUE_LEAST:
            raise ValueError(
                f"a batch of up to {QUEUE_LEAST // 2 // 1024**2} MiB must fit beside another one; "
                f"give {QUEUE_LEAST // 1024**2} MiB or more"
            )
        return value

    @field_validator("scrape_interval")
    @classmethod
    def _dense(cls, value: float) -> float:
        if value > _LONGEST_SCRAPE_INTERVAL:
            raise ValueError("must be at most 30 s: alerts and panels look at windows of minutes")
        return value


class Exporter(Section):
    """A further OTLP destination of protected traces and logs."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    endpoint: Address
    signals: tuple[Literal["traces", "logs"], ...]
    headers: dict[str, VariableName] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _not_a_store(cls, value: str) -> str:
        if value == "loki":
            raise ValueError("loki is the name of the stack's own store; choose another one")
        return value


_SHORTEST_RETENTION = 3600.0


class Retention(Section):
    """How long each store keeps its data."""

    metrics: Seconds
    traces: Seconds
    logs: Seconds

    @field_validator("*")
    @classmethod
    def _not_too_short(cls, value: float) -> float:
        if value < _SHORTEST_RETENTION:
            raise ValueError("must be at least 1 h: what is still being written would be deleted")
        return value


class Dashboards(Section):
    """What panels need besides the bounds."""

    natural: Seconds
    short_call: Count


class Config(Section):
    """A whole stack."""

    name: StackName
    services: Services
    versions: Versions
    network: Network
    presets: dict[str, Preset]
    thresholds: Thresholds
    alerts: Alerts
    histograms: Histograms
    limits: Limits
    dialects: Dialects
    content: Content
    cardinality: Cardinality
    collector: Collector
    stores: Stores
    exporters: tuple[Exporter, ...]
    dashboards: Dashboards
    prices: Prices
    retention: Retention
    routing: Routing
    quality: Quality

    @model_validator(mode="after")
    def _within_retention(self) -> "Config":
        """Refuse windows that look back further than the stack's own Prometheus keeps anything."""
        alerts, kept = self.alerts, self.retention.metrics
        windows = {
            "window": alerts.window,
            "quality_window": alerts.quality_window,
            "low_traffic.window": alerts.low_traffic.window,
            "baseline.window and baseline.offset together": alerts.baseline.window + alerts.baseline.offset,
            **{f"burn_rates.{number}.long": one.long for number, one in enumerate(alerts.burn_rates)},
            **{f"overrides.{name}.window": one.window or 0.0 for name, one in alerts.overrides.items()},
        }
        longer = [f"alerts.{key} ({spell_seconds(value)})" for key, value in windows.items() if value > kept]
        if longer and self.stores.prometheus.url is None:
            raise ValueError(
                f"{', '.join(longer)}: longer than retention.metrics ({spell_seconds(kept)}) keeps anything"
            )
        return self

    @model_validator(mode="after")
    def _not_in_clear(self) -> "Config":
        """Refuse to send secrets where everybody on the way can read them."""
        if self.stores.in_clear and not self.network.insecure:
            raise ValueError(
                f"stores.{self.stores.in_clear[0]}.login: would cross the network in clear; give https:// addresses, "
                "or say network.insecure: true where something else encrypts it"
            )
        return self

    @model_validator(mode="after")
    def _found(self) -> "Config":
        """Refuse to page for what nothing finds."""
        known = (*FINDING_KINDS, *self.content.patterns)
        for kind in self.alerts.pii_kinds:
            if kind not in known:
                raise ValueError(f"alerts.pii_kinds: {kind} is found by nothing; known: {', '.join(known)}")
        return self

    @property
    def grafana_url(self) -> str:
        """The address under which people open Grafana, without a slash at its end."""
        given = self.alerts.links.grafana
        return str(given).rstrip("/") if given else f"http://{self.network.inside_host}:{self.network.ports.grafana}"

    def runbook_url(self, alert: str) -> str:
        """Return the address of an alert's runbook."""
        given = self.alerts.links.runbooks
        base = str(given).rstrip("/") if given else f"{self.grafana_url}/public/runbooks"
        return f"{base}/{alert}.md"

    @field_validator("exporters")
    @classmethod
    def _distinct(cls, value: tuple[Exporter, ...]) -> tuple[Exporter, ...]:
        if repeated := _first_repeated(one.name for one in value):
            raise ValueError(f"two are named {repeated}")
        return value
