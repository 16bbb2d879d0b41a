"""A TracerProvider of the bot's own: its spans reach our collector too, once."""

import gzip
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpanExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pipecat_lgtm_bridge import adding, guard, providers


class Collector:
    """Takes traces by HTTP and keeps the names of their spans."""

    def __init__(self) -> None:
        self.names: list[str] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                raw = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                request = ExportTraceServiceRequest.FromString(raw)
                for resource in request.resource_spans:
                    for scope in resource.scope_spans:
                        collector.names += [span.name for span in scope.spans]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:  # noqa: ANN401 - as http.server calls it
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


class Masking(SpanProcessor):
    """A processor of the bot's own, around another."""

    def __init__(self, inner: SpanProcessor) -> None:
        self.inner = inner

    def on_end(self, span: ReadableSpan) -> None:
        """Pass it on."""
        self.inner.on_end(span)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Return a collector to which the environment sends, for a process that has been told nothing yet."""
    made = Collector()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    for name in ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", adding.VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
    monkeypatch.setattr(guard, "_told", set())
    monkeypatch.setattr(providers, "_enriched", set())
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def _sent(monkeypatch: pytest.MonkeyPatch, provider: TracerProvider, calls: int = 2) -> None:
    """Let a bot with a provider of its own have calls."""
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    for _ in range(calls):
        assert providers.tracing(lambda *_: None) is provider
        provider.get_tracer("bot").start_span("turn").end()
    provider.force_flush()
    provider.shutdown()


def test_provider_for_another_destination(monkeypatch: pytest.MonkeyPatch, collector: Collector) -> None:
    """Spans of a provider that sends elsewhere arrive there and here, each once, also from the second call on."""
    elsewhere = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(elsewhere))
    _sent(monkeypatch, provider)

    assert ["turn", "turn"] == collector.names
    assert ["turn", "turn"] == [span.name for span in elsewhere.get_finished_spans()]


@pytest.mark.parametrize(
    "wrap", [SimpleSpanProcessor, BatchSpanProcessor, lambda one: Masking(SimpleSpanProcessor(one))]
)
def test_provider_that_sends_here(monkeypatch: pytest.MonkeyPatch, collector: Collector, wrap: Any) -> None:  # noqa: ANN401
    """A provider that already sends here gets no second exporter, whatever its processor: each span arrives once."""
    provider = TracerProvider()
    provider.add_span_processor(wrap(OTLPSpanExporter(f"{collector.url}/v1/traces")))
    _sent(monkeypatch, provider)

    assert ["turn", "turn"] == collector.names


def test_switched_off(monkeypatch: pytest.MonkeyPatch, collector: Collector, caplog: pytest.LogCaptureFixture) -> None:
    """With the switch off nothing is added, and the log says once what is missing because of it."""
    monkeypatch.setenv(adding.VARIABLE, "false")
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(InMemorySpanExporter()))
    _sent(monkeypatch, provider)

    assert [] == collector.names
    assert 1 == caplog.text.count(
        f"PIPECAT_LGTM_ADD_EXPORTER=false, and the bot's TracerProvider sends nothing to {collector.url}"
    )


def test_switch_that_is_neither(
    monkeypatch: pytest.MonkeyPatch, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    """A value that is neither is taken for true, and the log says so."""
    monkeypatch.setenv(adding.VARIABLE, "maybe")
    _sent(monkeypatch, TracerProvider())

    assert ["turn", "turn"] == collector.names
    assert "PIPECAT_LGTM_ADD_EXPORTER is 'maybe'; it is true or false, and taken for true" in caplog.text


def test_no_exporter_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    """`OTEL_TRACES_EXPORTER=none` holds for such a provider too."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    _sent(monkeypatch, TracerProvider())

    assert [] == collector.names
    assert "" == caplog.text


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://localhost:4318/v1/traces", "http://127.0.0.1:4318/v1/traces", True),
        ("http://localhost:4318/v1/traces", "localhost:4317", True),
        ("https://collector.example.com:4318/v1/traces", "collector.example.com:4317", True),
        ("https://Collector.example.com/v1/traces", "https://collector.example.com:443/v1/traces", True),
        ("http://localhost:4318/v1/traces", "http://localhost:3000/api/public/otel/v1/traces", False),
        ("http://localhost:4318/v1/traces", "https://cloud.langfuse.com/api/public/otel/v1/traces", False),
        ("https://example.com/one/v1/traces", "https://example.com/two/v1/traces", False),
        ("http://[::1]:4318/v1/traces", "localhost:4317", True),
        ("http://0.0.0.0:4318/v1/traces", "localhost:4317", True),
        ("http://127.0.1.1:4318/v1/traces", "localhost:4317", True),
        ("http://localhost.:4318/v1/traces", "localhost:4317", True),
        ("http://10.0.0.1:4318/v1/traces", "localhost:4317", False),
    ],
)
def test_one_collector(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    """Addresses of one collector are told from those of another."""
    assert same == (adding.address(one) == adding.address(other))


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: GrpcSpanExporter("http://localhost:4317"), ["localhost:4317"]),
        (lambda: OTLPSpanExporter("http://localhost:4318/v1/traces"), ["http://localhost:4318/v1/traces"]),
        (ConsoleSpanExporter, []),
    ],
    ids=["grpc", "http", "console"],
)
def test_where_exporters_send_to(make: Callable[[], SpanExporter], expected: list[str]) -> None:
    """OTLP exporters are found by either protocol; others have no address."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(make()))
    try:
        assert expected == list(adding.endpoints(provider))
    finally:
        provider.shutdown()
