"""What a heartbeat tells: its own /metrics, which need nobody, and spans and events for the collector."""

import re
import socket
import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Status, StatusCode, set_span_in_context
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from pipecat_lgtm.config.quality import Target
from pipecat_lgtm.quality import words
from pipecat_lgtm.quality.calls import Done
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import dialects as d
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import heartbeat as h
from pipecat_lgtm_bridge.exporting import LogOutbox, SpanOutbox
from pipecat_lgtm_bridge.later import catch_up

_SECONDS = (0.05, 0.1, 0.25, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 3.0, 5.0, 10.0)
_NANO = 1_000_000_000
SCRIPT = "script"
"""Where the reference of word errors comes from."""


class Metrics:
    """What is shown at /metrics; every label value is there from the start, so that a first fault is an increase.

    Args:
        targets: who is called.
    """

    def __init__(self, targets: Iterable[Target]) -> None:
        self.registry = CollectorRegistry()
        own: dict[str, Any] = {"registry": self.registry}
        by = [h.TARGET]
        self._calls = Counter(h.CALLS, "Synthetic calls by verdict.", [h.TARGET, h.VERDICT], **own)
        self._up = Gauge(h.UP, "1: the last synthetic call was ok; 0: it was not.", by, **own)
        self._last = Gauge(h.LAST_CALL, "When the last synthetic call ended.", by, **own)
        self._skipped = Counter(h.SKIPPED, "Calls that were due and not placed.", [h.TARGET, h.REASON], **own)
        self._cost = Counter(h.COST, "US dollars, by the targets' `cost`.", by, **own)
        self._connect = Histogram(h.CONNECT, "Until the bot took the call.", by, buckets=_SECONDS, **own)
        self._first = Histogram(h.FIRST_WORD, "Caller's last word to first audible one.", by, buckets=_SECONDS, **own)
        self._gap = Histogram(h.GAP, "The longest pause within a reply of a call.", by, buckets=_SECONDS, **own)
        self._words = Counter(h.WORDS, "Words said to the bot, by what it understood.", [h.TARGET, h.KIND], **own)
        self.live = Gauge(h.LIVE, "Synthetic calls now.", **own)
        Gauge(h.TARGETS, "Scenarios that are called.", **own).set(len(list(targets)))
        for target in targets:
            self._cost.labels(target.name)
            for verdict in h.VERDICTS:
                self._calls.labels(target.name, verdict)
            for kind in ("hit", "substitution", "deletion", "insertion"):
                self._words.labels(target.name, kind)
            for reason in REASONS:
                self._skipped.labels(target.name, reason)

    def tell(self, done: Done) -> None:
        """Count a call."""
        name, facts, errors = done.target.name, done.facts, done.errors
        self._calls.labels(name, done.verdict.name).inc()
        self._up.labels(name).set(done.verdict.name == h.OK)
        self._last.labels(name).set(done.began + done.seconds)
        self._cost.labels(name).inc(done.target.cost)
        if facts.connect is not None:
            self._connect.labels(name).observe(facts.connect)
        for turn in facts.turns:
            if turn.first_word is not None and not turn.talked_over:
                self._first.labels(name).observe(turn.first_word)
        if facts.sounded is not None:
            self._gap.labels(name).observe(facts.gap)
        counted = {
            "hit": errors.hits,
            "substitution": errors.substitutions,
            "deletion": errors.deletions,
            "insertion": errors.insertions,
        }
        for kind, count in counted.items():
            self._words.labels(name, kind).inc(count)

    def skip(self, target: Target, reason: str) -> None:
        """Count a call that was not placed."""
        self._skipped.labels(target.name, reason).inc()


COST, BUSY, BROKEN = "cost", "busy", "broken"
REASONS = (COST, BUSY, BROKEN)
"""Why a call is not placed: the day's money is spent; the call before goes on; the caller itself fails."""


@dataclass(frozen=True)
class Entrance:
    """Where telemetry goes.

    Args:
        url: of the collector, OTLP/HTTP, without /v1.
        token: a bearer token; empty where none is asked for.
        certificate: a file to trust; None for those of the system.
        environment: of targets that name none.
    """

    url: str
    token: str
    certificate: str | None
    environment: str


