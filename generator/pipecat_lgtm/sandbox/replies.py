"""What the provider says: chat chunks and speech, always the same for the same request."""

import array
import math
from collections.abc import Iterator
from typing import Any

MODEL = "gpt-4.1-2025-04-14"
RATE = 24_000
LEADING_SILENCE_SECONDS = 0.2
_SECONDS_PER_CHARACTER = 0.02
_PIECE_BYTES = 24_000

USAGE = {
    "prompt_tokens": 42,
    "completion_tokens": 17,
    "total_tokens": 59,
    "prompt_tokens_details": {"cached_tokens": 8},
    "completion_tokens_details": {"reasoning_tokens": 3},
}
USAGE_BY_TYPE = {"input": 42, "output": 17, "cache_read": 8, "reasoning": 3}


def chat(messages: list[Any]) -> Iterator[dict[str, Any]]:
    """Yield the chunks that answer a conversation: a tool call for the weather, else a sentence or a story."""
    last = messages[-1] if isinstance(messages[-1], dict) else {}
    text = last.get("content") if isinstance(last.get("content"), str) else ""
    if last.get("role") == "user" and "weather" in str(text):
        call = {
            "index": 0,
            "id": "call_1",
            "type": "function",
            "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
        }
        yield _chunk({"role": "assistant", "tool_calls": [call]})
        yield _chunk({}, "tool_calls")
    else:
        for index, word in enumerate(_reply(last, str(text)).split(" ")):
            yield _chunk({"role": "assistant", "content": (" " if index else "") + word})
        yield _chunk({}, "stop")
    yield {**_chunk({}), "choices": [], "usage": USAGE}


def _reply(last: dict[str, Any], text: str) -> str:
    if last.get("role") == "tool":
        return "It is sunny in Paris right now."
    if "story" in text:
        return " ".join(f"This is sentence number {n} of a rather long story." for n in range(1, 5))
    return "Hello there, how can I help you today?"


def _chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-sandbox",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def speech(text: str) -> Iterator[bytes]:
    """Yield 24 kHz 16-bit PCM: leading silence, then a tone as long as the text."""
    silence = bytes(int(RATE * LEADING_SILENCE_SECONDS) * 2)
    samples = int(RATE * _SECONDS_PER_CHARACTER * len(text))
    audio = silence + tone(samples, RATE)
    for start in range(0, len(audio), _PIECE_BYTES):
        yield audio[start : start + _PIECE_BYTES]


def tone(samples: int, rate: int) -> bytes:
    """Return a 220 Hz tone of 16-bit samples."""
    period = [int(12_000 * math.sin(2 * math.pi * 220 * n / rate)) for n in range(min(samples, rate))]
    repeated = (period * (samples // max(1, len(period)) + 1))[:samples] if period else []
    return array.array("h", repeated).tobytes()
