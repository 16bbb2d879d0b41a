"""The bridge's events (log records) become metrics (`signal_to_metrics`)."""

from typing import Any

from pipecat_lgtm.config import Config, buckets
from pipecat_lgtm.renderers.collector import identity
from pipecat_lgtm.renderers.collector.ottl import (
    fit_for_label,
    group,
    is_number,
    one_of,
    quoted,
    transform,
    without_doubles,
)
from pipecat_lgtm.renderers.collector.sums import counting, entry
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Attribute, Event, Metric

NAMES = "transform/event_names"
SHORT = "filter/short_silences"
FILTER = "filter/events"
VALUES = "transform/event_values"

_COUNTED: tuple[tuple[Event, Metric, dict[str, Attribute]], ...] = (
    (
        e.ERROR,
        m.STAGE_ERRORS,
        {
            labels.STAGE: a.STAGE,
            labels.PROVIDER: a.PROVIDER,
            labels.MODEL: a.MODEL,
            labels.CATEGORY: e.CATEGORY,
        },
    ),
    (e.INTERRUPTION, m.INTERRUPTIONS, {}),
    (e.UNANSWERED_SPEECH, m.UNANSWERED_SPEECH, {labels.REASON: e.UNANSWERED_REASON}),
    (e.CONVERSATION_SIGNAL, m.CONVERSATION_SIGNALS, {labels.KIND: e.SIGNAL_KIND}),
    (e.HEARTBEAT, m.HEARTBEATS, {}),
    (e.TASK_OUTCOME, m.TASK_OUTCOMES, {labels.OUTCOME: e.OUTCOME}),
    (e.INTENT, m.INTENTS, {labels.MATCHED: e.MATCHED}),
    (e.QUEUE_DAMAGED, m.QUEUE_FILES_DAMAGED, {labels.QUEUE: e.QUEUE}),
)
_OVER = f'attributes["{e.SILENCE_ONGOING.name}"] != true'
"""Of an event of a silence: it states its end. A bridge that states nothing before it does not say so."""
_EVALUATION = "evaluation"
"""The signal of values refused that are scores."""
_STATE_COUNTED = (e.WEBRTC, m.WEBRTC_STATES, {labels.STATE: e.STATE})
_WHO = {labels.PROVIDER: a.PROVIDER, labels.MODEL: a.MODEL}
_DROPPED = {labels.SIGNAL: e.DROPPED_SIGNAL, labels.REASON: e.DROPPED_REASON}
_SUMMED: tuple[tuple[Event, Metric, dict[str, Attribute], Attribute], ...] = (
    (e.WEBRTC, m.WEBRTC_NACKS, {labels.DIRECTION: e.DIRECTION}, e.NACKS),
    (e.SYNTHESIS, m.TTS_CHARACTERS, _WHO, e.TTS_CHARACTERS),
    (e.DROPPED, m.BRIDGE_DROPPED, _DROPPED, e.DROPPED_COUNT),
)
_CODES = (e.EVALUATION_NAME, e.JUDGE_MODEL, e.PROMPT_VERSION)
_CODE = "^[0-9A-Za-z][-0-9A-Za-z_.:/@+]{0,63}$$"
"""What may be a label of a score: a name. Whoever mistakes one attribute for another sends a sentence."""
_JUDGE = {
    labels.DIMENSION: e.EVALUATION_NAME,
    labels.SOURCE: e.QUALITY_SOURCE,
    labels.JUDGE_MODEL: e.JUDGE_MODEL,
    labels.PROMPT_VERSION: e.PROMPT_VERSION,
}
_LINE = {labels.DIRECTION: e.DIRECTION, labels.SIDE: e.SIDE}


def _measured(
    config: Config,
) -> list[tuple[Event, Metric, Attribute, dict[str, Attribute], list[float], float]]:
    """Return event, metric, value, labels, bounds and the greatest believable value."""
    latency, ratio, network = buckets.latency(config), buckets.ratio(config), buckets.network(config)
    seconds = config.limits.latency
    return [
        (e.SILENCE, m.SILENCE, e.SECONDS, {}, latency, seconds),
        (e.TRANSCRIPTION, m.STT_CONFIDENCE, e.CONFIDENCE, _WHO, ratio, 1.0),
        (e.WORD_ERRORS, m.STT_WER, e.WER, {labels.SOURCE: e.WER_SOURCE, **_WHO}, ratio, 10.0),
        (e.EVALUATION, m.QUALITY_SCORE, e.EVALUATION_SCORE, _JUDGE, ratio, 1.0),
        (e.WEBRTC, m.WEBRTC_PACKET_LOSS, e.PACKET_LOSS, _LINE, ratio, 1.0),
        (e.WEBRTC, m.WEBRTC_JITTER, e.JITTER, _LINE, network, seconds),
        (e.WEBRTC, m.WEBRTC_RTT, e.RTT, _LINE, network, seconds),
        (e.WEBRTC, m.WEBRTC_JITTER_BUFFER, e.JITTER_BUFFER, _LINE, network, seconds),
        (e.WEBRTC, m.WEBRTC_AUDIO_LEVEL, e.AUDIO_LEVEL, _LINE, ratio, 1.0),
        (e.PROCESS, m.PROCESS_CPU, e.CPU, {}, ratio, 1024.0),
        (e.PROCESS, m.PROCESS_MEMORY, e.MEMORY, {}, buckets.memory(config), 2.0**50),
    ]


