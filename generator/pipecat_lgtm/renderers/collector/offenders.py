"""Conversations beyond a bound that no latency tells: tokens, words, silences, hearing, network, outcomes.

They join `pipecat_breaches_total` beside the slow and failed turns, so that an alert can name them. Spans go the way
of the other breaches; events are counted one by one, and few of them are held at once.
"""

from dataclasses import dataclass
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.thresholds import Bounds
from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import events as e
from pipecat_lgtm.contract import labels, signals
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Attribute, Event
from pipecat_lgtm.renderers.collector.names import MEASURE, SEVERITY, SIGNAL
from pipecat_lgtm.renderers.collector.ottl import attribute, drop_spans, group, one_of, quoted, transform
from pipecat_lgtm.renderers.collector.sums import FINDINGS, STATED, entry, spoken

SPANS_FILTER, SPANS = "filter/offenders", "transform/offenders"
EVENTS, CUMULATIVE = "transform/event_offenders", "deltatocumulative/offenders"
HELD_SERVICES = 100
"""For so many services at once the offenders of events are held, as many each as `cardinality.breaches_per_service`."""
_TOKENS = attribute(f"sum.{a.TURN_TOKENS.name}")


def processors(config: Config) -> dict[str, Any]:
    """Return the processors of the offenders' pipelines."""
    told = [f"{_TOKENS} != nil", *(f"{attribute(flag)} != nil" for flag in spoken(config))]
    trace, call = f'log.attributes["{labels.TRACE_ID}"]', f'log.attributes["{labels.CONVERSATION_ID}"]'
    return {
        SPANS_FILTER: drop_spans(f"not ({' or '.join(told)})"),
        SPANS: transform("trace", [group("span", _said(config))]),
        EVENTS: transform(
            "log",
            [
                group(
                    "log",
                    [
                        f'delete_key(log.attributes, "{labels.SIGNAL}")',
                        f'delete_key(log.attributes, "{labels.SEVERITY}")',
                        f"set({trace}, log.trace_id.string)",
                        f'set({trace}, "") where {trace} == {quoted("0" * 32)}',
                        f"set({call}, {quoted(labels.UNKNOWN)})",
                        f"set({call}, {a.CONVERSATION_ID.log}) where IsString({a.CONVERSATION_ID.log})",
                    ],
                )
            ],
        ),
        CUMULATIVE: {
            "max_stale": f"{config.cardinality.breach_expiry:g}s",
            "max_streams": HELD_SERVICES * config.cardinality.breaches_per_service,
        },
    }


def _said(config: Config) -> list[str]:
    """Name what a span is beyond; of several the gravest. A span that is beyond nothing keeps no severity."""
    kinds = tuple(kind for kind in config.alerts.pii_kinds if kind in FINDINGS)
    flags = {
        signals.FRUSTRATION: [a.FRUSTRATION_PREFIX + kind for kind in config.content.frustration],
        signals.OFF_SCRIPT: [a.FINDING_PREFIX + kind for kind in STATED],
        signals.PII: [a.FINDING_PREFIX + kind for kind in kinds],
    }
    statements = [f"set({attribute(MEASURE)}, {quoted(m.BREACHES.name)})"]
    for signal, severity in (
        (signals.FRUSTRATION, "warning"),
        (signals.OFF_SCRIPT, "warning"),
        (signals.PII, "critical"),
    ):
        if names := flags[signal]:
            found = " or ".join(f"{attribute(name)} != nil" for name in names)
            statements += [
                f"set({SIGNAL}, {quoted(signal)}) where {found}",
                f"set({SEVERITY}, {quoted(severity)}) where {found}",
            ]
    for severity, bound in _levels(config.thresholds.tokens_per_turn):
        statements += [
            f"set({SIGNAL}, {quoted(signals.TOKENS)}) where {_TOKENS} != nil and {_TOKENS} > {float(bound)}",
            f"set({SEVERITY}, {quoted(severity)}) where {_TOKENS} != nil and {_TOKENS} > {float(bound)}",
        ]
    return [*statements, "set(span.start_time_unix_nano, 0)", "set(span.end_time_unix_nano, 1)"]


