"""Where a bot's OTLP goes in tests that look at every span and record: a receiver that can also refuse or be slow."""

import contextlib
import gzip
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from answering import answering

RESET, HANG = -1, -2
"""Answers of a judge: the connection is reset; nobody answers for as long as who asked waits."""


def _value(value: AnyValue) -> Any:  # noqa: ANN401 - any of OTLP's
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    return getattr(value, kind) if kind else None


def _attributes(pairs: list[KeyValue]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


@dataclass
class Got:
    """One span or log record."""

    scope: str
    name: str
    trace_id: str
    span_id: str
    parent: str
    start: float
    end: float
    status: int
    attributes: dict[str, Any]
    resource: dict[str, Any]


@dataclass
class Received:
    """What has come, and how the receiver answers: with `status`, after `delay` seconds if one still waits for it.

    Args:
        judge: answers a request's body instead of `status`: with another, RESET or HANG.
        requests: how many have come.
    """

    port: int = 0
    status: int = 200
    delay: float = 0.0
    judge: Callable[[bytes], int] | None = None
    requests: int = 0
    spans: list[Got] = field(default_factory=list)
    records: list[Got] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address for OTEL_EXPORTER_OTLP_ENDPOINT."""
        return f"http://127.0.0.1:{self.port}"

    def events(self, name: str) -> list[Got]:
        """Return the events of a name."""
        return [one for one in self.records if one.attributes.get("event.name") == name]

    def named(self, name: str) -> list[Got]:
        """Return the spans of a name."""
        return [one for one in self.spans if one.name == name]

    def take(self, path: str, body: bytes) -> None:
        """Take a request."""
        if path.endswith("traces"):
            for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in group.scope_spans:
                    self.spans += [
                        Got(
                            scope.scope.name, span.name, span.trace_id.hex(), span.span_id.hex(),
                            span.parent_span_id.hex(), span.start_time_unix_nano / 1e9, span.end_time_unix_nano / 1e9,
                            span.status.code, _attributes(span.attributes), _attributes(group.resource.attributes),
                        )
                        for span in scope.spans
                    ]  # fmt: skip
            return
        for group in ExportLogsServiceRequest.FromString(body).resource_logs:
            for scope in group.scope_logs:
                self.records += [
                    Got(
                        scope.scope.name, str(_value(one.body)), one.trace_id.hex(), one.span_id.hex(), "",
                        one.time_unix_nano / 1e9, 0.0, one.severity_number, _attributes(one.attributes),
                        _attributes(group.resource.attributes),
                    )
                    for one in scope.log_records
                ]  # fmt: skip


@contextlib.contextmanager
def receiver(port: int = 0) -> Iterator[Received]:
    """Run a receiver for the length of a block, on a free port or a given one."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            """Answer an export."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            received.requests += 1
            time.sleep(received.delay)
            status = received.status if received.judge is None else received.judge(body)
            if status in {RESET, HANG}:
                self._break(status)
                return
            if status == 200 and not self._left():
                received.take(self.path, body)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                self.end_headers()

        def _break(self, how: int) -> None:
            if how == HANG:
                select.select([self.connection], [], [], 30)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True

        def _left(self) -> bool:
            """Return whether who asked has given up."""
            return bool(select.select([self.connection], [], [], 0)[0]) and not self.connection.recv(1, socket.MSG_PEEK)

    with answering(Handler, port) as received.port:
        yield received
