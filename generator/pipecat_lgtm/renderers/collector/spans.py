"""From lean spans to counts, histograms and breaches (`span_metrics`).

A histogram's value becomes the span's duration: the connector measures durations and gives exemplars, cumulative
state, a cardinality limit and expiry. Start 0 and end = value, so that the end is the value in nanoseconds.
"""

from typing import Any

from pipecat_lgtm.config import Config, buckets
from pipecat_lgtm.renderers.collector import affected
from pipecat_lgtm.renderers.collector.names import (
    DURATION,
    E2E,
    FAILED,
    KIND,
    LATENCY,
    MEASURE,
    SEVERITY,
    SIGNAL,
)
from pipecat_lgtm.renderers.collector.ottl import attribute, drop_spans, group, quoted, transform
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.signals import BREACH_FAMILIES

_STAGE = (labels.STAGE, labels.PROVIDER, labels.MODEL)

LATENCIES = {
    "turn": m.TURN_TTFW,
    "stage": m.STAGE_TTFB,
    "tool": m.TOOL_DURATION,
    "http": m.HTTP_CLIENT_DURATION,
    "contribution": m.TURN_CONTRIBUTION,
    "response": m.TURN_TTFW_APPROXIMATE,
}
DURATIONS = {"turn": m.TURN_DURATION, "conversation": m.CONVERSATION_DURATION}
COUNTS = {"turn": m.TURNS, "stage": m.STAGE_REQUESTS, "conversation": m.CONVERSATIONS}


ABOVE = "filter/above"


def processors(config: Config) -> dict[str, Any]:
    """Return the processors of the measuring pipelines."""
    return {
        "filter/counts": drop_spans(" and ".join(f"{KIND} != {quoted(kind)}" for kind in COUNTS)),
        "transform/counts": _as(COUNTS, ""),
        "filter/latency": drop_spans(f"not IsDouble({LATENCY})"),
        "transform/latency": _as(LATENCIES, LATENCY),
        "filter/e2e": drop_spans(f"not IsDouble({E2E})"),
        "transform/e2e": _as({"turn": m.TURN_E2E}, E2E),
        "filter/duration": drop_spans(f"not IsDouble({DURATION})"),
        "transform/duration": _as(DURATIONS, DURATION),
        "filter/failures": drop_spans(f"{FAILED} == nil"),
        "transform/failures": _as({"stage": m.STAGE_ERRORS, "turn": m.BREACHES}, "", signal='"error"'),
        ABOVE: drop_spans(f"{SIGNAL} == nil and span.end_time_unix_nano <= {_lowest(config)}"),
        "transform/breaches": _breaches(config),
        "filter/breached": drop_spans(f"{SEVERITY} == nil or {SIGNAL} == nil"),
        **{
            f"filter/{family}": drop_spans(f"{SIGNAL} != {quoted(signal)} or {SEVERITY} != {quoted(severity)}")
            for family, (signal, severity) in BREACH_FAMILIES.items()
        },
    }


def _as(measures: dict[str, Any], value: str, signal: str = "") -> dict[str, Any]:
    """Name the metric each kind of span feeds, and make the value its duration."""
    measure = attribute(MEASURE)
    end = f"Int({value} * 1000000000.0 + 0.5)" if value else "1"
    statements = [
        *(f"set({measure}, {quoted(metric.name)}) where {KIND} == {quoted(kind)}" for kind, metric in measures.items()),
        "set(span.start_time_unix_nano, 0)",
        f"set(span.end_time_unix_nano, {end})",
    ]
    if signal:
        statements.append(f"set({SIGNAL}, {signal})")
    return transform("trace", [group("span", statements)])


def _levels(config: Config) -> dict[str, Any]:
    bounds = config.thresholds
    return {"ttfw": bounds.ttfw.p95, "e2e": bounds.e2e.p95} | {stage: bounds.stage(stage) for stage in labels.STAGES}


def _lowest(config: Config) -> int:
    """Return the nanoseconds that a latency must exceed to breach anything at all."""
    found = [one for level in _levels(config).values() for one in (level.warning, level.critical) if one is not None]
    return round(min(found, default=0.0) * 1e9)


