"""Conversations beyond a bound that no latency tells: tokens, words, silences, hearing, network, outcomes.

They join `pipecat_breaches_total` beside the slow and failed turns, so that an alert can name them. Spans go the way
of the other breaches; events are counted one by one, and few of them are held at once.
"""

from dataclasses import dataclass
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.thresholds import Bounds
from pipecat_lgtm.renderers.collector.events import passed
from pipecat_lgtm.renderers.collector.names import MEASURE, SEVERITY, SIGNAL
from pipecat_lgtm.renderers.collector.ottl import attribute, drop_spans, group, one_of, quoted, transform
from pipecat_lgtm.renderers.collector.sums import STATED, counting, entry, spoken
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import labels, signals
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Attribute, Event

SPANS_FILTER = "filter/offenders"
EVENTS, LABELS, CUMULATIVE = "transform/event_offenders", "transform/offender_labels", "deltatocumulative/offenders"
HELD_SERVICES = 100
"""For so many services at once the offenders of events are held, as many each as `cardinality.breaches_per_service`."""
_TOKENS = attribute(f"sum.{a.TURN_TOKENS.name}")


def processors(config: Config) -> dict[str, Any]:
    """Return the processors of the offenders' pipelines."""
    told = [f"{_TOKENS} != nil", *(f"{attribute(flag)} != nil" for flag in spoken(config))]
    trace, call = f'log.attributes["{labels.TRACE_ID}"]', f'log.attributes["{labels.CONVERSATION_ID}"]'
    own = {label: source for one in offences(config) for label, source in one.own}
    return {
        SPANS_FILTER: drop_spans(f"not ({' or '.join(told)})"),
        **{
            f"transform/{name}": transform("trace", [group("span", [*statements, *_LAST])])
            for name, statements in passes(config).items()
        },
        EVENTS: transform(
            "log",
            [
                group(
                    "log",
                    [
                        *(f'delete_key(log.attributes, "{label}")' for label in m.BREACHES.labels),
                        f"set({trace}, log.trace_id.string)",
                        f'set({trace}, "") where {trace} == {quoted("0" * 32)}',
                        f"set({call}, {a.CONVERSATION_ID.log}) where IsString({a.CONVERSATION_ID.log})",
                        *(
                            f'set(log.attributes["{label}"], {source.log}) where {source.log} != nil'
                            for label, source in own.items()
                        ),
                    ],
                )
            ],
        ),
        LABELS: transform(
            "metric",
            [
                group(
                    "datapoint",
                    [
                        f'set(datapoint.attributes["{label}"], {quoted(labels.UNKNOWN)}) '
                        f'where datapoint.attributes["{label}"] == nil'
                        for label in m.BREACHES.labels
                    ],
                )
            ],
        ),
        CUMULATIVE: {
            "max_stale": f"{config.cardinality.breach_expiry:g}s",
            "max_streams": HELD_SERVICES * config.cardinality.breaches_per_service,
        },
    }


_LAST = (
    f"set({attribute(MEASURE)}, {quoted(m.BREACHES.name)})",
    "set(span.start_time_unix_nano, 0)",
    "set(span.end_time_unix_nano, 1)",
)


def passes(config: Config) -> dict[str, list[str]]:
    """Return what names the signal of a span, by the name of a pass; what is beyond nothing keeps no signal.

    A span has one signal and one kind: each has a pass of its own, so that a transcript that has two counts in both.
    """
    made = {
        "offenders_frustration": _flagged(
            signals.FRUSTRATION, "warning", [a.FRUSTRATION_PREFIX + kind for kind in config.content.frustration]
        )
    }
    for signal, severity, kinds in (
        (signals.OFF_SCRIPT, "warning", STATED),
        (signals.PII, "critical", config.alerts.pii_kinds),
    ):
        for kind in kinds:
            named = f"set({attribute(labels.KIND)}, {quoted(kind)})"
            made[f"offenders_{kind}"] = [named, *_flagged(signal, severity, [a.FINDING_PREFIX + kind])]
    statements = []
    for severity, bound in _levels(config.thresholds.tokens_per_turn):
        above = f"{_TOKENS} != nil and {_TOKENS} > {float(bound)}"
        statements += [
            f"set({SIGNAL}, {quoted(signals.TOKENS)}) where {above}",
            f"set({SEVERITY}, {quoted(severity)}) where {above}",
        ]
    made["offenders_tokens"] = statements
    return {name: statements for name, statements in made.items() if statements}