_SYNTHETIC = f'attributes["{a.SYNTHETIC.name}"] == true'
"""Of an event: it is about a call of a machine that tests the bot, and no number of production's."""
_TIMES = [
    "set(log.time_unix_nano, log.observed_time_unix_nano) where log.time_unix_nano == 0",
    'set(log.time, Now()) where log.time < Now() - Duration("8760h") or log.time > Now() + Duration("1h")',
]
"""Loki has no place for a record of year 1677, answers "try again", and so would hold up all that follow it."""


def processors(config: Config) -> dict[str, Any]:
    """Return the processors of the log pipelines."""
    name = e.EVENT_NAME.log
    known = " and ".join(f'attributes["{e.EVENT_NAME.name}"] != {quoted(event.name)}' for event in e.EVENTS)
    newer = 'resource.attributes["deployment.environment.name"]'
    environment, service = a.ENVIRONMENT.resource, a.SERVICE_NAME.resource
    return {
        NAMES: transform(
            "log",
            [
                # Loki refuses a whole batch for one attribute without a name.
                *(
                    group(one, [f'delete_matching_keys({one}.attributes, "^$$")'])
                    for one in ("resource", "scope", "log")
                ),
                group("log", _TIMES),
                group("log", [f'set({name}, log.event_name) where {name} == nil and log.event_name != ""']),
                group(
                    "resource",
                    [
                        *without_doubles("resource"),
                        f"set({environment}, {newer}) where {environment} == nil and {newer} != nil",
                        f"set({environment}, {quoted(config.services.default_environment)}) where {environment} == nil",
                        f'set({service}, "unknown_service") where {service} == nil or {service} == ""',
                        f"set({environment}, String({environment})) where not IsString({environment})",
                        f"set({service}, String({service})) where not IsString({service})",
                        *fit_for_label(environment, config.services.default_environment),
                        *fit_for_label(service, "unknown_service"),
                        *identity.environment(config),
                    ],
                ),
            ],
        ),
        SHORT: {"error_mode": "ignore", "logs": {"log_record": [_short_silence(config)]}},
        FILTER: {
            "error_mode": "ignore",
            "logs": {"log_record": [f'attributes["{e.EVENT_NAME.name}"] == nil or ({known})', _SYNTHETIC]},
        },
        VALUES: transform("log", [group("log", _values(config))]),
    }


def _short_silence(config: Config) -> str:
    """Return the condition that an event states a silence that no threshold is about: a turn has two or so."""
    seconds = f'attributes["{e.SECONDS.name}"]'
    is_silence = f'attributes["{e.EVENT_NAME.name}"] == {quoted(e.SILENCE.name)}'
    return f"{is_silence} and {seconds} != nil and {seconds} <= {float(config.thresholds.kept_silence)}"


def _values(config: Config) -> list[str]:
    """Give each value one type and a label a text; what is no believable number is forgotten, and so not measured."""
    limits: dict[Attribute, float] = dict.fromkeys((value for *_, value in _SUMMED), float(config.limits.tokens))
    limits[e.SILENCE_STATED] = config.limits.latency
    for _, _, value, _, _, limit in _measured(config):
        limits[value] = max(limit, limits.get(value, 0.0))
    statements = _refusals()
    for value, limit in limits.items():
        path = value.log
        believable = f"Double({path}) >= 0.0 and Double({path}) <= {limit}"
        statements += [
            f"delete_key(log.attributes, {quoted(value.name)}) where {path} != nil and not {is_number(path)}",
            f"delete_key(log.attributes, {quoted(value.name)}) where {path} != nil and not ({believable})",
            f"set({path}, Double({path})) where {path} != nil",
        ]
    texts = {source for _, _, copied in (*_COUNTED, _STATE_COUNTED) for source in copied.values()}
    texts |= {source for _, _, copied, _ in _SUMMED for source in copied.values()}
    texts |= {source for _, _, _, copied, _, _ in _measured(config) for source in copied.values()}
    for text in sorted(texts, key=lambda one: one.name):
        statements.append(f"set({text.log}, String({text.log})) where {text.log} != nil and not IsString({text.log})")
        statements.append(f'set({text.log}, {quoted(labels.UNKNOWN)}) where {text.log} == ""')
        statements += fit_for_label(text.log, labels.UNKNOWN)
        if known := e.CLOSED.get(text):
            other = f"{text.log} != nil and not {one_of(text.log, (*known, labels.UNKNOWN))}"
            statements.append(f"set({text.log}, {quoted(labels.OTHER)}) where {other}")
    for code in (one.log for one in _CODES):
        other = f"{code} != nil and not IsMatch({code}, {quoted(_CODE)})"
        statements.append(f"set({code}, {quoted(labels.UNKNOWN)}) where {other}")
    who = (*identity.provider(a.PROVIDER.log), *identity.renamed(a.PROVIDER.log), *identity.model(a.MODEL.log))
    return [*statements, *who]


