"""Nothing waits behind a record that no collector takes: OpenTelemetry's own exporters against real sockets."""

import json
import select
import socket
import ssl
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogExporter
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import (
    LogsServiceServicer,
    add_LogsServiceServicer_to_server,
)
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from receiver import HANG, RESET, Received, receiver
from requests.exceptions import SSLError as RequestsSSLError
from urllib3 import HTTPSConnectionPool
from urllib3.exceptions import MaxRetryError, SSLError

from answering import answering
from pipecat_lgtm_bridge import fit, later, outbox
from pipecat_lgtm_bridge.exporting import LogOutbox, SpanOutbox
from pipecat_lgtm_bridge.outbox import Outbox
from pipecat_lgtm_bridge.wire import _of_code, _was_sent

DEADLINE = 60.0
BATCH = 128


def waits_for_timeouts(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test with short timeouts, within which a machine with other work may not answer."""
    return pytest.mark.stack(pytest.mark.alone(test))


@dataclass
class Bot:
    """A bot's providers that send to a receiver; what they report as dropped."""

    received: Received
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Make the providers."""
        resource = Resource({"service.name": "bot"})
        self.log_box = LogOutbox(OTLPLogExporter(f"{self.received.url}/v1/logs"), self._lost)
        self.logging = LoggerProvider(resource=resource, shutdown_on_exit=False)
        self.logging.add_log_record_processor(self.log_box)
        self.span_box = SpanOutbox(OTLPSpanExporter(f"{self.received.url}/v1/traces"), self._lost)
        self.tracing = TracerProvider(resource=resource, shutdown_on_exit=False)
        self.tracing.add_span_processor(self.span_box)

    def _lost(self, signal: str, reason: str, count: int) -> None:
        self.dropped[signal, reason] += count

    def log(self, body: Any, **fields: Any) -> None:  # noqa: ANN401 - any body
        """Emit a log record."""
        fields.setdefault("timestamp", time.time_ns())
        self.logging.get_logger("t").emit(LogRecord(body=body, **fields))

    def span(self, name: str, attributes: dict[str, Any] | None = None, **fields: Any) -> None:  # noqa: ANN401
        """Make a span."""
        self.tracing.get_tracer("t").start_span(name, attributes=attributes, **fields).end()

    def flush(self) -> bool:
        """Send everything."""
        later.catch_up()
        return self.log_box.outbox.flush(DEADLINE) and self.span_box.outbox.flush(DEADLINE)

    def bodies(self) -> list[str]:
        """Return the bodies that arrived."""
        return [one.name for one in self.received.records]


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bot]:
    """A bot that tries quickly."""
    monkeypatch.setattr(outbox, "_FIRST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(outbox, "_LONGEST_PAUSE_SECONDS", 0.05)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "3")
    with receiver() as received:
        made = Bot(received)
        yield made
        made.log_box.shutdown()
        made.span_box.shutdown()


def _refuses(word: bytes, status: int = 400) -> Callable[[bytes], int]:
    return lambda body: status if word in body else 200


@pytest.mark.parametrize(
    ("given", "arrives"),
    [
        pytest.param("half \ud83d a pair", "half � a pair", id="lone surrogate"),
        pytest.param("\ud83d\ude00", "😀", id="pair of surrogates"),
        pytest.param("naïve 😀", "naïve 😀", id="ordinary"),
    ],
)
def test_text_that_utf8_does_not_have(bot: Bot, given: str, arrives: str) -> None:
    """A text arrives with what UTF-8 can hold, in the body, in attributes and their names, in spans' names."""
    bot.log(given, attributes={given: given, "list": [given], "map": {"inner": given}})
    bot.span(given, {"input": given, "list": [given]})
    assert bot.flush()

    (record,), (span,) = bot.received.records, bot.received.spans
    assert (arrives, arrives, [arrives]) == (record.name, record.attributes[arrives], record.attributes["list"])
    assert (arrives, arrives, [arrives]) == (span.name, span.attributes["input"], span.attributes["list"])
    assert {} == bot.dropped


def test_lines_of_megabytes(bot: Bot) -> None:
    """Lines and spans of 3 MB each arrive cut with a mark, and the innocent ones beside them whole."""
    size = 3_000_000
    for number in range(8):
        bot.log("word " * (size // 5), attributes={"number": number})
        bot.log(f"innocent {number}")
        bot.span("llm", {"input": "x" * size, "number": number})
        bot.span("innocent")
    assert bot.flush()

    cut = [one for one in bot.received.records if "number" in one.attributes]
    assert [f"innocent {number}" for number in range(8)] == [one for one in bot.bodies() if one.startswith("innocent")]
    assert [size + 1 + len("number") + 1] * 8 == [one.attributes["pipecat.bridge.cut"] for one in cut]
    assert all(one.name.endswith(f"word… [cut: {size} characters]") for one in cut)
    assert all(len(one.name) <= fit.TEXT_LIMIT + 40 for one in cut)
    spans = [one for one in bot.received.spans if one.name == "llm"]
    assert (8, 8) == (len(spans), len(bot.received.named("innocent")))
    assert all(one.attributes["input"].endswith(f"… [cut: {size} characters]") for one in spans)
    assert all("pipecat.bridge.cut" in one.attributes for one in spans)
    assert {} == bot.dropped


def test_record_of_many_large_texts(bot: Bot) -> None:
    """A record that is too large only as a whole is cut too, each text as little as is needed."""
    bot.log("body", attributes={f"key.{number}": "x" * 60_000 for number in range(100)} | {"short": "whole"})
    assert bot.flush()

    (record,) = bot.received.records
    attributes = record.attributes
    assert ("body", "whole") == (record.name, attributes["short"])
    assert sum(len(one) for one in attributes.values() if isinstance(one, str)) <= fit.RECORD_LIMIT
    assert attributes["pipecat.bridge.cut"] > 6_000_000


def test_number_of_more_than_64_bits(bot: Bot) -> None:
    """An integer that OTLP cannot hold arrives as text."""
    bot.log("big", attributes={"big": 2**80, "small": 3})
    assert bot.flush()

    assert (str(2**80), 3) == tuple(bot.received.records[0].attributes[key] for key in ("big", "small"))


@pytest.mark.parametrize("place", [0, 1, 64, BATCH - 1])
def test_what_cannot_be_encoded(bot: Bot, place: int) -> None:
    """A record or a span that no encoder takes is dropped alone, at once, and counted."""
    for number in range(BATCH):
        culprit = number == place
        bot.log(str(number), timestamp=-1 if culprit else time.time_ns())
        bot.span(str(number), start_time=-1 if culprit else None)
    assert bot.flush()
    others = [str(number) for number in range(BATCH) if number != place]

    assert others == bot.bodies()
    assert others == [one.name for one in bot.received.spans]
    assert {("logs", "invalid"): 1, ("spans", "invalid"): 1} == bot.dropped


@pytest.mark.parametrize(
    ("status", "reason"), [(400, "refused"), (403, "refused"), (413, "too_large"), (422, "refused")]
)
def test_what_the_collector_refuses(bot: Bot, status: int, reason: str) -> None:
    """The culprits of a refused batch are found by halving and dropped; each innocent one arrives once, in order."""
    bot.received.judge = _refuses(b"poison", status)
    culprits = {0, 77, 78}
    for number in range(BATCH):
        word = "poison" if number in culprits else "good"
        bot.log(f"{word} {number}")
        bot.span(f"{word} {number}")
    assert bot.flush()
    others = [f"good {number}" for number in range(BATCH) if number not in culprits]

    assert others == bot.bodies()
    assert others == [one.name for one in bot.received.spans]
    assert {("logs", reason): 3, ("spans", reason): 3} == bot.dropped
    # Three culprits in a batch of 2^7: at most 2 * 7 requests each, and the first.
    assert bot.received.requests <= 2 * (3 * 2 * 7 + 1)


def test_collector_that_refuses_everything(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """A wrong token costs a bounded number of requests; what was refused is reported once the token is right."""
    bot.received.status = 401
    for number in range(BATCH):
        bot.log(str(number))
    assert bot.flush()
    asked = bot.received.requests
    bot.received.status = 200
    bot.log("now")
    assert bot.flush()

    assert asked < BATCH
    assert ["now"] == bot.bodies()
    assert {("logs", "refused"): BATCH} == bot.dropped
    assert "HTTP 401" in caplog.text


def test_redirect_is_no_success(bot: Bot) -> None:
    """A redirect, which OpenTelemetry's exporter takes for success, is none: what it swallowed is counted."""
    bot.received.status = 308
    bot.log("lost")
    assert bot.flush()

    assert {"refused": 1} == bot.log_box.outbox.dropped


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_is_tried_again(bot: Bot, status: int) -> None:
    """While the collector cannot, nothing is dropped; afterwards everything arrives once."""
    bot.received.judge = lambda _: status if bot.received.requests <= 8 else 200
    for number in range(BATCH):
        bot.log(str(number))
    assert bot.flush()

    assert sorted(map(str, range(BATCH))) == sorted(bot.bodies())
    assert {} == bot.dropped


def test_repeated_request_has_its_whole_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a slow collector takes at the exporter's second try, when little of its time is left, arrives once."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "2")  # the second try comes after 0.8 to 1.2 s

    def slow_after_the_first(_: bytes) -> int:
        time.sleep(1.3 if received.requests > 1 else 0.0)
        return 200 if received.requests > 1 else 503

    with receiver() as received:
        bot = Bot(received)
        received.judge = slow_after_the_first
        bot.log("once")
        assert bot.flush()
        bot.log_box.shutdown()
        bot.span_box.shutdown()

    assert ["once"] == bot.bodies()


@pytest.mark.parametrize("place", [0, BATCH - 1])
def test_what_makes_the_collector_fail(bot: Bot, place: int) -> None:
    """A record on which the collector answers 500 each time is dropped once others were taken; nothing waits for it."""
    bot.received.judge = _refuses(b"poison", 500)
    for number in range(BATCH):
        bot.log("poison" if number == place else str(number))
    assert bot.flush()

    assert {str(number) for number in range(BATCH) if number != place} == set(bot.bodies())
    assert len(bot.bodies()) == BATCH - 1
    assert {("logs", "refused"): 1} == bot.dropped


BREAKS = [
    pytest.param(RESET, id="reset"),
    pytest.param(HANG, id="hang"),
    *(pytest.param(status, id=str(status)) for status in (502, 504)),
]
_TIMEOUT = "0.75"
"""Seconds: less than what the exporter waits before it repeats a 502 or 504 itself."""


def _until_dropped(box: Outbox[Any], reason: str, emit: Callable[[str], None], arrived: Callable[[], list[str]]) -> int:
    """Emit one more when the one before has arrived, until one is dropped; return how many were."""
    end, more = time.monotonic() + DEADLINE, 0
    while not box.dropped[reason]:
        emit(f"later {more}")
        later.catch_up()
        while f"later {more}" not in arrived():
            assert time.monotonic() < end, f"{more} waits behind the culprit: {box.dropped}"
            time.sleep(0.005)
        more += 1
    return more


def _breaking(bot: Bot, monkeypatch: pytest.MonkeyPatch, how: int) -> Bot:
    """Return a bot that sends at once; its exporter's timeout is short where somebody hangs."""
    monkeypatch.setattr(outbox, "_EVERY_SECONDS", 0.01)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1.5" if how == HANG else _TIMEOUT if how in {502, 504} else "5")
    return Bot(bot.received)


@pytest.fixture
def breaking(bot: Bot, monkeypatch: pytest.MonkeyPatch, how: int) -> Iterator[Bot]:
    """A bot whose receiver breaks on what has poison in it."""
    made = _breaking(bot, monkeypatch, how)
    made.received.judge = lambda body: how if b"poison" in body else 200
    yield made
    made.log_box.shutdown()
    made.span_box.shutdown()


@waits_for_timeouts
@pytest.mark.parametrize(
    ("how", "place"),
    [
        pytest.param(RESET, 0, id="reset, first"),
        pytest.param(RESET, 77, id="reset, middle"),
        pytest.param(RESET, BATCH - 1, id="reset, last"),
        pytest.param(HANG, 77, id="hang, middle"),
        pytest.param(502, 0, id="502, first"),
        pytest.param(504, BATCH - 1, id="504, last"),
    ],
)
def test_record_on_which_the_connection_breaks(breaking: Bot, place: int) -> None:
    """A record on which the receiver resets or hangs is dropped alone; the others arrive once, and do not wait."""
    for number in range(BATCH):
        breaking.log("poison" if number == place else str(number))
    breaking.log("behind")
    more = _until_dropped(breaking.log_box.outbox, "broken", breaking.log, breaking.bodies)

    others = [str(number) for number in range(BATCH) if number != place]
    assert sorted([*others, "behind", *(f"later {number}" for number in range(more))]) == sorted(breaking.bodies())
    assert {"broken": 1} == breaking.log_box.outbox.dropped
    # The whole 3 times, two halves 7 times, alone at most 4 times, and the one behind.
    assert breaking.received.requests - more <= 3 + 2 * 7 + 4 + 1


@waits_for_timeouts
@pytest.mark.parametrize("how", BREAKS)
def test_lone_record_on_which_the_connection_breaks(breaking: Bot) -> None:
    """One that is a batch by itself is set apart, and dropped once others were taken between its tries."""
    breaking.log("poison")
    breaking.span("poison")
    _until_dropped(breaking.log_box.outbox, "broken", breaking.log, breaking.bodies)
    _until_dropped(
        breaking.span_box.outbox, "broken", breaking.span, lambda: [one.name for one in breaking.received.spans]
    )
    assert breaking.flush()

    assert {("logs", "broken"): 1, ("spans", "broken"): 1} == breaking.dropped
    assert len(breaking.bodies()) == len(set(breaking.bodies()))


@pytest.mark.parametrize("how", [500])
def test_lone_record_that_makes_the_collector_fail(breaking: Bot) -> None:
    """The same holds for one that is answered 500."""
    breaking.log("poison")
    _until_dropped(breaking.log_box.outbox, "refused", breaking.log, breaking.bodies)

    assert {"refused": 1} == breaking.log_box.outbox.dropped


@waits_for_timeouts
@pytest.mark.parametrize("how", BREAKS)
@pytest.mark.parametrize("count", [1, BATCH + 1])
def test_receiver_that_breaks_on_everything(
    breaking: Bot, monkeypatch: pytest.MonkeyPatch, how: int, count: int
) -> None:
    """One that resets or hangs on everything costs one request after each pause; nothing is lost or comes twice."""
    waits: list[float] = []
    wait = Outbox._wait  # noqa: SLF001 - the pauses are what is counted

    def waited(box: Outbox[Any], seconds: float) -> None:
        waits.append(seconds)
        wait(box, seconds)

    monkeypatch.setattr(Outbox, "_wait", waited)
    breaking.received.judge = lambda _: how if breaking.received.requests <= 7 else 200
    for number in range(count):
        breaking.log(str(number))
    end = time.monotonic() + DEADLINE
    while len(breaking.bodies()) < count:
        assert time.monotonic() < end
        time.sleep(0.005)

    assert sorted(map(str, range(count))) == sorted(breaking.bodies())
    assert {} == breaking.log_box.outbox.dropped
    assert len(waits) >= (6 if count > 1 else 3)


@waits_for_timeouts
@pytest.mark.parametrize("how", [HANG])
def test_collector_whose_store_hangs(breaking: Bot) -> None:
    """A collector that answers requests without records, and hangs on those with some, loses none."""
    breaking.received.judge = lambda body: HANG if body and breaking.received.requests <= 9 else 200
    for number in range(4):
        breaking.log(str(number))
    assert breaking.flush()

    assert ["0", "1", "2", "3"] == sorted(breaking.bodies())
    assert {} == breaking.log_box.outbox.dropped


@pytest.mark.parametrize("how", [RESET])
def test_answer_that_is_lost(breaking: Bot) -> None:
    """A receiver that takes a request and breaks the connection before it answers is sent it once more."""

    def take(body: bytes) -> int:
        if breaking.received.requests > 1:
            return 200
        breaking.received.take("/v1/logs", body)
        return RESET

    breaking.received.judge = take
    breaking.log("twice")
    assert breaking.flush()

    assert ["twice"] * 2 == breaking.bodies()


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", id="chunk cut off"),
        pytest.param(b"Content-Length: 20\r\n\r\nab", id="body cut off"),
        pytest.param(b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab", id="no gzip"),
    ],
)
def test_answer_of_which_the_rest_is_cut_off(monkeypatch: pytest.MonkeyPatch, rest: bytes) -> None:
    """A status holds whatever becomes of the text after it: what was taken with 200 is not sent again."""
    monkeypatch.setattr(outbox, "_FAREWELL_SECONDS", 1.0)
    taken = Received()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            """Take a request, and break off in the answer."""
            taken.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" + rest)
            self.close_connection = True

    with answering(Handler) as taken.port:
        bot = Bot(taken)
        bot.log("once")
        bot.log("once more")
        assert bot.flush()
        bot.log_box.shutdown()
        bot.span_box.shutdown()

    assert ["once", "once more"] == bot.bodies()
    assert {} == bot.log_box.outbox.dropped


@waits_for_timeouts
def test_answer_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text after a status is waited for no longer than the timeout, and read no further than it can matter."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")
    taken, over = Received(), Event()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            """Take a request, and never come to an end of the answer."""
            taken.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            with suppress(OSError):
                while not over.wait(0.05):
                    self.wfile.write(b"x")
            self.close_connection = True

    with answering(Handler) as taken.port:
        bot = Bot(taken)
        bot.log("once")
        arrived = bot.flush()
        over.set()
        bot.log_box.shutdown()
        bot.span_box.shutdown()

    assert arrived
    assert ["once"] == bot.bodies()


def test_tls_connection_that_is_cut_off() -> None:
    """A TLS connection that is closed while a request is written to it broke; one that was never made did not."""
    cut, wrong = (
        RequestsSSLError(MaxRetryError(HTTPSConnectionPool("collector"), "/v1/logs", SSLError(reason)))
        for reason in (
            ssl.SSLEOFError(8, "EOF occurred in violation of protocol"),
            ssl.SSLCertVerificationError(1, "certificate verify failed"),
        )
    )

    assert (True, False) == (_was_sent(cut), _was_sent(wrong))


@waits_for_timeouts
@pytest.mark.parametrize("how", [RESET, 502])
def test_farewell_to_a_receiver_that_breaks(breaking: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a process ends the search is quick: the innocent ones arrive, and what is not taken is counted."""
    monkeypatch.setattr(outbox, "_FAREWELL_SECONDS", 5.0)
    for number in range(BATCH + 2):
        breaking.log("poison" if number in {3, BATCH} else str(number))
    breaking.log_box.shutdown()

    assert BATCH == len(set(breaking.bodies())) == len(breaking.bodies())
    assert 2 == breaking.log_box.outbox.dropped.total()
    assert set(breaking.log_box.outbox.dropped) <= {"broken", "ended"}


@waits_for_timeouts
def test_farewell_to_a_receiver_that_hangs_for_longer(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no answer comes in time, the end does not wait for one, and all that was made is counted as dropped."""
    monkeypatch.setattr(outbox, "_FAREWELL_SECONDS", 0.3)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "8")
    slow = Bot(bot.received)
    slow.received.judge = lambda _: HANG
    for number in range(2 * BATCH + 1):
        slow.log(str(number))
    began = time.monotonic()
    slow.log_box.shutdown()

    assert time.monotonic() - began < 6.0
    assert {"ended": 2 * BATCH + 1} == slow.log_box.outbox.dropped


class _Logs(LogsServiceServicer):
    """Takes log records by gRPC, except those with a word in them."""

    def __init__(self, code: grpc.StatusCode | None) -> None:
        self.code, self.got = code, []  # type: ignore[var-annotated]

    def Export(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802 - gRPC's own name
        """Answer an export; with no code, hang."""
        if b"poison" in request.SerializeToString():
            while self.code is None and context.is_active():
                time.sleep(0.02)
            context.abort(self.code or grpc.StatusCode.UNAVAILABLE, "no")
        assert isinstance(request, ExportLogsServiceRequest)
        records = [one for group in request.resource_logs for scope in group.scope_logs for one in scope.log_records]
        self.got += [one.body.string_value for one in records]
        return ExportLogsServiceResponse()


@pytest.mark.parametrize("code", [grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL])
def test_over_grpc(monkeypatch: pytest.MonkeyPatch, code: grpc.StatusCode) -> None:
    """The same holds for gRPC's codes, and for what cannot be encoded."""
    monkeypatch.setattr(outbox, "_FIRST_PAUSE_SECONDS", 0.02)
    server, service, lost = grpc.server(ThreadPoolExecutor(2)), _Logs(code), Counter[str]()
    add_LogsServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    box = LogOutbox(
        GrpcLogExporter(f"127.0.0.1:{port}", insecure=True), lambda _, reason, count: lost.update({reason: count})
    )
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(box)
    try:
        for number in range(BATCH):
            at = -1 if number == 5 else time.time_ns()
            provider.get_logger("t").emit(LogRecord(body="poison" if number == 9 else str(number), timestamp=at))
        assert box.force_flush(int(DEADLINE * 1000))
    finally:
        box.shutdown()
        server.stop(None)

    assert {str(number) for number in range(BATCH) if number not in {5, 9}} == set(service.got)
    assert len(service.got) == BATCH - 2
    assert {"invalid": 1, "refused": 1} == lost


@contextmanager
def _resetting(port: int) -> Iterator[int]:
    """Run a proxy that resets a connection over which poison comes, and answers nothing of it."""

    class Proxy(BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as onward:
                while True:
                    for ready in select.select([self.request, onward], [], [])[0]:
                        some = ready.recv(65536)
                        if not some:
                            return
                        if ready is self.request and b"poison" in some:
                            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                            self.request.close()
                            return
                        (onward if ready is self.request else self.request).sendall(some)

        def finish(self) -> None:
            """Close it without more ado, so that it is reset."""

    class Server(ThreadingTCPServer):
        daemon_threads = True

        def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - the base's signature
            """Close it."""
            request.close()

    with Server(("127.0.0.1", 0), Proxy) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@waits_for_timeouts
@pytest.mark.parametrize("how", [RESET, HANG])
def test_connection_that_breaks_over_grpc(monkeypatch: pytest.MonkeyPatch, how: int) -> None:
    """A record on which a gRPC connection is reset, or its call hangs, is dropped alone; the others arrive once."""
    monkeypatch.setattr(outbox, "_FIRST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(outbox, "_LONGEST_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(outbox, "_EVERY_SECONDS", 0.01)
    server, service = grpc.server(ThreadPoolExecutor(4)), _Logs(None)
    add_LogsServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with _resetting(port) as before:
        endpoint = f"127.0.0.1:{before if how == RESET else port}"
        exporter = GrpcLogExporter(endpoint, insecure=True, timeout=5.0 if how == RESET else 0.75)
        box = LogOutbox(exporter, lambda *_: None)
        provider = LoggerProvider(shutdown_on_exit=False)
        provider.add_log_record_processor(box)

        def emit(body: str) -> None:
            provider.get_logger("t").emit(LogRecord(body=body, timestamp=time.time_ns()))

        for number in range(8):
            emit("poison" if number == 5 else str(number))
        more = _until_dropped(box.outbox, "broken", emit, lambda: service.got)
        box.shutdown()
    server.stop(None)

    others = [str(number) for number in range(8) if number != 5]
    assert sorted([*others, *(f"later {number}" for number in range(more))]) == sorted(service.got)
    assert {"broken": 1} == box.outbox.dropped


@pytest.mark.parametrize(
    ("code", "said", "answer"),
    [
        pytest.param("UNAVAILABLE", "Stream removed (recvmsg:Connection reset by peer (104))", "BROKEN", id="reset"),
        pytest.param("UNAVAILABLE", "Socket closed", "BROKEN", id="closed"),
        pytest.param("UNAVAILABLE", "failed to connect to all addresses; last error: reset", "LATER", id="refused"),
        pytest.param("UNAVAILABLE", "Received http2 header with status: 502", "BROKEN", id="proxy, 502"),
        pytest.param("UNAVAILABLE", "Received http2 header with status: 504", "BROKEN", id="proxy, 504"),
        pytest.param("UNAVAILABLE", "Received http2 header with status: 503", "LATER", id="proxy, 503"),
        pytest.param("UNAVAILABLE", "sending queue is full", "LATER", id="busy"),
        pytest.param("DEADLINE_EXCEEDED", "Deadline Exceeded", "BROKEN", id="hang"),
        pytest.param("RESOURCE_EXHAUSTED", "busy", "LATER", id="exhausted"),
    ],
)
def test_what_grpc_says(code: str, said: str, answer: str) -> None:
    """A connection that broke is told from one that never was, and from a collector that says try again."""
    error = SimpleNamespace(code=lambda: grpc.StatusCode[code], details=lambda: said)

    assert answer == _of_code(error).name


def test_batches_are_bounded_in_bytes(bot: Bot) -> None:
    """No request is larger than what collectors and the proxies before them take, however many large records wait."""
    sizes: list[int] = []

    def judge(body: bytes) -> int:
        sizes.append(len(body))
        return 200

    bot.received.judge = judge
    for _ in range(BATCH):
        bot.log("x" * fit.TEXT_LIMIT)
    assert bot.flush()

    assert len(bot.bodies()) == BATCH
    assert max(sizes) < 3 * 2**20


def test_body_of_any_kind(bot: Bot) -> None:
    """A body that is no text arrives as what it is, and so do numbers and lists."""
    for body in ({"a": [1, 2.5, None]}, 7, ["x"]):
        bot.log(body)
    bot.log(json.loads('{"deep": ' * 50 + "1" + "}" * 50))
    assert bot.flush()

    assert 4 == len(bot.received.records)
    assert {} == bot.dropped
