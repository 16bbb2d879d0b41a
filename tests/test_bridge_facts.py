"""Transcripts, tokens, statements, heartbeats: what happens becomes one fact each."""

import array
import gc
import weakref
from types import SimpleNamespace
from typing import Any

import pytest
from pipecat.metrics.metrics import LLMTokenUsage, LLMUsageMetricsData, TTFBMetricsData, TTSUsageMetricsData

import pipecat_lgtm_bridge as bridge
from bridged import Bridged, Worker, f, pushed, service
from pipecat_lgtm_bridge import conversation, emit, guard, ticker
from pipecat_lgtm_bridge.listening import Listening
from pipecat_lgtm_bridge.usage import usage


def test_tokens_of_a_turn(bridged: Bridged) -> None:
    """A turn's tokens are the totals of its answers; an empty first metric and a mere TTFB add nothing."""
    call = bridged.call()
    for total in (0, 59, 118):
        value = LLMTokenUsage(prompt_tokens=max(0, total - 17), completion_tokens=17, total_tokens=total)
        data = [LLMUsageMetricsData(processor="llm", model="gpt", value=value), TTFBMetricsData(processor="x", value=1)]
        usage(call, pushed(f.MetricsFrame(data)), 0.0)

    assert 177 == dict(bridged.spans(call)["turn"].attributes or {})["pipecat.turn.tokens"]


def test_characters_of_a_synthesis(bridged: Bridged) -> None:
    """Text sent to synthesis is an event of its provider and model; an empty first metric is none."""
    call, voice = bridged.call(), service("TTS", "CartesiaTTSService")
    for characters in (0, 42):
        data = [TTSUsageMetricsData(processor="tts", model="sonic-2", value=characters)]
        usage(call, pushed(f.MetricsFrame(data), voice), 0.0)

    assert [("pipecat.synthesis", 42, "cartesia", "sonic-2")] == [
        (
            one["event.name"],
            one["pipecat.tts.characters"],
            one["gen_ai.provider.name"],
            one["gen_ai.request.model"],
        )
        for one in bridged.events()
    ]


@pytest.mark.parametrize(
    ("result", "confidence"),
    [
        pytest.param({"confidence": 0.93}, 0.93, id="dict"),
        pytest.param(SimpleNamespace(confidence=1), 1.0, id="object"),
        pytest.param({"confidence": 93}, None, id="not 0 to 1"),
        pytest.param(None, None, id="no result"),
        pytest.param("text", None, id="unknown shape"),
    ],
)
def test_transcript(bridged: Bridged, result: object, confidence: float | None) -> None:
    """A final transcript is an event of its provider; it has a confidence only where the provider states one."""
    frame = f.TranscriptionFrame("Hello.", "user", "now", result=result)
    Listening(bridged.call()).transcribed(pushed(frame, service("STT", "DeepgramSTTService")), 0.0)
    (event,) = bridged.events()

    assert ("deepgram", "Hello.", confidence) == (
        event["gen_ai.provider.name"],
        event["transcript"],
        event.get("pipecat.confidence"),
    )


def test_statements(bridged: Bridged) -> None:
    """Outcome, intent and decision find their call by the context, and are events with its ids."""
    call = bridged.call("call-7")
    conversation.enter(call)
    try:
        assert bridge.record_intent(matched=True, name="refund")
        assert bridge.record_decision(
            "refund", options=["refund", "deny"], rejected={"deny": "in time"}, confidence=0.8
        )
        assert bridge.record_outcome("completed")
    finally:
        emit.ended(call)
        call.ended = True

    assert {"call-7"} == {one["conversation.id"] for one in bridged.events()}
    assert {call.trace_id()} == {one.log_record.trace_id for one in bridged.records()}
    intent, decision, outcome, _ = bridged.events()
    assert (True, "refund") == (intent["pipecat.intent.matched"], intent["pipecat.intent.name"])
    assert {
        "pipecat.decision.selected": "refund",
        "pipecat.decision.options": ("refund", "deny"),
        "pipecat.decision.rejected": ("deny: in time",),
        "pipecat.decision.confidence": 0.8,
    } == {key: value for key, value in decision.items() if key.startswith("pipecat.")}
    assert "completed" == outcome["pipecat.outcome"]
    assert "completed" == dict(bridged.spans(call)["conversation"].attributes or {})["pipecat.conversation.outcome"]


def test_statement_without_a_call(bridged: Bridged, caplog: pytest.LogCaptureFixture) -> None:
    """Outside every call nothing is recorded, the caller is told so, and the log says what to do."""
    assert False is bridge.record_intent(matched=True)
    assert False is bridge.record_outcome("fine")
    assert [] == bridged.events()
    said = " ".join(one.getMessage() for one in caplog.records)
    assert "record_intent was called where there is no conversation" in said
    assert "an outcome is one of completed, failed, escalated, abandoned" in said


_NO_NUMBERS = (float("nan"), float("inf"), -0.1, 1.1, "0.9", True)
_NO_NUMBER, _NO_TEXT = "it is a number from 0 to 1", "it is a text or several"


