"""An HTTP server that speaks OpenAI's transcription, chat and speech API, with the delays and faults of a scenario.

The API key names the call: `<scenario>.<call>.<seed>`. So calls never mix, and the server needs no registration.
"""

import asyncio
import json
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from pipecat_lgtm.sandbox import replies
from pipecat_lgtm.sandbox.scenarios import SCENARIOS, Fault, Scenario, Turn
from pipecat_lgtm.sandbox.truth import Truth
from pipecat_lgtm.sandbox.tuning import Tuning
from pipecat_lgtm_bridge.contract.labels import STAGES

_HANG_SECONDS = 30.0
_SLOW_CHUNK_SECONDS = 0.4
_TOKEN_SECONDS = 0.005
_MAX_BODY_BYTES = 64 * 2**20
_ADDRESS_OR_PLAIN = re.compile(r"[0-9.]+|[0-9A-Fa-f:]+|[A-Za-z0-9_-]+")
"""Hosts that no page elsewhere has: addresses, and names without a dot."""

_OF_BROWSERS = frozenset({"origin", "sec-fetch-site"})
_STATUS = {
    "http_500": (500, "server_error", "The server had an error."),
    "http_429": (429, "rate_limit_exceeded", "Rate limit reached."),
}


@dataclass
class _Call:
    scenario: Scenario
    seed: str
    tuning: Tuning
    heard: int = 0
    draws: dict[str, random.Random] = field(init=False)

    def __post_init__(self) -> None:
        # One sequence a stage: which stage asks first depends on the bot, what it gets must not.
        self.draws = {stage: random.Random(f"{self.seed}.{stage}") for stage in STAGES}  # noqa: S311 - repeatable on purpose

    def turn(self) -> Turn | None:
        return self.scenario.turns[self.heard - 1] if 0 < self.heard <= len(self.scenario.turns) else None

    def tokens(self) -> tuple[int, int]:
        turn = self.turn()
        return (turn.tokens if turn else None) or replies.USUAL_TOKENS

    def delay(self, stage: str) -> float:
        delays = self.scenario.delays
        base = self.tuning.delays.get(stage, delays.of(stage))
        jitter = delays.jitter if self.tuning.jitter is None else self.tuning.jitter
        return base + (self.draws[stage].uniform(0, jitter) if jitter else 0.0)

    def fault(self, stage: str) -> Fault | None:
        """Return what goes wrong with this request: the scenario's own fault, else one by chance."""
        turn = self.turn()
        if turn and stage in turn.faults:
            return turn.faults[stage]
        fault, share = self.tuning.faults.get(stage, (None, 0.0))
        return fault if fault and self.draws[stage].random() < share else None


@web.middleware
async def _no_pages(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse what a page in a browser sends: a page of another site, or one that passes for this server."""
    if not _ADDRESS_OR_PLAIN.fullmatch(request.url.host or ""):
        raise web.HTTPMisdirectedRequest(text="asked for under a name that a page may have")
    if not _OF_BROWSERS.isdisjoint(name.lower() for name in request.headers):
        raise web.HTTPForbidden(text="not for browsers")
    return await handler(request)


class Refused(Exception):  # noqa: N818 - not an error of ours
    """The request is none a real provider would take."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


Sleep = Callable[[float], Awaitable[None]]
Handler = Callable[[web.Request, _Call], Awaitable[web.StreamResponse]]


class Provider:
    """The server's state: one entry per call, and the truth.

    Args:
        tuning: what is changed for every call.
        sleep: waits a number of seconds.
    """

    def __init__(self, tuning: Tuning | None = None, sleep: Sleep = asyncio.sleep) -> None:
        self.truth = Truth()
        self._tuning, self._sleep = tuning or Tuning(), sleep
        self._calls: dict[str, _Call] = {}

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(client_max_size=_MAX_BODY_BYTES, middlewares=[_no_pages])
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
            self._calls[key] = _Call(SCENARIOS[name], seed, self._tuning)
        return self._calls[key]

    async def _inject(self, call: _Call, stage: str, fault: Fault | None) -> web.Response | None:
        """Wait, or return the fault's answer."""
        scenario = call.scenario.name
        if fault is not None:
            self.truth.failed(stage, scenario, fault)
        if fault is None or fault == "slow_stream":
            delay = call.delay(stage)
            await self._sleep(delay)
            self.truth.answered(stage, scenario, delay)
            return None
        if fault == "hang":
            await self._sleep(_HANG_SECONDS)
            return _error(504, "timeout", "The server did not answer in time.")
        return _error(*_STATUS[fault])

    async def _transcribe(self, request: web.Request, call: _Call) -> web.StreamResponse:
        form = await request.post()
        audio = form.get("file")
        if not isinstance(audio, web.FileField) or not audio.file.read(4).startswith(b"RIFF"):
            raise Refused(400, "file_is_no_wav")
        if not form.get("model"):
            raise Refused(400, "model_missing")
        # OpenAI's client tries again by itself, and says so: the same words, not the next ones.
        call.heard += request.headers.get("x-stainless-retry-count", "0") == "0"
        fault = call.fault("stt")
        if (failed := await self._inject(call, "stt", fault)) is not None:
            return failed
        turn = call.turn()
        return web.json_response({"text": turn.says if turn else ""})

    async def _chat(self, request: web.Request, call: _Call) -> web.StreamResponse:
        body = await _json(request)
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages or body.get("stream") is not True or not body.get("model"):
            raise Refused(400, "chat_request_malformed")
        fault = call.fault("llm")
        if (failed := await self._inject(call, "llm", fault)) is not None:
            return failed
        tokens = call.tokens()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        pause = _SLOW_CHUNK_SECONDS if fault == "slow_stream" else _TOKEN_SECONDS
        for chunk in replies.chat(messages, tokens):
            await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            await self._sleep(pause)
        self.truth.spent(replies.usage(tokens))
        await response.write(b"data: [DONE]\n\n")
        return response

    async def _speech(self, request: web.Request, call: _Call) -> web.StreamResponse:
        body = await _json(request)
        text = body.get("input")
        if not isinstance(text, str) or not text or body.get("response_format") != "pcm" or not body.get("voice"):
            raise Refused(400, "speech_request_malformed")
        fault = call.fault("tts")
        if (failed := await self._inject(call, "tts", fault)) is not None:
            return failed
        self.truth.spoke(len(text))
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in replies.speech(text):
            await response.write(piece)
            if fault == "slow_stream":
                await self._sleep(_SLOW_CHUNK_SECONDS)
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


async def serve(address: str, port: int, tuning: Tuning | None = None) -> tuple[web.AppRunner, int]:
    """Start a provider; return what stops it, and its port."""
    runner = web.AppRunner(Provider(tuning).app())
    await runner.setup()
    site = web.TCPSite(runner, address, port)
    await site.start()
    return runner, int(runner.addresses[0][1])
