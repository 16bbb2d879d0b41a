"""Many spans at once: payloads whose content is known, sent by concurrent clients."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

_PER_TURN = 4
"""A turn's spans: stt, llm, tts, turn."""


@dataclass
class Sent:
    """What was sent: the sums that the metrics must show."""

    spans: int = 0
    turns: int = 0
    slow: int = 0
    latency: float = 0.0
    requests: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    characters: int = 0

    def __iadd__(self, other: "Sent") -> Self:
        """Add another payload's sums."""
        self.spans += other.spans
        self.turns += other.turns
        self.slow += other.slow
        self.latency += other.latency
        self.requests.update(other.requests)
        self.tokens += other.tokens
        self.characters += other.characters
        return self


@dataclass(frozen=True)
class Payload:
    """One serialised request and what it holds."""

    body: bytes
    sent: Sent


def _value(raw: object) -> AnyValue:
    match raw:
        case bool():
            return AnyValue(bool_value=raw)
        case int():
            return AnyValue(int_value=raw)
        case float():
            return AnyValue(double_value=raw)
        case _:
            return AnyValue(string_value=str(raw))


def payload(turns: int, seed: int, resource: dict[str, object] | None = None, bound: float = 0.8) -> Payload:
    """Return a request of a number of turns with random, known values.

    Args:
        turns: of four spans each.
        seed: of the values.
        resource: attributes; by default a bot in an environment.
        bound: seconds beyond which a turn is slow.
    """
    rng = random.Random(seed)
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add()
    for key, raw in (resource or {"service.name": "bot", "deployment.environment": "test"}).items():
        spans.resource.attributes.append(KeyValue(key=key, value=_value(raw)))
    scope = spans.scope_spans.add()
    scope.scope.name = "pipecat"
    sent = Sent()
    for number in range(turns):
        trace_id = rng.randbytes(16)
        latency = rng.choice((0.5, 0.8, 0.8000001, 1.1, 2.5))
        tokens, characters = rng.randint(1, 900), rng.randint(1, 90)
        rows: list[tuple[str, dict[str, object]]] = [
            ("stt", {"metrics.ttfb": 0.2, "transcript": "Tell me something nice."}),
            ("llm", {"metrics.ttfb": 0.4, "output": "Hello.", "gen_ai.usage.input_tokens": tokens}),
            ("tts", {"metrics.ttfb": 0.1, "text": "Hello.", "metrics.character_count": characters}),
            ("turn", {"conversation.id": f"{seed}-{number // 10}", "turn.was_interrupted": False,
                      "turn.duration_seconds": 4.0, "turn.user_bot_latency_seconds": latency}),
        ]  # fmt: skip
        for name, attributes in rows:
            span = scope.spans.add(trace_id=trace_id, span_id=rng.randbytes(8), name=name, kind=1)
            span.start_time_unix_nano = 1_700_000_000_000_000_000
            span.end_time_unix_nano = span.start_time_unix_nano + 2_000_000_000
            who = {} if name == "turn" else {"gen_ai.provider.name": "openai", "gen_ai.request.model": f"{name}-1"}
            if name != "turn":
                sent.requests[name] += 1
            for key, raw in {**who, **attributes}.items():
                span.attributes.append(KeyValue(key=key, value=_value(raw)))
        sent += Sent(_PER_TURN, 1, int(latency > bound), latency, Counter(), tokens, characters)
    return Payload(request.SerializeToString(), sent)


def feed(port: int, payloads: list[Payload], rounds: int, senders: int = 4) -> Sent:
    """Send every payload `rounds` times from each of several concurrent clients; return what was sent."""

    def one(_: int) -> Sent:
        total = Sent()
        with httpx.Client(timeout=60, headers={"content-type": "application/x-protobuf"}) as client:
            for _round in range(rounds):
                for one_payload in payloads:
                    client.post(f"http://127.0.0.1:{port}/v1/traces", content=one_payload.body).raise_for_status()
                    total += one_payload.sent
        return total

    total = Sent()
    with ThreadPoolExecutor(senders) as pool:
        for part in pool.map(one, range(senders)):
            total += part
    return total
