"""Alerts name a conversation for everything that can be beyond a bound in one, not only for slow turns."""

from pathlib import Path
from typing import Any

import otlp
import pytest
from harness import scraped
from stacks import EngineBin, stack_of

from pipecat_lgtm.config import load_default
from pipecat_lgtm.ops.alerts import Offender, now, server
from pipecat_lgtm.queries import offenders
from pipecat_lgtm.renderers.collector.offenders import HELD_SERVICES, offences
from pipecat_lgtm.rules.alerts import alerts
from pipecat_lgtm_bridge.contract import engines
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.signals import FROM_BOTH, FROM_EVENTS

pytestmark = pytest.mark.stack

LINE = {"pipecat.webrtc.direction": "inbound", "pipecat.webrtc.side": "bot"}

BEYOND: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {
    ("silence", "warning"): ("pipecat.silence", {"pipecat.seconds": 5.1}),
    ("unanswered", "critical"): ("pipecat.unanswered_speech", {"pipecat.unanswered_speech.reason": "no_reply"}),
    ("repetition", "warning"): (
        "pipecat.conversation.signal",
        {"pipecat.conversation.signal.kind": "reply_loop"},
    ),
    ("confidence", "warning"): (
        "pipecat.transcription",
        {"pipecat.confidence": 0.69, "gen_ai.provider.name": "deepgram"},
    ),
    ("wer", "critical"): ("pipecat.stt.wer", {"pipecat.stt.wer_ratio": 0.2}),
    ("wer", "info"): ("pipecat.stt.wer", {"pipecat.stt.wer_ratio": 0.03}),
    ("packet_loss", "warning"): ("pipecat.webrtc", {**LINE, "pipecat.webrtc.packet_loss_ratio": 0.011}),
    ("jitter", "info"): ("pipecat.webrtc", {**LINE, "pipecat.webrtc.jitter_seconds": 0.051}),
    ("jitter_buffer", "warning"): ("pipecat.webrtc", {**LINE, "pipecat.webrtc.jitter_buffer_seconds": 0.21}),
    ("audio_silent", "warning"): ("pipecat.webrtc", {**LINE, "pipecat.webrtc.audio_level_ratio": 0.0}),
    ("task", "critical"): ("pipecat.outcome", {"pipecat.outcome": "abandoned"}),
    ("intent", "warning"): ("pipecat.intent", {"pipecat.intent.matched": False}),
    ("quality", "critical"): (
        "gen_ai.evaluation.result",
        {"gen_ai.evaluation.score.value": 0.5, "gen_ai.evaluation.name": "tone"},
    ),
    ("error", "critical"): ("pipecat.error", {"pipecat.stage": "tts", "gen_ai.provider.name": "cartesia"}),
}
APART: dict[str, dict[str, str]] = {
    **{
        one: {"direction": "inbound", "side": "bot"}
        for one in ("packet_loss", "jitter", "jitter_buffer", "audio_silent")
    },
    "confidence": {"provider": "deepgram"},
    "quality": {"dimension": "tone"},
    "error": {"stage": "tts"},
}
"""The labels by which the alerts of a signal tell conversations apart; `unknown` where an event does not say."""
WITHIN: list[tuple[str, dict[str, Any]]] = [
    ("pipecat.silence", {"pipecat.seconds": 5.0}),
    ("pipecat.silence", {"pipecat.seconds": 7.0, "pipecat.silence.stated_seconds": 5.1}),
    ("pipecat.transcription", {"pipecat.confidence": 0.7}),
    ("pipecat.stt.wer", {"pipecat.stt.wer_ratio": 0.02}),
    (
        "pipecat.webrtc",
        {
            **LINE,
            "pipecat.webrtc.packet_loss_ratio": 0.01,
            "pipecat.webrtc.jitter_seconds": 0.05,
            "pipecat.webrtc.jitter_buffer_seconds": 0.2,
            "pipecat.webrtc.audio_level_ratio": 0.3,
        },
    ),
    (
        "pipecat.webrtc",
        {
            "pipecat.webrtc.direction": "outbound",
            "pipecat.webrtc.side": "bot",
            "pipecat.webrtc.audio_level_ratio": 0.0,
        },
    ),
    ("pipecat.conversation.signal", {"pipecat.conversation.signal.kind": "early_hangup"}),
    ("pipecat.outcome", {"pipecat.outcome": "completed"}),
    ("pipecat.intent", {"pipecat.intent.matched": True}),
    ("gen_ai.evaluation.result", {"gen_ai.evaluation.score.value": 0.95}),
]


def _event(name: str, attrs: dict[str, Any], trace: str, call: str) -> dict[str, Any]:
    made = otlp.event(name, {**attrs, **dict.fromkeys(m.BREACHES.labels, "forged"), "conversation.id": call})
    return made | {"traceId": trace, "spanId": "00f067aa0ba902b7"}


def _held(signal: str, severity: str, trace: str, call: str = "unknown", **own: str) -> dict[tuple[str, ...], float]:
    """Return a breach as it must be held: its labels' values, in the contract's order."""
    values = {"signal": signal, "severity": severity, "trace_id": trace, "conversation_id": call, **own}
    return {tuple(values.get(label, "unknown") for label in m.BREACHES.labels): 1.0}


