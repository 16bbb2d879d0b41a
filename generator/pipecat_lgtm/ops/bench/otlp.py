"""Spans as OTLP protobuf, written field by field: no generated code is needed to send what we know to the byte.

Field numbers are those of opentelemetry/proto/trace/v1/trace.proto and common/v1/common.proto.
"""

import struct
from collections.abc import Mapping

Value = str | bool | int | float


def request(resource: Mapping[str, Value], scope: str, spans: list[bytes]) -> bytes:
    """Return an ExportTraceServiceRequest of one resource and one scope."""
    scope_spans = _message(1, _text(1, scope)) + b"".join(_message(2, span) for span in spans)
    return _message(1, _message(1, _attributes(1, resource)) + _message(2, scope_spans))


def span(ids: tuple[bytes, bytes], name: str, nanoseconds: tuple[int, int], attributes: Mapping[str, Value]) -> bytes:
    """Return a Span; ids are its trace's and its own, nanoseconds its start and end since 1970."""
    trace_id, span_id = ids
    start, end = nanoseconds
    return b"".join(
        (
            _message(1, trace_id),
            _message(2, span_id),
            _text(5, name),
            _varint(6 << 3) + _varint(1),
            _varint(7 << 3 | 1) + struct.pack("<Q", start),
            _varint(8 << 3 | 1) + struct.pack("<Q", end),
            _attributes(9, attributes),
        )
    )


def _attributes(number: int, attributes: Mapping[str, Value]) -> bytes:
    return b"".join(_message(number, _text(1, key) + _message(2, _value(raw))) for key, raw in attributes.items())


def _value(raw: Value) -> bytes:
    match raw:
        case str():
            return _text(1, raw)
        case bool():
            return _varint(2 << 3) + _varint(int(raw))
        case int():
            return _varint(3 << 3) + _varint(raw)
        case float():
            return _varint(4 << 3 | 1) + struct.pack("<d", raw)


def _text(number: int, text: str) -> bytes:
    return _message(number, text.encode())


def _message(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