def _flagged(signal: str, severity: str, names: list[str]) -> list[str]:
    if not names:
        return []
    found = " or ".join(f"{attribute(name)} != nil" for name in names)
    return [
        f"set({SIGNAL}, {quoted(signal)}) where {found}",
        f"set({SEVERITY}, {quoted(severity)}) where {found}",
    ]


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
        own: the labels that its alert has besides service and environment, and where they come from.
    """

    event: Event
    signal: str
    severity: str
    condition: str
    own: tuple[tuple[str, Attribute], ...] = ()


def _value(one: Attribute) -> str:
    return f'attributes["{one.name}"]'


def _beyond(
    event: Event, signal: str, value: Attribute, bounds: Bounds[Any], own: tuple[tuple[str, Attribute], ...]
) -> list[Offence]:
    """Return an offence per bound; an event beyond two of them is counted under the graver one only."""
    levels, sign, opposite = _levels(bounds), ">", "<="
    if not bounds.higher_is_worse:
        sign, opposite = "<", ">="
    made = []
    for index, (severity, bound) in enumerate(levels):
        condition = f"{_value(value)} != nil and {_value(value)} {sign} {float(bound)}"
        if index + 1 < len(levels):
            condition += f" and {_value(value)} {opposite} {float(levels[index + 1][1])}"
        made.append(Offence(event, signal, severity, condition, own))
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
    who = ((labels.PROVIDER, a.PROVIDER),)
    line = ((labels.DIRECTION, e.DIRECTION), (labels.SIDE, e.SIDE))
    return [
        *(Offence(e.SILENCE, signals.SILENCE, severity, passed(bound)) for severity, bound in _levels(bounds.silence)),
        Offence(e.UNANSWERED_SPEECH, signals.UNANSWERED, "critical", f"{_value(e.UNANSWERED_REASON)} != nil"),
        Offence(
            e.CONVERSATION_SIGNAL, signals.REPETITION, "warning", one_of(_value(e.SIGNAL_KIND), labels.REPETITIONS)
        ),
        *_beyond(e.TRANSCRIPTION, signals.CONFIDENCE, e.CONFIDENCE, bounds.stt_confidence, who),
        *_beyond(e.WORD_ERRORS, signals.WER, e.WER, bounds.wer_drift, who),
        *_beyond(e.WEBRTC, signals.PACKET_LOSS, e.PACKET_LOSS, bounds.webrtc_packet_loss, line),
        *_beyond(e.WEBRTC, signals.JITTER, e.JITTER, bounds.webrtc_jitter, line),
        *_beyond(e.WEBRTC, signals.JITTER_BUFFER, e.JITTER_BUFFER, bounds.webrtc_jitter_buffer, line),
        Offence(
            e.WEBRTC,
            signals.AUDIO_SILENT,
            "warning",
            f"{_value(e.AUDIO_LEVEL)} != nil and {_value(e.AUDIO_LEVEL)} <= {silent} and ({voice})",
            line,
        ),
        Offence(e.TASK_OUTCOME, signals.TASK, "critical", one_of(outcome, ("failed", "abandoned"))),
        Offence(e.INTENT, signals.INTENT, "warning", f'{matched} == "false"'),
        Offence(
            e.EVALUATION,
            signals.QUALITY,
            "critical",
            f"{_value(e.EVALUATION_SCORE)} != nil and {_value(e.EVALUATION_SCORE)} < {score:.10g}",
            ((labels.DIMENSION, e.EVALUATION_NAME),),
        ),
        Offence(e.ERROR, signals.ERROR, "critical", f"{_value(e.EVENT_NAME)} != nil", ((labels.STAGE, a.STAGE),)),
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
            {"key": labels.CONVERSATION_ID, "default_value": labels.UNKNOWN},
            *({"key": label, "default_value": labels.UNKNOWN} for label, _ in one.own),
        ]
        entries.append(counting(entry(config, m.BREACHES, condition, attributes)))
    return {"error_mode": "ignore", "logs": entries}
