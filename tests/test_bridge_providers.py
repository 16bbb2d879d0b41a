"""Where the bridge sends, by the environment; and in whose trace an outgoing request is."""

import pytest
from opentelemetry.trace import get_current_span

from bridged import Bridged
from pipecat_lgtm_bridge import conversation, http, providers


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without any of the variables."""
    for name in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "ENVIRONMENT", "HOSTNAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param({}, {"service.name": "pipecat"}, id="nothing"),
        pytest.param(
            {"OTEL_SERVICE_NAME": "clinic", "ENVIRONMENT": "production", "HOSTNAME": "bot-3"},
            {"service.name": "clinic", "deployment.environment.name": "production", "service.instance.id": "bot-3"},
            id="as Pipecat reads them",
        ),
        pytest.param(
            {
                "OTEL_RESOURCE_ATTRIBUTES": "service.name=a,deployment.environment=b,service.instance.id=c,team=d",
                "ENVIRONMENT": "production",
                "HOSTNAME": "bot-3",
            },
            {"service.name": "a", "deployment.environment": "b", "service.instance.id": "c", "team": "d"},
            id="OpenTelemetry's own come first",
        ),
    ],
)
def test_resource(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: dict[str, str]) -> None:
    """Service, environment and instance are those of the environment's variables."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = providers._resource().attributes  # noqa: SLF001 - needs no provider of the whole process

    random = {"service.instance.id"} - set(expected)
    assert expected == {
        key: value for key, value in found.items() if not key.startswith("telemetry.") and key not in random
    }


@pytest.mark.parametrize(
    ("variables", "package"),
    [
        pytest.param({}, "opentelemetry.exporter.otlp.proto.http", id="default"),
        pytest.param({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "opentelemetry.exporter.otlp.proto.grpc", id="grpc"),
        pytest.param(
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "http/protobuf"},
            "opentelemetry.exporter.otlp.proto.http",
            id="of the signal",
        ),
        pytest.param({"OTEL_LOGS_EXPORTER": "none"}, "", id="none"),
    ],
)
def test_exporter(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], package: str) -> None:
    """The exporter is the one that OTEL_* asks for."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    exporter = providers._exporter("_log_exporter", "OTLPLogExporter", "LOGS")  # noqa: SLF001

    assert package == ("" if exporter is None else type(exporter).__module__.removesuffix("._log_exporter"))
    if exporter is not None:
        exporter.shutdown()


def test_missing_exporter(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A missing exporter package is named, with how to install it; nothing else happens."""

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(providers, "import_module", missing)

    assert providers._exporter("trace_exporter", "OTLPSpanExporter", "TRACES") is None  # noqa: SLF001
    assert "pip install opentelemetry-exporter-otlp-proto-http" in caplog.text


def test_request_is_in_the_trace_of_its_call(bridged: Bridged) -> None:
    """A request made where Pipecat has no current span belongs to the open turn; one within a span stays there."""
    call = bridged.call()
    tracer = http._InCall(bridged.traces.get_tracer("http"))  # noqa: SLF001 - what instrumentations are given
    conversation.enter(call)
    tracer.start_span("POST").end()
    with bridged.traces.get_tracer("pipecat").start_as_current_span("llm"), tracer.start_as_current_span("GET"):
        inner = get_current_span().get_span_context().trace_id
    call.ended = True
    tracer.start_span("PUT").end()
    spans = bridged.spans(call)

    parents = {name: span.parent and span.parent.span_id for name, span in spans.items()}
    own = {name: span.context.span_id for name, span in spans.items() if span.context}
    assert (own["turn"], own["llm"], None) == (parents["POST"], parents["GET"], parents["PUT"])
    assert inner != call.trace_id()
