"""A recorded OpenAI Realtime call with input transcription: `python realtime.py PROVIDER_URL OUTPUT`.

The provider argument is not used: the WebSocket server is in here, and speaks both the beta and the GA event names.
"""

import array
import asyncio
import base64
import sys

import compat
import otlpfile
from aiohttp import web
from loguru import logger

try:
    from pipecat.services.openai.realtime import events
    from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
except ImportError:
    from pipecat.services.openai_realtime import OpenAIRealtimeLLMService, events

TRANSCRIPTS = ["Tell me something nice.", "And another.", "please crash now"]
USAGE = {
    "total_tokens": 150,
    "input_tokens": 100,
    "output_tokens": 50,
    "input_token_details": {
        "cached_tokens": 64,
        "text_tokens": 40,
        "audio_tokens": 60,
        "cached_tokens_details": {"text_tokens": 24, "audio_tokens": 40},
    },
    "output_token_details": {"text_tokens": 10, "audio_tokens": 40},
}


class Session:
    """One WebSocket: server VAD on tone and silence, a spoken reply per turn, the last of which fails."""

    def __init__(self, socket):
        self.socket, self.sent, self.turns = socket, 0, 0

    async def send(self, kind, **fields):
        """Send an event."""
        self.sent += 1
        await self.socket.send_json({"event_id": f"event_{self.sent}", "type": kind, **fields})

    async def reply(self, *, fail):
        """Answer a turn."""
        response, item = f"response_{self.turns}", f"item_{self.turns}"
        base = {"id": response, "object": "realtime.response", "status_details": None}
        await self.send("response.created", response={**base, "status": "in_progress", "output": []})
        await asyncio.sleep(0.3)
        if fail:
            details = {"type": "failed", "error": {"type": "server_error", "message": "model overloaded"}}
            failed = {**base, "status": "failed", "status_details": details, "output": []}
            await self.send("response.done", response=failed)
            return
        message = {
            "id": item,
            "object": "realtime.item",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [],
        }
        await self.send("conversation.item.added", item=message)
        where = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
        speech = base64.b64encode(compat.LOUD * 10).decode()
        for _ in range(5):
            await self.send("response.output_audio.delta", **where, delta=speech)
        await self.send("response.output_audio.done", **where)
        await self.send("response.output_audio_transcript.delta", **where, delta="Hello from the realtime model.")
        await self.send("response.done", response={**base, "status": "completed", "output": [], "usage": USAGE})

    async def heard(self):
        """Transcribe what was said, then answer."""
        text = TRANSCRIPTS[min(self.turns, len(TRANSCRIPTS) - 1)]
        self.turns += 1
        await asyncio.sleep(0.1)
        await self.send(
            "conversation.item.input_audio_transcription.completed",
            item_id=f"user_{self.turns}",
            content_index=0,
            transcript=text,
        )
        await self.reply(fail="crash" in text)


async def serve(request):
    """Speak the Realtime API."""
    socket = web.WebSocketResponse(max_msg_size=0)
    await socket.prepare(request)
    session, speaking, quiet = Session(socket), False, 0.0
    tasks = set()
    await session.send("session.created", session={})
    async for message in socket:
        event = message.json()
        if event["type"] == "session.update":
            await session.send("session.updated", session={})
        elif event["type"] == "input_audio_buffer.append":
            pcm = array.array("h", base64.b64decode(event["audio"]))
            loud, seconds = max(pcm, default=0) > 1000, len(pcm) / 24_000
            quiet = 0.0 if loud else quiet + seconds
            if loud and not speaking:
                speaking = True
                await session.send(
                    "input_audio_buffer.speech_started", audio_start_ms=0, item_id=f"user_{session.turns}"
                )
            elif speaking and quiet >= 0.2:
                speaking = False
                await session.send("input_audio_buffer.speech_stopped", audio_end_ms=0, item_id=f"user_{session.turns}")
                tasks.add(asyncio.create_task(session.heard()))
    return socket


def service(port):
    """Return the realtime service of this release, transcribing its input."""
    transcription = events.InputAudioTranscription()
    try:
        properties = events.SessionProperties(
            audio=events.AudioConfiguration(input=events.AudioInput(transcription=transcription))
        )
    except AttributeError:
        properties = events.SessionProperties(input_audio_transcription=transcription)
    return OpenAIRealtimeLLMService(
        api_key="recorded",
        base_url=f"ws://127.0.0.1:{port}/v1/realtime",
        model="gpt-realtime",
        session_properties=properties,
    )


async def main():
    """Place one call of three turns and write what was emitted."""
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    app = web.Application()
    app.router.add_get("/v1/realtime", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    exporter = otlpfile.set_up()
    llm = service(runner.addresses[0][1])
    _, user, bot = compat.aggregators(llm, [], server_turns=True)
    params = compat.transport_params()
    microphone, loudspeaker = compat.Microphone(params), compat.Loudspeaker(params)

    async def script(_worker):
        await asyncio.sleep(1.0)
        for _ in TRANSCRIPTS:
            microphone.speaking = True
            await asyncio.sleep(0.8)
            microphone.speaking = False
            await asyncio.sleep(4.0)

    await compat.run([microphone, user, llm, loudspeaker, bot], "call-realtime", script)
    await runner.cleanup()
    otlpfile.write(exporter, sys.argv[2])


asyncio.run(main())
