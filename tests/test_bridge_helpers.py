"""Workers that help another worker's call: real LLM workers of Pipecat beside a worker with a transport."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from typing import Any

import pytest

import pipecat_lgtm_bridge as bridge
from bridged import Bridged
from pipecat_lgtm_bridge import conversation, logs, ticker

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from openai.types.chat import ChatCompletionChunk
    from pipecat.frames import frames as f
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.pipeline.worker import PipelineWorker
    from pipecat.services.openai import llm as openai
    from pipecat.transports.base_input import BaseInputTransport
    from pipecat.transports.base_transport import TransportParams
    from pipecat.workers.llm.backend_llm_worker import BackendLLMWorker
    from pipecat.workers.llm.llm_worker import LLMWorker
    from pipecat.workers.runner import WorkerRunner

TOKENS = 59


class OpenAILLMService(openai.OpenAILLMService):
    """Answers without a network; fails the second time it is asked."""

    asked = 0

    async def get_chat_completions(self, context: object) -> Any:  # noqa: ANN401, ARG002 - OpenAI's stream
        """Return one answer, or raise."""
        self.asked += 1
        if self.asked > 1:
            raise ConnectionError("no route")
        return _stream()


async def _stream() -> AsyncIterator[ChatCompletionChunk]:
    base = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4.1"}
    usage = {"prompt_tokens": 42, "completion_tokens": TOKENS - 42, "total_tokens": TOKENS}
    choice = {"index": 0, "delta": {"role": "assistant", "content": "Hello."}, "finish_reason": None}
    yield ChatCompletionChunk.model_validate({**base, "choices": [choice]})
    yield ChatCompletionChunk.model_validate({**base, "choices": [], "usage": usage})


def _caller(name: str) -> Any:  # noqa: ANN401 - a PipelineWorker
    pipeline = Pipeline([BaseInputTransport(TransportParams())])
    return PipelineWorker(pipeline, name=name, enable_rtvi=False, idle_timeout_secs=None, conversation_id=name)


def _helper(kind: str) -> Any:  # noqa: ANN401 - a PipelineWorker
    model = OpenAILLMService(api_key="none")
    if kind == "backend":
        return BackendLLMWorker(llm=model)
    if kind == "plain":
        return PipelineWorker(Pipeline([model]), enable_rtvi=False, idle_timeout_secs=None, enable_tracing=True)
    return LLMWorker("helper", llm=model, active=True, bridged=() if kind == "bridged" else None)


async def _until(what: str, reached: Any) -> None:  # noqa: ANN401 - a function
    for _ in range(500):
        if reached():
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"{what} did not come within 10 s")


async def _work(bridged: Bridged, caller: Any, helper: Any, *, caller_first: bool = True) -> None:  # noqa: ANN401
    """Run both until the helper has answered once and failed once."""
    from pipecat.processors.aggregators.llm_context import LLMContext  # noqa: PLC0415

    runner = WorkerRunner(handle_sigint=False)
    running = asyncio.create_task(runner.run())
    await runner.add_workers(*((caller, helper) if caller_first else (helper, caller)))
    await caller.queue_frame(f.BotStartedSpeakingFrame())  # begins the first turn
    call = conversation.of_worker(caller)
    assert call is not None
    await _until("the turn", lambda: call.turn is not None)
    for asked in (1, 2):
        await helper.queue_frame(f.LLMContextFrame(LLMContext([{"role": "user", "content": "Hi."}])))
        done = (
            (lambda: call.turn is not None and call.turn.tokens)
            if asked == 1
            else (lambda: "pipecat.error" in bridged.named())
        )
        await _until(f"answer {asked}", done)
    await helper.queue_frame(f.EndFrame())
    await caller.queue_frame(f.EndFrame())
    await running


@pytest.fixture(autouse=True)
def _only_the_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the process's threads and loggers alone; attach by the setup file, as a bot that changes nothing does."""
    monkeypatch.setattr(logs, "install", lambda: None)
    monkeypatch.setattr(ticker, "start", lambda: None)
    monkeypatch.setenv("PIPECAT_SETUP_FILES", str(bridge.path()))


@pytest.mark.parametrize("caller_first", [True, False], ids=["caller first", "helper first"])
@pytest.mark.parametrize("kind", ["llm", "backend", "plain"])
def test_helper_is_part_of_the_callers_call(bridged: Bridged, kind: str, *, caller_first: bool) -> None:
    """A worker without a transport is no call: its spans, tokens and errors are those of the caller's call."""
    bridge.attach(caller := _caller("call-1"))
    asyncio.run(_work(bridged, caller, _helper(kind), caller_first=caller_first))

    spans = bridged.exporter.get_finished_spans()
    attributes = {one.name: dict(one.attributes or {}) for one in spans}
    assert 1 == [one.name for one in spans].count("conversation")
    assert 1 == [one.name for one in spans].count("turn")
    assert 1 == len({one.context.trace_id for one in spans if one.context}), "one call, one trace"
    assert "llm" in attributes
    assert TOKENS == attributes["turn"]["pipecat.turn.tokens"]
    assert (True, 1) == (
        attributes["conversation"]["pipecat.conversation.failed"],
        attributes["conversation"]["pipecat.conversation.errors"],
    )
    assert 1 == bridged.named().count("pipecat.conversation.start") == bridged.named().count("pipecat.conversation.end")
    assert [("llm", "openai", "call-1")] == [
        (one["pipecat.stage"], one["gen_ai.provider.name"], one["conversation.id"])
        for one in bridged.events()
        if one["event.name"] == "pipecat.error"
    ]


def test_helper_of_two_calls_is_of_neither(bridged: Bridged) -> None:
    """Where two calls share a bus and neither is the helper's parent, nothing goes to the wrong call."""

    async def both() -> None:
        runner = WorkerRunner(handle_sigint=False)
        workers = _caller("a"), _caller("b"), _helper("llm")
        for one in workers[:2]:
            bridge.attach(one)
        await runner.add_workers(*workers)
        await workers[2].queue_frame(f.ErrorFrame("broken"))
        for one in workers:
            await one.queue_frame(f.EndFrame())
        await runner.run()

    asyncio.run(both())
    assert "pipecat.error" not in bridged.named()
    assert 2 == bridged.named().count("pipecat.conversation.end")


def test_bridged_helper(bridged: Bridged) -> None:
    """A worker that is bridged to another one is no call either."""
    helper = _helper("bridged")

    assert not bridge.attach(helper)
    assert conversation.of_worker(helper) is None
    assert [] == bridged.events()
