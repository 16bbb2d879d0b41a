"""The seed fields of a log record, one shape for the JSON sink and for OTLP."""

import datetime as dt
import time
from typing import Any

from opentelemetry.trace import get_current_span

from pipecat_lgtm_bridge.conversation import Conversation

Fields = dict[str, Any]
GROUPS = ("stt", "audio", "turn", "model", "decision")


def timestamp(seconds: float) -> str:
    """Return a time in ISO 8601, UTC, with milliseconds."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def of_call(call: Conversation | None) -> Fields:
    """Return what a log line says of its call: ids, and the groups as far as something is known."""
    if call is None:
        return {"correlation_id": None, "session_id": None, "turn_number": None}
    turn = call.turn
    fields: Fields = {
        "correlation_id": call.id,
        "session_id": call.session_id or None,
        "turn_number": turn.number if turn is not None else None,
    }
    stt: Fields = {}
    if turn is not None:
        stt = {
            "confidence": turn.confidence,
            "partial_transcript": turn.partial,
            "final_transcript": turn.final,
            "alternatives": turn.alternatives,
        }
    groups = {
        "stt": stt,
        "audio": {
            "silence_detected": call.silent,
            "barge_in": bool(turn and (turn.interruptions or turn.barged_in)),
            "noise_level": call.noise_dbfs,
            "overlap_detected": call.overlap,
        },
        "turn": {
            "turn_duration_ms": round((time.time() - turn.began) * 1000) if turn is not None else None,
            "interruption_count": call.interruptions,
        },
        "model": {
            "model_version": call.model,
            "prompt_tokens": turn.prompt_tokens if turn is not None and turn.prompt_tokens else None,
            "latency_ms": round(call.latency_seconds * 1000) or None,
        },
        "decision": call.decision,
    }
    for name, group in groups.items():
        if known := {key: value for key, value in group.items() if value not in (None, "", [])}:
            fields[name] = known
    return fields


def ids(call: Conversation | None) -> tuple[Fields, Any]:
    """Return trace and span id as text, and their context: the current span, else the open turn, else the call."""
    context = None
    span = get_current_span().get_span_context()
    if not span.is_valid and call is not None:
        context = call.context()
        span = get_current_span(context).get_span_context()
    if not span.is_valid:
        return {"trace_id": None, "span_id": None}, None
    return {"trace_id": f"{span.trace_id:032x}", "span_id": f"{span.span_id:016x}"}, context


def flat(fields: Fields) -> Fields:
    """Return the fields as attributes of a log record: groups dotted, what is not known left out."""
    attributes: Fields = {}
    for key, value in fields.items():
        if key in GROUPS and isinstance(value, dict):
            attributes |= {f"{key}.{inner}": one for inner, one in value.items() if one is not None}
        elif value is not None:
            attributes[key] = value
    return attributes
