"""Bounds: what good looks like, and beyond what somebody is told."""

from itertools import pairwise
from typing import ClassVar, Generic, TypeVar

from pydantic import field_validator, model_validator

from pipecat_lgtm.config.base import Section
from pipecat_lgtm.config.units import Count, Factor, Ratio, Seconds, format_ratio, format_seconds
from pipecat_lgtm_bridge.contract.events import LEAST_SILENCE, LONG_SILENCE

Number = TypeVar("Number", float, int)


class Bounds(Section, Generic[Number]):
    """Bounds of a signal that is bad when high; all in the signal's unit."""

    higher_is_worse: ClassVar[bool] = True

    target: Number | None = None
    info: Number | None = None
    warning: Number | None = None
    critical: Number | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Bounds[Number]":
        levels = [(name, getattr(self, name)) for name in ("target", "info", "warning", "critical")]
        given = [(name, value) for name, value in levels if value is not None]
        for (mild, low), (severe, high) in pairwise(given):
            if (low > high) if self.higher_is_worse else (low < high):
                raise ValueError(f"{mild} ({self.write(low)}) is beyond {severe} ({self.write(high)})")
        return self

    @staticmethod
    def write(value: float) -> str:
        """Return a value with its unit, as stack.yaml has it."""
        return f"{value:g}"

    def values(self) -> list[Number]:
        """Return the bounds that are set, mildest first."""
        levels = (self.target, self.info, self.warning, self.critical)
        return [value for value in levels if value is not None]


class SecondsBounds(Bounds[Seconds]):
    """Bounds of a latency, in seconds."""

    @staticmethod
    def write(value: float) -> str:
        """Return seconds with their unit."""
        return format_seconds(value)


class RatioBounds(Bounds[Ratio]):
    """Bounds of a share, 0 to 1."""

    @staticmethod
    def write(value: float) -> str:
        """Return a share in percent."""
        return format_ratio(value)


class FloorBounds(RatioBounds):
    """Bounds of a share that is bad when low."""

    higher_is_worse: ClassVar[bool] = False


class CountBounds(Bounds[Count]):
    """Bounds of a count."""


class FactorBounds(Bounds[Factor]):
    """Bounds of a ratio to something else that may exceed 1: twice, three times."""


class Percentiles(Section):
    """Bounds of a latency's 95th percentile."""

    p95: SecondsBounds


class SignalBounds(Section):
    """The bounds of every signal; design 3.1 has the table they come from."""

    ttfw: Percentiles
    e2e: Percentiles
    stt_ttfb: Percentiles
    llm_ttfb: Percentiles
    tts_ttfb: Percentiles
    error_ratio: RatioBounds
    tokens_per_turn: CountBounds
    stt_confidence: FloorBounds
    silence: SecondsBounds
    webrtc_jitter: SecondsBounds
    webrtc_packet_loss: RatioBounds
    webrtc_jitter_buffer: SecondsBounds
    remainder: Percentiles
    stage_regression: FactorBounds
    error_ratio_sustained: RatioBounds
    task_completion: FloorBounds
    wer_drift: RatioBounds
    judge_drop: RatioBounds
    intent_match: FloorBounds
    uptime: FloorBounds
    prompt_similarity: FloorBounds

    def stage(self, stage: str) -> SecondsBounds:
        """Return the P95 TTFB bounds of a stage: stt, llm or tts."""
        percentiles: Percentiles = getattr(self, f"{stage}_ttfb")
        return percentiles.p95


class Preset(SignalBounds):
    """A published set of bounds, with where and when it was published."""

    source: str
    date: str


class Thresholds(SignalBounds):
    """The bounds in force: a preset with overrides, and the bounds that are this distribution's own."""

    preset: str
    silent_turns: RatioBounds
    unanswered_speech: RatioBounds
    audio_silent: RatioBounds
    nack_rise: FactorBounds
    pii_findings: CountBounds
    off_script: CountBounds
    frustration: RatioBounds
    repetitions: RatioBounds
    metrics_coverage: FloorBounds
    ttfw_unmeasured: RatioBounds
    values_refused: RatioBounds
    queue_fill: RatioBounds

    @property
    def long_silence(self) -> float:
        """Return the seconds above which a silence is long; its target where it has no other bound."""
        one = self.silence
        return next((bound for bound in (one.warning, one.critical, *one.values()) if bound is not None), 0.0)

    @property
    def kept_silence(self) -> float:
        """Return the seconds above which a silence is stored and measured, whether or not it is long."""
        return min(LONG_SILENCE, *self.silence.values())

    @field_validator("silence")
    @classmethod
    def _stated(cls, value: SecondsBounds) -> SecondsBounds:
        if any(bound < LEAST_SILENCE for bound in value.values()):
            raise ValueError(f"at least {LEAST_SILENCE:g} s: a shorter silence is not stated by the bridge")
        return value

    @model_validator(mode="after")
    def _drawn(self) -> "Thresholds":
        if missing := [key for key in _DRAWN if self._at(key) is None]:
            raise ValueError(
                f"{', '.join(missing)} must have a value: panels are named after it and graded by it; "
                "alerts.overrides switches an alert off"
            )
        return self

    def _at(self, key: str) -> object:
        value: object = self
        for part in key.split("."):
            value = getattr(value, part)
        return value


_DRAWN = ("ttfw.p95.critical", "e2e.p95.critical")
"""Bounds that panels cannot do without."""