def _levels(bounds: Bounds[Any]) -> list[tuple[str, Any]]:
    """Return the bounds somebody is told about, mildest first."""
    named = (("info", bounds.info), ("warning", bounds.warning), ("critical", bounds.critical))
    return [(severity, bound) for severity, bound in named if bound is not None]


@dataclass(frozen=True)
class Offence:
    """One way in which an event is beyond a bound.

    Args:
        event: which has it.
        signal: its name.
        severity: of the bound.
        condition: OTTL on the event's attributes.
    """

    event: Event
    signal: str
    severity: str
    condition: str


def _value(one: Attribute) -> str:
    return f'attributes["{one.name}"]'


def _beyond(event: Event, signal: str, value: Attribute, bounds: Bounds[Any]) -> list[Offence]:
    """Return an offence per bound; an event beyond two of them is counted under the graver one only."""
    levels, sign, opposite = _levels(bounds), ">", "<="
    if not bounds.higher_is_worse:
        sign, opposite = "<", ">="
    made = []
    for index, (severity, bound) in enumerate(levels):
        condition = f"{_value(value)} != nil and {_value(value)} {sign} {float(bound)}"
        if index + 1 < len(levels):
            condition += f" and {_value(value)} {opposite} {float(levels[index + 1][1])}"
        made.append(Offence(event, signal, severity, condition))
    return made


def offences(config: Config) -> list[Offence]:
    """Return every offence of an event.

    Without knowing a baseline here, what is beyond it cannot be told; what certainly is not can: a word error rate
    below the drift alone, a score that even a perfect past would allow.
    """
    bounds = config.thresholds
    silent = min(config.histograms.ratio)
    voice = " or ".join(
        f"({_value(e.DIRECTION)} == {quoted(direction)} and {_value(e.SIDE)} == {quoted(side)})"
        for direction, side in labels.CALLERS_AUDIO
    )
    matched, outcome = _value(e.MATCHED), _value(e.OUTCOME)
    score = 1 - (bounds.judge_drop.critical or 0)
    return [
        *_beyond(e.SILENCE, signals.SILENCE, e.SECONDS, bounds.silence),
        *_beyond(e.TRANSCRIPTION, signals.CONFIDENCE, e.CONFIDENCE, bounds.stt_confidence),
        *_beyond(e.WORD_ERRORS, signals.WER, e.WER, bounds.wer_drift),
        *_beyond(e.WEBRTC, signals.PACKET_LOSS, e.PACKET_LOSS, bounds.webrtc_packet_loss),
        *_beyond(e.WEBRTC, signals.JITTER, e.JITTER, bounds.webrtc_jitter),
        *_beyond(e.WEBRTC, signals.JITTER_BUFFER, e.JITTER_BUFFER, bounds.webrtc_jitter_buffer),
        Offence(
            e.WEBRTC,
            signals.AUDIO_SILENT,
            "warning",
            f"{_value(e.AUDIO_LEVEL)} != nil and {_value(e.AUDIO_LEVEL)} <= {silent} and ({voice})",
        ),
        Offence(e.TASK_OUTCOME, signals.TASK, "critical", one_of(outcome, ("failed", "abandoned"))),
        Offence(e.INTENT, signals.INTENT, "warning", f'{matched} == "false"'),
        Offence(
            e.QUALITY, signals.QUALITY, "critical", f"{_value(e.SCORE)} != nil and {_value(e.SCORE)} < {score:.10g}"
        ),
    ]


def event_offenders(config: Config) -> dict[str, Any]:
    """Return the connector's configuration."""
    entries = []
    for one in offences(config):
        condition = (
            f"{_value(e.EVENT_NAME)} == {quoted(one.event.name)} "
            f'and attributes["{labels.TRACE_ID}"] != "" and {one.condition}'
        )
        attributes: list[dict[str, Any]] = [
            {"key": labels.SIGNAL, "default_value": one.signal},
            {"key": labels.SEVERITY, "default_value": one.severity},
            {"key": labels.TRACE_ID},
            {"key": labels.CONVERSATION_ID},
        ]
        made = entry(config, m.BREACHES, condition, attributes)
        made["sum"] = {"monotonic": True, "value": "1.0"}
        entries.append(made)
    return {"error_mode": "ignore", "logs": entries}
