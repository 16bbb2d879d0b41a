"""Alerts name a conversation for everything that can be beyond a bound in one, not only for slow turns."""

from pathlib import Path
from typing import Any

import otlp
import pytest
from stacks import EngineBin, stack_of

from pipecat_lgtm.config import load_default
from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract.signals import FROM_EVENTS
from pipecat_lgtm.ops.alerts import Offender, now
from pipecat_lgtm.queries import offenders
from pipecat_lgtm.renderers.collector.offenders import HELD_SERVICES, offences
from pipecat_lgtm.rules.alerts import alerts

pytestmark = pytest.mark.stack

LINE = {"pipecat.webrtc.direction": "inbound", "pipecat.webrtc.side": "bot"}

BEYOND: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {
    ("silence", "warning"): ("pipecat.silence", {"pipecat.seconds": 5.1}),
    ("confidence", "warning"): ("pipecat.transcription", {"pipecat.confidence": 0.69}),
    ("wer", "critical"): ("pipecat.stt.wer", {"pipecat.stt.wer_ratio": 0.2}),
    ("wer", "info"): ("pipecat.stt.wer", {"pipecat.stt.wer_ratio": 0.03}),
    ("packet_loss", "warning"): ("pipecat.webrtc", {**LINE, "pipecat.webrtc.packet_loss_ratio": 0.011}),
    ("jitter", "info"): ("pipecat.webrtc", {**LINE, "pipecat.webrtc.jitter_seconds": 0.051}),
    ("jitter_buffer", "warning"): ("pipecat.webrtc", {**LINE, "pipecat.webrtc.jitter_buffer_seconds": 0.21}),
    ("audio_silent", "warning"): ("pipecat.webrtc", {**LINE, "pipecat.webrtc.audio_level_ratio": 0.0}),
    ("task", "critical"): ("pipecat.outcome", {"pipecat.outcome": "abandoned"}),
    ("intent", "warning"): ("pipecat.intent", {"pipecat.intent.matched": False}),
    ("quality", "critical"): ("pipecat.quality", {"pipecat.quality.score": 0.5}),
}
WITHIN: list[tuple[str, dict[str, Any]]] = [
    ("pipecat.silence", {"pipecat.seconds": 5.0}),
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
    ("pipecat.outcome", {"pipecat.outcome": "completed"}),
    ("pipecat.intent", {"pipecat.intent.matched": True}),
    ("pipecat.quality", {"pipecat.quality.score": 0.95}),
]


def _event(name: str, attrs: dict[str, Any], trace: str, call: str) -> dict[str, Any]:
    made = otlp.event(name, {**attrs, labels.SIGNAL: "forged", labels.SEVERITY: "forged", "conversation.id": call})
    return made | {"traceId": trace, "spanId": "00f067aa0ba902b7"}


def test_each_offence_has_its_trace(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Each value beyond its bound is held with its trace under the graver bound; one at its bound is not."""
    with stack_of(tmp_path, engine_bin, "prometheus", "collector") as stack:
        expected, records = {}, []
        for number, ((signal, severity), (name, attrs)) in enumerate(BEYOND.items()):
            trace, call = otlp.trace_id(), f"call-{number}"
            expected[signal, severity, trace, call] = 1.0
            records.append(_event(name, attrs, trace, call))
        records += [_event(name, attrs, otlp.trace_id(), "well") for name, attrs in WITHIN]
        records.append(_event("pipecat.silence", {"pipecat.seconds": 9.0}, "", "no trace"))
        port = stack.ports.otlp_http
        otlp.send(port, otlp.logs(records))
        said = [
            otlp.stage("stt", None, transcript="Can you repeat that, please?"),
            otlp.stage("stt", None, transcript="My card is 4111 1111 1111 1111."),
            otlp.turn(0.5, conversation__id="heavy", pipecat__turn__tokens=9000),
            otlp.turn(0.5, conversation__id="light", pipecat__turn__tokens=3000),
        ]
        otlp.send(port, otlp.traces(said))
        expected |= {
            ("frustration", "warning", said[0]["traceId"], "unknown"): 1.0,
            ("pii", "critical", said[1]["traceId"], "unknown"): 1.0,
            ("tokens", "critical", said[2]["traceId"], "heavy"): 1.0,
        }
        stack.settled("sum(pipecat_breaches_total)", 6)
        names = (labels.SIGNAL, labels.SEVERITY, labels.TRACE_ID, labels.CONVERSATION_ID)
        held = {
            tuple(row["metric"][name] for name in names): float(row["value"][1])
            for row in stack.query(f"sum by ({', '.join(names)}) (pipecat_breaches_total)")
        }

        shown = now(
            f"http://127.0.0.1:{stack.ports.prometheus}",
            next(one for one in alerts(stack.config) if one.name == "PipecatSilenceLong"),
        )

        silent = next(key for key in expected if key[0] == "silence")
        assert [Offender("bot", "warning", 1, silent[2], silent[3])] == shown.offenders
        assert expected == held, {key: held[key] for key in held if key not in expected}


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


def test_signals_of_events() -> None:
    """The signals that events tell are those that the contract says share one limit."""
    assert set(FROM_EVENTS) == {one.signal for one in offences(load_default())}
