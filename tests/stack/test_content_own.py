"""A user's own patterns and exempt keys on the real collector."""

import json
from pathlib import Path
from typing import Any

import otlp
import pytest
from protected import protected
from stacks import EngineBin

pytestmark = pytest.mark.stack

PATTERNS = {"customer": r"\bKD-?[0-9]{6}\b", "project": "blue heron", "quoted": 'id"?: ?"?zz[0-9]{3}'}
SAID = "this is KD-123456 of Blue Heron"
MASKED = "this is [customer] of [project]"


def _values(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{one["key"]: one["value"] for one in span.get("attributes", [])} for span in spans]


@pytest.mark.parametrize("mode", ["redact", "drop"])
def test_own_patterns_are_masked_everywhere(tmp_path: Path, engine_bin: EngineBin, mode: str) -> None:
    """In attributes, nested values, JSON, names, events, status, log bodies, resources and scopes alike."""
    nested = {"deep": [{"er": SAID}], "list": [SAID]}
    event = {
        "name": SAID,
        "timeUnixNano": "1700000000000000000",
        "attributes": otlp.attributes({"note": SAID, "n": nested}),
    }
    spans = [
        otlp.stage("stt", transcript=SAID),
        otlp.stage("llm", input=json.dumps([{"role": "user", "content": SAID}])),
        otlp.stage("llm", nested=nested),
        otlp.stage("llm", None) | {"status": {"code": 2, "message": SAID}, "events": [event]},
        otlp.span(f"call {SAID}"),
        otlp.span("x", {SAID: 1, "session.id": "KD-123456"}),
    ]
    logs = [otlp.event("line") | {"body": otlp.value(one)} for one in (SAID, nested, [SAID])]
    resource = {"service.name": "bot", "note": SAID, "service.instance.id": "KD123456"}
    with protected(tmp_path, engine_bin("otelcol"), mode, patterns=PATTERNS) as collector:
        collector.send(otlp.traces(spans, resource, scope=SAID))
        collector.send(otlp.logs(logs, resource))
        stored = json.dumps([collector.received("traces"), collector.received("logs")])

    assert [] == [one for one in ("KD-123456", "KD123456", "Blue Heron") if one in stored]
    assert "[customer]" in stored
    if mode == "redact":
        assert stored.count(MASKED) >= 12


def test_a_plain_span_is_searched_for_own_patterns(tmp_path: Path, engine_bin: EngineBin) -> None:
    """An identifier that is plain for the collector, and a text with quotation marks, are masked too."""
    turn_span, llm_span = otlp.turn(conversation__id="heron-7"), otlp.stage("llm", input='{"id": "zz123"}')
    spans = [turn_span, llm_span, otlp.stage("stt", transcript="hello")]
    with protected(tmp_path, engine_bin("otelcol"), patterns={"bird": "heron-7", **PATTERNS}) as collector:
        collector.send(otlp.traces(spans))
        kept = collector.received("traces")[0]["resourceSpans"][0]["scopeSpans"][0]["spans"]

    turn, llm, stt = _values(kept)
    assert "[bird]" == turn["conversation.id"]["stringValue"]
    assert "zz123" not in json.dumps(llm)
    assert "hello" == stt["transcript"]["stringValue"]


def test_own_patterns_are_counted_by_name(tmp_path: Path, engine_bin: EngineBin) -> None:
    """What was said is flagged under the pattern's name; a sender cannot state such a finding."""
    flag = "pipecat.finding.customer"
    spans = [otlp.stage("stt", transcript=SAID), otlp.stage("stt", **{"transcript": "hello", flag: 1})]
    with protected(tmp_path, engine_bin("otelcol"), patterns=PATTERNS) as collector:
        collector.send(otlp.traces(spans))
        kept = collector.received("traces")[0]["resourceSpans"][0]["scopeSpans"][0]["spans"]

    assert [True, False] == [flag in one for one in _values(kept)]


def test_exempt_keys_are_stored_as_they_are(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Whatever their value or name looks like; what is beside them is masked as ever."""
    card, keys = "4111 1111 1111 1111", {"order.code": "4111 1111 1111 1111", "next_page_token": "tulip"}
    spans = [otlp.stage("llm", **keys, note=card), otlp.stage("llm", **keys)]
    with protected(tmp_path, engine_bin("otelcol"), exempt_keys=list(keys)) as collector:
        collector.send(otlp.traces(spans))
        collector.send(otlp.logs([otlp.event("line", {**keys, "note": card})]))
        kept = collector.received("traces")[0]["resourceSpans"][0]["scopeSpans"][0]["spans"]
        lines = collector.received("logs")[0]["resourceLogs"][0]["scopeLogs"][0]["logRecords"]

    for one in (*_values(kept), *_values(lines)):
        assert keys == {key: one[key]["stringValue"] for key in keys}
        assert "[card]" == one.get("note", {"stringValue": "[card]"})["stringValue"]
