"""Input series for promtool: what the collector would write for a service that behaves so, then so."""

from dataclasses import dataclass
from itertools import pairwise

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Metric
from pipecat_lgtm.renderers import buckets

Series = dict[str, str]
"""Series → its values in promtool's notation."""


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


def bounds_of(config: Config, metric: Metric) -> list[float]:
    """Return the bucket bounds the collector gives a histogram."""
    ratios = (m.STT_CONFIDENCE, m.STT_WER, m.QUALITY_SCORE, m.WEBRTC_PACKET_LOSS, m.WEBRTC_AUDIO_LEVEL)
    if metric in ratios:
        return buckets.ratio(config)
    if metric in {m.WEBRTC_JITTER, m.WEBRTC_JITTER_BUFFER}:
        return buckets.network(config)
    return buckets.tokens(config) if metric is m.TURN_TOKENS else buckets.latency(config)


def named(name: str, labels: dict[str, str]) -> str:
    """Return a series as PromQL writes it."""
    return name + "{" + ", ".join(f'{label}="{value}"' for label, value in labels.items()) + "}"


def growing(increments: list[tuple[int, float]]) -> str:
    """Return the values of a counter that grows by so much for so many steps, from nought."""
    parts, value = [], 0.0
    for steps, more in increments:
        parts.append(f"{value:.10g}+{more:.10g}x{steps - 1}")
        value += more * steps
    return " ".join(parts)


def counter(name: str, labels: dict[str, str], phases: list[Phase]) -> Series:
    """Return a counter to which each step adds `count`."""
    return {named(name, labels): growing([(one.steps, one.count) for one in phases])}


def histogram(config: Config, metric: Metric, labels: dict[str, str], phases: list[Phase]) -> Series:
    """Return the series of a histogram: one per bucket, or a single native one with the same bounds."""
    if config.alerts.flavour == "native":
        return {named(metric.prometheus, labels): _native(bounds_of(config, metric), phases)}
    name, made = metric.prometheus, {}
    for bound in (*bounds_of(config, metric), float("inf")):
        within = [(one.steps, one.within(bound)) for one in phases]
        text = "+Inf" if bound == float("inf") else f"{bound:g}"
        made[named(f"{name}_bucket", labels | {"le": text})] = growing(within)
    made[named(f"{name}_count", labels)] = growing([(one.steps, one.count + one.others) for one in phases])
    made[named(f"{name}_sum", labels)] = growing([(one.steps, one.total) for one in phases])
    return made


def _native(bounds: list[float], phases: list[Phase]) -> str:
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


def gauge(name: str, labels: dict[str, str], phases: list[Phase]) -> Series:
    """Return a gauge at `value`."""
    return {named(name, labels): " ".join(f"{one.value:g}x{one.steps - 1}" for one in phases)}


def breaches(service: dict[str, str], signal: str, begin: int, steps: int) -> Series:
    """Return offenders: one critical conversation, a milder one with more turns, one from before the window.

    Args:
        service: its labels.
        signal: of the breach.
        begin: step at which the first two breach.
        steps: length of the whole.
    """

    def caught(severity: str, trace: str, call: str) -> str:
        labels = {"signal": signal, "severity": severity, "trace_id": trace, "conversation_id": call}
        return named(m.BREACHES.prometheus, service | labels)

    after = steps - begin
    return {
        caught("critical", WORST, "call-1"): f"_x{begin - 1} 1x{after}",
        caught("warning", MILD, "call-2"): f"_x{begin - 1} 1+1x2 3x{after}",
        caught("critical", OLD, "call-3"): f"9x{steps}",
    }


WORST, MILD, OLD = "a" * 32, "b" * 32, "c" * 32
