"""Random OTLP that no bot should send, the same for the same seed."""

import random
import struct
import time
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract.types import Attribute

NAMES = (
    "turn", "conversation", "stt", "llm", "tts", "llm_response", "stt_deepgramsttservice", "pipecat.llm", "GET", "",
    "pipecat.conversation.turn", "execute_tool x", "execute_tool ", "x" * 3000, "\u202eturn", "tts\x00",
)  # fmt: skip
KEYS = tuple(
    sorted(
        {one.name for module in (a, e) for one in vars(module).values() if isinstance(one, Attribute)}
        | {"metrics.ttfb_ms", "llm.ttft_ms", "tokens.prompt", "latency", "measured", "stage", "severity", "http.method"}
        | {"pipecat.finding.card", "pipecat.protect.digit", "refused.ttfb", "sum.input", "elapsed", "k" * 5000, ""}
    )
)
TIMES = (0, 1, 5, 1_700_000_000_000_000_000, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
DOUBLES = (0.0, -0.0, -1.0, 1e-320, 1e308, -1e308, 2.0**63, float("nan"), float("inf"), float("-inf"), 599.0, 601.0)
INTS = (0, -1, 1, 2**31, 2**63 - 1, -(2**63), 10**15)
_NOT_UTF8 = "\x01NOT-UTF8\x01"


_TEXTS = ("", "NOT_GIVEN", "0.3", "1e9", "\ue000\ue001", _NOT_UTF8, "NaN", "\x00", "a" * 5000, "${env:HOME}", "$1")


def any_value(rng: random.Random, depth: int = 0) -> AnyValue:
    """Return a value of any type, nested up to ten deep, or a tower of lists."""
    scalars = (
        lambda: AnyValue(double_value=rng.choice(DOUBLES)),
        lambda: AnyValue(int_value=rng.choice(INTS)),
        lambda: AnyValue(bool_value=rng.random() < 0.5),
        lambda: AnyValue(bytes_value=rng.randbytes(rng.randrange(50))),
        AnyValue,
        lambda: AnyValue(string_value=rng.choice(_TEXTS)),
        lambda: AnyValue(string_value="".join(chr(rng.choice((34, 92, 10, 64, 48, 55, 0x1F600))) for _ in range(40))),
    )
    nested = (lambda: _list(rng, depth), lambda: _map(rng, depth), lambda: _tower(rng))
    return rng.choice(scalars + nested if depth < 10 else scalars)()


def _list(rng: random.Random, depth: int) -> AnyValue:
    made = AnyValue()
    made.array_value.SetInParent()
    made.array_value.values.extend(any_value(rng, depth + 1) for _ in range(rng.randrange(3)))
    return made


def _map(rng: random.Random, depth: int) -> AnyValue:
    made = AnyValue()
    made.kvlist_value.SetInParent()
    for _ in range(rng.randrange(3)):
        made.kvlist_value.values.append(KeyValue(key=rng.choice(KEYS), value=any_value(rng, depth + 1)))
    return made


def _tower(rng: random.Random) -> AnyValue:
    deep = AnyValue(double_value=float("nan"))
    for _ in range(rng.randrange(25)):
        outer = AnyValue()
        outer.array_value.values.append(deep)
        deep = outer
    return deep


def _fill(rng: random.Random, attributes: Any) -> None:  # noqa: ANN401 - a repeated field
    for _ in range(rng.randrange(12)):
        attributes.append(KeyValue(key=rng.choice(KEYS), value=any_value(rng)))


def odd_span(rng: random.Random) -> Span:
    """Return a span with anything in it; one in eight has an empty id."""
    ids = rng.randrange(16)
    span = Span(
        trace_id=b"" if ids == 0 else rng.randbytes(16),
        span_id=b"" if ids == 1 else rng.randbytes(8),
        name=rng.choice(NAMES),
        kind=rng.choice((0, 1, 2, 3, 4, 5)),
        start_time_unix_nano=rng.choice(TIMES),
        end_time_unix_nano=rng.choice(TIMES),
        trace_state=rng.choice(("", "a=b", "====", _NOT_UTF8)),
        flags=rng.randrange(2**32),
    )
    span.status.code = rng.choice((0, 1, 2))
    span.status.message = rng.choice(("", "x" * 9000, _NOT_UTF8, "timeout"))
    _fill(rng, span.attributes)
    if rng.random() < 0.3:
        event = span.events.add(name=rng.choice(NAMES), time_unix_nano=rng.choice(TIMES))
        _fill(rng, event.attributes)
    if rng.random() < 0.3:
        link = span.links.add(trace_id=rng.randbytes(16), span_id=rng.randbytes(8))
        _fill(rng, link.attributes)
    return span


def mislabelled(rng: random.Random) -> list[Span]:
    """Return spans that are measured, with labels that are no UTF-8 or very long."""
    made = []
    for text in (_NOT_UTF8, "l" * 20_000, "\x00\x01"):
        for name, values in (
            ("llm", {"metrics.ttfb": 0.3, "gen_ai.provider.name": text, "gen_ai.request.model": text}),
            ("turn", {"turn.user_bot_latency_seconds": 5.0, "conversation.id": text}),
            ("execute_tool x", {"gen_ai.tool.name": text}),
        ):
            span = Span(trace_id=rng.randbytes(16), span_id=rng.randbytes(8), name=name, kind=1)
            span.start_time_unix_nano, span.end_time_unix_nano = TIMES[3], TIMES[3] + 10**9
            for key, raw in values.items():
                value = AnyValue(double_value=raw) if isinstance(raw, float) else AnyValue(string_value=raw)
                span.attributes.append(KeyValue(key=key, value=value))
            made.append(span)
    return made


def traces(rng: random.Random, good: list[Span], odd: int) -> tuple[bytes, int]:
    """Return a request of good spans among odd ones, and how many of those have an empty id."""
    request = ExportTraceServiceRequest()
    empty = 0
    resource = request.resource_spans.add()
    for key, text in (("service.name", "bot"), ("deployment.environment", "test")):
        resource.resource.attributes.append(KeyValue(key=key, value=AnyValue(string_value=text)))
    scope = resource.scope_spans.add()
    spans = [odd_span(rng) for _ in range(odd)] + mislabelled(rng) + good
    rng.shuffle(spans)
    scope.spans.extend(spans)
    hostile = request.resource_spans.add()
    _fill(rng, hostile.resource.attributes)
    for key in ("service.name", "deployment.environment", "service.instance.id"):
        odd_name = AnyValue(string_value=_NOT_UTF8) if rng.random() < 0.2 else any_value(rng)
        hostile.resource.attributes.append(KeyValue(key=key, value=odd_name))
    within = hostile.scope_spans.add()
    _fill(rng, within.scope.attributes)
    within.spans.extend(odd_span(rng) for _ in range(odd // 2))
    for one in (*scope.spans, *within.spans):
        empty += not one.trace_id or not one.span_id
    return broken(request.SerializeToString()), empty


def logs(rng: random.Random, odd: int, line: str) -> bytes:
    """Return a request of odd log records and one good line in a resource of its own."""
    request = ExportLogsServiceRequest()
    for service, count in (("hostile", odd), ("bot", 1)):
        resource = request.resource_logs.add()
        resource.resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value=service)))
        scope = resource.scope_logs.add()
        for _ in range(count):
            record = scope.log_records.add(time_unix_nano=rng.choice(TIMES), severity_number=rng.randrange(25))
            record.body.CopyFrom(any_value(rng))
            record.severity_text = rng.choice(("", "INFO", _NOT_UTF8))
            _fill(rng, record.attributes)
        if service == "bot":
            del scope.log_records[:]
            scope.log_records.add(time_unix_nano=time.time_ns(), body=AnyValue(string_value=line))
    return broken(request.SerializeToString())


def broken(body: bytes) -> bytes:
    """Put bytes that are no UTF-8 where protobuf's own library would not write them."""
    return body.replace(_NOT_UTF8.encode(), b"\xff\xfe\xc3\x28\xed\xa0\x80\xf8\x88\x80"[: len(_NOT_UTF8)])


def garbage(rng: random.Random, valid: bytes) -> list[bytes]:
    """Return bodies that are no OTLP, or nearly: noise, cuts, flipped bits, absurd lengths."""
    flipped = bytearray(valid)
    for _ in range(20):
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
    return [
        rng.randbytes(2000),
        valid[: rng.randrange(len(valid))],
        bytes(flipped),
        b"\x0a" + b"\xff" * 9 + b"\x01" + valid[:50],
        b"\x0a\x80\x80\x80\x80\x08" + struct.pack("<Q", rng.getrandbits(64)),
    ]