@dataclass
class Telling:
    """Tells of calls: everybody who asks, and a collector.

    Args:
        metrics: the own ones.
        entrance: None: no collector is told.
    """

    metrics: Metrics
    entrance: Entrance | None
    _of: dict[tuple[str, str], tuple[TracerProvider, LoggerProvider]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make what sends."""
        self._spans, self._logs = None, None
        if self.entrance is None:
            return
        headers = {"Authorization": f"Bearer {self.entrance.token}"} if self.entrance.token else {}
        how: dict[str, Any] = {"headers": headers, "certificate_file": self.entrance.certificate}
        self._spans = SpanOutbox(OTLPSpanExporter(f"{self.entrance.url}/v1/traces", **how), _lost)
        self._logs = LogOutbox(OTLPLogExporter(f"{self.entrance.url}/v1/logs", **how), _lost)

    def tell(self, done: Done) -> None:
        """Tell of a call: the contract's conversation, and its word errors in the same trace."""
        self.metrics.tell(done)
        if self._spans is None or self.entrance is None:
            return
        traces, logs = self._providers(done.target, self.entrance.environment)
        ok = done.verdict.name == h.OK
        attributes: dict[str, Any] = {
            a.CONVERSATION_ID.name: f"heartbeat-{uuid.uuid4().hex[:12]}",
            # Not failed: that says that a component did, and rates of errors are made of it.
            a.CONVERSATION_OUTCOME.name: "completed" if ok else "abandoned",
            a.VERDICT.name: done.verdict.name,
            a.VERDICT_REASON.name: done.verdict.reason,
        }
        span = traces.get_tracer(h.SCOPE).start_span(
            d.CONVERSATION_SPAN, attributes=attributes, start_time=int(done.began * _NANO)
        )
        if not ok:
            span.set_status(Status(StatusCode.ERROR, done.verdict.name))
        if (rate := done.errors.rate) is not None:
            facts: dict[str, Any] = {
                e.EVENT_NAME.name: e.WORD_ERRORS.name,
                e.WER.name: rate,
                e.WER_SOURCE.name: SCRIPT,
                e.SUBSTITUTIONS.name: done.errors.substitutions,
                e.DELETIONS.name: done.errors.deletions,
                e.INSERTIONS.name: done.errors.insertions,
                e.NORMALISER.name: words.normaliser(),
                a.PROVIDER.name: done.target.stt_provider or "",
                a.MODEL.name: done.target.stt_model or "",
            }
            record = LogRecord(
                timestamp=int((done.began + done.seconds) * _NANO),
                context=set_span_in_context(span),
                severity_number=SeverityNumber.INFO,
                severity_text="INFO",
                body=f"word error rate {rate:.3f} of {done.errors.said} words",
                event_name=e.WORD_ERRORS.name,
                attributes={key: value for key, value in facts.items() if value != ""},
            )
            logs.get_logger(h.SCOPE).emit(record)
        span.end(int((done.began + done.seconds) * _NANO))
        catch_up()
        for box in (self._spans, self._logs):
            if box is not None:
                box.force_flush(0)  # waits for nothing: a few items alone wake no outbox

    def _providers(self, target: Target, environment: str) -> tuple[TracerProvider, LoggerProvider]:
        key = (target.service, target.environment or environment)
        if key not in self._of:
            resource = Resource({a.SERVICE_NAME.name: key[0], a.ENVIRONMENT_NAME.name: key[1]})
            traces, logs = TracerProvider(resource=resource, shutdown_on_exit=False), LoggerProvider(resource=resource)
            if self._spans is not None and self._logs is not None:
                traces.add_span_processor(self._spans)
                logs.add_log_record_processor(self._logs)
            self._of[key] = (traces, logs)
        return self._of[key]

    def end(self) -> None:
        """Send what waits, for a few seconds at most."""
        ending = [threading.Thread(target=box.shutdown) for box in (self._spans, self._logs) if box is not None]
        for one in ending:
            one.start()
        for one in ending:
            one.join()


def _lost(signal: str, reason: str, count: int) -> None:
    """Nothing is done: what is told once more is at /metrics, whatever a collector has taken."""


class _Page(BaseHTTPRequestHandler):
    """Answers /metrics and /ready, to those who call us by a name of ours."""

    timeout = 5.0
    protocol_version = "HTTP/1.0"

    def __init__(self, registry: CollectorRegistry, names: frozenset[str], *given: Any) -> None:  # noqa: ANN401
        self._registry, self._names = registry, names
        super().__init__(*given)

    def do_GET(self) -> None:
        """Answer."""
        host = re.sub(r":[0-9]*$", "", self.headers.get("Host", "")).strip("[]").lower()
        if host not in self._names:
            self._answer(421, b"asked for under a name that is none of this server's\n")
        elif self.path == "/metrics":
            self._answer(200, generate_latest(self._registry), CONTENT_TYPE_LATEST)
        elif self.path == "/ready":
            self._answer(200, b"ready\n")
        else:
            self._answer(404, b"/metrics, /ready\n")

    def _answer(self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: str, port: int, handler: Callable[..., BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, port), handler)


def serve(registry: CollectorRegistry, address: str, port: int, name: str = "") -> ThreadingHTTPServer:
    """Serve /metrics until it is shut down.

    Args:
        registry: what is shown.
        address: to listen on.
        port: the same; 0: any.
        name: by which others may call us, besides loopback and the address.

    Raises:
        OSError: the port is taken.
    """
    names = frozenset({"localhost", "127.0.0.1", "::1", address, name} - {""})
    server = _Server(address, port, partial(_Page, registry, names))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