def _breaches(config: Config) -> dict[str, Any]:
    measure = attribute(MEASURE)
    turn = group(
        "span",
        [
            f'set({SIGNAL}, "ttfw") where {measure} == {quoted(m.TURN_TTFW.name)}',
            f'set({SIGNAL}, "e2e") where {measure} == {quoted(m.TURN_E2E.name)}',
            f"set({SIGNAL}, {attribute(labels.STAGE)}) where {measure} == {quoted(m.STAGE_TTFB.name)}",
        ],
        f"{SIGNAL} == nil",
    )
    statements = [
        f"set({SEVERITY}, {quoted(severity)}) where {SIGNAL} == {quoted(signal)} "
        f"and span.end_time_unix_nano > {round(bound * 1e9)}"
        for signal, level in _levels(config).items()
        for severity, bound in (("warning", level.warning), ("critical", level.critical))
        if bound is not None
    ]
    statements += [
        f'set({SEVERITY}, "critical") where {SIGNAL} == "error"',
        f"set({attribute(labels.TRACE_ID)}, span.trace_id.string) where {SEVERITY} != nil",
    ]
    return transform("trace", [turn, group("span", statements)])


def connectors(config: Config) -> dict[str, Any]:
    """Return the span_metrics connectors, by the last part of their names."""
    latency = {"unit": "s", "explicit": {"buckets": _durations(buckets.latency(config))}}
    duration = {"unit": "s", "explicit": {"buckets": _durations(buckets.duration(config))}}
    own = sorted({label for metric in LATENCIES.values() for label in metric.labels})
    counted = (*_STAGE, labels.STATUS, labels.INTERRUPTED, labels.OUTCOME)
    # The limit is a service's, in all its environments and versions.
    whole = told_apart(config)
    breach = (labels.SIGNAL, labels.SEVERITY, *labels.TOLD_APART, labels.TRACE_ID, labels.CONVERSATION_ID)
    apart = {
        "resource_metrics_cache_size": config.cardinality.services * affected.LABEL_SETS,
        "resource_metrics_key_attributes": [a.SERVICE_NAME.name, *told_apart(config), *labels.TOLD_APART],
    }
    expiring = {
        "aggregation_cardinality_limit": config.cardinality.breaches_per_service,
        "series_expiration": f"{config.cardinality.breach_expiry:g}s",
    }
    return {
        "counts": _connector(config, "counts", {"disable": True}, (*whole, *counted)),
        "latency": _connector(config, "latency", latency, (*whole, *own)) | {"exemplars": {"enabled": True}},
        "duration": _connector(config, "duration", duration, whole) | {"exemplars": {"enabled": True}},
        "errors": _connector(config, "errors", {"disable": True}, (*whole, *_STAGE, labels.CATEGORY)),
        **{
            family: _connector(config, family, {"disable": True}, breach) | expiring | apart
            for family in BREACH_FAMILIES
        },
        **{
            family: _connector(config, family, {"disable": True}, own.pop("dimensions")) | own | apart
            for family, own in affected.connectors(config).items()
        },
    }


def _durations(bounds: list[float]) -> list[str]:
    return [f"{round(bound * 1e9)}ns" for bound in bounds]


def told_apart(config: Config) -> tuple[str, ...]:
    """Return the resource attributes by which a service's series are told apart, as labels."""
    return (a.ENVIRONMENT.name, *config.cardinality.resource_labels)


def _connector(config: Config, family: str, histogram: dict[str, Any], dimensions: Any) -> dict[str, Any]:  # noqa: ANN401
    expiry = f"{config.cardinality.series_expiry:g}s"
    return {
        "namespace": f"pipecat.{family}",
        "histogram": histogram,
        "metrics_flush_interval": f"{config.collector.flush_interval:g}s",
        "exclude_dimensions": ["service.name", "span.name", "span.kind", "status.code"],
        "dimensions": [{"name": MEASURE}, *({"name": name} for name in dimensions)],
        "aggregation_cardinality_limit": config.cardinality.series_per_metric,
        "series_expiration": expiry,
        "metrics_expiration": expiry,
        "resource_metrics_cache_size": config.cardinality.services,
        "resource_metrics_key_attributes": [a.SERVICE_NAME.name],
    }
