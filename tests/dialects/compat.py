"""One bot for all Pipecat releases since 0.0.68: what was renamed is looked up under its old name."""

import array
import asyncio
import math
import re
import time

try:
    # Releases up to 1.0 split sentences with NLTK, whose model is a download; the replies need no model.
    import nltk.tokenize

    nltk.tokenize.sent_tokenize = nltk.sent_tokenize = lambda text, *_: re.findall(r"[^.!?]+[.!?]*", text)
    nltk.data.find = lambda *_, **__: None
except ImportError:
    pass

from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams
from pipecat.frames.frames import EndFrame, InputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

try:
    from pipecat.pipeline.worker import PipelineParams
    from pipecat.pipeline.worker import PipelineWorker as Worker
except ImportError:
    from pipecat.pipeline.task import PipelineParams
    from pipecat.pipeline.task import PipelineTask as Worker
try:
    from pipecat.workers.runner import WorkerRunner as Runner
except ImportError:
    from pipecat.pipeline.runner import PipelineRunner as Runner

RATE = 16_000
LOUD = array.array("h", (int(12_000 * math.sin(2 * math.pi * 220 * n / RATE)) for n in range(320))).tobytes()


class EnergyVAD(VADAnalyzer):
    """Voice is what is loud."""

    def num_frames_required(self):
        """Return the samples of a decision."""
        return int(self.sample_rate * 0.02)

    def voice_confidence(self, buffer):
        """Return 1 for a loud buffer."""
        return 1.0 if max(array.array("h", buffer), default=0) > 1000 else 0.0


class Microphone(BaseInputTransport):
    """Silence, or a tone while the caller speaks."""

    def __init__(self, params):
        super().__init__(params)
        self.speaking, self._pumping = False, None

    async def start(self, frame):
        """Begin to listen."""
        await super().start(frame)
        if hasattr(self, "set_transport_ready"):
            await self.set_transport_ready(frame)
        self._pumping = asyncio.create_task(self._pump())

    async def _pump(self):
        due = time.monotonic()
        while True:
            audio = LOUD if self.speaking else bytes(640)
            await self.push_audio_frame(InputAudioRawFrame(audio=audio, sample_rate=RATE, num_channels=1))
            due += 0.02
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def cleanup(self):
        """Stop listening."""
        if self._pumping:
            self._pumping.cancel()
        await super().cleanup()


class Loudspeaker(BaseOutputTransport):
    """Takes audio in real time and remembers when it last did."""

    last = 0.0

    async def start(self, frame):
        """Begin to play."""
        await super().start(frame)
        self._heard_until = time.monotonic()
        if hasattr(self, "set_transport_ready"):
            await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame):
        """Play a frame."""
        await self._play(frame.audio)
        return True

    async def write_raw_audio_frames(self, frames, destination=None):
        """Play bytes, as releases before 0.0.77 give them."""
        await self._play(frames)

    async def _play(self, audio):
        now = time.monotonic()
        self._heard_until = max(self._heard_until, now) + len(audio) / 2 / 24_000
        Loudspeaker.last = now
        await asyncio.sleep(max(0.0, self._heard_until - now - 0.04))


def settings(cls, fields):
    """Return only the settings a class of this release has."""
    known = getattr(cls, "model_fields", None) or getattr(cls, "__dataclass_fields__", {})
    return cls(**{key: value for key, value in fields.items() if key in known})


def transport_params():
    """Return the transport's parameters; before 1.3 the VAD is one of them."""
    vad = EnergyVAD(params=VADParams(stop_secs=0.2))
    return settings(
        TransportParams,
        {"audio_in_enabled": True, "audio_out_enabled": True, "vad_enabled": True, "vad_analyzer": vad},
    )


def aggregators(llm, tools, *, server_turns=False):
    """Return the context and the pair of aggregators; with server turns the provider says when the caller speaks."""
    try:
        from pipecat.processors.aggregators.llm_context import LLMContext
        from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
    except ImportError:
        from pipecat.processors.aggregators.openai_llm_context import OpenAILLMContext

        context = OpenAILLMContext(messages=[{"role": "system", "content": "You are a recorded bot."}], tools=tools)
        pair = llm.create_context_aggregator(context)
        return context, pair.user(), pair.assistant()
    context = LLMContext(messages=[{"role": "system", "content": "You are a recorded bot."}], tools=_universal(tools))
    options = {}
    try:
        from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregatorParams
        from pipecat.turns.user_turn_strategies import UserTurnStrategies

        try:
            from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy as Stop

            stop = Stop(user_speech_timeout=0.3)
        except ImportError:
            from pipecat.turns.user_stop import TranscriptionUserTurnStopStrategy as Stop

            stop = Stop(timeout=0.3)
        fields = {"user_turn_strategies": UserTurnStrategies(stop=[stop])}
        if (
            "vad_analyzer" not in getattr(TransportParams, "model_fields", {})
            or "vad_analyzer" in LLMUserAggregatorParams.__dataclass_fields__
        ):
            fields["vad_analyzer"] = EnergyVAD(params=VADParams(stop_secs=0.2))
        options = {} if server_turns else {"user_params": settings(LLMUserAggregatorParams, fields)}
    except ImportError:
        pass
    pair = LLMContextAggregatorPair(context, **options)
    return context, pair.user(), pair.assistant()


def _universal(tools):
    from pipecat.adapters.schemas.function_schema import FunctionSchema
    from pipecat.adapters.schemas.tools_schema import ToolsSchema

    made = [
        FunctionSchema(
            name=one["function"]["name"],
            description=one["function"]["description"],
            properties=one["function"]["parameters"]["properties"],
            required=[],
        )
        for one in tools
    ]
    return ToolsSchema(standard_tools=made)


async def run(processors, conversation_id, script, *, tracing=True):
    """Run a pipeline while a script talks to it."""
    params = settings(
        PipelineParams,
        {"allow_interruptions": True, "enable_metrics": True, "enable_usage_metrics": True},
    )
    worker = Worker(Pipeline(processors), params=params, enable_tracing=tracing, conversation_id=conversation_id)
    runner = Runner(handle_sigint=False)

    async def talk():
        await script(worker)
        await worker.queue_frame(EndFrame())

    if hasattr(runner, "add_workers"):
        await runner.add_workers(worker)
        await asyncio.gather(runner.run(), talk())
    else:
        await asyncio.gather(runner.run(worker), talk())
