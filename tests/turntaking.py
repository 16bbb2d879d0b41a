"""Bots of many kinds on real Pipecat pipelines with known audio; only what would be a provider is made up.

Their time is the event loop's, so that no busy machine is in what they measure.
"""

import array
import asyncio
import time
import warnings
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from loguru import logger

import pipecat_lgtm_bridge as bridge
import virtual_time
from bridged import Bridged, f

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from pipecat.audio.vad.vad_analyzer import VADParams
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.pipeline.worker import PipelineParams, PipelineWorker
    from pipecat.processors.aggregators.llm_context import LLMContext
    from pipecat.processors.aggregators.llm_response_universal import (
        LLMContextAggregatorPair,
        LLMUserAggregatorParams,
    )
    from pipecat.processors.audio.vad_processor import VADProcessor
    from pipecat.processors.frame_processor import FrameDirection
    from pipecat.services.llm_service import FunctionCallParams, LLMService
    from pipecat.services.settings import LLMSettings, STTSettings, TTSSettings
    from pipecat.services.stt_service import STTService
    from pipecat.services.tts_service import TTSService
    from pipecat.transports.base_input import BaseInputTransport
    from pipecat.transports.base_output import BaseOutputTransport
    from pipecat.transports.base_transport import TransportParams
    from pipecat.turns.user_mute import BaseUserMuteStrategy
    from pipecat.turns.user_turn_strategies import UserTurnStrategies
    from pipecat.workers.runner import WorkerRunner

    from pipecat_lgtm.sandbox.replies import tone
    from pipecat_lgtm.sandbox.transport import EnergyVAD

RATE, FRAME = 16_000, 0.02
_LOUD, _SOFT, _AUDIBLE = 200, 500, 20
_FAILS = "the STT fails"
_PROMPT: Any = {"role": "user", "content": "Still there?"}
_LEAD = 0.1
"""The silence that every synthesis begins with."""

Step = tuple[Any, ...]
Source = Literal["model", "stt"]


def quiet(seconds: float) -> Step:
    """The caller says nothing."""
    return ("quiet", seconds)


def says(seconds: float, text: str = "How are you today?") -> Step:
    """The caller speaks, and the STT will understand it."""
    return ("sound", seconds, text)


def noise(seconds: float = 0.4) -> Step:
    """A sound that the VAD takes for speech and the STT does not."""
    return ("sound", seconds, "")


def soft(seconds: float, text: str = "How are you today?") -> Step:
    """The caller speaks so softly that the STT understands it and the VAD does not notice."""
    return ("soft", seconds, text)


def unheard(seconds: float) -> Step:
    """The caller speaks, and the STT fails."""
    return ("sound", seconds, _FAILS)


def off(seconds: float) -> Step:
    """The microphone is off: no audio comes."""
    return ("off", seconds)


def queue(*frames: Callable[[], f.Frame]) -> Step:
    """The program queues frames."""
    return ("queue", frames)


def gone() -> Step:
    """The caller has left: the bot cancels its call."""
    return ("gone", 0.0)


def greet() -> Step:
    """The bot says something of itself."""
    return queue(lambda: f.TTSSpeakFrame("Welcome to the bank."))


def prompt() -> Step:
    """The program asks the model for a reply, as an idle prompt does."""
    return queue(lambda: f.LLMMessagesAppendFrame([_PROMPT], run_llm=True))


def asked() -> Step:
    """The program asks the model with a context of its own."""
    return queue(lambda: f.LLMContextFrame(LLMContext([_PROMPT])))


def typed() -> Step:
    """Text is typed: the bot is interrupted and answers it."""
    return queue(f.InterruptionFrame, prompt()[1][0])


@dataclass
class Facts:
    """What really happened, seconds since the epoch.

    Args:
        ends: the last loud frame of each sound.
        words: the first audible sample of each stretch of the bot's speech.
        marks: the times at which each kind of service or the program told of an end of speech.
    """

    ends: list[float] = field(default_factory=list)
    words: list[float] = field(default_factory=list)
    marks: dict[str, list[float]] = field(default_factory=dict)

    def mark(self, what: str) -> None:
        """Note that something told of an end of speech now."""
        self.marks.setdefault(what, []).append(time.time())


