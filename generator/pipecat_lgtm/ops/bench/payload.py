"""What the collector is fed with: turns of ordinary speech, whose numbers are known."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pipecat_lgtm.ops.bench import otlp

Kind = Literal["A", "B", "C", "D"]
"""A: 0.46 kB a span, as a bot without content in its spans. B: 1.1 kB, with the conversation on each llm span. C: 0.68
kB, whole calls of two to eight turns, a quarter of them with the bridge. D: 6.1 kB, such calls with 32 kB of dialogue
in each llm span's input."""

_START = 1_700_000_000_000_000_000
_TURNS = 100
_CALLS = 20
_DIALOGUE_BYTES = 32_500

SAID = (
    "Hi, I would like to change my appointment on Thursday, if that is possible.",
    "Sure, what time works for you? We have ten thirty or a quarter past two.",
    "Ten thirty sounds good, but can you make sure that it is with the same doctor?",
    "Let me check that for you. One moment, please.",
    "My order has not arrived yet. The order number is 4500123456.",
    "I see it here: it left our warehouse on the fourteenth of April and should be with you tomorrow.",
    "Great. And how much is the express delivery? Last time it was $12.50.",
    "Express delivery is nine dollars and ninety nine cents, and it arrives by 10:30 AM.",
    "No, I said Boston, not Austin. The flight at six forty five, please.",
    "Your flight leaves at 18:45 from gate B 12, and boarding begins half an hour earlier.",
    "I forgot my password and the app does not let me in any more.",
    "I have sent you a link. Please open it within 20 minutes.",
    "Could you repeat that? The line is really bad here.",
    "Of course. Your new balance is 1,299.99 dollars as of 2025-04-14.",
    "We are two adults and three kids, one of them is five.",
    "That makes a table for five at seven o'clock on Friday, by the window.",
    "Thank you so much, you have been very helpful. Have a nice day!",
    "You are welcome. Is there anything else that I can do for you?",
)
"""No secret in any of it, but times, prices, order numbers and the word password, as in real calls."""

_INSTRUCTIONS = (
    "You are a friendly receptionist on the phone. Answer briefly, in one or two sentences, and never invent."
)


@dataclass(frozen=True)
class Payload:
    """One serialised request.

    Args:
        body: OTLP protobuf.
        spans: in it.
        counted: turns and requests of stages in it: what the metrics must show.
    """

    body: bytes
    spans: int
    counted: int


def payloads(kind: Kind, count: int) -> list[Payload]:
    """Return a number of different requests, the same in every run."""
    return [_payload(kind, seed) for seed in range(count)]


def _payload(kind: Kind, seed: int) -> Payload:
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    spans: list[bytes] = []
    turns = 0
    for trace in _traces(kind, rng, seed):
        trace_id = rng.randbytes(16)
        for name, seconds, attributes in trace:
            end = _START + int(seconds * 1e9)
            spans.append(otlp.span((trace_id, rng.randbytes(8)), name, (_START, end), attributes))
            turns += name == "turn"
    resource: dict[str, otlp.Value] = {
        "service.name": "bench", "deployment.environment": "bench", "service.instance.id": f"host-{seed}",
    }  # fmt: skip
    return Payload(otlp.request(resource, "pipecat", spans), len(spans), 4 * turns)


Span = tuple[str, float, dict[str, otlp.Value]]
"""Name, seconds and attributes."""


def _traces(kind: Kind, rng: random.Random, seed: int) -> Iterator[Sequence[Span]]:
    """Yield the spans of each trace of a request: of a turn, or of a whole call."""
    if kind in {"A", "B"}:
        for number in range(_TURNS):
            yield _turn(kind, rng, f"{seed}-{number // 10}", number % 10)
    else:
        for call in range(_CALLS):
            yield _call(kind, rng, f"{seed}-{call}", bridged=call % 4 == 0)


