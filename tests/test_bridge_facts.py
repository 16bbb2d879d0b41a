"""Failures, tools, transcripts, tokens, statements: what happens becomes one fact each."""

import array
import gc
import weakref
from types import SimpleNamespace
from typing import Any

import pytest
from pipecat.metrics.metrics import LLMTokenUsage, LLMUsageMetricsData, TTFBMetricsData, TTSUsageMetricsData

from bridged import Bridged, Worker, f, pushed
from pipecat_lgtm import bridge
from pipecat_lgtm.bridge import conversation, emit, ticker
from pipecat_lgtm.bridge.failures import Failures, category_of
from pipecat_lgtm.bridge.listening import Listening
from pipecat_lgtm.bridge.names import model_of, plain, provider_of, stage_of
from pipecat_lgtm.bridge.tools import Tools
from pipecat_lgtm.bridge.usage import usage


def _service(kind: str, name: str) -> Any:  # noqa: ANN401 - a service without its connections
    from pipecat.services import llm_service, stt_service, tts_service  # noqa: PLC0415 - after `bridged`

    base = {"STT": stt_service.STTService, "LLM": llm_service.LLMService, "TTS": tts_service.TTSService}[kind]
    made = type(name, (base,), {"__init__": lambda _: None, "run_stt": None, "run_tts": None, "is_usable": True})
    return made()


class RefusedError(Exception):
    """As a provider's library raises it."""

    status_code = 401


@pytest.mark.parametrize(
    ("error", "category"),
    [
        pytest.param(f.ErrorFrame("x", category=None), "unknown", id="nothing is known"),
        pytest.param(f.ErrorFrame("Error getting audio (status: 429, error: slow down)"), "rate_limit", id="status"),
        pytest.param(f.ErrorFrame("Unknown error occurred: Error code: 500 - oh"), "server", id="error code"),
        pytest.param(f.ErrorFrame("x", exception=RefusedError()), "authentication", id="exception"),
        pytest.param(f.ErrorFrame("x", exception=TimeoutError()), "connectivity", id="timeout"),
        pytest.param(f.ErrorFrame("Cannot connect to host"), "connectivity", id="words"),
        pytest.param(f.ErrorFrame("item 500 is missing"), "unknown", id="a number that is no status"),
    ],
)
def test_category(error: f.ErrorFrame, category: str) -> None:
    """Pipecat's category stands; where it has none, the exception's or the message's HTTP status tells."""
    assert category == category_of(error).value


@pytest.mark.parametrize(
    ("kind", "name", "known_as"),
    [
        ("STT", "DeepgramSTTService", ("stt", "deepgram")),
        ("TTS", "ElevenLabsTTSService", ("tts", "elevenlabs")),
        ("LLM", "AnthropicLLMService", ("llm", "anthropic")),
        ("LLM", "AzureLLMService", ("llm", "azure.ai.openai")),
        ("LLM", "OpenAIRealtimeLLMService", ("llm", "openai")),
        ("LLM", "GoogleVertexLLMService", ("llm", "gcp.vertex_ai")),
    ],
)
def test_names(kind: str, name: str, known_as: tuple[str, str]) -> None:
    """Stage and provider are named as Pipecat's own spans name them."""
    service = _service(kind, name)

    assert known_as == (stage_of(service), provider_of(service))
    assert "unknown" == model_of(service)


def test_names_of_others() -> None:
    """What is no service belongs to the pipeline; counters that grow with calls are no part of a name."""
    assert ("pipeline", "worker") == (stage_of(Worker()), provider_of(Worker()))
    assert "OpenAILLMService" == plain("OpenAILLMService#17")


def test_failure_without_a_voice_is_one(bridged: Bridged) -> None:
    """TTS that failed and therefore has no audio fails once; without a failure before it, silence is the failure."""
    call = bridged.call()
    failures, voice = Failures(call), _service("TTS", "OpenAITTSService")
    silent = f.ErrorFrame("TTS context 7 completed with no audio")
    for error in (f.ErrorFrame("Error code: 429"), silent, silent):
        failures.failed(pushed(error, voice), 0.0)

    assert [("tts", "openai", "rate_limit"), ("tts", "openai", "unknown")] == [
        (one["pipecat.stage"], one["gen_ai.provider.name"], one["pipecat.error.category"]) for one in bridged.events()
    ]
    assert (2, 2) == (call.errors, call.turn.errors if call.turn else None)


def test_a_voice_that_came_back_can_fail_again(bridged: Bridged) -> None:
    """Audio in between tells two failures apart."""
    failures, voice = Failures(bridged.call()), _service("TTS", "OpenAITTSService")
    failures.failed(pushed(f.ErrorFrame("Error code: 500"), voice), 0.0)
    failures.spoke(pushed(f.TTSAudioRawFrame(b"", 24_000, 1), voice), 0.0)
    failures.failed(pushed(f.ErrorFrame("TTS context 8 completed with no audio"), voice), 0.0)

    assert ["server", "unknown"] == [one["pipecat.error.category"] for one in bridged.events()]


