"""Characters of a TTS service that streams tokens: each is counted once, also where the bot is cut."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

import pipecat_lgtm_bridge as bridge
from bridged import Bridged, f
from pipecat_lgtm_bridge import logs, ticker

GREETING = "Welcome to the clinic, this is Ada speaking. How can I help you now?!"
REPLY = "We have a free slot tomorrow at nine, and another one on Friday. Which is best?!"


@pytest.fixture(autouse=True)
def _only_the_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the process's threads and loggers alone."""
    monkeypatch.setattr(logs, "install", lambda: None)
    monkeypatch.setattr(ticker, "start", lambda: None)


def _parts(mode: str) -> tuple[Any, Any]:
    """Return a worker with a TTS service that takes all text and says nothing, and the service."""
    from pipecat.pipeline.pipeline import Pipeline  # noqa: PLC0415 - after `bridged`
    from pipecat.pipeline.worker import PipelineParams, PipelineWorker  # noqa: PLC0415
    from pipecat.services.settings import TTSSettings  # noqa: PLC0415
    from pipecat.services.tts_service import TextAggregationMode, TTSService  # noqa: PLC0415
    from pipecat.transports.base_input import BaseInputTransport  # noqa: PLC0415
    from pipecat.transports.base_transport import TransportParams  # noqa: PLC0415

    class Voice(TTSService):
        def __init__(self) -> None:
            self.asked = ""
            super().__init__(
                text_aggregation_mode=TextAggregationMode(mode),
                settings=TTSSettings(model="sonic-2", voice="ada", language=None),
            )

        def can_generate_metrics(self) -> bool:
            return True

        async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[f.Frame | None, None]:  # noqa: ARG002 - Pipecat's signature
            self.asked += text
            await self.start_tts_usage_metrics(text)
            yield None

    voice = Voice()
    pipeline = Pipeline([BaseInputTransport(TransportParams()), voice])
    params = PipelineParams(enable_metrics=True, enable_usage_metrics=True)
    return PipelineWorker(pipeline, params=params, enable_rtvi=False, idle_timeout_secs=None), voice


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - a TTS service has no event for it
            await asyncio.sleep(0.01)


async def _talk(worker: Any, voice: Any, *, cut: bool, complete: bool) -> None:  # noqa: ANN401
    """Let the bot greet, be cut, and reply."""
    from pipecat.workers.runner import WorkerRunner  # noqa: PLC0415 - after `bridged`

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    await worker.queue_frame(f.TTSSpeakFrame(GREETING))
    await _until(lambda: voice.asked.strip() == GREETING)
    if cut:
        interrupted = asyncio.Event()
        handle = voice._handle_interruption  # noqa: SLF001

        async def handled(*arguments: Any) -> None:  # noqa: ANN401
            await handle(*arguments)
            interrupted.set()

        voice._handle_interruption = handled  # noqa: SLF001
        await worker.queue_frame(f.InterruptionFrame())
        await interrupted.wait()
    words = [REPLY[at : at + 10] for at in range(0, len(REPLY), 10)]
    reply = [f.LLMFullResponseStartFrame(), *map(f.LLMTextFrame, words)]
    await worker.queue_frames([*reply, *([f.LLMFullResponseEndFrame(), f.EndFrame()] if complete else [])])
    if not complete:
        await _until(lambda: len(voice.asked.strip()) >= len(GREETING + REPLY))
        await worker.cancel()
    await running


@pytest.mark.parametrize(
    ("mode", "cut", "complete"),
    [
        pytest.param("token", True, True, id="cut"),
        pytest.param("token", False, True, id="not cut"),
        pytest.param("token", True, False, id="cut, and the call is cancelled"),
        pytest.param("sentence", True, True, id="sentences, cut"),
        pytest.param("sentence", False, True, id="sentences"),
    ],
)
def test_characters_that_were_asked_for(bridged: Bridged, mode: str, cut: bool, complete: bool) -> None:  # noqa: FBT001
    """Whether the greeting is cut or the call ends before the reply does, each character is stated once."""
    worker, voice = _parts(mode)
    assert bridge.attach(worker)
    asyncio.run(_talk(worker, voice, cut=cut, complete=complete))
    stated = [one for one in bridged.events() if one["event.name"] == "pipecat.synthesis"]
    if mode == "sentence":
        assert len(voice.asked) == sum(one["pipecat.tts.characters"] for one in stated)
    else:
        assert len(GREETING) + len(REPLY) == sum(one["pipecat.tts.characters"] for one in stated)
    assert {("sonic-2", "voice")} == {(one["gen_ai.request.model"], one["gen_ai.provider.name"]) for one in stated}
