"""Stores that are down for a while under load: every trace and log arrives, and every count."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import otlp
import pytest
from harness import poll
from stacks import EngineBin, Stack, stack_of

pytestmark = pytest.mark.stack

_DOWN_SECONDS = 60
_EVERY_SECONDS = 0.25
_SIGNALS = ("spans", "log_records", "metric_points")


class _Load(threading.Thread):
    """Sends one turn and one log line of it, four times a second, until it is stopped."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port, self._stop_it = port, threading.Event()
        self.sent: list[str] = []
        self.failures: list[str] = []

    def run(self) -> None:
        while not self._stop_it.wait(_EVERY_SECONDS):
            turn = otlp.turn(0.5)
            line = {**otlp.event("line"), "traceId": turn["traceId"], "spanId": turn["spanId"]}
            try:
                otlp.send(self._port, otlp.traces([turn]))
                otlp.send(self._port, otlp.logs([line]))
            except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
                self.failures.append(repr(error))
            self.sent.append(turn["traceId"])

    def finish(self) -> None:
        self._stop_it.set()
        self.join()


@contextmanager
def _load(stack: Stack) -> Iterator[_Load]:
    load = _Load(stack.ports.otlp_http)
    load.start()
    try:
        yield load
    finally:
        load.finish()


def _logged(stack: Stack) -> set[str]:
    return {labels.get("trace_id", "") for labels, _ in stack.log_lines('{service_name="bot"}')}


def _arrived(stack: Stack, sent: list[str]) -> None:
    for one in sent:
        poll(f"trace {one}", lambda trace=one: stack.trace(trace), deadline=120)
    poll("every log", lambda: set(sent) <= _logged(stack), deadline=120)


def test_every_trace_and_log_arrives_after_a_minute_without_stores(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Tempo, Loki and Prometheus are down for a minute under load; all that was accepted is there afterwards."""
    stores = ("tempo", "loki", "prometheus")
    with stack_of(tmp_path, engine_bin, "collector", *stores) as stack:
        with _load(stack) as load:
            poll("some turns", lambda: len(load.sent) >= 8)
            for name in stores:
                stack.stop(name)
            end = time.monotonic() + _DOWN_SECONDS
            poll("a minute of load", lambda: time.monotonic() > end, deadline=2 * _DOWN_SECONDS)
            assert stack.self_metric("otelcol_exporter_queue_size") > 0
            for name in stores:
                stack.start(name)
            before = len(load.sent)
            poll("some turns more", lambda: len(load.sent) >= before + 8)

        assert not load.failures
        stack.until("sum(pipecat_turns_total)", len(load.sent), deadline=120)
        _arrived(stack, load.sent)
        assert 0 == stack.value("sum(resets(pipecat_turns_total[10m]))"), "Prometheus was away, its series went on"
        lost = [f"otelcol_exporter_{how}_failed_{what}" for how in ("send", "enqueue") for what in _SIGNALS]
        assert dict.fromkeys(lost, 0) == {name: stack.self_metric(name) for name in lost}


def test_a_killed_collector_keeps_what_it_queued(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Traces and logs acknowledged while their stores were down survive SIGKILL of the collector."""
    with stack_of(tmp_path, engine_bin, "collector") as stack:
        with _load(stack) as load:
            poll("some turns", lambda: len(load.sent) >= 20)
        process = stack.processes["collector"].popen
        assert process is not None
        process.kill()
        process.wait()
        for name in ("collector", "tempo", "loki"):
            stack.start(name)

        assert not load.failures
        _arrived(stack, load.sent)
