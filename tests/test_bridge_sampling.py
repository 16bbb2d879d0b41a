"""Events of a bot that samples its traces: what is counted is of the same calls as the spans."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, Sampler, TraceIdRatioBased

from bridged import Bridged
from pipecat_lgtm_bridge import conversation, emit, guard, statements, ticker
from pipecat_lgtm_bridge.contract import events as e


def _sampled(bridged: Bridged, sampler: Sampler) -> None:
    bridged.traces = TracerProvider(sampler=sampler)
    bridged.traces.add_span_processor(SimpleSpanProcessor(bridged.exporter))


def _go(bridged: Bridged, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Play a call in which everything happens once."""
    call = bridged.call(name)
    emit.started(call)
    emit.failure(call, "tts", "cartesia", category="server", usable=True, message="503")
    for kind in (e.INTERRUPTION, e.SILENCE, e.TRANSCRIPTION, e.SYNTHESIS, e.WEBRTC, e.STARTUP):
        emit.event(call, kind, {})
    statements.outcome(call, "completed")
    statements.intent(call, matched=True, name=None)
    statements.decision(call, {"selected": "refund"})
    monkeypatch.setattr(conversation, "live", lambda: [call])
    beats: dict[int, float] = {}
    ticker.heartbeats(beats, 0.0)
    ticker.heartbeats(beats, 5.0)
    emit.ended(call)
    call.ended = True
    if conversation.LIVE[call.trace_id()].is_recording():
        bridged.spans(call)


def test_call_that_is_not_sampled(
    monkeypatch: pytest.MonkeyPatch, bridged: Bridged, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a call without spans only what is no count is sent, marked; the bot is told once that it samples."""
    monkeypatch.setattr(guard, "_told", set())
    _sampled(bridged, ALWAYS_OFF)
    for number in range(3):
        _go(bridged, monkeypatch, f"call-{number}")

    assert (
        3
        * [
            "pipecat.conversation.start",
            "pipecat.decision",
            "pipecat.conversation.heartbeat",
            "pipecat.conversation.end",
        ]
        == bridged.named()
    )
    assert {False} == {one["pipecat.conversation.sampled"] for one in bridged.events()}
    assert 1 == caplog.text.count("the bot samples its traces (OTEL_TRACES_SAMPLER)")


def test_call_that_is_sampled(monkeypatch: pytest.MonkeyPatch, bridged: Bridged) -> None:
    """A sampled call has all its events, none of them marked."""
    _sampled(bridged, ParentBased(ALWAYS_ON))
    _go(bridged, monkeypatch, "call-1")

    assert [
        "pipecat.conversation.start", "pipecat.error", "pipecat.interruption", "pipecat.silence",
        "pipecat.transcription", "pipecat.synthesis", "pipecat.webrtc", "pipecat.startup", "pipecat.intent",
        "pipecat.decision", "pipecat.conversation.heartbeat", "pipecat.outcome", "pipecat.conversation.end",
    ] == bridged.named()  # fmt: skip
    assert not any("pipecat.conversation.sampled" in one for one in bridged.events())


def test_events_are_of_the_calls_with_spans(monkeypatch: pytest.MonkeyPatch, bridged: Bridged) -> None:
    """Errors are counted in exactly the calls whose conversation span is sent, and every call has its heartbeat."""
    _sampled(bridged, ParentBased(TraceIdRatioBased(0.5)))
    for number in range(40):
        _go(bridged, monkeypatch, f"call-{number}")
    sent = {
        f"{span.context.trace_id:032x}"
        for span in bridged.exporter.get_finished_spans()
        if span.name == "conversation" and span.context
    }
    errors = [
        f"{one.log_record.trace_id:032x}"
        for one in bridged.records()
        if (one.log_record.attributes or {}).get("event.name") == "pipecat.error"
    ]

    assert 0 < len(sent) < 40
    assert sorted(sent) == sorted(errors)
    assert 40 == bridged.named().count("pipecat.conversation.heartbeat")


def test_decision_outlasts_the_conversation(monkeypatch: pytest.MonkeyPatch, bridged: Bridged) -> None:
    """What is stated after Pipecat has closed the conversation follows the call's sampling decision too."""
    _sampled(bridged, ALWAYS_OFF)
    call = bridged.call()
    emit.started(call)
    monkeypatch.setattr(call, "root", lambda: None)
    call.ended = True
    statements.outcome(call, "failed")

    assert ["pipecat.conversation.start"] == bridged.named()
