"""The collector: dialects in, protected traces and logs and exact metrics out.

```
otlp ─ traces ─ normalise ─ accept ─ protect ─┬─ Tempo
                                              └─ lean ─┬─ counts, latency, e2e, duration, failures ─ span_metrics
                                                       │                  └─ breaches ─ span_metrics ─ Prometheus
                                                       └─ sums ─ signal_to_metrics ─ cumulative ─ Prometheus
     └ logs ─ protect ─┬─ Loki
                       └─ events ─┬ offenders ─ signal_to_metrics ─ cumulative ─ Prometheus
                                  └ signal_to_metrics ─ cumulative ─ Prometheus
```
"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.renderers.collector import (
    accept,
    edge,
    events,
    measure,
    names,
    normalise,
    offenders,
    protect,
    spans,
    split,
    sums,
)
from pipecat_lgtm.renderers.collector.builder import manifest
from pipecat_lgtm.renderers.collector.ottl import drop_spans, transform
from pipecat_lgtm.renderers.placement import Placement
from pipecat_lgtm.renderers.text import to_yaml

_CUMULATIVE = ("transform/start", "deltatocumulative", "interval")
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
    interval = {"interval": f"{config.collector.flush_interval:g}s"}
    return {
        "memory_limiter": edge.memory_limiter(config),
        INVALID: drop_spans(
            "span.trace_id == TraceID(0x00000000000000000000000000000000)",
            "span.span_id == SpanID(0x0000000000000000)",
        ),
        normalise.PROCESSOR: normalise.normalise(config),
        accept.PROCESSOR: accept.accept(config),
        "transform/frustration": transform("trace", [sums.frustration(config)]),
        **protect.protect_processors(config.content.mode, config.content.max_bytes),
        measure.FILTER: measure.measurable(),
        measure.PROCESSOR: measure.lean(config),
        **spans.processors(config),
        sums.FILTER: sums.summable(config),
        sums.REASONS: sums.reasons(),
        # One batch before the connector makes its calls follow each other: concurrent ones lose points later on.
        "batch/serial": {"send_batch_size": 2048, "timeout": "1s"},
        **events.processors(config),
        **split.processors(config),
        **offenders.processors(config),
        "transform/event_labels": events.renames(),
        "deltatocumulative": {"max_stale": "24h", "max_streams": 100 * config.cardinality.series_per_metric},
        "interval": interval,
    }


def _connectors(config: Config) -> dict[str, Any]:
    forwards = (names.LEAN, names.MEASURES, names.BREACHES, names.EVENTS)
    return {
        **{name: {} for name in forwards},
        **{f"span_metrics/{name}": body for name, body in spans.connectors(config).items()},
        names.SPAN_SUMS: sums.span_sums(config),
        names.EVENT_SUMS: events.event_sums(config),
        names.EVENT_OFFENDERS: offenders.event_offenders(config),
    }


def _pipelines(config: Config) -> dict[str, Any]:
    protect_spans, protect_logs = protect.SPANS, protect.LOGS
    return {
        "traces": _pipeline(
            ["otlp"],
            ["memory_limiter", INVALID, normalise.PROCESSOR, accept.PROCESSOR, "transform/frustration", protect_spans],
            [edge.TEMPO, *edge.destinations(config, "traces"), names.LEAN],
        ),
        "traces/lean": _pipeline([names.LEAN], [measure.FILTER, measure.PROCESSOR], [names.MEASURES]),
        "traces/counts": _measuring("counts", names.COUNTS_SM),
        "traces/latency": _measuring("latency", names.LATENCY_SM, names.BREACHES),
        "traces/e2e": _measuring("e2e", names.LATENCY_SM, names.BREACHES),
        "traces/duration": _measuring("duration", names.DURATION_SM),
        "traces/failures": _measuring("failures", names.ERRORS_SM, names.BREACHES),
        "traces/offenders": _pipeline(
            [names.MEASURES], [offenders.SPANS_FILTER, offenders.SPANS], [names.BREACHES]
        ),
        "traces/breach_warnings": _pipeline(
            [names.BREACHES], ["transform/breaches", "filter/warnings"], [names.BREACH_WARNING_SM]
        ),
        "traces/breach_criticals": _pipeline(
            [names.BREACHES], ["transform/breaches", "filter/criticals"], [names.BREACH_CRITICAL_SM]
        ),
        "traces/sums": _pipeline([names.MEASURES], [sums.FILTER, sums.REASONS, "batch/serial"], [names.SPAN_SUMS]),
        "logs": _pipeline(
            ["otlp"],
            ["memory_limiter", events.NAMES, protect_logs],
            [edge.LOKI, *edge.destinations(config, "logs"), names.EVENTS],
        ),
        "logs/events": _pipeline([names.EVENTS], [events.FILTER, events.VALUES, "batch/serial"], [names.EVENT_SUMS]),
        "logs/offenders": _pipeline(
            [names.EVENTS], [events.FILTER, events.VALUES, offenders.EVENTS, "batch/serial"], [names.EVENT_OFFENDERS]
        ),
        "metrics/spans": _pipeline(
            [
                names.COUNTS_SM, names.LATENCY_SM, names.DURATION_SM, names.ERRORS_SM,
                names.BREACH_WARNING_SM, names.BREACH_CRITICAL_SM,
            ],
            ["transform/split", "filter/split", "transform/labels", "transform/resource_spans"],
            [edge.PROMETHEUS_SPANS],
        ),
        "metrics/offenders": _pipeline(
            [names.EVENT_OFFENDERS],
            ["transform/resource_offenders", "transform/start", offenders.CUMULATIVE, "interval"],
            [edge.PROMETHEUS_SUMS],
        ),
        "metrics/sums": _pipeline(
            [names.SPAN_SUMS],
            ["transform/resource_sums", *_CUMULATIVE],
            [edge.PROMETHEUS_SUMS],
        ),
        "metrics/events": _pipeline(
            [names.EVENT_SUMS],
            ["transform/event_labels", "transform/resource_events", *_CUMULATIVE],
            [edge.PROMETHEUS_SUMS],
        ),
    }  # fmt: skip


def _measuring(name: str, *exporters: str) -> dict[str, list[str]]:
    return _pipeline([names.MEASURES], [f"filter/{name}", f"transform/{name}"], list(exporters))


def _pipeline(receivers: list[str], processors: list[str], exporters: list[str]) -> dict[str, list[str]]:
    return {"receivers": receivers, "processors": processors, "exporters": exporters}