@dataclass
class Bot:
    """One bot and its caller.

    Args:
        script: what the caller and the program do.
        turns: makes the turn strategies; None: those of the STT or the model.
        mute: makes mute strategies.
        vad: silence in seconds after which the local VAD ends speech; None: no local VAD.
        vad_first: the VAD is a processor before the STT, where no mute holds it.
        stt: seconds after the true end of a sound at which its transcript comes; None: no STT.
        decides: the STT or the model decides on turns.
        tells: the STT or the model tells of speech.
        words_late: a speech-to-speech model states what it heard after it has begun to answer.
        fails: so many requests fail before the model answers one.
        think: seconds of the model; think_more: of its second sentence, if it has one.
        tool: the model calls a tool first.
        model: `text`, or `speech` for speech-to-speech.
        timeout: Pipecat's own end of a turn of which nothing more is heard.
        asks_again: Pipecat's own prompt after the first turn without words.
    """

    script: list[Step]
    turns: Callable[[], UserTurnStrategies] | None = None
    mute: Callable[[], list[BaseUserMuteStrategy]] = list
    vad: float | None = 0.2
    vad_first: bool = False
    stt: float | None = 0.25
    decides: bool = False
    tells: bool = True
    words_late: bool = False
    fails: int = 0
    think: float = 0.3
    think_more: float | None = None
    tool: float | None = None
    model: Literal["text", "speech"] = "text"
    timeout: float = 1.0
    asks_again: bool = True
    facts: Facts = field(default_factory=Facts)


