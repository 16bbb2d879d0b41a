"""Finished spans as OTLP/JSON; runs in every recorded release's environment, so it uses only what all have."""

import json
from pathlib import Path

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


def set_up() -> InMemorySpanExporter:
    """Set the provider as Pipecat's setup_tracing does, and keep the spans in memory."""
    resource = Resource.create(
        {"service.name": "recorded-bot", "service.instance.id": "recorder", "deployment.environment": "test"}
    )
    provider, exporter = TracerProvider(resource=resource), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


def _value(raw):
    if isinstance(raw, bool):
        return {"boolValue": raw}
    if isinstance(raw, int):
        return {"intValue": str(raw)}
    if isinstance(raw, float):
        return {"doubleValue": raw}
    if isinstance(raw, list | tuple):
        return {"arrayValue": {"values": [_value(one) for one in raw]}}
    return {"stringValue": raw}


def _attributes(mapping):
    return [{"key": key, "value": _value(raw)} for key, raw in (mapping or {}).items()]


def _span(span):
    made = {
        "traceId": f"{span.context.trace_id:032x}",
        "spanId": f"{span.context.span_id:016x}",
        "name": span.name,
        "kind": 1,
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _attributes(span.attributes),
        "events": [
            {"name": one.name, "timeUnixNano": str(one.timestamp), "attributes": _attributes(one.attributes)}
            for one in span.events
        ],
        "status": {"code": span.status.status_code.value, "message": span.status.description or ""},
    }
    if span.parent:
        made["parentSpanId"] = f"{span.parent.span_id:016x}"
    return made


def write(exporter: InMemorySpanExporter, path: str) -> None:
    """Write the finished spans as one request, grouped by scope."""
    scopes: dict = {}
    for span in exporter.get_finished_spans():
        scopes.setdefault(span.instrumentation_scope.name, []).append(span)
    spans = exporter.get_finished_spans()
    request = {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes(spans[0].resource.attributes)},
                "scopeSpans": [
                    {"scope": {"name": name}, "spans": [_span(one) for one in members]}
                    for name, members in scopes.items()
                ],
            }
        ]
    }
    Path(path).write_text(json.dumps([request], indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
