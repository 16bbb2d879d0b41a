"""The collector: dialects in, protected traces and logs and exact metrics out.

```
otlp ┬ traces ─ few ─ normalise ─ accept ─ protect ─ intake
     └ logs ─ few ─ protect ─ intake

internal ┬ traces ─┬─ Tempo
         │         ├─ further destinations
         │         ├─ cut ─ signal_to_metrics ─ cumulative
         │         └─ lean ─┬─ counts, latency, e2e, duration, failures ─ span_metrics
         │                  │                  └─ breaches, affected ─ span_metrics
         │                  └─ sums ─ signal_to_metrics ─ cumulative
         └ logs ─┬─ Loki
                 ├─ further destinations
                 ├─ cut ─ signal_to_metrics ─ cumulative
                 ├─ offenders ─ signal_to_metrics ─ cumulative
                 └─ events ─ signal_to_metrics ─ cumulative
```

The intake is one queue on disk for each signal, and the one decision about a request: it is in there, or it is refused
and nobody has seen it. From there one batch after the other goes to the internal receiver, and on to everybody.

All metrics end in one of two `prometheus` exporters, which hold the last value of every series and show it at each
scrape: a series has a sample also while nothing happens.
"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.renderers.collector import (
    accept,
    affected,
    edge,
    events,
    measure,
    names,
    normalise,
    offenders,
    other,
    protect,
    protect_size,
    shares,
    spans,
    split,
    sums,
)
from pipecat_lgtm.renderers.collector.builder import manifest
from pipecat_lgtm.renderers.collector.ottl import drop_spans, transform
from pipecat_lgtm.renderers.collector.protect_own import Own
from pipecat_lgtm.renderers.placement import Placement
from pipecat_lgtm.renderers.text import to_yaml
from pipecat_lgtm_bridge.contract.signals import BREACH_FAMILIES

_SPLIT = ["transform/split", "filter/split", "transform/labels"]
INVALID = "filter/invalid"


def render(config: Config, placement: Placement) -> dict[str, str]:
    """Return collector/config.yaml and collector/builder.yaml."""
    note = "Reading order: service.pipelines, then the processors they name."
    return {
        "collector/config.yaml": to_yaml(collector(config, placement), note=note),
        "collector/builder.yaml": manifest(config),
    }


def collector(config: Config, placement: Placement) -> dict[str, Any]:
    """Return the collector's whole configuration."""
    extensions = edge.extensions(config, placement)
    return {
        "extensions": extensions,
        "receivers": edge.receivers(config, placement),
        "processors": _processors(config),
        "connectors": _connectors(config),
        "exporters": edge.exporters(config, placement),
        "service": {
            "extensions": list(extensions),
            "telemetry": edge.telemetry(config, placement),
            "pipelines": _pipelines(config),
        },
    }


def _processors(config: Config) -> dict[str, Any]:
    return {
        "memory_limiter": edge.memory_limiter(config),
        INVALID: drop_spans(
            "span.trace_id == TraceID(0x00000000000000000000000000000000)",
            "span.span_id == SpanID(0x0000000000000000)",
        ),
        normalise.PROCESSOR: normalise.normalise(config),
        accept.PROCESSOR: accept.accept(config),
        "transform/frustration": transform("trace", [sums.frustration(config)]),
        **protect_size.few(),
        **protect.protect_processors(
            config.content.mode,
            config.content.max_bytes,
            sums.spoken(config),
            Own(config.content.patterns, config.content.exempt_keys),
        ),
        measure.FILTER: measure.measurable(),
        measure.PROCESSOR: measure.lean(config),
        **spans.processors(config),
        sums.FILTER: sums.summable(config),
        sums.REASONS: sums.reasons(),
        **events.processors(config),
        **split.processors(config),
        **offenders.processors(config),
        **affected.processors(config),
        "transform/event_labels": events.renames(),
        **other.processors(config),
        **shares.processors(config),
    }


def _connectors(config: Config) -> dict[str, Any]:
    forwards = (names.MEASURES, names.OFFENDERS, names.BREACHES, names.BREACHED, shares.VALUES)
    return {
        **{name: {} for name in forwards},
        **{f"span_metrics/{name}": body for name, body in spans.connectors(config).items()},
        names.SPAN_SUMS: sums.span_sums(config),
        names.EVENT_SUMS: events.event_sums(config),
        names.CUT_SUMS: sums.cut_sums(config),
        names.EVENT_OFFENDERS: offenders.event_offenders(config),
    }


