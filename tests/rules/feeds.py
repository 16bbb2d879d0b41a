"""Input series for promtool: what is written of a service that behaves so, then so, or of events at some seconds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

from written import Life, Series, named, notation, running

from pipecat_lgtm.config import Config, buckets
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Metric


@dataclass(frozen=True)
class Phase:
    """So many steps of one behaviour: each adds `count` events of `value`, and to a histogram `others` of `other`."""

    steps: int
    value: float
    count: float
    other: float = 0.0
    others: float = 0.0

    def within(self, bound: float) -> float:
        """Return how many events of a step are at most a bound."""
        return (self.count if self.value <= bound else 0.0) + (self.others if self.other <= bound else 0.0)

    @property
    def total(self) -> float:
        """Return the sum of the values of a step."""
        return self.count * self.value + self.others * self.other

    def being(self, value: float, count: float) -> Self:
        """Return the same steps, or the same second, of another behaviour."""
        return replace(self, value=value, count=count, other=0.0, others=0.0)


@dataclass(frozen=True)
class Moment(Phase):
    """Events of one second, in place of steps, as the collector and Prometheus write them (`written.py`).

    Args:
        at: the second.
        until: the last second of the series.
        restarted: the collector did not answer from 45 s to 10 s before, and has lost its counts.
    """

    at: int = 0
    until: int = 0
    restarted: bool = False


def bounds_of(config: Config, metric: Metric) -> list[float]:
    """Return the bucket bounds the collector gives a histogram."""
    ratios = (m.STT_CONFIDENCE, m.STT_WER, m.QUALITY_SCORE, m.WEBRTC_PACKET_LOSS, m.WEBRTC_AUDIO_LEVEL)
    if metric in ratios:
        return buckets.ratio(config)
    if metric in {m.WEBRTC_JITTER, m.WEBRTC_JITTER_BUFFER}:
        return buckets.network(config)
    return buckets.tokens(config) if metric is m.TURN_TOKENS else buckets.latency(config)


def growing(increments: list[tuple[int, float]]) -> str:
    """Return the values of a counter that grows by so much for so many steps, from nought."""
    parts, value = [], 0.0
    for steps, more in increments:
        parts.append(f"{value:.10g}+{more:.10g}x{steps - 1}")
        value += more * steps
    return " ".join(parts)


def _values(phases: Sequence[Phase], count: Callable[[Phase], float], *, others: bool = False) -> str:
    """Return the values of a counter that grows by what is counted of each step or moment."""
    moments = [one for one in phases if isinstance(one, Moment)]
    if not moments:
        return growing([(one.steps, count(one)) for one in phases])
    events: dict[int, float] = {}
    for one in moments:
        events[one.at] = events.get(one.at, 0.0) + count(one)
    away = _away(moments)
    if others:  # without an event there is no series
        events = {at: number for at, number in events.items() if number}
    life = Life(events, moments[0].until, away, others)
    return notation(life.samples(), life.until)


def _away(moments: Sequence[Moment]) -> tuple[tuple[int, int], ...]:
    return tuple((one.at - 45, one.at - 10) for one in moments if one.restarted)


def lives(labels: dict[str, str], phases: Sequence[Phase]) -> Series:
    """Return when a program began, of one that restarts where its moments say so; through steps it runs on."""
    moments = [one for one in phases if isinstance(one, Moment)]
    return running(labels, Life({}, moments[0].until, _away(moments))) if moments else {}


def counter(name: str, labels: dict[str, str], phases: Sequence[Phase]) -> Series:
    """Return a counter to which each step adds `count`; one that is no bot's is there from its first event on."""
    return {named(name, labels): _values(phases, lambda one: one.count, others=not name.startswith("pipecat_"))}


def histogram(config: Config, metric: Metric, labels: dict[str, str], phases: Sequence[Phase]) -> Series:
    """Return the series of a histogram: one per bucket, or a single native one with the same bounds."""
    if config.alerts.flavour == "native":
        return {named(metric.prometheus, labels): _native(bounds_of(config, metric), phases)}
    name, made = metric.prometheus, {}
    for bound in (*bounds_of(config, metric), float("inf")):
        text = "+Inf" if bound == float("inf") else f"{bound:g}"
        made[named(f"{name}_bucket", labels | {"le": text})] = _values(phases, lambda one, le=bound: one.within(le))
    made[named(f"{name}_count", labels)] = _values(phases, lambda one: one.count + one.others)
    made[named(f"{name}_sum", labels)] = _values(phases, lambda one: one.total)
    return made


def _native(bounds: list[float], phases: Sequence[Phase]) -> str:
    """Return a native histogram with custom buckets, as Prometheus makes it of an OTLP histogram."""
    edges = [*bounds, float("inf")]
    held, total, parts = [0.0] * len(edges), 0.0, []

    def literal(counts: list[float], whole: float) -> str:
        buckets_text = " ".join(f"{one:.10g}" for one in counts)
        bounds_text = " ".join(f"{one:.10g}" for one in bounds)
        return (
            f"{{{{schema:-53 sum:{whole:.10g} count:{sum(counts):.10g} "
            f"custom_values:[{bounds_text}] buckets:[{buckets_text}]}}}}"
        )

    for one in phases:
        upto = [0.0, *(one.within(bound) for bound in edges)]
        more = [high - low for low, high in pairwise(upto)]
        parts.append(f"{literal(held, total)}+{literal(more, one.total)}x{one.steps - 1}")
        held = [had + one.steps * new for had, new in zip(held, more, strict=True)]
        total += one.total * one.steps
    return " ".join(parts)


def gauge(name: str, labels: dict[str, str], phases: Sequence[Phase]) -> Series:
    """Return a gauge at `value`."""
    return {named(name, labels): " ".join(f"{one.value:g}x{one.steps - 1}" for one in phases)}


def breaches(service: dict[str, str], signal: str, begin: int, steps: int, own: dict[str, str]) -> Series:
    """Return offenders: one critical conversation, a milder one with more turns, one from before the window.

    Where the alert tells conversations apart, there is a worse one with other label values.

    Args:
        service: its labels.
        signal: of the breach.
        own: the alert's further labels that breaches have.
        begin: step at which the first two breach.
        steps: length of the whole.
    """

    def caught(severity: str, trace: str, call: str, told_apart: dict[str, str] = own) -> str:
        labels = {"signal": signal, "severity": severity, "trace_id": trace, "conversation_id": call}
        return named(m.BREACHES.prometheus, service | labels | told_apart)

    after = steps - begin
    others = {caught("critical", "d" * 32, "call-4", dict.fromkeys(own, "other")): f"_x{begin - 1} 9x{after}"}
    return (others if own else {}) | {
        caught("critical", WORST, "call-1"): f"_x{begin - 1} 1x{after}",
        caught("warning", MILD, "call-2"): f"_x{begin - 1} 1+1x2 3x{after}",
        caught("critical", OLD, "call-3"): f"9x{steps}",
    }


WORST, MILD, OLD = "a" * 32, "b" * 32, "c" * 32
