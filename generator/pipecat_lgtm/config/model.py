"""The whole config, section by section; stack.yaml has the values, their units and their sources."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, HttpUrl, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pipecat_lgtm.config.alerts import Alerts
from pipecat_lgtm.config.base import Section
from pipecat_lgtm.config.network import Network
from pipecat_lgtm.config.prices import Prices
from pipecat_lgtm.config.routing import Routing
from pipecat_lgtm.config.thresholds import Preset, Thresholds
from pipecat_lgtm.config.units import Bytes, Count, Seconds
from pipecat_lgtm.config.versions import Versions
from pipecat_lgtm.contract.labels import PER_CALL_KEYS

PositiveNumber = Annotated[float, Field(gt=0)]
_SOME = Field(min_length=1)


def _first_repeated(names: Iterable[str]) -> str:
    return next((name for name, count in Counter(names).items() if count > 1), "")


class Services(Section):
    """Which bots report here."""

    names: tuple[str, ...]
    default_environment: str


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


_NOT_RE2 = re.compile(r"\(\?(?:[=!>(]|<[=!]|P=)|\\[1-9]|[*+?}]\+")
"""Looking around, groups by number or name, atomic groups and possessive repeats: Python has them, RE2 has not."""


class Content(Section):
    """What happens to what was said."""

    mode: Literal["redact", "drop", "keep"]
    max_bytes: Bytes
    frustration: dict[str, tuple[str, ...]]

    @field_validator("frustration")
    @classmethod
    def _patterns(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for kind, patterns in value.items():
            for pattern in patterns:
                try:
                    re.compile(pattern)
                except re.error as error:
                    raise ValueError(f"{kind}: {pattern!r} is not a regular expression: {error}") from error
                if unknown := _NOT_RE2.search(re.sub(r"\\[^1-9]", "", pattern)):
                    raise ValueError(f"{kind}: {pattern!r}: the collector's RE2 knows no {unknown[0]!r}")
        return value


class Cardinality(Section):
    """Outer limits of the number of series."""

    series_per_metric: Count
    services: Count
    breaches_per_service: Count
    breach_expiry: Seconds
    resource_labels: tuple[str, ...]

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


class Collector(Section):
    """The collector's own settings."""

    instance_id: str
    flush_interval: Seconds
    memory_limit: Bytes
    queue_requests: Count
    queue_batch: Count


class Store(Section):
    """A store; without address it runs in this stack."""

    url: HttpUrl | None


class TempoStore(Store):
    """Tempo also has an OTLP/gRPC address."""

    otlp_endpoint: str | None

    @model_validator(mode="after")
    def _both(self) -> "TempoStore":
        if (self.url is None) != (self.otlp_endpoint is None):
            raise ValueError("url and otlp_endpoint belong together; give both or none")
        return self


class Stores(Section):
    """Where metrics, traces and logs are kept."""

    prometheus: Store
    tempo: TempoStore
    loki: Store


def _variable_name(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(_VARIABLE, value):
        # Not a ValueError: that one would be shown with the value, which may be a secret.
        raise PydanticCustomError("secret", "give the NAME of the environment variable that holds it, not the value")
    return value


_VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
VariableName = Annotated[str, Field(pattern=f"^{_VARIABLE}$"), BeforeValidator(_variable_name)]


class Exporter(Section):
    """A further OTLP destination of protected traces and logs."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    endpoint: HttpUrl
    signals: tuple[Literal["traces", "logs"], ...]
    headers: dict[str, VariableName] = Field(default_factory=dict)


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

    @field_validator("exporters")
    @classmethod
    def _distinct(cls, value: tuple[Exporter, ...]) -> tuple[Exporter, ...]:
        if repeated := _first_repeated(one.name for one in value):
            raise ValueError(f"two are named {repeated}")
        return value
