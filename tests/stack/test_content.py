"""Content is protected before it is queued or stored: no planted secret is found anywhere, look-alikes survive."""

import json
from pathlib import Path
from typing import Any

import otlp
import pytest
from harness import poll
from stacks import EngineBin, Stack, stack_of

import protection

pytestmark = pytest.mark.stack

_IDS = {"trace_id", "span_id", "observed_timestamp", "severity_number", "service_name", "detected_level"}
KEYS = (
    "input",
    "output",
    "transcript",
    "text",
    "tools",
    "gen_ai.system_instructions",
    "tool.arguments",
    "any.other.key",
)


def _secrets() -> list[tuple[str, list[str]]]:
    return [(text, hidden) for _, text, hidden in protection.secrets()]


def _spans(text: str, trace_id: str) -> list[dict[str, Any]]:
    """Return spans with a text in every place a span has."""
    own = {"traceId": trace_id}
    nested = {"deep": {"er": [text, {"est": text}]}, "list": [text, "x"]}
    event = {
        "name": text,
        "timeUnixNano": "1700000000000000000",
        "attributes": otlp.attributes({"exception.message": text, "nested": nested}),
    }
    link = {"traceId": otlp.trace_id(), "spanId": "00f067aa0ba902b7", "attributes": otlp.attributes({"note": text})}
    long = ("Filler words. " * 147)[:2040] + " " + text
    return [
        otlp.stage("llm", **dict.fromkeys(KEYS, text)) | own,
        otlp.stage("stt", transcript=text, metrics__audio_seconds=1.0) | own,
        otlp.stage("tts", text=text) | own,
        otlp.stage("llm", nested=nested) | own,
        otlp.stage("llm", input=long) | own,
        otlp.stage("llm", None) | own | {"status": {"code": 2, "message": text}, "events": [event], "links": [link]},
        otlp.span(f"call {text}") | own | {"traceState": f"vendor={text}"},
        otlp.turn(conversation__id="call-1", note=text) | own,
    ]


def _odd_spans(text: str, trace_id: str) -> list[dict[str, Any]]:
    """Return spans with a text where none belongs."""
    own = {"traceId": trace_id}
    unreadable = {"card": text, "number": float("nan")}
    return [
        otlp.stage("llm", **{text: True, "nested": {text: 1}}) | own,
        otlp.stage("llm", unreadable=unreadable, note=text) | own,
        otlp.stage("llm", ratio=float("inf"), note=text) | own,
    ]


def _records(text: str, trace_id: str) -> list[dict[str, Any]]:
    """Return log records with a text in every place a record has."""
    places: list[dict[str, Any]] = [
        {"body": otlp.value(text)},
        {"body": otlp.value({"message": text, "deep": {"list": [text]}})},
        {"body": otlp.value([text, {"x": text}])},
        {"body": otlp.value(text.encode())},
        {"attributes": otlp.attributes({"note": text, "nested": {"list": [text]}})},
        {"severityText": text, "eventName": text},
    ]
    # Each at its own time: of two equal lines at one time Loki keeps one.
    return [{**otlp.event("line"), "traceId": trace_id, "spanId": "00f067aa0ba902b7"} | place for place in places]


def _plant(stack: Stack, texts: list[str], *, odd: bool) -> dict[str, str]:
    """Send every text everywhere, in resources and scopes too; return trace ids by text."""
    ids = {text: otlp.trace_id() for text in texts}
    for text, trace_id in ids.items():
        resource = {"service.name": "bot", "deployment.environment": "test", "note": text, "nested": {"x": [text]}}
        spans = _spans(text, trace_id) + (_odd_spans(text, trace_id) if odd else [])
        request = otlp.traces(spans, resource, scope=text)
        request["resourceSpans"][0]["scopeSpans"][0]["scope"] |= {
            "version": text,
            "attributes": otlp.attributes({"note": text}),
        }
        otlp.send(stack.ports.otlp_http, request)
        otlp.send(stack.ports.otlp_http, otlp.logs(_records(text, trace_id), resource))
    return ids


def _all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def _found(place: str, haystack: str, text: str, hidden: list[str], least: int = 1) -> list[str]:
    """Return which needles of a text are found; short ones only where nothing else can contain them."""
    return [
        f"{place}: {needle!r} of {text!r} in {haystack[max(0, at - 60) : at + 60]!r}"
        for needle in hidden
        if len(needle) >= least and (at := haystack.find(needle)) >= 0
    ]


def _values(trace: dict[str, Any]) -> str:
    """Return all texts of a trace, one a line: no timestamps, no ids."""
    texts: list[str] = []

    def walk(node: Any) -> None:  # noqa: ANN401 - JSON
        if isinstance(node, dict):
            texts.extend(str(node[key]) for key in ("stringValue", "name", "message") if isinstance(node.get(key), str))
            for one in node.values():
                walk(one)
        elif isinstance(node, list):
            for one in node:
                walk(one)

    walk(trace)
    return "\n".join(texts)


