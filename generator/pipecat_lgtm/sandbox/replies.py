"""What the provider says: chat chunks and speech, always the same for the same request."""

import array
import json
import math
from collections.abc import Iterator
from typing import Any

MODEL = "gpt-4.1-2025-04-14"
RATE = 24_000
LEADING_SILENCE_SECONDS = 0.2
_SECONDS_PER_CHARACTER = 0.02
_PIECE_BYTES = 24_000

OFF_THE_POINT = "We have many new offers in this week."
"""What the model says to a caller who wants to cancel, however often."""

_SMALL_TALK = (
    "Hello there, how can I help you today?",
    "The sun is out and the birds do sing.",
    "Somebody baked a cake for all of us.",
    "Because water is blue when it is deep.",
    "There are five good films on tonight.",
    "My favourite colour is that of plums.",
)
"""What it says to a caller who has spoken so often: a bot that says the same each time is a fault of its own."""

USUAL_TOKENS = (42, 17)
_CACHED, _REASONING = 8, 3


def usage(tokens: tuple[int, int]) -> dict[str, int]:
    """Return what an answer costs by the contract's token type.

    Args:
        tokens: input and output.
    """
    return {"input": tokens[0], "output": tokens[1], "cache_read": _CACHED, "reasoning": _REASONING}


def chat(messages: list[Any], tokens: tuple[int, int] = USUAL_TOKENS) -> Iterator[dict[str, Any]]:
    """Yield the chunks that answer a conversation: a tool call for the weather, else a sentence or a story.

    Args:
        messages: of the request.
        tokens: input and output, as stated in the last chunk.
    """
    last = messages[-1] if isinstance(messages[-1], dict) else {}
    text = last.get("content") if isinstance(last.get("content"), str) else ""
    if last.get("role") == "user" and "weather" in str(text):
        city = str(text).rsplit(" ", 1)[-1].strip("?.")
        call = {
            "index": 0,
            "id": "call_1",
            "type": "function",
            "function": {"name": "get_weather", "arguments": json.dumps({"city": city})},
        }
        yield _chunk({"role": "assistant", "tool_calls": [call]})
        yield _chunk({}, "tool_calls")
    else:
        asked = sum(isinstance(one, dict) and one.get("role") == "user" for one in messages)
        for index, word in enumerate(_reply(last, str(text), asked).split(" ")):
            yield _chunk({"role": "assistant", "content": (" " if index else "") + word})
        yield _chunk({}, "stop")
    yield {**_chunk({}), "choices": [], "usage": _stated(tokens)}


def _stated(tokens: tuple[int, int]) -> dict[str, Any]:
    return {
        "prompt_tokens": tokens[0],
        "completion_tokens": tokens[1],
        "total_tokens": sum(tokens),
        "prompt_tokens_details": {"cached_tokens": _CACHED},
        "completion_tokens_details": {"reasoning_tokens": _REASONING},
    }


def _reply(last: dict[str, Any], text: str, asked: int) -> str:
    if last.get("role") == "tool":
        return "It is sunny there right now." if "sunny" in text else "I could not find that out."
    if "story" in text:
        return " ".join(f"This is sentence number {n} of a rather long story." for n in range(1, 5))
    if "cancel" in text:
        return OFF_THE_POINT
    return _SMALL_TALK[asked % len(_SMALL_TALK)]


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