class _Microphone(BaseInputTransport):
    def __init__(self, facts: Facts) -> None:
        super().__init__(TransportParams(audio_in_enabled=True))
        self._facts = facts
        self.now: Literal["quiet", "sound", "soft", "off"] = "quiet"
        self.ready = asyncio.Event()
        self._pump_task: asyncio.Task[None] | None = None

    async def start(self, frame: f.StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)
        self._pump_task = self.create_task(self._pump())
        self.ready.set()

    async def cleanup(self) -> None:
        if self._pump_task is not None:
            await self.cancel_task(self._pump_task)
            self._pump_task = None
        await super().cleanup()  # type: ignore[no-untyped-call]

    async def _pump(self) -> None:
        samples = int(RATE * FRAME)
        loud, silent, sounded = tone(samples, RATE), bytes(samples * 2), False
        peaks = array.array("h", loud)
        low = array.array("h", (one * _SOFT // max(peaks) for one in peaks)).tobytes()
        audios = {"sound": loud, "soft": low, "quiet": silent}
        due = time.monotonic()
        pushed = time.time()
        while True:
            sounds = self.now in {"sound", "soft"}
            if sounded and not sounds:
                self._facts.ends.append(pushed)
            sounded = sounds
            if self.now != "off":
                pushed = time.time()
                audio = f.InputAudioRawFrame(audio=audios[self.now], sample_rate=RATE, num_channels=1)
                await self.push_audio_frame(audio)
            due += FRAME
            await asyncio.sleep(max(0.0, due - time.monotonic()))


class _Loudspeaker(BaseOutputTransport):
    def __init__(self, facts: Facts) -> None:
        super().__init__(TransportParams(audio_out_enabled=True))
        self._facts, self._until, self._last = facts, 0.0, 0.0

    async def start(self, frame: f.StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: f.OutputAudioRawFrame) -> bool:
        now = time.time()
        begins = max(self._until, now)
        self._until = begins + len(frame.audio) / 2 / frame.sample_rate
        loud = [index for index, one in enumerate(array.array("h", frame.audio)) if abs(one) > _AUDIBLE]
        if loud:
            if begins - self._last > 0.3:
                self._facts.words.append(begins + loud[0] / frame.sample_rate)
            self._last = self._until
        await asyncio.sleep(max(0.0, self._until - now - FRAME))
        return True


class _Ear:
    """Where a provider's own detection would be: it hears the audio that the bot sends."""

    def __init__(self) -> None:
        self.sounds = False
        self.count = -1

    def edge(self, audio: bytes) -> bool | None:
        """Return True where a sound begins, False where it ends."""
        loud = max(array.array("h", audio), default=0) > _LOUD
        if loud == self.sounds:
            return None
        self.sounds = loud
        self.count += loud
        return loud


class _Stt(STTService):
    def __init__(self, bot: Bot, texts: list[str]) -> None:
        super().__init__(settings=STTSettings(model="ear", language=None), ttfs_p99_latency=0.3)
        self._bot, self._texts, self._ear = bot, texts, _Ear()
        self._decides = bot.decides and bot.model == "text"
        self._timer: asyncio.TimerHandle | None = None

    async def run_stt(self, audio: bytes) -> AsyncGenerator[f.Frame | None, None]:
        if self._timer is not None:
            self._timer.cancel()
        await self._hear(audio)
        if self._ear.sounds:  # no more audio is silence, too
            heard = lambda: self.create_task(self._hear(bytes(2)))  # noqa: E731
            self._timer = asyncio.get_running_loop().call_later(0.1, heard)
        yield None

    async def _hear(self, audio: bytes) -> None:
        edge = self._ear.edge(audio)
        text = self._texts[self._ear.count] if self._ear.count >= 0 else ""
        if edge and self._decides and text:
            await self.broadcast_frame(f.ProposedUserStartedSpeakingFrame)
        elif edge is False and text:
            self.create_task(self._understood(text))

    async def _understood(self, text: str) -> None:
        assert self._bot.stt is not None
        await asyncio.sleep(self._bot.stt)
        if text == _FAILS:
            await self.push_error("HTTP 500")
            return
        self._bot.facts.mark("transcript")
        await self.push_frame(f.TranscriptionFrame(text, "caller", "now", finalized=True))
        if self._decides:
            self._bot.facts.mark("stt")
            await self.broadcast_frame(f.ProposedUserStoppedSpeakingFrame)


class _Model(LLMService):
    def __init__(self, bot: Bot) -> None:
        super().__init__(settings=_model_settings())
        self._bot, self._called = bot, False
        self.register_function("look_up", self._look_up)

    async def _look_up(self, params: FunctionCallParams) -> None:
        await asyncio.sleep(self._bot.tool or 0.0)
        await params.result_callback({"found": True})

    async def process_frame(self, frame: f.Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, f.LLMContextFrame):
            await self._answer(frame.context)
        else:
            await self.push_frame(frame, direction)

    async def _answer(self, context: LLMContext) -> None:
        bot = self._bot
        await self.push_frame(f.LLMFullResponseStartFrame())
        await self.start_ttfb_metrics()
        await asyncio.sleep(bot.think)
        await self.stop_ttfb_metrics()
        if bot.fails:
            bot.fails -= 1
            await self.push_error("HTTP 500")
            await self.push_frame(f.LLMFullResponseEndFrame())
            return
        if bot.tool is not None and not self._called:
            self._called = True
            await self.push_frame(f.LLMFullResponseEndFrame())
            await self.run_function_calls([f.FunctionCallFromLLM("look_up", "call-1", {}, context)])
            return
        # A sentence is spoken once the next one has begun.
        await self.push_frame(f.LLMTextFrame("I am well. " if bot.think_more is None else "I am well. And"))
        if bot.think_more is not None:
            await asyncio.sleep(bot.think_more)
            await self.push_frame(f.LLMTextFrame(" you are too. "))
        await self.push_frame(f.LLMFullResponseEndFrame())


class _Speaker(LLMService):
    """A speech-to-speech model: it hears, decides and speaks."""

    def __init__(self, bot: Bot, texts: list[str]) -> None:
        super().__init__(settings=_model_settings())
        self._bot, self._texts, self._ear = bot, texts, _Ear()

    def service_metadata_frame(self) -> f.LLMServiceMetadataFrame:
        strategies = None
        if self._bot.decides and self._bot.tells:
            from pipecat.turns.user_turn_strategies import ExternalUserTurnStrategies  # noqa: PLC0415

            strategies = ExternalUserTurnStrategies()
        return f.LLMServiceMetadataFrame(
            service_name=self.name, is_realtime_service=True, user_turn_strategies=strategies
        )

    async def process_frame(self, frame: f.Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, f.InputAudioRawFrame):
            await self._hear(frame.audio)
        elif isinstance(frame, f.LLMContextFrame) and frame.context.messages[-1] == _PROMPT:
            await self._speak()
        await self.push_frame(frame, direction)

    async def _hear(self, audio: bytes) -> None:
        edge = self._ear.edge(audio)
        text = self._texts[self._ear.count] if self._ear.count >= 0 else ""
        tells = self._bot.decides and self._bot.tells
        if edge and text and tells:
            await self.broadcast_frame(f.ProposedUserStartedSpeakingFrame)
        elif edge is False and text:
            self.create_task(self._reply(text, tells=tells))

    async def _reply(self, text: str, *, tells: bool) -> None:
        await asyncio.sleep(0.2)
        if tells:
            self._bot.facts.mark("service")
            await self.broadcast_frame(f.ProposedUserStoppedSpeakingFrame)
        await self._speak(text)

    async def _speak(self, heard: str = "") -> None:
        await asyncio.sleep(self._bot.think)
        if heard and not self._bot.words_late:
            await self._state(heard)
        await self.push_frame(f.LLMFullResponseStartFrame())
        await self.push_frame(f.TTSStartedFrame())
        for piece in (bytes(int(24_000 * _LEAD) * 2), *[tone(2400, 24_000)] * 5):
            await self.push_frame(f.TTSAudioRawFrame(piece, 24_000, 1))
        await self.push_frame(f.TTSStoppedFrame())
        await self.push_frame(f.LLMFullResponseEndFrame())
        if heard and self._bot.words_late:
            await asyncio.sleep(0.2)
            await self._state(heard)

    async def _state(self, heard: str) -> None:
        await self.push_frame(f.TranscriptionFrame(heard, "caller", "now"), FrameDirection.UPSTREAM)


class _Tts(TTSService):
    def __init__(self) -> None:
        super().__init__(
            push_start_frame=True, push_stop_frames=True, stop_frame_timeout_s=0.3, sample_rate=24_000,
            settings=TTSSettings(model="voice", voice="voice", language=None),
        )  # fmt: skip

    def can_generate_metrics(self) -> bool:
        return True

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[f.Frame | None, None]:
        del text
        await asyncio.sleep(0.1)
        for piece in (bytes(int(24_000 * _LEAD) * 2), *[tone(2400, 24_000)] * 5):
            yield f.TTSAudioRawFrame(piece, 24_000, 1, context_id=context_id)


def _model_settings() -> LLMSettings:
    names = ("temperature", "max_tokens", "top_p", "top_k", "frequency_penalty", "presence_penalty", "seed",
             "filter_incomplete_user_turns", "user_turn_completion_config", "system_instruction")  # fmt: skip
    return LLMSettings(model="made-up", **dict.fromkeys(names))


async def _call(bot: Bot, name: str) -> None:  # noqa: C901 - the kinds of steps
    texts = [step[2] for step in bot.script if step[0] in {"sound", "soft"}]
    vad = (lambda: EnergyVAD(params=VADParams(stop_secs=bot.vad))) if bot.vad is not None else None
    params: dict[str, Any] = {"user_mute_strategies": bot.mute(), "user_turn_stop_timeout": bot.timeout}
    if not bot.asks_again:
        params["empty_user_turn"] = None
    if bot.turns is not None:
        params["user_turn_strategies"] = bot.turns()
    if vad is not None and not bot.vad_first:
        params["vad_analyzer"] = vad()
    context = LLMContext()
    user, assistant = LLMContextAggregatorPair(context, user_params=LLMUserAggregatorParams(**params))
    microphone, loudspeaker = _Microphone(bot.facts), _Loudspeaker(bot.facts)
    middle: list[Any] = [VADProcessor(vad_analyzer=vad())] if vad is not None and bot.vad_first else []
    if bot.stt is not None:
        middle.append(_Stt(bot, texts))
    middle += [user, _Model(bot), _Tts()] if bot.model == "text" else [user, _Speaker(bot, texts)]
    worker = PipelineWorker(
        Pipeline([microphone, *middle, loudspeaker, assistant]),
        params=PipelineParams(enable_metrics=True), enable_tracing=True, conversation_id=name,
        idle_timeout_secs=None, enable_rtvi=False,
    )  # fmt: skip
    bridge.attach(worker)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)

    async def play() -> None:
        await asyncio.wait_for(microphone.ready.wait(), 30.0)
        for kind, what, *_ in bot.script:
            if kind == "queue":
                for made in what:
                    frame = made()
                    if isinstance(frame, f.UserStoppedSpeakingFrame):
                        bot.facts.mark("turn")
                    await worker.queue_frame(frame)
                continue
            if kind == "gone":
                await worker.cancel()
                return
            microphone.now = kind
            await asyncio.sleep(what)
        microphone.now = "quiet"
        await worker.queue_frame(f.EndFrame())

    player = asyncio.create_task(play())
    try:
        await asyncio.wait_for(runner.run(), 60.0)
    finally:
        player.cancel()
        with suppress(asyncio.CancelledError):
            await player


def run(bots: dict[str, Bot]) -> None:
    """Run all bots to their ends."""

    async def all_of_them() -> None:
        await asyncio.gather(*(_call(bot, name) for name, bot in bots.items()))

    logger.disable("pipecat")  # a line for every frame of a call takes most of the time
    try:
        virtual_time.run(all_of_them())
    finally:
        logger.enable("pipecat")


def turns_of(bridged: Bridged, name: str) -> list[dict[str, Any]]:
    """Return the attributes of the turns of one call."""
    spans = sorted(bridged.exporter.get_finished_spans(), key=lambda one: one.start_time or 0)
    return [
        dict(one.attributes or {})
        for one in spans
        if one.name == "turn" and one.attributes["conversation.id"] == name  # type: ignore[index]
    ]
