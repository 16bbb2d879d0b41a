"""Metrics of OpenTelemetry's own SDK, which are sent to the same entrance: taken and dropped, or refused."""

import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import otlp
import pytest
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from stacks import EngineBin, Stack, stack_of

pytestmark = pytest.mark.stack

OURS, FOREIGN = "pipecat_turns_total", "http_client_duration"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Stack]:
    """Run a collector and a Prometheus, as shipped."""
    with stack_of(tmp_path_factory.mktemp("other"), engine_bin, "prometheus", "collector") as made:
        yield made


def _exporter(stack: Stack, protocol: str) -> MetricExporter:
    if protocol == "grpc":
        return GrpcExporter(f"http://127.0.0.1:{stack.ports.otlp_grpc}", insecure=True)
    return HttpExporter(f"http://127.0.0.1:{stack.ports.otlp_http}/v1/metrics")


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_taken_and_dropped(stack: Stack, protocol: str, caplog: pytest.LogCaptureFixture) -> None:
    """The bot's SDK has no error to log, and neither a name of its own nor one of ours reaches Prometheus."""
    reader = PeriodicExportingMetricReader(_exporter(stack, protocol), export_interval_millis=3_600_000)
    provider = MeterProvider([reader], Resource({"service.name": f"other-{protocol}"}))
    meter = provider.get_meter("test")
    meter.create_counter("pipecat_turns").add(1000)
    meter.create_histogram("http.client.duration", unit="s").record(0.2)

    with caplog.at_level(logging.INFO, "opentelemetry"):
        assert provider.force_flush(10_000)
        provider.shutdown()
    otlp.send(stack.ports.otlp_http, otlp.traces([otlp.turn()], {"service.name": f"bot-{protocol}"}))
    stack.until(f'sum({OURS}{{service_name="bot-{protocol}"}})', 1)

    assert [] == [record.getMessage() for record in caplog.records]
    assert [] == stack.query(f'{{__name__=~"{OURS}|{FOREIGN}.*",service_name="other-{protocol}"}}')
    assert [] == stack.query(f'{{__name__=~"{FOREIGN}.*"}}')


def test_refused(tmp_path: Path, engine_bin: EngineBin) -> None:
    """With `refuse` the entrance has no such path, so that a bot's owner sees it in the bot's log."""
    with stack_of(tmp_path, engine_bin, "collector", overrides={"collector": {"other_metrics": "refuse"}}) as made:
        url = f"http://127.0.0.1:{made.ports.otlp_http}/v1/metrics"
        assert 404 == httpx.post(url, json={"resourceMetrics": []}, timeout=10).status_code
