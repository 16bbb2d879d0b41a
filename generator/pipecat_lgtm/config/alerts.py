"""How alerts are computed: windows, floors, holds, baselines, links; the bounds themselves are `thresholds`."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from pipecat_lgtm.config.base import Section
from pipecat_lgtm.config.content import PatternName
from pipecat_lgtm.config.patterns import Re2
from pipecat_lgtm.config.secrets import Address
from pipecat_lgtm.config.units import Count, Factor, Ratio, Seconds

Severity = Literal["info", "warning", "critical"]
BURN_RATE = "PipecatUptimeBurnRate"
"""The alert that has several windows."""
_LOOKBACK = 300.0
"""Seconds; Prometheus' own --query.lookback-delta."""


class Hold(Section):
    """How long a condition must hold before an alert of a severity fires."""

    info: Seconds
    warning: Seconds
    critical: Seconds


class LowTraffic(Section):
    """What counts as bad for a bot with too few turns for percentiles."""

    window: Seconds
    min_count: Count
    share: Ratio


class Baseline(Section):
    """What a signal's own past is: the median over a window that ends some time ago."""

    window: Seconds
    offset: Seconds
    step: Seconds
    min_points: Count

    @model_validator(mode="after")
    def _fits(self) -> "Baseline":
        if self.min_points * self.step > self.window:
            raise ValueError(f"min_points ({self.min_points}) steps do not fit into window; lower one of them")
        return self


class BurnRate(Section):
    """Error budget burnt so many times too fast, over a long and a short window at once."""

    long: Seconds
    short: Seconds
    factor: Factor
    severity: Literal["warning", "critical"]
    hold: Seconds | None = None
    min_samples: Count | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "BurnRate":
        if self.short >= self.long:
            raise ValueError("short is the shorter window; it lets the alert end soon after the trouble")
        return self


class Links(Section):
    """Base addresses of what an alert links to."""

    grafana: Address | None
    tempo_datasource: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,40}$")]
    runbooks: Address | None
    prometheus: Address | None
    alertmanager: Address | None

    @field_validator("prometheus", "alertmanager")
    @classmethod
    def _is_base(cls, value: Address | None) -> Address | None:
        if value is not None and (value.query or value.fragment):
            raise ValueError(f"{value} is no base address; leave out what begins with ? or #")
        return value


class Override(Section):
    """What one alert does otherwise."""

    enabled: bool = True
    window: Seconds | None = None
    hold: Seconds | None = None
    min_samples: Annotated[int, Field(ge=0)] | None = None


class Alerts(Section):
    """Everything about alerts but their bounds."""

    interval: Seconds
    resend_interval: Seconds
    slow_interval: Seconds
    flavour: Literal["classic", "native"]
    format: Literal["files", "operator", "mimir"]
    namespace: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
    window: Seconds
    min_samples: Count
    quality_window: Seconds
    confidence_hold: Seconds
    sustained_hold: Seconds
    hold: Hold
    low_traffic: LowTraffic
    baseline: Baseline
    escalate_after: Seconds
    burn_rates: tuple[BurnRate, ...]
    synthetic_services: Re2
    pii_kinds: tuple[PatternName, ...]
    telemetry_window: Seconds
    trend_window: Seconds
    links: Links
    overrides: dict[str, Override]

    @property
    def native(self) -> bool:
        """Whether histograms are native ones."""
        return self.flavour == "native"

    @field_validator("overrides")
    @classmethod
    def _windows_are_elsewhere(cls, value: dict[str, Override]) -> dict[str, Override]:
        if (own := value.get(BURN_RATE)) and own.window is not None:
            raise ValueError(f"{BURN_RATE}.window: it has several; give alerts.burn_rates instead")
        return value

    @field_validator("trend_window")
    @classmethod
    def _is_past(cls, value: float, info: ValidationInfo) -> float:
        if value <= info.data.get("interval", 0.0):
            raise ValueError("must be longer than alerts.interval, else a value is compared with itself")
        return value

    @field_validator("slow_interval")
    @classmethod
    def _seen(cls, value: float) -> float:
        if value > _LOOKBACK / 2:
            raise ValueError("Prometheus sees no value older than 5 m: at most 150 s, so that a missed one is bridged")
        return value
