"""An HTTP server that speaks OpenAI's transcription, chat and speech API, with the delays and faults of a scenario.

The API key names the call: `<scenario>.<call>.<seed>`. So calls never mix, and the server needs no registration.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from pipecat_lgtm.sandbox import replies
from pipecat_lgtm.sandbox.scenarios import SCENARIOS, Scenario, Turn
from pipecat_lgtm.sandbox.truth import Truth

_HANG_SECONDS = 30.0
_SLOW_CHUNK_SECONDS = 0.4
_TOKEN_SECONDS = 0.005
_MAX_BODY_BYTES = 64 * 2**20
_STATUS = {
    "http_500": (500, "server_error", "The server had an error."),
    "http_429": (429, "rate_limit_exceeded", "Rate limit reached."),
}


@dataclass
class _Call:
    scenario: Scenario
    random: random.Random
    heard: int = 0
    tried: dict[str, int] = field(default_factory=dict)

    def turn(self) -> Turn | None:
        return self.scenario.turns[self.heard - 1] if 0 < self.heard <= len(self.scenario.turns) else None

    def delay(self, stage: str) -> float:
        jitter = self.scenario.delays.jitter
        return self.scenario.delays.of(stage) + (self.random.uniform(0, jitter) if jitter else 0.0)

    def fault(self, stage: str) -> str | None:
        turn = self.turn()
        return turn.faults.get(stage) if turn else None


class Refused(Exception):  # noqa: N818 - not an error of ours
    """The request is none a real provider would take."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


Handler = Callable[[web.Request, _Call], Awaitable[web.StreamResponse]]


class Provider:
    """The server's state: one entry per call, and the truth."""

    def __init__(self) -> None:
        self.truth = Truth()
        self._calls: dict[str, _Call] = {}

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(client_max_size=_MAX_BODY_BYTES)
        app.router.add_post("/v1/audio/transcriptions", self._guarded(self._transcribe))
        app.router.add_post("/v1/chat/completions", self._guarded(self._chat))
        app.router.add_post("/v1/audio/speech", self._guarded(self._speech))
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/truth", self._truth)
        return app

    def _guarded(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request, self._call(request))
            except Refused as refused:
                self.truth.rejected(refused.reason)
                return _error(refused.status, "invalid_request_error", refused.reason)

        return guarded

    def _call(self, request: web.Request) -> _Call:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        name, _, rest = key.partition(".")
        _, _, seed = rest.rpartition(".")
        if scheme != "Bearer" or name not in SCENARIOS or not seed.isdigit():
            raise Refused(401, "invalid_api_key")
        if key not in self._calls:
            self._calls[key] = _Call(SCENARIOS[name], random.Random(int(seed)))  # noqa: S311 - repeatable on purpose
        return self._calls[key]

    async def _inject(self, call: _Call, stage: str) -> web.Response | None:
        """Wait, or return the fault's answer."""
        fault = call.fault(stage)
        if fault is None or fault == "slow_stream":
            delay = call.delay(stage)
            await asyncio.sleep(delay)
            self.truth.answered(stage, delay)
            return None
        self.truth.failed(stage, fault)
        if fault == "hang":
            await asyncio.sleep(_HANG_SECONDS)
            return _error(504, "timeout", "The server did not answer in time.")
        return _error(*_STATUS[fault])

    async def _transcribe(self, request: web.Request, call: _Call) -> web.StreamResponse:
        form = await request.post()
        audio = form.get("file")
        if not isinstance(audio, web.FileField) or not audio.file.read(4).startswith(b"RIFF"):
            raise Refused(400, "file_is_no_wav")
        if not form.get("model"):
            raise Refused(400, "model_missing")
        call.heard += 1
        if (failed := await self._inject(call, "stt")) is not None:
            return failed
        turn = call.turn()
        return web.json_response({"text": turn.says if turn else ""})

    async def _chat(self, request: web.Request, call: _Call) -> web.StreamResponse:
        body = await _json(request)
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages or body.get("stream") is not True or not body.get("model"):
            raise Refused(400, "chat_request_malformed")
        if (failed := await self._inject(call, "llm")) is not None:
            return failed
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        pause = _SLOW_CHUNK_SECONDS if call.fault("llm") == "slow_stream" else _TOKEN_SECONDS
        for chunk in replies.chat(messages):
            await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            await asyncio.sleep(pause)
        self.truth.spent(replies.USAGE_BY_TYPE)
        await response.write(b"data: [DONE]\n\n")
        return response

    async def _speech(self, request: web.Request, call: _Call) -> web.StreamResponse:
        body = await _json(request)
        text = body.get("input")
        if not isinstance(text, str) or not text or body.get("response_format") != "pcm" or not body.get("voice"):
            raise Refused(400, "speech_request_malformed")
        if (failed := await self._inject(call, "tts")) is not None:
            return failed
        self.truth.spoke(len(text))
        response = web.StreamResponse()
        await response.prepare(request)
        slow = call.fault("tts") == "slow_stream"
        for piece in replies.speech(text):
            await response.write(piece)
            if slow:
                await asyncio.sleep(_SLOW_CHUNK_SECONDS)
        return response

    async def _metrics(self, _request: web.Request) -> web.Response:
        text = generate_latest(self.truth.registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _truth(self, _request: web.Request) -> web.Response:
        return web.json_response(self.truth.as_dict())


async def _json(request: web.Request) -> dict[str, object]:
    try:
        body = await request.json()
    except json.JSONDecodeError as error:
        raise Refused(400, "not_json") from error
    if not isinstance(body, dict):
        raise Refused(400, "not_an_object")
    return body


def _error(status: int, kind: str, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": kind, "code": kind}}, status=status)


async def serve(address: str, port: int) -> tuple[web.AppRunner, int]:
    """Start a provider; return what stops it, and its port."""
    runner = web.AppRunner(Provider().app())
    await runner.setup()
    site = web.TCPSite(runner, address, port)
    await site.start()
    return runner, int(runner.addresses[0][1])
