"""From the connectors' families to the contract's metrics: one name each, only its own labels."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.renderers.collector import affected
from pipecat_lgtm.renderers.collector.names import MEASURE
from pipecat_lgtm.renderers.collector.ottl import group, listed, quoted, transform
from pipecat_lgtm.renderers.collector.spans import COUNTS, DURATIONS, LATENCIES, told_apart
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import engines, labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.signals import BREACH_FAMILIES
from pipecat_lgtm_bridge.contract.types import Metric

FAMILIES = ("counts", "latency", "duration", "errors")
"""Those of which a service has one limit, in all environments; what is above it has lost them with all other labels."""
SPANS, BREACHES = "transform/resource_spans", "transform/resource_breaches"
_OVERFLOW = 'datapoint.attributes["otel.metric.overflow"]'
_FAMILIES: dict[str, tuple[Metric, ...]] = {
    "pipecat.counts.calls": tuple(COUNTS.values()),
    "pipecat.latency.duration": (*LATENCIES.values(), m.TURN_E2E),
    "pipecat.duration.duration": tuple(DURATIONS.values()),
    "pipecat.errors.calls": (m.STAGE_ERRORS,),
    **{f"pipecat.{family}.calls": (m.BREACHES,) for family in BREACH_FAMILIES},
}
_WITH_EXEMPLARS = (*_FAMILIES["pipecat.latency.duration"], *_FAMILIES["pipecat.duration.duration"])
_METRICS = tuple(dict.fromkeys(metric for metrics in _FAMILIES.values() for metric in metrics))


def _calls(config: Config) -> tuple[str, ...]:
    """Return the families whose counts may overflow."""
    return (*FAMILIES, *BREACH_FAMILIES, *affected.families(config))


def processors(config: Config) -> dict[str, Any]:
    """Return the processors of the metrics pipelines, in no order."""
    return {
        "transform/split": transform("metric", [group("metric", _copies())]),
        "filter/split": {"error_mode": "ignore", "metrics": {"datapoint": _foreign(config)}},
        "transform/labels": transform("metric", [_overflowed(), group("datapoint", _labels(config))]),
        SPANS: _resource(config, "spans", ()),
        BREACHES: _resource(config, "spans"),
        "transform/resource_sums": _resource(config, "sums"),
        "transform/resource_events": _resource(config, "events"),
        "transform/resource_offenders": _resource(config, "offenders"),
        "transform/start": transform("metric", [group("datapoint", [_START], "datapoint.start_time_unix_nano == 0")]),
    }


_START = "set(datapoint.start_time_unix_nano, datapoint.time_unix_nano - 1000000)"
"""A counter without a start has a first value that Prometheus cannot see as an increase from zero. The start is as late
as Prometheus can tell apart from the first scrape, so that it is after the last scrape of a process that was killed."""


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


def _foreign(config: Config) -> list[str]:
    """Drop the points of a copy that belong to another metric; keep what overflowed under the calls' name.

    A histogram's point without exemplars has not changed since the last flush. Dropped, it leaves its series at the
    exporter as the last change left it: with its exemplars, which a scrape would otherwise see in one flush only.
    """
    conditions = [f"metric.name == {quoted(metric.name)} and ({_is_not(metric)})" for metric in _METRICS]
    conditions += [f"metric.name == {quoted(metric.name)} and Len(exemplars) == 0" for metric in _WITH_EXEMPLARS]
    conditions += [f'metric.name == "pipecat.{family}.duration"' for family in ("latency", "duration")]
    conditions += [
        f'metric.name == "pipecat.{family}.calls" and attributes["otel.metric.overflow"] == nil'
        for family in _calls(config)
    ]
    return conditions


def _is_not(metric: Metric) -> str:
    if metric is m.BREACHES:
        return 'attributes["otel.metric.overflow"] != nil'
    return f'attributes["{MEASURE}"] == nil or attributes["{MEASURE}"] != {quoted(metric.name)}'


def _overflowed() -> dict[str, Any]:
    """Say of what overflowed to which label set it belongs: each has a limit of its own, and so a series."""
    statements = []
    for label in labels.TOLD_APART:
        own, resource = f'datapoint.attributes["{label}"]', f'resource.attributes["{label}"]'
        statements += [
            f"set({own}, {quoted(labels.UNKNOWN)})",
            f"set({own}, {resource}) where {resource} != nil",
        ]
    return group("datapoint", statements, f"{_OVERFLOW} != nil")


def _labels(config: Config) -> list[str]:
    statements = []
    for family in _calls(config):
        name = f'metric.name == "pipecat.{family}.calls"'
        signal = f'datapoint.attributes["{labels.SIGNAL}"]'
        statements += [
            f"set({signal}, {quoted(family)}) where {name}",
            f"keep_keys(datapoint.attributes, {listed(m.SERIES_OVERFLOWED.labels)}) where {name}",
            *(
                f'set(datapoint.attributes["{one}"], {quoted(labels.OTHER)}) where {name}'
                for one in (told_apart(config) if family in FAMILIES else ())
            ),
            f"set(metric.unit, {quoted(m.SERIES_OVERFLOWED.unit)}) where {name}",
            f"set(metric.description, {quoted(m.SERIES_OVERFLOWED.brief)}) where {name}",
            f"set(metric.name, {quoted(m.SERIES_OVERFLOWED.name)}) where {name}",
        ]
    for metric in _METRICS:
        name = f"metric.name == {quoted(metric.name)}"
        own = metric.labels if metric is m.BREACHES else (*told_apart(config), *metric.labels)
        statements += [
            f'set(datapoint.attributes["{label}"], {quoted(labels.UNKNOWN)}) '
            f'where {name} and datapoint.attributes["{label}"] == nil'
            for label in metric.labels
        ]
        statements.append(f"keep_keys(datapoint.attributes, {listed(own)}) where {name}")
    return statements


def _resource(config: Config, part: str, more: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Each pipeline writes series of its own, told apart by their instance: none overwrites another's.

    What is left of the resource become labels. Under their own names service and instance would also make a
    `target_info` for every bot. Of what has one limit for a service the points have the rest, as `more` is empty.
    """
    kept = (a.SERVICE_NAME.name, *(told_apart(config) if more is None else more))
    instance = f"{config.collector.instance_id}/{part}"
    named = (engines.JOB, labels.SERVICE_NAME)
    return transform(
        "metric",
        [
            group(
                "resource",
                [
                    f"keep_keys(resource.attributes, {listed(kept)})",
                    *(f'set(resource.attributes["{label}"], {a.SERVICE_NAME.resource})' for label in named),
                    f"delete_key(resource.attributes, {quoted(a.SERVICE_NAME.name)})",
                    f'set(resource.attributes["{engines.INSTANCE}"], {quoted(instance)})',
                ],
            )
        ],
    )
