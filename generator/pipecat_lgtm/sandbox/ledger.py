"""What the bot itself emitted, from its own finished spans: the independent witness of every number."""

import json
import threading
from collections import Counter, defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import StatusCode

from pipecat_lgtm.sandbox.hearing import Heard

_TOKENS = {
    "input": "gen_ai.usage.input_tokens",
    "output": "gen_ai.usage.output_tokens",
    "cache_read": "gen_ai.usage.cache_read.input_tokens",
    "reasoning": "gen_ai.usage.reasoning.output_tokens",
}


class Ledger(SpanProcessor):
    """Collects every span that ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.spans: list[dict[str, Any]] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Note a span."""
        context = span.context
        if context is None or span.start_time is None or span.end_time is None:
            return
        made = {
            "name": span.name,
            "trace_id": f"{context.trace_id:032x}",
            "seconds": (span.end_time - span.start_time) / 1e9,
            "error": span.status.status_code is StatusCode.ERROR,
            "attributes": dict(span.attributes or {}),
        }
        with self._lock:
            self.spans.append(made)

    def summary(self, calls: dict[str, str], heard: dict[str, list[Heard]]) -> dict[str, Any]:
        """Return totals and one entry per trace.

        Args:
            calls: scenario by conversation id.
            heard: the first words the caller heard, by conversation id.
        """
        traces: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for span in self.spans:
            traces[span["trace_id"]].append(span)
        entries = [_call(trace_id, spans, calls, heard) for trace_id, spans in traces.items()]
        return {"calls": entries, "totals": _totals(self.spans)}

    def write(self, path: Path, calls: dict[str, str], heard: dict[str, list[Heard]], cost: dict[str, Any]) -> None:
        """Write the summary, with every first word heard and what the calls cost, as JSON."""
        words = [asdict(word) for call, words in heard.items() if call in calls for word in words]
        summary = {**self.summary(calls, heard), "heard": words, "cost": cost}
        path.write_text(json.dumps(summary, indent=1, default=str), encoding="utf-8")


def _call(
    trace_id: str, spans: list[dict[str, Any]], calls: dict[str, str], heard: dict[str, list[Heard]]
) -> dict[str, Any]:
    conversation = next((s["attributes"]["conversation.id"] for s in spans if "conversation.id" in s["attributes"]), "")
    return {
        "conversation_id": conversation,
        "trace_id": trace_id,
        "scenario": calls.get(conversation, ""),
        "heard": [word.passed for word in heard.get(conversation, [])],
        "late": [word.late for word in heard.get(conversation, [])],
        "unseen": [word.unseen for word in heard.get(conversation, [])],
        **_totals(spans),
    }


def _totals(spans: list[dict[str, Any]]) -> dict[str, Any]:
    named = Counter(span["name"] for span in spans)
    turns = [span["attributes"] for span in spans if span["name"] == "turn"]
    tokens = {
        kind: sum(int(span["attributes"].get(attribute, 0)) for span in spans if span["name"] == "llm")
        for kind, attribute in _TOKENS.items()
    }
    return {
        "spans": dict(named),
        "latencies": [
            turn["turn.user_bot_latency_seconds"] for turn in turns if "turn.user_bot_latency_seconds" in turn
        ],
        "ttfw": [turn["pipecat.ttfw_seconds"] for turn in turns if "pipecat.ttfw_seconds" in turn],
        "e2e": [turn["pipecat.e2e_seconds"] for turn in turns if "pipecat.e2e_seconds" in turn],
        "interrupted": sum(bool(turn.get("turn.was_interrupted")) for turn in turns),
        "ttfb": {stage: _ttfb(spans, stage) for stage in ("stt", "llm", "tts")},
        "tokens": tokens,
        "errors": {stage: sum(s["error"] for s in spans if s["name"] == stage) for stage in ("stt", "llm", "tts")},
    }


def _ttfb(spans: list[dict[str, Any]], stage: str) -> list[float]:
    """Return the TTFB of a stage's requests that neither failed nor were interrupted."""
    return [
        span["attributes"]["metrics.ttfb"]
        for span in spans
        if span["name"] == stage
        and not span["error"]
        and not span["attributes"].get("tts.interrupted")
        and span["attributes"].get("metrics.ttfb", 0) > 0
    ]
