"""Writes the fixture of article names: `python tests/dialects/articles.py`.

No release ever wrote these names; articles and documentation print them, and people who follow them make such spans
by hand: https://hamming.ai/resources/monitor-pipecat-agents-production-logging-tracing-alerts and Pipecat's own
changelog of 0.0.68 (span tree `stt_deepgramsttservice`, `llm_openaillmservice`, `tts_cartesiattsservice`).
Everything is fixed, so that a second run writes the same bytes.
"""

import json
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "fixtures" / "dialects" / "article-names.json"
_START = 1_769_000_000_000_000_000
_TRACE = "a47e1c1e" * 4

STAGES: list[tuple[str, float, int, dict[str, Any]]] = [
    # name, duration in seconds, status, attributes
    ("stt_deepgramsttservice", 0.9, 0, {"stt.transcript": "What is my balance?", "stt.confidence": 0.94}),
    ("llm_openaillmservice", 0.8, 0, {"llm.model": "gpt-4o-2024-08-06", "llm.ttft_ms": 310, "llm.tokens": 57}),
    ("tts_cartesiattsservice", 0.4, 0, {"tts.characters": 42, "tts.voice_id": "sonic-1", "tts.synthesis_ms": 185.5}),
    ("stt_DeepgramSTTService", 1.1, 0, {"stt.provider": "deepgram", "stt.model": "nova-3", "stt.confidence": 0.61,
                                        "stt.transcript": "Can you repeat that?", "stt.latency_ms": 240}),
    ("llm_openaillmservice", 1.4, 2, {"llm.model": "gpt-4o", "llm.ttft_ms": 1390.0}),
    ("llm_openaillmservice", 0.7, 0, {"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
                                      "llm.ttft_ms": 295.25, "gen_ai.usage.input_tokens": 120, "llm.tokens": 31}),
    ("tts_cartesiattsservice", 0.5, 0, {"tts.provider": "cartesia", "tts.model": "sonic-2", "tts.characters": 17}),
]  # fmt: skip
TURN = {"turn.number": 1, "conversation.id": "call-article", "turn.duration_seconds": 6.5,
        "turn.was_interrupted": False, "turn.user_bot_latency_seconds": 1.25}  # fmt: skip


def _value(raw: Any) -> dict[str, Any]:  # noqa: ANN401 - any scalar
    kinds: dict[type, str] = {bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}
    return {kinds[type(raw)]: str(raw) if type(raw) is int else raw}


def _attributes(mapping: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(raw)} for key, raw in mapping.items()]


def _span(number: int, name: str, seconds: float, status: int, attributes: dict[str, Any]) -> dict[str, Any]:
    start = _START + number * 1_000_000_000
    return {
        "traceId": _TRACE,
        "spanId": f"{number + 1:016x}",
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + round(seconds * 1e9)),
        "attributes": _attributes(attributes),
        "status": {"code": status},
    }


def fixture() -> str:
    """Return the fixture's text."""
    rows = [*STAGES, ("turn", 9.0, 0, TURN), ("conversation", 12.0, 0, {"conversation.id": "call-article"})]
    request = {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes({"service.name": "article-bot"})},
                "scopeSpans": [
                    {"scope": {"name": "my_bot"}, "spans": [_span(number, *row) for number, row in enumerate(rows)]}
                ],
            }
        ]
    }
    return json.dumps([request], indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(fixture(), encoding="utf-8")
