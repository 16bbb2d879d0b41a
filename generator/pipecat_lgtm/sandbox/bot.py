"""A Pipecat bot as users write it, and a caller who follows a scenario."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from loguru import logger
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    EndFrame,
    LLMRunFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.openai.stt import OpenAISTTService
from pipecat.services.openai.tts import OpenAITTSService
from pipecat.transports.base_transport import TransportParams
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

import pipecat_lgtm_bridge as bridge
from pipecat_lgtm.sandbox import logs
from pipecat_lgtm.sandbox.hearing import Heard, Hearing
from pipecat_lgtm.sandbox.scenarios import NOWHERE, Scenario
from pipecat_lgtm.sandbox.transport import STOP_SECONDS, EnergyVAD, Loudspeaker, Microphone

_SPEAKING_SECONDS = 0.8
_TOOL_SECONDS = 0.3
Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class Call:
    """One call to place.

    Args:
        id: conversation id.
        scenario: what happens in it.
        seed: of the provider's jitter.
        provider_url: base address of the provider's API.
    """

    id: str
    scenario: Scenario
    seed: int
    provider_url: str

    @property
    def key(self) -> str:
        """The API key by which the provider knows the call."""
        return f"{self.scenario.name}.{self.id}.{self.seed}"


class _Ears(BaseObserver):
    """Hears when the bot speaks, and sees when Pipecat notices that the caller has ended."""

    def __init__(self, hearing: Hearing) -> None:
        super().__init__(observe_every_push=False)
        self._hearing = hearing
        self.started, self.stopped = asyncio.Event(), asyncio.Event()

    def listen(self) -> None:
        self.started.clear()
        self.stopped.clear()

    async def on_push_frame(self, data: FramePushed) -> None:
        if isinstance(data.frame, BotStartedSpeakingFrame):
            self.started.set()
            self.stopped.clear()
        elif isinstance(data.frame, BotStoppedSpeakingFrame):
            self.stopped.set()
        elif isinstance(data.frame, VADUserStoppedSpeakingFrame) and data.direction is FrameDirection.DOWNSTREAM:
            ago = time.time() - (data.frame.timestamp - data.frame.stop_secs)
            self._hearing.noticed(time.monotonic() - ago)


def _weather(call: Call, *, observed: bool) -> Callable[..., Awaitable[None]]:
    """Return the bot's tool, which tells of what it does: in log lines of both kinds, and to the bridge."""

    async def get_weather(params: FunctionCallParams, city: str) -> None:
        """Get the weather.

        Args:
            params: Pipecat's.
            city: The city.

        Raises:
            LookupError: there is no such city; a tool that fails.
        """
        logger.info(f"{call.id} asks for the weather in {city}")
        if observed:
            bridge.record_intent(matched=city != NOWHERE, name="weather")
        await asyncio.sleep(_TOOL_SECONDS)
        logging.getLogger("sandbox").warning("%s has the weather", call.id)
        if city == NOWHERE:
            raise LookupError(f"no such city: {city}")
        if observed:
            bridge.record_decision(
                "answer", options=["answer", "escalate"], rejected={"escalate": "the weather is known"},
                rationale=f"for {call.id}", confidence=0.9, threshold=0.7,
            )  # fmt: skip
        await params.result_callback({"sky": "sunny", "city": city})

    return get_weather


async def place(call: Call, progress: Progress, *, plain: bool = False, observed: bool = False) -> list[Heard]:
    """Run one call to its end; return the first words the caller heard.

    Args:
        call: which.
        progress: told (call, event).
        plain: the bot configures neither tracing nor metrics.
        observed: the bridge is attached, and the bot states outcomes, intents and decisions.
    """
    key, url = call.key, call.provider_url
    llm = OpenAILLMService(
        api_key=key,
        base_url=url,
        settings=OpenAILLMService.Settings(model="gpt-4.1", system_instruction="You are a friendly sandbox bot."),
    )
    context = LLMContext(tools=[_weather(call, observed=observed)])
    user, bot = LLMContextAggregatorPair(
        context,
        user_params=LLMUserAggregatorParams(
            vad_analyzer=EnergyVAD(params=VADParams(stop_secs=STOP_SECONDS)),
            user_turn_strategies=UserTurnStrategies(stop=[SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.3)]),
        ),
    )
    audio = TransportParams(audio_in_enabled=True, audio_out_enabled=True)
    hearing = Hearing()
    microphone, loudspeaker, ears = Microphone(audio, hearing), Loudspeaker(audio, hearing), _Ears(hearing)
    pipeline = Pipeline(
        [
            microphone,
            OpenAISTTService(api_key=key, base_url=url),
            user,
            llm,
            OpenAITTSService(api_key=key, base_url=url),
            loudspeaker,
            bot,
        ]
    )
    worker = PipelineWorker(
        pipeline,
        params=PipelineParams(enable_metrics=not plain, enable_usage_metrics=not plain),
        enable_tracing=not plain,
        conversation_id=call.id,
        observers=[ears],
        idle_timeout_secs=None,
    )
    logs.belongs_to(worker)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    progress(call.id, "started")
    caller = asyncio.create_task(_converse(call, worker, context, microphone, ears, progress, observed=observed))
    try:
        await asyncio.gather(runner.run(), caller)
    except asyncio.CancelledError:
        await worker.cancel()
        raise
    finally:
        caller.cancel()
        with suppress(asyncio.CancelledError):
            await caller
    progress(call.id, "ended")
    return hearing.words


async def _converse(  # noqa: PLR0913, PLR0917 - the parts of one call
    call: Call,
    worker: PipelineWorker,
    context: LLMContext,
    microphone: Microphone,
    ears: _Ears,
    progress: Progress,
    *,
    observed: bool,
) -> None:
    await asyncio.sleep(0.5)
    context.add_message({"role": "developer", "content": "Please introduce yourself."})
    ears.listen()
    await worker.queue_frames([LLMRunFrame()])
    with suppress(TimeoutError):
        await asyncio.wait_for(ears.stopped.wait(), 8.0)
    for number, turn in enumerate(call.scenario.turns, 2):
        if turn.barge_in is None:
            await asyncio.sleep(turn.pause)
        progress(call.id, f"turn {number}")
        microphone.speaking = True
        await asyncio.sleep(_SPEAKING_SECONDS)
        microphone.speaking = False
        ears.listen()
        following = call.scenario.turns[number - 1 :]
        with suppress(TimeoutError):
            async with asyncio.timeout(turn.patience):
                await ears.started.wait()
                if following and following[0].barge_in is not None:
                    await asyncio.sleep(following[0].barge_in)
                else:
                    await ears.stopped.wait()
    await asyncio.sleep(0.3)
    if observed:
        failed = any(turn.faults for turn in call.scenario.turns)
        bridge.record_outcome("escalated" if failed else "completed", worker=worker)
    await worker.queue_frame(EndFrame())