@pytest.mark.parametrize(
    ("key", "wrong", "why"),
    [
        *((key, wrong, _NO_NUMBER) for key in ("confidence", "threshold") for wrong in _NO_NUMBERS),
        *((key, wrong, _NO_TEXT) for key in ("options", "rejected") for wrong in (None, b"refund", 7)),
    ],
)
def test_decision_of_what_cannot_be_stated(
    monkeypatch: pytest.MonkeyPatch,
    bridged: Bridged,
    caplog: pytest.LogCaptureFixture,
    key: str,
    wrong: Any,  # noqa: ANN401
    why: str,
) -> None:
    """A decision with another confidence or threshold, or among what are no texts, is refused; the log says why."""
    monkeypatch.setattr(guard, "_told", set())
    call = bridged.call()

    assert False is bridge.record_decision("refund", worker=call.worker, **{key: wrong})
    assert [] == bridged.events()
    assert f"record_decision({key}={wrong!r}): {why}" in caplog.text


@pytest.mark.parametrize(
    ("options", "stored"),
    [
        ("refund", ("refund",)),
        (["refund"], ("refund",)),
        (("refund", "deny"), ("refund", "deny")),
        ((one for one in ("a", "b")), ("a", "b")),
        ([1, 2.5], ("1", "2.5")),
    ],
)
def test_options_are_a_list(bridged: Bridged, options: Any, stored: tuple[str, ...]) -> None:  # noqa: ANN401
    """One option or rejected one may be given as it is; whatever is given is stored as a list of texts."""
    call = bridged.call()
    given = list(options) if not isinstance(options, str) else options
    assert bridge.record_decision("refund", options=given, rejected=given, confidence=1, worker=call.worker)
    (event,) = bridged.events()

    assert (stored, stored) == (event["pipecat.decision.options"], event["pipecat.decision.rejected"])
    assert 1.0 == event["pipecat.decision.confidence"]


def test_intent_is_matched_or_not(bridged: Bridged) -> None:
    """A text is neither true nor false, and is refused."""
    call = bridged.call()

    assert False is bridge.record_intent(matched="no", worker=call.worker)  # type: ignore[arg-type]
    assert [] == bridged.events()


def test_end_of_a_call(bridged: Bridged) -> None:
    """The end event says how the call went."""
    call = bridged.call()
    call.interruptions = 2
    call.failed()
    emit.ended(call)
    (event,) = bridged.events()

    assert {
        "pipecat.conversation.turns": 1,
        "pipecat.conversation.errors": 1,
        "pipecat.conversation.interruptions": 2,
        "pipecat.conversation.failed": True,
        "session.id": "session-1",
        "turn.number": 1,
    }.items() <= event.items()


@pytest.mark.parametrize(("seconds", "beats"), [(4, 0), (9, 1), (30, 3), (60, 6)])
def test_heartbeats(monkeypatch: pytest.MonkeyPatch, bridged: Bridged, seconds: int, beats: int) -> None:
    """A live call beats every 10 s, first after 5 s, so that beats times 10 is on average the time it lived."""
    call = bridged.call()
    monkeypatch.setattr(conversation, "live", lambda: [call])
    due: dict[int, float] = {}
    for second in range(seconds + 1):
        ticker.heartbeats(due, float(second))

    assert ["pipecat.conversation.heartbeat"] * beats == bridged.named()


def test_process(bridged: Bridged) -> None:
    """A process with calls states its CPU as a share of one core and its resident memory, no more often than due."""
    call, sample = bridged.call(), ticker.Sample()
    began = sample.at
    ticker.process(sample, began + 1)
    ticker.process(sample, began + 10)
    call.ended = True
    ticker.process(sample, began + 20)
    (event,) = bridged.events()

    assert 0 <= event["pipecat.process.cpu_ratio"] < 2
    assert 10 * 2**20 < event["pipecat.process.memory_bytes"] < 10 * 2**30
    assert "conversation.id" not in event


def test_ended_worker_is_let_go(bridged: Bridged) -> None:
    """The bridge does not keep a pipeline alive: a process of many calls does not grow with them."""
    worker = Worker(_tracing_context=None, _conversation_id="call-8")
    call = conversation.Conversation(worker, "")
    conversation.register(worker, call)
    gone = weakref.ref(worker)
    del worker
    gc.collect()

    assert gone() is None
    assert call.context() is None
    assert [] == bridged.events()


def test_lost_telemetry_is_told(bridged: Bridged) -> None:
    """What was dropped is an event that says of which signal, why and how many; it belongs to no call."""
    emit.dropped("spans", "refused", 15)

    assert [
        {
            "event.name": "pipecat.bridge.dropped",
            "pipecat.bridge.signal": "spans",
            "pipecat.bridge.reason": "refused",
            "pipecat.bridge.dropped": 15,
        }
    ] == bridged.events()


def test_noise(bridged: Bridged) -> None:
    """The noise between words is measured on one piece a second, in dB of full scale; speech is none.

    A piece counts once the next one shows that no speech has begun in it.
    """
    call = bridged.call()
    listening = Listening(call)
    levels = []
    for second, sample, speaks in (
        (0.0, 328, False), (0.5, 9000, False), (1.0, 9000, False), (2.0, 9000, True), (3.0, 9000, True),
        (4.0, 0, False), (5.0, 33, False), (6.0, 33, False),
    ):  # fmt: skip
        audio = array.array("h", [sample, -sample] * 160).tobytes()
        data = pushed(f.InputAudioRawFrame(audio, 16_000, 1))
        data.timestamp, call.caller_speaks = round(second * 1e9), speaks
        listening.noise(data, 0.0)
        levels.append(call.noise_dbfs)

    assert [None, None, -40.0, -40.0, -40.0, -40.0, -90.3, -59.9] == levels
    assert 9000 / 32768 == pytest.approx(call.audio_level)