def _pipelines(config: Config) -> dict[str, Any]:
    counted = [f"span_metrics/{family}" for family in affected.families(config)]
    apart = [affected.APART_LABELS, affected.APART]
    return {
        "traces": _pipeline(
            ["otlp"],
            [
                "memory_limiter", INVALID, protect_size.SPANS, protect_size.EVENTS, normalise.PROCESSOR,
                accept.PROCESSOR, "transform/frustration", protect.SPANS,
            ],
            [edge.INTAKE],
        ),
        "traces/tempo": _pipeline([edge.INTERNAL], [], [edge.TEMPO]),
        **_destinations(config, "traces"),
        "traces/cut": _pipeline([edge.INTERNAL], [], [names.CUT_SUMS]),
        "traces/lean": _pipeline([edge.INTERNAL], [measure.FILTER, measure.PROCESSOR], [names.MEASURES]),
        "traces/counts": _measuring("counts", names.COUNTS_SM),
        "traces/latency": _measuring("latency", names.LATENCY_SM, names.BREACHES),
        "traces/e2e": _measuring("e2e", names.LATENCY_SM, names.BREACHES),
        "traces/duration": _measuring("duration", names.DURATION_SM),
        "traces/failures": _measuring("failures", names.ERRORS_SM, names.BREACHES),
        "traces/offenders": _pipeline(
            [names.MEASURES], [offenders.SPANS_FILTER], [names.OFFENDERS]
        ),
        **{
            f"traces/{name}": _pipeline([names.OFFENDERS], [f"transform/{name}"], [names.BREACHES])
            for name in offenders.passes(config)
        },
        "traces/breaches": _pipeline(
            [names.BREACHES], [spans.ABOVE, "transform/breaches", "filter/breached", *apart], [names.BREACHED]
        ),
        **{
            f"traces/{family}": _pipeline([names.BREACHED], [f"filter/{family}"], [f"span_metrics/{family}"])
            for family in BREACH_FAMILIES
        },
        **{
            f"traces/{name}": _pipeline([names.BREACHED], own, counted)
            for name, own in affected.pipelines(config).items()
        },
        "traces/sums": _pipeline([names.MEASURES], [sums.FILTER], [names.SPAN_SUMS]),
        "logs": _pipeline(
            ["otlp"],
            ["memory_limiter", protect_size.LOGS, events.NAMES, events.SHORT, protect.LOGS],
            [edge.INTAKE],
        ),
        "logs/loki": _pipeline([edge.INTERNAL], [], [edge.LOKI]),
        **_destinations(config, "logs"),
        "logs/cut": _pipeline([edge.INTERNAL], [], [names.CUT_SUMS]),
        "logs/events": _pipeline([edge.INTERNAL], [events.FILTER, events.VALUES], [names.EVENT_SUMS]),
        "logs/offenders": _pipeline(
            [edge.INTERNAL], [events.FILTER, events.VALUES, offenders.EVENTS], [names.EVENT_OFFENDERS]
        ),
        "metrics/spans": _pipeline(
            [names.COUNTS_SM, names.LATENCY_SM, names.DURATION_SM, names.ERRORS_SM],
            [*_SPLIT, split.SPANS],
            [edge.METRICS],
        ),
        "metrics/breaches": _pipeline(
            [*(f"span_metrics/{family}" for family in BREACH_FAMILIES), *counted],
            [*_SPLIT, split.BREACHES],
            [edge.BREACHES],
        ),
        "metrics/affected": _pipeline(
            counted, [affected.KNOWN, affected.NUMBERS, split.BREACHES], [edge.BREACHES]
        ),
        "metrics/offenders": _pipeline(
            [names.EVENT_OFFENDERS],
            [offenders.LABELS, "transform/resource_offenders", "transform/start", offenders.CUMULATIVE],
            [edge.BREACHES],
        ),
        "metrics/sums": _pipeline(
            [names.SPAN_SUMS],
            [sums.REASONS, "transform/resource_sums", "transform/start"],
            [shares.VALUES],
        ),
        "metrics/events": _pipeline(
            [names.EVENT_SUMS, names.CUT_SUMS],
            ["transform/event_labels", "transform/resource_events", "transform/start"],
            [shares.VALUES],
        ),
        **shares.pipelines(edge.METRICS),
        **other.pipelines(config, edge.METRICS),
    }  # fmt: skip


def _destinations(config: Config, signal: str) -> dict[str, Any]:
    return {
        f"{signal}/to_{name}": _pipeline([edge.INTERNAL], [], [exporter])
        for name, exporter in edge.destinations(config, signal).items()
    }


def _measuring(name: str, *exporters: str) -> dict[str, list[str]]:
    return _pipeline([names.MEASURES], [f"filter/{name}", f"transform/{name}"], list(exporters))


def _pipeline(receivers: list[str], processors: list[str], exporters: list[str]) -> dict[str, list[str]]:
    return {"receivers": receivers, "processors": processors, "exporters": exporters}
