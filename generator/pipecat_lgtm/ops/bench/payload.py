"""What the collector is fed with: turns of ordinary speech, whose numbers are known."""

import json
import random
from dataclasses import dataclass
from typing import Literal

from pipecat_lgtm.ops.bench import otlp

Kind = Literal["A", "B"]
"""A: 0.46 kB a span, as a bot without content in its spans. B: 1.1 kB, with the conversation on each llm span."""

SPANS_PER_TURN = 4
_START = 1_700_000_000_000_000_000
_TURNS = 100

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
        turns: in it.
        requests: of stages, in it.
    """

    body: bytes
    turns: int
    requests: int

    @property
    def spans(self) -> int:
        """The number of spans."""
        return self.turns * SPANS_PER_TURN


def payloads(kind: Kind, count: int) -> list[Payload]:
    """Return a number of different requests, the same in every run."""
    return [_payload(kind, seed) for seed in range(count)]


def _payload(kind: Kind, seed: int) -> Payload:
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    spans: list[bytes] = []
    for number in range(_TURNS):
        trace_id = rng.randbytes(16)
        for name, seconds, attributes in _turn(kind, rng, f"{seed}-{number // 10}", number % 10):
            end = _START + int(seconds * 1e9)
            spans.append(otlp.span((trace_id, rng.randbytes(8)), name, (_START, end), attributes))
    resource: dict[str, otlp.Value] = {
        "service.name": "bench", "deployment.environment": "bench", "service.instance.id": f"host-{seed}",
    }  # fmt: skip
    return Payload(otlp.request(resource, "pipecat", spans), _TURNS, 3 * _TURNS)


def _turn(kind: Kind, rng: random.Random, call: str, number: int) -> list[tuple[str, float, dict[str, otlp.Value]]]:
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
    if kind == "B":
        talk = [{"role": "user" if i % 2 else "assistant", "content": rng.choice(SAID)} for i in range(4 * number + 2)]
        llm |= {"input": json.dumps(talk), "gen_ai.system_instructions": _INSTRUCTIONS, "tools": _TOOLS}
    return [
        ("stt", 1.0, {**who["stt"], "transcript": heard, "is_final": True, "language": "en-US", "vad_enabled": True,
                     "settings.sample_rate": 16000}),
        ("llm", 0.9, {**who["llm"], **llm}),
        ("tts", 1.4, {**who["tts"], "text": answer, "voice_id": "helpful-woman",
                     "metrics.character_count": len(answer)}),
        ("turn", 4.0, {"turn.number": number, "turn.type": "conversation", "conversation.id": f"call-{call}",
                       "turn.was_interrupted": False, "turn.duration_seconds": 4.0,
                       "turn.user_bot_latency_seconds": latency, "turn.ended_by_conversation_end": False}),
    ]  # fmt: skip


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
