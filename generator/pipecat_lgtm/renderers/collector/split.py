"""From the connectors' families to the contract's metrics: one name each, only its own labels."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Metric
from pipecat_lgtm.renderers.collector.names import MEASURE
from pipecat_lgtm.renderers.collector.ottl import group, listed, quoted, transform
from pipecat_lgtm.renderers.collector.spans import COUNTS, DURATIONS, LATENCIES

_OVERFLOW = 'datapoint.attributes["otel.metric.overflow"]'
_MEASURE = f'datapoint.attributes["{MEASURE}"]'
_FAMILIES: dict[str, tuple[Metric, ...]] = {
    "pipecat.counts.calls": tuple(COUNTS.values()),
    "pipecat.latency.duration": (*LATENCIES.values(), m.TURN_E2E),
    "pipecat.duration.duration": tuple(DURATIONS.values()),
    "pipecat.errors.calls": (m.STAGE_ERRORS,),
    **{f"pipecat.{family}.calls": (m.BREACHES,) for family in labels.BREACH_FAMILIES},
}
_METRICS = tuple(dict.fromkeys(metric for metrics in _FAMILIES.values() for metric in metrics))
_CALLS = ("counts", "latency", "duration", "errors", *labels.BREACH_FAMILIES)


def processors(config: Config) -> dict[str, Any]:
    """Return the processors of the metrics pipelines, in no order."""
    return {
        "transform/split": transform("metric", [group("metric", _copies())]),
        "filter/split": {"error_mode": "ignore", "metrics": {"datapoint": _foreign()}},
        "transform/labels": transform("metric", [group("datapoint", _labels())]),
        "transform/resource_spans": _resource(config, "spans"),
        "transform/resource_sums": _resource(config, "sums"),
        "transform/resource_events": _resource(config, "events"),
        "transform/resource_offenders": _resource(config, "offenders"),
        "transform/start": transform("metric", [group("datapoint", [_START], "datapoint.start_time_unix_nano == 0")]),
    }


_START = "set(datapoint.start_time_unix_nano, datapoint.time_unix_nano - 1000000000)"
"""A delta without a start makes a counter whose first value Prometheus cannot see as an increase from nought."""


def _copies() -> list[str]:
    """Copy every family to each of its metrics; the family's own name goes to what overflowed."""
    statements = []
    for family, metrics in _FAMILIES.items():
        statements += [
            f"copy_metric(name={quoted(metric.name)}, description={quoted(metric.brief)}, unit={quoted(metric.unit)}) "
            f"where metric.name == {quoted(family)}"
            for metric in metrics
        ]
    return statements


def _foreign() -> list[str]:
    """Drop the points of a copy that belong to another metric; keep what overflowed under the calls' name."""
    conditions = [f"metric.name == {quoted(metric.name)} and ({_is_not(metric)})" for metric in _METRICS]
    conditions += [f'metric.name == "pipecat.{family}.duration"' for family in ("latency", "duration")]
    conditions += [
        f'metric.name == "pipecat.{family}.calls" and attributes["otel.metric.overflow"] == nil' for family in _CALLS
    ]
    return conditions


def _is_not(metric: Metric) -> str:
    if metric is m.BREACHES:
        return 'attributes["otel.metric.overflow"] != nil'
    return f'attributes["{MEASURE}"] == nil or attributes["{MEASURE}"] != {quoted(metric.name)}'


def _labels() -> list[str]:
    statements = []
    for family in _CALLS:
        name = f'metric.name == "pipecat.{family}.calls"'
        signal = f'datapoint.attributes["{labels.SIGNAL}"]'
        statements += [
            f"set({signal}, {quoted(family)}) where {name}",
            f'keep_keys(datapoint.attributes, ["{labels.SIGNAL}"]) where {name}',
            f"set(metric.unit, {quoted(m.SERIES_OVERFLOWED.unit)}) where {name}",
            f"set(metric.description, {quoted(m.SERIES_OVERFLOWED.brief)}) where {name}",
            f"set(metric.name, {quoted(m.SERIES_OVERFLOWED.name)}) where {name}",
        ]
    for metric in _METRICS:
        name = f"metric.name == {quoted(metric.name)}"
        statements += [
            f'set(datapoint.attributes["{label}"], {quoted(labels.UNKNOWN)}) '
            f'where {name} and datapoint.attributes["{label}"] == nil'
            for label in metric.labels
        ]
        statements.append(f"keep_keys(datapoint.attributes, {listed(metric.labels)}) where {name}")
    return statements


def _resource(config: Config, part: str) -> dict[str, Any]:
    """Each pipeline writes series of its own, told apart by their instance: none is out of another's order."""
    kept = (a.SERVICE_NAME.name, a.ENVIRONMENT.name, *config.cardinality.resource_labels)
    instance = f"{config.collector.instance_id}/{part}"
    return transform(
        "metric",
        [
            group(
                "resource",
                [
                    f"keep_keys(resource.attributes, {listed(kept)})",
                    f"set({a.INSTANCE_ID.resource}, {quoted(instance)})",
                ],
            )
        ],
    )
