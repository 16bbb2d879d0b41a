"""Failures and tools: each is one fact, of its stage, provider and category."""

from types import SimpleNamespace

import pytest

from bridged import Bridged, Worker, f, pushed, service
from pipecat_lgtm_bridge import conversation
from pipecat_lgtm_bridge.failures import Failures, category_of
from pipecat_lgtm_bridge.names import model_of, plain, provider_of, stage_of
from pipecat_lgtm_bridge.tools import Tools


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
    made = service(kind, name)

    assert known_as == (stage_of(made), provider_of(made))
    assert "unknown" == model_of(made)


def test_names_of_others() -> None:
    """What is no service belongs to the pipeline; counters that grow with calls are no part of a name."""
    assert ("pipeline", "worker") == (stage_of(Worker()), provider_of(Worker()))
    assert "OpenAILLMService" == plain("OpenAILLMService#17")


def test_failure_without_a_voice_is_one(bridged: Bridged) -> None:
    """TTS that failed and therefore has no audio fails once; without a failure before it, silence is the failure."""
    call = bridged.call()
    failures, voice = Failures(call), service("TTS", "OpenAITTSService")
    silent = f.ErrorFrame("TTS context 7 completed with no audio")
    for error in (f.ErrorFrame("Error code: 429"), silent, silent):
        failures.failed(pushed(error, voice), 0.0)

    assert [("tts", "openai", "rate_limit"), ("tts", "openai", "unknown")] == [
        (one["pipecat.stage"], one["gen_ai.provider.name"], one["pipecat.error.category"]) for one in bridged.events()
    ]
    assert (2, 2) == (call.errors, call.turn.errors if call.turn else None)


def test_a_voice_that_came_back_can_fail_again(bridged: Bridged) -> None:
    """Audio in between tells two failures apart."""
    failures, voice = Failures(bridged.call()), service("TTS", "OpenAITTSService")
    failures.failed(pushed(f.ErrorFrame("Error code: 500"), voice), 0.0)
    failures.spoke(pushed(f.TTSAudioRawFrame(b"", 24_000, 1), voice), 0.0)
    failures.failed(pushed(f.ErrorFrame("TTS context 8 completed with no audio"), voice), 0.0)

    assert ["server", "unknown"] == [one["pipecat.error.category"] for one in bridged.events()]


def test_failed_call_is_marked(bridged: Bridged) -> None:
    """The first failure marks turn and conversation; a call without one says that it has none."""
    call = bridged.call()
    spans_before = dict(conversation.LIVE[call.trace_id()].attributes or {})
    Failures(call).failed(pushed(f.ErrorFrame("x"), service("STT", "DeepgramSTTService")), 0.0)
    spans = bridged.spans(call)

    assert {
        "pipecat.conversation.failed": False,
        "pipecat.conversation.errors": 0,
        "pipecat.conversation.unanswered": 0,
    }.items() <= spans_before.items()
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