def test_failed_call_is_marked(bridged: Bridged) -> None:
    """The first failure marks turn and conversation; a call without one is marked as not failed."""
    call = bridged.call()
    spans_before = dict(conversation.LIVE[call.trace_id()].attributes or {})
    Failures(call).failed(pushed(f.ErrorFrame("x"), _service("STT", "DeepgramSTTService")), 0.0)
    spans = bridged.spans(call)

    assert spans_before["pipecat.conversation.failed"] is False
    assert {"pipecat.conversation.failed": True, "pipecat.conversation.errors": 1}.items() <= dict(
        spans["conversation"].attributes or {}
    ).items()
    assert 1 == dict(spans["turn"].attributes or {})["pipecat.turn.errors"]


def _in_progress(name: str) -> f.FunctionCallInProgressFrame:
    return f.FunctionCallInProgressFrame(name, f"id of {name}", {}, cancel_on_interruption=True)


def _result(name: str, error: str | None = None, *, final: bool = True) -> f.FunctionCallResultFrame:
    made = f.FunctionCallResultFrame(name, f"id of {name}", {}, "sunny", error=error)
    made.properties = SimpleNamespace(is_final=final)  # type: ignore[assignment]
    return made


def test_tools(bridged: Bridged) -> None:
    """Each tool call is a span with its own times and fate; a deadline that passed is a failure, a cancel is none."""
    call = bridged.call()
    tools = Tools(call)
    for name in ("good", "bad", "slow", "dropped", "open"):
        tools.began(pushed(_in_progress(name)), 100.0)
    tools.ended(pushed(_result("good", final=False)), 100.2)
    tools.ended(pushed(_result("good")), 100.5)
    tools.ended(pushed(_result("bad", "LookupError: no")), 101.0)
    tools.cancelled(pushed(f.FunctionCallCancelFrame("slow", "id of slow", run_llm=True)), 102.0)
    tools.cancelled(pushed(f.FunctionCallCancelFrame("dropped", "id of dropped")), 103.0)
    tools.finish(104.0)
    spans = bridged.spans(call)

    assert {
        "good": (0.5, "ok", "UNSET"),
        "bad": (1.0, "error", "ERROR"),
        "slow": (2.0, "error", "ERROR"),
        "dropped": (3.0, "interrupted", "UNSET"),
        "open": (4.0, "interrupted", "UNSET"),
    } == {
        name.removeprefix("execute_tool "): (
            pytest.approx(((span.end_time or 0) - (span.start_time or 0)) / 1e9),
            (span.attributes or {})["pipecat.status"],
            span.status.status_code.name,
        )
        for name, span in spans.items()
        if name.startswith("execute_tool ")
    }
    assert [("tool", "slow")] == [(one["pipecat.stage"], one["gen_ai.provider.name"]) for one in bridged.events()]


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
    call, service = bridged.call(), _service("TTS", "CartesiaTTSService")
    for characters in (0, 42):
        data = [TTSUsageMetricsData(processor="tts", model="sonic-2", value=characters)]
        usage(call, pushed(f.MetricsFrame(data), service), 0.0)

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
    Listening(bridged.call()).transcribed(pushed(frame, _service("STT", "DeepgramSTTService")), 0.0)
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
        call.ended = True

    assert {"call-7"} == {one["conversation.id"] for one in bridged.events()}
    assert {call.trace_id()} == {one.log_record.trace_id for one in bridged.records()}
    intent, decision, outcome = bridged.events()
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


def test_end_of_a_call(bridged: Bridged) -> None:
    """The end event says how the call went."""
    call = bridged.call()
    call.slow_turns, call.interruptions = 1, 2
    call.failed()
    emit.ended(call)
    (event,) = bridged.events()

    assert {
        "pipecat.conversation.turns": 1,
        "pipecat.conversation.errors": 1,
        "pipecat.conversation.slow_turns": 1,
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
    """What was dropped is an event that says of which signal and how many; it belongs to no call."""
    emit.dropped("spans", 15)

    assert [
        {
            "event.name": "pipecat.bridge.dropped",
            "pipecat.bridge.signal": "spans",
            "pipecat.bridge.dropped": 15,
        }
    ] == bridged.events()


def test_noise(bridged: Bridged) -> None:
    """The input's level is measured on one piece a second, in dB of full scale."""
    call = bridged.call()
    listening = Listening(call)
    levels = []
    for second, sample in ((0.0, 32767), (0.5, 328), (1.0, 328), (2.0, 0)):
        audio = array.array("h", [sample, -sample] * 160).tobytes()
        data = pushed(f.InputAudioRawFrame(audio, 16_000, 1))
        data.timestamp = round(second * 1e9)
        listening.noise(data, 0.0)
        levels.append(call.noise_dbfs)

    assert [0.0, 0.0, -40.0, None] == levels
