"""Values that are added up: tokens, characters, audio, findings, markers, refusals (`signal_to_metrics`).

The connector makes deltas; `deltatocumulative` adds them up.
"""

from dataclasses import dataclass
from typing import Any, Literal

from pipecat_lgtm.config import Config, buckets
from pipecat_lgtm.config.content import FINDING_KINDS
from pipecat_lgtm.renderers.collector.ottl import attribute, drop_spans, group, quoted, transform
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.signals import OFF_SCRIPT
from pipecat_lgtm_bridge.contract.types import Attribute, Metric

FILTER = "filter/sums"
REASONS = "transform/reasons"
STATED = (OFF_SCRIPT,)
"""Findings that an evaluation of the calls states on a span of its own."""
REFUSABLE = (
    "ttfb",
    "ttfw",
    "e2e",
    "turn_duration",
    "conversation_duration",
    "tool",
    "http",
    "contribution",
    "sums",
)


@dataclass(frozen=True)
class Summed:
    """One attribute whose values are added up.

    Args:
        attribute: as emitted.
        metric: the counter.
        on: the kind of span that has it.
        own: label values fixed by which attribute it is.
    """

    attribute: Attribute
    metric: Metric
    on: Literal["stage", "turn"]
    own: tuple[tuple[str, str], ...] = ()

    @property
    def working(self) -> str:
        """The name of the checked double on the lean span."""
        return f"sum.{self.attribute.name}"


def _tokens(name: str, source: Attribute) -> Summed:
    return Summed(source, m.TOKENS, "stage", ((labels.TYPE, name),))


SUMMED = (
    _tokens("input", a.TOKENS_INPUT),
    _tokens("output", a.TOKENS_OUTPUT),
    _tokens("cache_read", a.TOKENS_CACHE_READ),
    _tokens("cache_creation", a.TOKENS_CACHE_CREATION),
    _tokens("reasoning", a.TOKENS_REASONING),
    _tokens("audio_input", a.TOKENS_AUDIO_INPUT),
    _tokens("audio_output", a.TOKENS_AUDIO_OUTPUT),
    Summed(a.CHARACTERS, m.TTS_CHARACTERS, "stage"),
    Summed(a.AUDIO_SECONDS, m.STT_AUDIO, "stage"),
    Summed(e.CONFIDENCE, m.STT_CONFIDENCE, "stage"),
    Summed(a.TURN_TOKENS, m.TURN_TOKENS, "turn"),
)


def found(config: Config) -> tuple[str, ...]:
    """Return the kinds that the collector finds, those of `content.patterns` too: of nobody else is one believed."""
    return (*FINDING_KINDS, *config.content.patterns)


def spoken(config: Config) -> tuple[str, ...]:
    """Return the names of the flags that say what was found in what was said."""
    return (
        *(f"{a.FINDING_PREFIX}{kind}" for kind in (*found(config), *STATED)),
        *(f"{a.FRUSTRATION_PREFIX}{kind}" for kind in config.content.frustration),
    )


def frustration(config: Config) -> dict[str, Any]:
    """Return the statements that flag a caller's words; run before content is protected."""
    heard = a.TRANSCRIPT.span
    statements = [
        f"set({attribute(a.FRUSTRATION_PREFIX + kind)}, 1) where IsMatch({heard}, {quoted('(?i)' + _any_of(patterns))})"
        for kind, patterns in config.content.frustration.items()
        if patterns
    ]
    return group("span", statements, f'{a.STAGE.span} == "stt"', f"IsString({heard})")


def _any_of(patterns: tuple[str, ...]) -> str:
    """Return one pattern of several; flags set in one do not reach the next."""
    return "|".join(f"(?:{one})" for one in patterns)


def summable(config: Config) -> dict[str, Any]:
    """Return the filter that keeps the lean spans with something to add up."""
    names = (
        *(one.working for one in SUMMED),
        *spoken(config),
        *(f"refused.{signal}" for signal in REFUSABLE),
        labels.KNOWN,
    )
    return drop_spans(" and ".join(f"{attribute(name)} == nil" for name in names))


