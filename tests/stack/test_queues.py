"""Full queues: what is answered 200 is counted once and kept once, and a dead destination changes nothing."""

import contextlib
import itertools
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import otlp
import pytest
import retrying
from harness import poll, scraped
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from receiver import receiver
from stacks import EngineBin, Stack, stack_of

import yamls

pytestmark = pytest.mark.stack

_REQUESTS, _EACH = 100, 200
_PAD = "lorem ipsum dolor sit amet " * 40
_SMALLEST = "6 MiB"
DESTINATIONS = ("refused", "unavailable", "silent")
_NUMBERS = itertools.count(1)


def _attribute(key: str, value: object) -> KeyValue:
    match value:
        case bool():
            return KeyValue(key=key, value=AnyValue(bool_value=value))
        case float():
            return KeyValue(key=key, value=AnyValue(double_value=value))
        case _:
            return KeyValue(key=key, value=AnyValue(string_value=str(value)))


def _turns(count: int) -> bytes:
    """Return a request of turns, each a trace of its own, of about 1.2 kB."""
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add()
    spans.resource.attributes.extend([_attribute("service.name", "bot"), _attribute("deployment.environment", "test")])
    scope, now = spans.scope_spans.add(), time.time_ns()
    for number in itertools.islice(_NUMBERS, count):
        span = scope.spans.add(trace_id=number.to_bytes(16), span_id=number.to_bytes(8), name="turn", kind=1)
        span.start_time_unix_nano, span.end_time_unix_nano = now - 10**9, now
        span.attributes.extend(
            [
                _attribute(key, value)
                for key, value in {
                    "conversation.id": f"call-{number // 10}",
                    "turn.was_interrupted": False,
                    "turn.duration_seconds": 1.0,
                    "turn.user_bot_latency_seconds": 0.7,
                    "padding": _PAD,
                }.items()
            ]
        )
    return request.SerializeToString()


def _records(count: int) -> bytes:
    """Return a request of events with one token count each, every line different, of about 1.2 kB."""
    request = ExportLogsServiceRequest()
    logs = request.resource_logs.add()
    logs.resource.attributes.extend([_attribute("service.name", "bot"), _attribute("deployment.environment", "test")])
    scope, now = logs.scope_logs.add(), time.time_ns()
    for number in itertools.islice(_NUMBERS, count):
        record = scope.log_records.add(time_unix_nano=now + number, observed_time_unix_nano=now)
        record.body.string_value = f"line {number}"
        record.attributes.extend(
            [
                _attribute("event.name", "pipecat.interruption"),
                _attribute("padding", _PAD),
            ]
        )
    return request.SerializeToString()


@dataclass
class Sent:
    """What was acknowledged so far."""

    spans: int = 0
    records: int = 0
    answers: list[retrying.Outcome] = field(default_factory=list)

    def send(self, port: int) -> None:
        """Send 20,000 spans and 20,000 records."""
        for kind, make in (("traces", _turns), ("logs", _records)):
            outcome = retrying.send(port, kind, {str(one): make(_EACH) for one in range(_REQUESTS)})
            self.answers.append(outcome)
            if kind == "traces":
                self.spans += _EACH * len(outcome.taken)
            else:
                self.records += _EACH * len(outcome.taken)


@contextmanager
def _dead() -> Iterator[dict[str, int]]:
    """Hold three destinations that take nothing: no listener, always 503, and no answer at all."""
    with socket.socket() as closed, socket.socket() as silent, receiver() as unavailable:
        closed.bind(("127.0.0.1", 0))  # bound, not listening: refused
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        unavailable.status = 503
        yield {
            "refused": closed.getsockname()[1],
            "unavailable": unavailable.port,
            "silent": silent.getsockname()[1],
        }


def _refused(stack: Stack, exporter: str, what: str) -> int:
    """Return what a full queue refused."""
    metric = f"otelcol_exporter_enqueue_failed_{what}"
    return int(scraped(stack.ports.collector_metrics, metric, exporter=exporter))


def _spans(stack: Stack) -> int:
    """Return the spans that Tempo was sent since it started."""
    return int(scraped(stack.ports.tempo, "tempo_distributor_spans_received_total{"))


def _lines(stack: Stack) -> int:
    """Return the lines that Loki has.

    Not those it was sent: a Loki that has just started counts a request, answers 5xx and is sent it again.
    """
    answer = httpx.get(
        f"http://127.0.0.1:{stack.ports.loki}/loki/api/v1/query",
        params={"query": 'sum(count_over_time({service_name="bot"}[1h]))'},
        timeout=30,
    )
    found = answer.json()["data"]["result"] if answer.is_success else []
    return int(found[0]["value"][1]) if found else 0


def _kept(stack: Stack, sent: Sent, spans_before: int = 0) -> None:
    """Wait until both stores have what was acknowledged, less what their own queues refused; and no more than that.

    Args:
        stack: with Tempo and Loki.
        sent: what was acknowledged.
        spans_before: what Tempo received before it was started again.
    """
    poll(
        "Tempo to have what it should",
        lambda: spans_before + _spans(stack) == sent.spans - _refused(stack, "otlp_grpc/tempo", "spans"),
    )
    poll(
        "Loki to have what it should",
        lambda: _lines(stack) == sent.records - _refused(stack, "otlp_http/loki", "log_records"),
    )