def _call(kind: Kind, rng: random.Random, call: str, *, bridged: bool) -> list[Span]:
    spans: list[Span] = []
    turns = rng.randint(2, 8)
    for number in range(1, turns + 1):
        stt, llm, tts, turn = _turn(kind, rng, call, number)
        mark: dict[str, otlp.Value] = {"pipecat.bridge.version": "0.1.0"} if bridged else {}
        if bridged:
            ttfw = round(rng.uniform(0.4, 1.3), 6)
            parts = (("endpointing_wait", "setting"), ("transcription", "service"), ("llm_inference", "service"),
                     ("sentence_aggregation", "pipeline"), ("speech_synthesis", "service"))  # fmt: skip
            spans += [
                (f"contribution {part}", ttfw / len(parts),
                 {"pipecat.contribution": part, "pipecat.owner": owner, "pipecat.owner.name": "OpenAILLMService",
                  "pipecat.turn.number": number, **mark})
                for part, owner in parts
            ]  # fmt: skip
            said: dict[str, otlp.Value] = {
                "pipecat.ttfw_seconds": ttfw, "pipecat.e2e_seconds": ttfw + 1.2, "pipecat.ttfw.source": "vad",
                "pipecat.turn.tokens": rng.randint(200, 1900), **mark,
            }  # fmt: skip
            spans.append(("response", ttfw + 1.2, said))
            turn[2].update({**said, "pipecat.turn.latency": "exact", "pipecat.interrupted": False})
        spans += [(name, seconds, {**attributes, **mark}) for name, seconds, attributes in (stt, llm, tts)]
        spans.append(turn)
    ended: dict[str, otlp.Value] = {"conversation.id": f"call-{call}", "conversation.type": "voice"}
    if bridged:
        ended |= {"pipecat.conversation.turns": turns, "pipecat.conversation.errors": 0,
                  "pipecat.conversation.failed": False, "pipecat.conversation.outcome": "completed"}  # fmt: skip
    return [*spans, ("conversation", 4.0 * turns, ended)]


def _turn(kind: Kind, rng: random.Random, call: str, number: int) -> tuple[Span, Span, Span, Span]:
    heard, answer = rng.choice(SAID), rng.choice(SAID)
    latency = rng.choice((0.4, 0.6, 0.7, 0.9, 1.3))
    who: dict[str, dict[str, otlp.Value]] = {
        stage: {"gen_ai.provider.name": provider, "gen_ai.request.model": model, "gen_ai.operation.name": operation,
                "gen_ai.output.type": output, "metrics.ttfb": round(rng.uniform(0.05, 0.5), 6),
                "settings.model": model, "settings.language": "en-US"}
        for stage, provider, model, operation, output in (
            ("stt", "deepgram", "nova-3-general", "speech_to_text", "text"),
            ("llm", "openai", "gpt-4.1-mini-2025-04-14", "chat", "text"),
            ("tts", "cartesia", "sonic-2", "text_to_speech", "speech"),
        )
    }  # fmt: skip
    llm: dict[str, otlp.Value] = {
        "gen_ai.usage.input_tokens": rng.randint(200, 900), "gen_ai.usage.output_tokens": rng.randint(8, 60),
        "gen_ai.request.temperature": 0.7, "gen_ai.request.max_tokens": 512, "stream": True, "output": answer,
        "gen_ai.request.top_k": "NOT_GIVEN", "param.extra": "{}", "param.max_completion_tokens": "NOT_GIVEN",
    }  # fmt: skip
    if kind in {"C", "D"}:
        llm |= {"tool_count": 3, "param.model": "gpt-4.1-mini", "param.filter_incomplete_user_turns": False,
                "param.user_turn_completion_config": "NOT_GIVEN", "gen_ai.usage.cache_read.input_tokens": 128,
                "gen_ai.system_instructions": _INSTRUCTIONS, "tools": _TOOLS}  # fmt: skip
        least = 180 * number if kind == "C" else _DIALOGUE_BYTES
        llm["input"] = _dialogue(rng, least)
    if kind == "B":
        talk = [{"role": "user" if i % 2 else "assistant", "content": rng.choice(SAID)} for i in range(4 * number + 2)]
        llm |= {"input": json.dumps(talk), "gen_ai.system_instructions": _INSTRUCTIONS, "tools": _TOOLS}
    return (
        ("stt", 1.0, {**who["stt"], "transcript": heard, "is_final": True, "language": "en-US", "vad_enabled": True,
                     "settings.sample_rate": 16000}),
        ("llm", 0.9, {**who["llm"], **llm}),
        ("tts", 1.4, {**who["tts"], "text": answer, "voice_id": "helpful-woman",
                     "metrics.character_count": len(answer)}),
        ("turn", 4.0, {"turn.number": number, "turn.type": "conversation", "conversation.id": f"call-{call}",
                       "turn.was_interrupted": False, "turn.duration_seconds": 4.0,
                       "turn.user_bot_latency_seconds": latency, "turn.ended_by_conversation_end": False}),
    )  # fmt: skip


def _dialogue(rng: random.Random, least: int) -> str:
    talk: list[dict[str, str]] = []
    size = 2
    while size < least:
        talk.append({"role": "assistant" if len(talk) % 2 else "user", "content": rng.choice(SAID)})
        size += len(json.dumps(talk[-1])) + 2
    return json.dumps(talk)


_TOOLS = json.dumps(
    [
        {"type": "function", "function": {"name": name, "description": brief, "parameters": {"type": "object"}}}
        for name, brief in (
            ("book_appointment", "Book an appointment at a date and time with a doctor."),
            ("look_up_order", "Look up the state of an order by its number."),
            ("transfer_call", "Transfer the caller to a person, when asked for one."),
        )
    ]
)
