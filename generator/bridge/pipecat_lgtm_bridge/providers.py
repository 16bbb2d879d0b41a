"""Where telemetry goes: what the bot has set up is kept, what is missing is added, every OTEL_* variable holds."""

import os
from importlib import import_module
from typing import Any

from opentelemetry import _logs, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider

from pipecat_lgtm_bridge import adding, forking
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.enrich import Enricher
from pipecat_lgtm_bridge.exporting import LogOutbox, Lost, SpanOutbox
from pipecat_lgtm_bridge.guard import once

_lock = forking.Lock()
_enriched: set[int] = set()
_PACKAGES = {
    "http/protobuf": "opentelemetry.exporter.otlp.proto.http",
    "grpc": "opentelemetry.exporter.otlp.proto.grpc",
}


def disabled() -> bool:
    """Return whether OTEL_SDK_DISABLED is set."""
    return os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"


def tracing(lost: Lost) -> TracerProvider | None:
    """Return the process's TracerProvider, made if the bot has none; None if it is not OpenTelemetry's SDK.

    The bot's own provider keeps its exporters and its resource. The bridge writes on spans before they end, and adds
    its own exporter where none of the bot's sends to the same collector.
    """
    with _lock:
        provider = trace.get_tracer_provider()
        if isinstance(provider, trace.ProxyTracerProvider):
            provider = TracerProvider(resource=_resource())
            if (exporter := _span_exporter()) is not None:
                provider.add_span_processor(SpanOutbox(exporter, lost))
            provider.add_span_processor(Enricher())
            _enriched.add(id(provider))
            trace.set_tracer_provider(provider)
        if not isinstance(provider, TracerProvider):
            once(f"the TracerProvider is {type(provider).__name__}, not the SDK's: spans are not enriched")
            return None
        if id(provider) not in _enriched:
            adding.add(provider, _span_exporter, lost)
            provider.add_span_processor(Enricher())
            _enriched.add(id(provider))
        return provider


def logging(traces: TracerProvider | None, lost: Lost) -> LoggerProvider | None:
    """Return the process's LoggerProvider, made with the traces' resource if the bot has none."""
    with _lock:
        provider = _logs.get_logger_provider()
        if isinstance(provider, LoggerProvider):
            return provider
        made = LoggerProvider(resource=traces.resource if traces is not None else _resource())
        exporter = _exporter("_log_exporter", "OTLPLogExporter", "LOGS")
        if exporter is not None:
            made.add_log_record_processor(LogOutbox(exporter, lost))
        _logs.set_logger_provider(made)
        return made


def _resource() -> Resource:
    """Return OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, and ENVIRONMENT as Pipecat's setup_tracing reads it."""
    resource = Resource.create()
    found: dict[str, str] = {}
    if str(resource.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        found[SERVICE_NAME] = "pipecat"
    named = (a.ENVIRONMENT.name, a.ENVIRONMENT_NAME.name)
    if not any(name in resource.attributes for name in named) and (environment := os.environ.get("ENVIRONMENT")):
        found[a.ENVIRONMENT_NAME.name] = environment
    # The SDK gives each process a random one; the host's name, as setup_tracing gives it, says more.
    given = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    if a.INSTANCE_ID.name not in given and (host := os.environ.get("HOSTNAME")):
        found[a.INSTANCE_ID.name] = host
    return resource.merge(Resource(found))


def _span_exporter() -> Any:  # noqa: ANN401 - of either package
    return _exporter("trace_exporter", "OTLPSpanExporter", "TRACES")


def _exporter(module: str, name: str, signal: str) -> Any:  # noqa: ANN401 - of either package
    """Return an OTLP exporter as the environment asks for, or None."""
    if os.environ.get(f"OTEL_{signal}_EXPORTER", "otlp").lower() == "none":
        return None
    protocol = (
        os.environ.get(f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL")
        or os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
        or "http/protobuf"
    )
    package = _PACKAGES.get(protocol, _PACKAGES["http/protobuf"])
    try:
        return getattr(import_module(f"{package}.{module}"), name)()
    except ImportError:
        wanted = package.removeprefix("opentelemetry.").replace(".", "-")
        once(f"no exporter for {protocol}: nothing is sent; pip install opentelemetry-{wanted}")
        return None