def _counted(stack: Stack, sent: Sent) -> None:
    stack.until("sum(pipecat_turns_total)", sent.spans)
    stack.until("sum(pipecat_turn_ttfw_seconds_count)", sent.spans)
    stack.until("sum(pipecat_interruptions_total)", sent.records)
    stack.settled("sum(pipecat_turns_total) + sum(pipecat_interruptions_total)")
    stack.until("sum(pipecat_turns_total)", sent.spans)
    stack.until("sum(pipecat_interruptions_total)", sent.records)


def _dropping(stack: Stack) -> set[str]:
    return {one["metric"]["exporter"] for one in stack.query('ALERTS{alertname="PipecatCollectorDropping"}')}


def test_full_queues(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Three dead destinations change nothing; with Tempo and Loki away too, only they lose what they have no place for.

    40,000 spans and 40,000 records from senders that retry, on the smallest queues: what was acknowledged is what is
    counted, nothing is kept twice, and what a queue refused is counted and alerted on under that queue's name.
    """
    with _dead() as ports:
        overrides = {
            "collector": {"queue_size": _SMALLEST, "scrape_interval": "1 s"},
            "alerts": {"interval": "1 s"},
            "exporters": [
                {"name": name, "endpoint": f"http://127.0.0.1:{port}", "signals": ["traces", "logs"]}
                for name, port in ports.items()
            ],
        }
        with stack_of(tmp_path, engine_bin, "prometheus", "tempo", "loki", "collector", overrides=overrides) as stack:
            sent = Sent()
            sent.send(stack.ports.otlp_http)
            _counted(stack, sent)
            _kept(stack, sent)
            names = [f"otlp_http/{name}" for name in DESTINATIONS]
            assert all(_refused(stack, one, "spans") and _refused(stack, one, "log_records") for one in names)
            assert 0 == _refused(stack, "otlp_grpc/tempo", "spans") + _refused(stack, "otlp_http/loki", "log_records")
            assert {200} == {status for outcome in sent.answers for status in outcome.answers}
            poll("the alert for each destination", lambda: set(names) <= _dropping(stack))
            assert set(names) == _dropping(stack)

            before = _spans(stack)
            for store in ("tempo", "loki", "prometheus"):
                stack.stop(store)
            sent.send(stack.ports.otlp_http)
            poll("Tempo's queue to be full", lambda: _refused(stack, "otlp_grpc/tempo", "spans"))
            poll("Loki's queue to be full", lambda: _refused(stack, "otlp_http/loki", "log_records"))
            for store in ("tempo", "loki", "prometheus"):
                stack.start(store)
            _counted(stack, sent)
            _kept(stack, sent, before)
            poll("the alert for each store", lambda: {*names, "otlp_grpc/tempo", "otlp_http/loki"} == _dropping(stack))
            assert [] == stack.query('ALERTS{alertname="PipecatCollectorExportFailing"}')


def test_a_refused_request_was_not_counted(tmp_path: Path, engine_bin: EngineBin) -> None:
    """With no place at the entrance bots are answered 503 and send again; each is counted and kept once.

    The queue at the entrance is made smaller here than stack.yaml lets it be: four requests.
    """
    stack = Stack(tmp_path, engine_bin, {"collector": {"scrape_interval": "1 s"}})
    file = tmp_path / "config" / "collector" / "config.yaml"
    config = yamls.load(file.read_text(encoding="utf-8"))
    config["exporters"]["otlp_grpc/intake"]["sending_queue"] |= {
        "queue_size": 1_000_000,
        "batch": {"flush_timeout": "200ms", "min_size": 1_000_000, "max_size": 3_000_000},
    }
    file.write_text(yamls.dump(config), encoding="utf-8")
    sent = Sent()
    try:
        for engine in ("prometheus", "tempo", "loki", "collector"):
            stack.start(engine)
        sent.send(stack.ports.otlp_http)

        assert all(outcome.answers[503] for outcome in sent.answers)
        _counted(stack, sent)
        _kept(stack, sent)
    finally:
        stack.stop_all()


class _Busy(threading.Thread):
    """Sends a turn and a line of it at a time, as fast as they are answered, until the collector is gone."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port
        self.traces: list[str] = []
        self.lines: list[str] = []

    def run(self) -> None:
        with contextlib.suppress(httpx.HTTPError):
            while True:
                turn = otlp.turn(0.5)
                otlp.send(self._port, otlp.traces([turn]))
                self.traces.append(turn["traceId"])
                otlp.send(self._port, otlp.logs([otlp.event("line") | {"traceId": turn["traceId"]}]))
                self.lines.append(turn["traceId"])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_was_acknowledged_survives_the_end_of_the_collector(
    tmp_path: Path, engine_bin: EngineBin, number: signal.Signals
) -> None:
    """Killed or ended under load by three bots, a collector delivers after its start what it had answered 200."""
    with stack_of(tmp_path, engine_bin, "tempo", "loki", "collector") as stack:
        bots = [_Busy(stack.ports.otlp_http) for _ in range(3)]
        for bot in bots:
            bot.start()
        poll("100 turns", lambda: sum(len(bot.lines) for bot in bots) >= 100)
        process = stack.processes["collector"]
        process.send_signal(number)
        # Where the internal receiver is closed first, the collector waits for it until its supervisor ends it.
        process.grace = 10.0
        stack.stop("collector", number)
        for bot in bots:
            bot.join()
        stack.start("collector")

        for trace in (one for bot in bots for one in bot.traces):
            poll(f"trace {trace}", lambda t=trace: stack.trace(t))
        lines = {one for bot in bots for one in bot.lines}
        poll(
            "every line",
            lambda: lines <= {labels.get("trace_id") for labels, _ in stack.log_lines('{service_name="bot"}')},
        )
