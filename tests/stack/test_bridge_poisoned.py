"""Records that no collector takes, sent to a real one: the innocent ones beside them are counted, and so are they."""

import time
from collections.abc import Iterator

import pytest
from opentelemetry import _logs
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.resources import Resource
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm_bridge import emit
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.exporting import LogOutbox

pytestmark = pytest.mark.stack
_INNOCENT, _LARGE, _HALVES, _IMPOSSIBLE = 400, 8, 3, 2
_DEADLINE = 30.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Stack]:
    """A collector and Prometheus."""
    with stack_of(tmp_path_factory.mktemp("poison"), engine_bin, "collector", "prometheus") as made:
        yield made


def test_the_innocent_are_counted(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    """Each event beside poisoned ones is counted once, and those that cannot be sent are counted with their reason."""
    box = LogOutbox(OTLPLogExporter(f"http://127.0.0.1:{stack.ports.otlp_http}/v1/logs"), emit.dropped)
    provider = LoggerProvider(resource=Resource({"service.name": "poisoned"}), shutdown_on_exit=False)
    provider.add_log_record_processor(box)
    monkeypatch.setattr(_logs, "get_logger_provider", lambda: provider)
    beat = {e.EVENT_NAME.name: e.HEARTBEAT.name}

    def send(body: str, at: int | None = None) -> None:
        provider.get_logger("t").emit(LogRecord(timestamp=at or time.time_ns(), body=body, attributes=beat))

    for number in range(_INNOCENT):
        send(str(number))
        if number % (_INNOCENT // _LARGE) == 0:
            send("word " * 600_000)
        if number < _HALVES:
            send("half \ud83d")
        if number < _IMPOSSIBLE:
            send("before all time", -1)
    sent = box.force_flush(int(_DEADLINE * 1000)) and box.force_flush(int(_DEADLINE * 1000))
    box.shutdown()

    assert sent
    service = 'service_name="poisoned"'
    stack.until(f"sum({m.HEARTBEATS.prometheus}{{{service}}})", _INNOCENT + _LARGE + _HALVES, _DEADLINE)
    reported = f"{m.BRIDGE_DROPPED.prometheus}{{{service}}}"
    stack.until(f"sum({reported})", _IMPOSSIBLE, _DEADLINE)
    assert [("logs", "invalid")] == [
        (row["metric"]["signal"], row["metric"]["reason"]) for row in stack.query(reported)
    ]