def reasons() -> dict[str, Any]:
    """Return the processor that gives each count of refused values its own reason."""
    reason = f'datapoint.attributes["{labels.REASON}"]'
    statements = []
    for signal in REFUSABLE:
        own = f'datapoint.attributes["refused.{signal}"]'
        statements += [
            f"set({reason}, {own}) where {own} != nil",
            f'delete_key(datapoint.attributes, "refused.{signal}")',
        ]
    return transform("metric", [group("datapoint", statements, f"metric.name == {quoted(m.VALUES_REFUSED.name)}")])


def span_sums(config: Config) -> dict[str, Any]:
    """Return the connector's configuration."""
    entries = [_sum(config, one) for one in SUMMED]
    entries += [
        _count(config, m.COMPLIANCE_FINDINGS, a.FINDING_PREFIX + kind, {labels.KIND: kind})
        for kind in (*found(config), *STATED)
    ]
    entries += [
        _count(config, m.FRUSTRATION_MARKERS, a.FRUSTRATION_PREFIX + kind, {labels.KIND: kind})
        for kind in config.content.frustration
    ]
    measured = _count(config, m.TURNS_MEASURED, labels.KNOWN, {})
    measured["attributes"].append({"key": labels.KNOWN, "default_value": labels.UNKNOWN})
    entries.append(measured)
    for signal in REFUSABLE:
        entry = _count(config, m.VALUES_REFUSED, f"refused.{signal}", {labels.SIGNAL: signal})
        entry["attributes"].append({"key": f"refused.{signal}"})  # `reasons` gives it its name
        entries.append(entry)
    return {"error_mode": "ignore", "spans": entries}


def cut_sums(config: Config) -> dict[str, Any]:
    """Return the connector that counts what was cut, by OTLP's own marks of it and by ours.

    Links are left out: they are taken from every span that has some.
    """

    def one(signal: str, condition: str) -> dict[str, Any]:
        return counting(entry(config, m.RECORDS_CUT, condition, [{"key": labels.SIGNAL, "default_value": signal}]))

    paths = [f"{of}dropped_attributes_count" for of in ("", "resource.", "instrumentation_scope.")]
    either = " or ".join([*(f"{path} > 0" for path in paths), f'attributes["{a.CUT.name}"] == true'])
    return {
        "error_mode": "ignore",
        "spans": [one("spans", f"{either} or dropped_events_count > 0")],
        "logs": [one("logs", either)],
    }


def resource_keys(config: Config) -> list[dict[str, Any]]:
    """Return the resource attributes a metric keeps."""
    optional = [{"key": key, "optional": True} for key in config.cardinality.resource_labels]
    return [{"key": a.SERVICE_NAME.name}, {"key": a.ENVIRONMENT.name}, *optional]


def entry(config: Config, metric: Metric, condition: str, attributes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what all entries of the connector share."""
    return {
        "name": metric.name,
        "description": metric.brief,
        "unit": metric.unit,
        "include_resource_attributes": resource_keys(config),
        "attributes": attributes,
        "conditions": [condition],
    }


def counting(made: dict[str, Any]) -> dict[str, Any]:
    """Return an entry that adds one for each span or record that meets its conditions."""
    return made | {"sum": {"monotonic": True, "value": "1.0"}}


def _sum(config: Config, one: Summed) -> dict[str, Any]:
    fixed = [{"key": key, "default_value": value} for key, value in one.own]
    copied = [
        {"key": label, "default_value": labels.UNKNOWN} for label in one.metric.labels if label not in dict(one.own)
    ]
    path = f'attributes["{one.working}"]'
    made = entry(config, one.metric, f"{path} != nil", fixed + copied)
    if one.metric.kind == "histogram":
        bounds = buckets.ratio(config) if one.metric.unit == "1" else buckets.tokens(config)
        made["histogram"] = {"buckets": bounds, "value": path}
    else:
        made["sum"] = {"monotonic": True, "value": path}
    return made


def _count(config: Config, metric: Metric, flag: str, fixed: dict[str, str]) -> dict[str, Any]:
    attributes: list[dict[str, Any]] = [{"key": key, "default_value": value} for key, value in fixed.items()]
    return counting(entry(config, metric, f'attributes["{flag}"] != nil', attributes))
