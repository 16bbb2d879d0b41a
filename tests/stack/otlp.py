"""Spans and logs as OTLP/JSON, built by hand: what a test sends, to the letter."""

import base64
import itertools
import json
import math
import secrets
import time
from typing import Any

import httpx

_COUNTER = itertools.count(1)


def value(raw: Any) -> dict[str, Any]:  # noqa: ANN401 - any OTLP value
    """Return an OTLP AnyValue."""
    match raw:
        case bool():
            return {"boolValue": raw}
        case int():
            return {"intValue": str(raw)}
        case float():
            return {
                "doubleValue": raw if math.isfinite(raw) else str(raw).replace("nan", "NaN").replace("inf", "Infinity")
            }
        case bytes():
            return {"bytesValue": base64.b64encode(raw).decode()}
        case list():
            return {"arrayValue": {"values": [value(one) for one in raw]}}
        case dict():
            return {"kvlistValue": {"values": attributes(raw)}}
        case None:
            return {}
        case _:
            return {"stringValue": str(raw)}


def attributes(mapping: dict[str, Any]) -> list[dict[str, Any]]:
    """Return OTLP KeyValues."""
    return [{"key": key, "value": value(raw)} for key, raw in mapping.items()]


def trace_id() -> str:
    """Return a fresh trace id."""
    return secrets.token_hex(16)


def span(name: str, attrs: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a span of one second, ending now; changes are OTLP/JSON fields."""
    end = time.time_ns()
    made = {
        "traceId": trace_id(),
        "spanId": f"{next(_COUNTER):016x}",
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(end - 1_000_000_000),
        "endTimeUnixNano": str(end),
        "attributes": attributes(attrs or {}),
    }
    return made | changes


def stage(name: str, ttfb: Any = 0.3, **attrs: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a stage's span as Pipecat 1.14 writes it; `a__b` in a keyword stands for `a.b`."""
    base = {"gen_ai.provider.name": "openai", "gen_ai.request.model": f"{name}-model", "metrics.ttfb": ttfb}
    base |= {key.replace("__", "."): raw for key, raw in attrs.items()}
    if name == "llm":
        base.setdefault("output", "Hello.")
    return span(name, {key: raw for key, raw in base.items() if raw is not None})


def turn(latency: Any = 0.7, duration: Any = None, **attrs: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a turn's span as Pipecat 1.14 writes it; by default it is as long as it must be, and at least 4 s."""
    if duration is None:
        duration = max(4.0, latency) if isinstance(latency, float | int) else 4.0
    base = {
        "conversation.id": "call-1",
        "turn.number": 2,
        "turn.was_interrupted": False,
        "turn.duration_seconds": duration,
        "turn.user_bot_latency_seconds": latency,
    }
    base |= {key.replace("__", "."): raw for key, raw in attrs.items()}
    return span("turn", {key: raw for key, raw in base.items() if raw is not None})


def traces(
    spans: list[dict[str, Any]], resource: dict[str, Any] | None = None, scope: str = "pipecat"
) -> dict[str, Any]:
    """Return an ExportTraceServiceRequest."""
    resource = {"service.name": "bot", "deployment.environment": "test"} if resource is None else resource
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": attributes(resource)},
                "scopeSpans": [{"scope": {"name": scope}, "spans": spans}],
            }
        ]
    }


def logs(records: list[dict[str, Any]], resource: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return an ExportLogsServiceRequest."""
    resource = {"service.name": "bot", "deployment.environment": "test"} if resource is None else resource
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": attributes(resource)},
                "scopeLogs": [{"scope": {}, "logRecords": records}],
            }
        ]
    }


def event(name: str, attrs: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a log record that is an event."""
    now = str(time.time_ns())
    return {
        "timeUnixNano": now,
        "observedTimeUnixNano": now,
        "body": value(name),
        "attributes": attributes({"event.name": name} | (attrs or {})),
    }


def send(port: int, request: dict[str, Any], **options: Any) -> httpx.Response:  # noqa: ANN401
    """Post a request to the collector's OTLP/HTTP port; the answer must be 200."""
    kind = "traces" if "resourceSpans" in request else "logs"
    headers = {"content-type": "application/json"} | options.pop("headers", {})
    response = httpx.post(
        f"http://127.0.0.1:{port}/v1/{kind}",
        content=json.dumps(request),
        headers=headers,
        timeout=30,
        **options,
    )
    response.raise_for_status()
    return response
