"""Bounds: what good looks like, and beyond what somebody is told."""

from itertools import pairwise
from typing import ClassVar, Generic, TypeVar

from pydantic import model_validator

from pipecat_lgtm.config.base import Section
from pipecat_lgtm.config.units import Count, Factor, Ratio, Seconds

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
                raise ValueError(f"{mild} ({low:g}) is beyond {severe} ({high:g})")
        return self

    def values(self) -> list[Number]:
        """Return the bounds that are set, mildest first."""
        levels = (self.target, self.info, self.warning, self.critical)
        return [value for value in levels if value is not None]


class SecondsBounds(Bounds[Seconds]):
    """Bounds of a latency, in seconds."""


class RatioBounds(Bounds[Ratio]):
    """Bounds of a share, 0 to 1."""


class FloorBounds(Bounds[Ratio]):
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
    audio_silent: RatioBounds
    nack_rise: FactorBounds
    pii_findings: CountBounds
    off_script: CountBounds
    frustration: RatioBounds
    metrics_coverage: FloorBounds
    values_refused: RatioBounds
    queue_fill: RatioBounds
