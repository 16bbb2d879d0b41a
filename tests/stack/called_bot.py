"""A bot that can be called, on the sandbox's provider: `python called_bot.py PORT PROVIDER TOKEN`.

How a call goes is said by its address: `/ws?case=CASE`; CASE names a scenario of the provider's, or is one of ours:
mute (a voice of silence), hangup (in mid-sentence), down (no provider at all), guarded (a token is asked for).
"""

import asyncio
import sys
import uuid
from typing import Any

import uvicorn
from fastapi import FastAPI, Response, WebSocket
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.evals.fastapi_transport import EvalFastAPIWebsocketTransport
from pipecat.evals.serializer import EvalSerializer, parse_eval_connect
from pipecat.evals.transport import EvalTransportParams
from pipecat.frames.frames import BotStartedSpeakingFrame, TTSAudioRawFrame
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.openai.stt import OpenAISTTService
from pipecat.services.openai.tts import OpenAITTSService
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

from pipecat_lgtm.sandbox.transport import EnergyVAD

app = FastAPI()
OURS = ("mute", "hangup", "down", "guarded")


class Mute(OpenAITTSService):
    """Says nothing, for as long as the words would take."""

    async def run_tts(self, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - Pipecat's
        """Yield silence."""
        async for frame in super().run_tts(*given, **named):
            if isinstance(frame, TTSAudioRawFrame):
                frame.audio = bytes(len(frame.audio))
            yield frame


class HangsUp(BaseObserver):
    """Ends the call a moment after the bot has begun to answer."""

    def __init__(self, websocket: WebSocket) -> None:
        super().__init__(observe_every_push=False)
        self._websocket = websocket

    async def on_push_frame(self, data: FramePushed) -> None:
        """Hang up."""
        if isinstance(data.frame, BotStartedSpeakingFrame):
            await asyncio.sleep(0.3)
            await self._websocket.close()


@app.websocket("/ws")
async def call(websocket: WebSocket) -> None:
    """Answer a call."""
    case = websocket.query_params.get("case", "heartbeat")
    if case == "guarded" and websocket.headers.get("authorization") != f"Bearer {app.state.token}":
        await websocket.send_denial_response(Response(status_code=401))
        return
    await websocket.accept()
    flags = parse_eval_connect(await websocket.receive_json())
    assert flags is not None
    fake = "heartbeat" if case in OURS else case
    url = "http://127.0.0.1:9/v1" if case == "down" else f"{app.state.provider}/v1"
    key = f"{fake}.{uuid.uuid4().hex}.1"
    params = EvalTransportParams(audio_in_enabled=True, audio_out_enabled=True, serializer=EvalSerializer())
    transport = EvalFastAPIWebsocketTransport(websocket, params, flags)
    user, bot = LLMContextAggregatorPair(
        LLMContext(),
        user_params=LLMUserAggregatorParams(
            vad_analyzer=EnergyVAD(params=VADParams(stop_secs=0.2)),
            user_turn_strategies=UserTurnStrategies(stop=[SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.3)]),
        ),
    )
    voice = Mute if case == "mute" else OpenAITTSService
    llm = OpenAILLMService(api_key=key, base_url=url, settings=OpenAILLMService.Settings(model="gpt-4.1"))
    worker = PipelineWorker(
        Pipeline(
            [
                transport.input(), OpenAISTTService(api_key=key, base_url=url), user, llm,
                voice(api_key=key, base_url=url), transport.output(), bot,
            ]
        ),
        params=PipelineParams(enable_metrics=True, enable_usage_metrics=True),
        enable_tracing=True,
        observers=[HangsUp(websocket)] if case == "hangup" else [],
    )  # fmt: skip

    @transport.event_handler("on_client_disconnected")
    async def _end(*_: object) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


if __name__ == "__main__":
    app.state.provider, app.state.token = sys.argv[2:]
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