def test_each_offence_has_its_trace(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Each value beyond its bound is held with its trace under the graver bound; one at its bound is not."""
    with stack_of(tmp_path, engine_bin, "prometheus", "collector") as stack:
        expected: dict[tuple[str, ...], float] = {}
        records = []
        for number, ((signal, severity), (name, attrs)) in enumerate(BEYOND.items()):
            trace, call = otlp.trace_id(), f"call-{number}"
            expected |= _held(signal, severity, trace, call, **APART.get(signal, {}))
            records.append(_event(name, attrs, trace, call))
        records += [_event(name, attrs, otlp.trace_id(), "well") for name, attrs in WITHIN]
        records.append(_event("pipecat.silence", {"pipecat.seconds": 9.0}, "", "no trace"))
        port = stack.ports.otlp_http
        otlp.send(port, otlp.logs(records))
        said = [
            otlp.stage("stt", None, transcript="Can you repeat that, please?"),
            otlp.stage("stt", None, transcript="I already told you: 4111 1111 1111 1111, and my SSN is 078-05-1120."),
            otlp.turn(0.5, conversation__id="heavy", pipecat__turn__tokens=9000),
            otlp.turn(0.5, conversation__id="light", pipecat__turn__tokens=3000),
        ]
        otlp.send(port, otlp.traces(said))
        # What was said in one breath has a breach for each signal and kind.
        expected |= _held("frustration", "warning", said[0]["traceId"])
        expected |= _held("frustration", "warning", said[1]["traceId"])
        expected |= _held("pii", "critical", said[1]["traceId"], kind="card")
        expected |= _held("pii", "critical", said[1]["traceId"], kind="ssn")
        expected |= _held("tokens", "critical", said[2]["traceId"], "heavy")
        stack.settled("sum(pipecat_breaches_total)", 6)
        names = m.BREACHES.labels
        held = {
            tuple(row["metric"][name] for name in names): float(row["value"][1])
            for row in stack.query(f"sum by ({', '.join(names)}) (pipecat_breaches_total)")
        }

        shown = now(
            server(stack.config),
            next(one for one in alerts(stack.config) if one.name == "PipecatSilenceLong"),
        )

        silent = next(key for key in expected if key[0] == "silence")
        assert [Offender("bot", "warning", 1, *silent[-2:])] == shown.offenders
        assert expected == held, {key: held[key] for key in held if key not in expected}


def test_a_threshold_below_what_is_kept_by_default(tmp_path: Path, engine_bin: EngineBin) -> None:
    """With `silence` at 2 s those over 2 s are stored, measured and alerted on; shorter ones are left out, not lost."""
    overrides = {
        "thresholds": {"silence": {"warning": "2 s"}},
        "alerts": {"interval": "1 s", "overrides": {"PipecatSilenceLong": {"hold": "1 s", "min_samples": 1}}},
    }
    ended, stated = {"pipecat.silence.ongoing": False}, "pipecat.silence.stated_seconds"
    kept = [
        {"pipecat.seconds": 2.5, stated: 0.0, **ended},
        {"pipecat.seconds": 5.4, stated: 0.0, "pipecat.silence.ongoing": True},
        {"pipecat.seconds": 7.0, stated: 5.4, **ended},
    ]
    left_out = [{"pipecat.seconds": seconds, stated: 0.0, **ended} for seconds in (1.1, 1.9, 2.0)]
    with stack_of(tmp_path, engine_bin, "prometheus", "collector", overrides=overrides) as stack:
        port = stack.ports.otlp_http
        otlp.send(port, otlp.traces([otlp.turn(0.5) for _ in range(20)]))
        otlp.send(port, otlp.logs([_event("pipecat.silence", one, otlp.trace_id(), "call") for one in kept + left_out]))
        stack.until('count(ALERTS{alertname="PipecatSilenceLong", alertstate="firing", severity="warning"})', 1)

        assert 2 == stack.settled("sum(pipecat_silences_long_total)")
        assert [2, 0, 1] == [
            stack.value(f"sum(pipecat_silence_seconds_{part})")
            for part in ("count", 'bucket{le=~"2(.0)?"}', 'bucket{le=~"5(.0)?"}')
        ]
        assert 2 == stack.value('sum(pipecat_breaches_total{signal="silence"})')
        own_port = stack.ports.collector_metrics
        assert len(kept) == scraped(own_port, engines.SENT[1], exporter=engines.INTAKE)
        assert len(kept + left_out) == scraped(own_port, engines.RECEIVED_LOGS, receiver=engines.ENTRANCE)
        assert not stack.query("pipecat_values_refused_total or pipecat_records_cut_total")


def test_what_is_not_held_is_counted(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Beyond the places there are for events' offenders each is counted, recorded, alerted on, and told to alerts."""
    overrides = {"cardinality": {"breaches_per_service": 1}, "alerts": {"interval": "1 s"}}
    with stack_of(tmp_path, engine_bin, "prometheus", "collector", overrides=overrides) as stack:
        places, more = HELD_SERVICES, 30
        records = [
            _event("pipecat.silence", {"pipecat.seconds": 9.0}, otlp.trace_id(), f"call-{number}")
            for number in range(places + more)
        ]
        otlp.send(stack.ports.otlp_http, otlp.logs(records))
        stack.until("pipecat:no_place:increase_5m", more)
        stack.until('count(ALERTS{alertname="PipecatValuesOverflowed"})', 1)

        assert places == stack.value("count(pipecat_breaches_total)")
        assert stack.query(offenders.overflowed(("silence",), "5m", ()))
        assert not stack.query(offenders.overflowed(("ttfw",), "5m", ()))
        assert stack.query(offenders.overflowed(("error",), "5m", ()))


def test_signals_of_events() -> None:
    """The signals that events tell are those that the contract says share one limit."""
    assert {*FROM_EVENTS, *FROM_BOTH} == {one.signal for one in offences(load_default())}