@pytest.mark.parametrize("mode", ["redact", "drop"])
def test_no_planted_secret_is_found(tmp_path: Path, engine_bin: EngineBin, mode: str) -> None:
    """Neither the queue on disk, nor Tempo, Loki or Prometheus, nor a log of the collector holds a planted secret."""
    rows = _secrets()[:: 1 if mode == "redact" else 4]
    assert len(rows) >= 40
    with stack_of(tmp_path, engine_bin, "prometheus", "collector", overrides={"content": {"mode": mode}}) as stack:
        ids = _plant(stack, [text for text, _ in rows], odd=True)
        stack.until("sum(pipecat_turns_total)", len(rows))
        stack.stop("collector")
        queue = _all_bytes(tmp_path / "data" / "collector").decode(errors="replace")
        assert "llm-model" in queue, "the queue holds the spans"
        leaked = [one for text, hidden in rows for one in _found("queue", queue, text, hidden, least=8)]

        for name in ("tempo", "loki", "collector"):
            stack.start(name)
        own: dict[str, str] = {}
        for text, trace_id in ids.items():
            own[trace_id] = _values(poll(f"the trace of {text!r}", lambda i=trace_id: stack.trace(i)))
        poll("all log lines", lambda: len(stack.log_lines('{service_name="bot"}')) >= 6 * len(rows))
        for labels, line in stack.log_lines('{service_name="bot"}'):
            kept = {key: value for key, value in labels.items() if key not in _IDS}
            own[labels["trace_id"]] += "\n" + line + "\n" + json.dumps(kept, ensure_ascii=False)
        leaked += [one for text, hidden in rows for one in _found("stores", own[ids[text]], text, hidden)]
        series = json.dumps(stack.prometheus("series", **{"match[]": '{__name__=~".+"}'}), ensure_ascii=False)
        own_log = (tmp_path / "collector.log").read_text(errors="replace")
        for place, haystack in (("series", series), ("log", own_log)):
            leaked += [one for text, hidden in rows for one in _found(place, haystack, text, hidden, least=8)]
        assert [] == leaked[:40], f"{len(leaked)} leaks"


def test_findings_are_counted_by_kind(tmp_path: Path, engine_bin: EngineBin) -> None:
    """What was found is counted once per span, by kind, also though it is gone; off_script an evaluation states."""
    with stack_of(tmp_path, engine_bin, "prometheus", "collector") as stack:
        said = [
            otlp.stage("stt", transcript="My card is 4111 1111 1111 1111."),
            otlp.stage("tts", text="Your mail is jane@example.com, your phone +1 415 555 0132."),
            otlp.stage("llm", output="Your mail is jane@example.com."),
            otlp.stage("stt", transcript="It is 10:30, order 4500123456."),
            otlp.span("evaluation", {"pipecat.finding.off_script": True}),
            otlp.span("evaluation", {"pipecat.finding.card": True}),
        ]
        otlp.send(stack.ports.otlp_http, otlp.traces(said))

        stack.until("sum(pipecat_compliance_findings_total)", 4)
        counts = {row["metric"]["kind"]: row["value"][1] for row in stack.query("pipecat_compliance_findings_total")}
        assert counts == {"card": "1", "email": "1", "phone": "1", "off_script": "1"}


def test_lookalikes_survive(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Order numbers, times, prices, ids and versions are stored to the letter."""
    texts = protection.lookalikes()
    assert len(texts) >= 120
    with stack_of(tmp_path, engine_bin, "prometheus", "tempo", "loki", "collector") as stack:
        ids = _plant(stack, texts, odd=False)
        damaged = []
        for text, trace_id in ids.items():
            trace = poll(f"the trace of {text!r}", lambda i=trace_id: stack.trace(i))
            spans = [span for batch in trace["batches"] for scope in batch["scopeSpans"] for span in scope["spans"]]
            values = [one["value"].get("stringValue") for span in spans for one in span.get("attributes", [])]
            if values.count(text) < len(KEYS) + 3:
                damaged.append((text, sorted({value for value in values if value and "[" in value})))
        poll("all log lines", lambda: len(stack.log_lines('{service_name="bot"}')) >= 6 * len(texts))
        lines = {line for _, line in stack.log_lines('{service_name="bot"}')}
        damaged += [(text, ["log body"]) for text in texts if text not in lines]
        assert not damaged


@pytest.mark.parametrize("mode", ["redact", "keep"])
def test_long_texts_are_cut_at_a_character(tmp_path: Path, engine_bin: EngineBin, mode: str) -> None:
    """A text longer than content.max_bytes is cut there, never within a UTF-8 character; links are kept in no mode.

    A link can be neither searched nor measured: with 4 MB of them its span would be dropped, and what follows it.
    """
    with stack_of(tmp_path, engine_bin, "tempo", "collector", overrides={"content": {"mode": mode}}) as stack:
        link = {"traceId": otlp.trace_id(), "spanId": "00f067aa0ba902b7", "traceState": "a=" + "b" * 40_000}
        linked, span = otlp.span("llm") | {"links": [link] * 100}, otlp.stage("llm", input="ü" * 5000)
        otlp.send(stack.ports.otlp_http, otlp.traces([linked, span]))

        trace = poll("the trace", lambda: stack.trace(span["traceId"]))
        attributes = trace["batches"][0]["scopeSpans"][0]["spans"][0]["attributes"]
        (stored,) = [one["value"]["stringValue"] for one in attributes if one["key"] == "input"]
        assert stored == "ü" * 1024
        trace = poll("the span with links", lambda: stack.trace(linked["traceId"]))
        assert 100 == trace["batches"][0]["scopeSpans"][0]["spans"][0]["droppedLinksCount"]