def _refusals() -> list[str]:
    """Return the statements that say why an evaluation has no score, or one that is kept out of the metrics."""
    score, refused = e.EVALUATION_SCORE.log, e.SCORE_REFUSED.log
    ours = f"{e.EVENT_NAME.log} == {quoted(e.EVALUATION.name)}"
    fits = f"Double({score}) >= 0.0 and Double({score}) <= 1.0"
    return [
        f"delete_key(log.attributes, {quoted(e.SCORE_REFUSED.name)}) where {refused} != nil",
        f'set({refused}, "missing") where {ours} and {score} == nil',
        f'set({refused}, "error") where {ours} and {score} == nil and {e.ERROR_TYPE.log} != nil',
        f'set({refused}, "not_a_number") where {ours} and {score} != nil and not {is_number(score)}',
        f'set({refused}, "out_of_range") where {ours} and {is_number(score)} and not ({fits})',
    ]


def event_sums(config: Config) -> dict[str, Any]:
    """Return the connector's configuration."""
    entries = [counting(_entry(config, event, metric, copied)) for event, metric, copied in _COUNTED]
    event, metric, copied = _STATE_COUNTED
    entries.append(counting(_entry(config, event, metric, copied, e.STATE)))
    made = _entry(config, e.SILENCE, m.SILENCES_LONG, {}, e.SECONDS)
    made["conditions"] = [f"{made['conditions'][0]} and {passed(config.thresholds.long_silence)}"]
    entries.append(counting(made))
    for event, metric, copied, value in _SUMMED:
        made = _entry(config, event, metric, copied, value)
        made["sum"] = {"monotonic": True, "value": f'attributes["{value.name}"]'}
        entries.append(made)
    for phase, metric in (("pipeline", m.STARTUP), ("transport", m.TRANSPORT_CONNECT)):
        made = _entry(config, e.STARTUP, metric, {}, e.SECONDS)
        made["conditions"] = [f'{made["conditions"][0]} and attributes["{e.PHASE.name}"] == "{phase}"']
        made["histogram"] = {"buckets": buckets.latency(config), "value": f'attributes["{e.SECONDS.name}"]'}
        entries.append(made)
    for event, metric, value, copied, bounds, _ in _measured(config):
        made = _entry(config, event, metric, copied, value)
        if event is e.SILENCE:
            made["conditions"] = [f"{made['conditions'][0]} and {_OVER}"]
        made["histogram"] = {"buckets": bounds, "value": f'attributes["{value.name}"]'}
        entries.append(made)
    refused = _entry(config, e.EVALUATION, m.VALUES_REFUSED, {labels.REASON: e.SCORE_REFUSED}, e.SCORE_REFUSED)
    refused["attributes"].append({"key": labels.SIGNAL, "default_value": _EVALUATION})
    entries.append(counting(refused))
    return {"error_mode": "ignore", "logs": entries}


def passed(bound: float) -> str:
    """Return the condition that a silence has passed a bound, in seconds, since it was stated before."""
    seconds, stated = (f'attributes["{one.name}"]' for one in (e.SECONDS, e.SILENCE_STATED))
    return f"{seconds} != nil and {seconds} > {float(bound)} and ({stated} == nil or {stated} <= {float(bound)})"


def _entry(
    config: Config, event: Event, metric: Metric, copied: dict[str, Attribute], needs: Attribute | None = None
) -> dict[str, Any]:
    condition = f'attributes["{e.EVENT_NAME.name}"] == {quoted(event.name)}'
    if needs is not None:
        condition += f' and attributes["{needs.name}"] != nil'
    attributes = [{"key": source.name, "default_value": labels.UNKNOWN} for source in copied.values()]
    return entry(config, metric, condition, attributes)


def renames() -> dict[str, Any]:
    """Return the processor that gives event metrics their labels' names."""
    pairs = {source.name: label for _, _, copied in (*_COUNTED, _STATE_COUNTED) for label, source in copied.items()}
    pairs |= {
        source.name: label for source_map in (_WHO, _LINE, _DROPPED, _JUDGE) for label, source in source_map.items()
    }
    pairs[e.SCORE_REFUSED.name] = labels.REASON
    pairs[e.WER_SOURCE.name] = labels.SOURCE
    statements = []
    for name, label in pairs.items():
        old, new = f'datapoint.attributes["{name}"]', f'datapoint.attributes["{label}"]'
        statements += [f"set({new}, {old}) where {old} != nil", f'delete_key(datapoint.attributes, "{name}")']
    return transform("metric", [group("datapoint", statements)])
