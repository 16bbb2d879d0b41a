"""Large and late telemetry: what is answered 200 is in Tempo and in Loki, cut where it must be, and never dropped."""

import base64
import time
from collections.abc import Iterator
from typing import Any

import httpx
import otlp
import pytest
from harness import poll, scraped
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm_bridge.contract.metrics import RECORDS_CUT

pytestmark = pytest.mark.stack

_HOUR = 3_600_000_000_000
_TEXT = "the quick brown fox jumps over the lazy dog and says so at some length; "


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Stack]:
    """Run a collector with Tempo and Loki."""
    folder = tmp_path_factory.mktemp("sizes")
    with stack_of(folder, engine_bin, "tempo", "loki", "collector") as running:
        yield running


def _text(size: int) -> str:
    return (_TEXT * (size // len(_TEXT) + 1))[:size]


def _tool_call() -> dict[str, Any]:
    """Return an LLM request as a tool-using bot makes it: a long context, tools, arguments and results."""
    long = {key: _text(12_000) for key in ("input", "output", "tools", "gen_ai.system_instructions", "parameters")}
    return otlp.stage("llm", **{key.replace(".", "__"): value for key, value in long.items()}, stage="llm")


def _spans(trace: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        span
        for batch in trace.get("batches", trace.get("resourceSpans", []))
        for scope in batch.get("scopeSpans", [])
        for span in scope["spans"]
    ]


def _found(stack: Stack, trace_id: str, count: int = 1) -> list[dict[str, Any]]:
    def check() -> list[dict[str, Any]] | None:
        trace = stack.trace(trace_id)
        spans = _spans(trace) if trace else []
        return spans if len(spans) >= count else None

    return poll(f"{count} spans of trace {trace_id}", check)


def _nothing_failed(stack: Stack) -> None:
    for how in ("send", "enqueue"):
        for what in ("spans", "log_records"):
            assert 0 == stack.self_metric(f"otelcol_exporter_{how}_failed_{what}")
    for engine, metric in (("tempo", "tempo_discarded_spans_total"), ("loki", "loki_discarded_samples_total")):
        text = httpx.get(f"http://127.0.0.1:{getattr(stack.ports, engine)}/metrics", timeout=30).text
        assert [] == [
            line for line in text.splitlines() if line.startswith(metric) and not line.endswith((" 0", " 0.0"))
        ]


def test_one_post_of_512_large_spans_is_kept(stack: Stack) -> None:
    """512 spans of ordinary tool calls, 60 kB each as sent, in requests of the size an SDK makes, are all in Tempo."""
    spans = [_tool_call() for _ in range(512)]
    trace_id = otlp.trace_id()
    for one in spans:
        one["traceId"] = trace_id
    for first in range(0, 512, 128):
        otlp.send(stack.ports.otlp_http, otlp.traces(spans[first : first + 128]))

    assert {one["spanId"] for one in spans} == _ids(_found(stack, trace_id, 512))
    _nothing_failed(stack)


def _cut(stack: Stack, service: str, signal: str) -> float:
    """Return how many spans or log records of a service are counted as cut."""
    return scraped(stack.ports.collector_pipecat, RECORDS_CUT.prometheus + "{", service_name=service, signal=signal)


def _ids(spans: list[dict[str, Any]]) -> set[str]:
    return {base64.b64decode(one["spanId"]).hex() for one in spans}


def test_after_an_outage_every_large_span_is_kept(stack: Stack) -> None:
    """2,000 spans of tool calls that waited for Tempo are all there when it is back."""
    stack.stop("tempo")
    trace_ids = [otlp.trace_id() for _ in range(20)]
    for trace_id in trace_ids:
        spans = [_tool_call() | {"traceId": trace_id} for _ in range(100)]
        otlp.send(stack.ports.otlp_http, otlp.traces(spans))
    stack.start("tempo")

    for trace_id in trace_ids:
        assert 100 == len(_found(stack, trace_id, 100))
    _nothing_failed(stack)


_HUGE = {
    "many attributes": {"attributes": otlp.attributes({f"key.{one}": _text(1500) for one in range(2000)})},
    "a long value": {"attributes": otlp.attributes({"input": _text(6_000_000)})},
    "a long name of an attribute": {"attributes": otlp.attributes({_text(3_000_000): 1})},
    "bytes": {"attributes": otlp.attributes({"audio": b"\x00\x01\x02" * 1_500_000})},
    "nested": {"attributes": otlp.attributes({"list": [{"deep": [_text(900)] * 50}] * 80})},
    "a long name": {"name": _text(4_000_000)},
    "events": {
        "events": [
            {"timeUnixNano": "1", "name": f"event {one}", "attributes": otlp.attributes({"text": _text(1900)})}
            for one in range(2000)
        ]
    },
    "large events": {
        "events": [
            {
                "timeUnixNano": "1",
                "name": f"event {one}",
                "attributes": otlp.attributes({f"text.{key}": _text(1000) for key in range(60)}),
            }
            for one in range(100)
        ]
    },
    "events of numbers": {
        "events": [
            {"timeUnixNano": "1", "name": f"event {one}", "attributes": otlp.attributes({"levels": [1.0] * 2600})}
            for one in range(128)
        ]
    },
    "events of many numbers": {
        "events": [
            {
                "timeUnixNano": "1",
                "name": f"event {one}",
                "attributes": otlp.attributes({f"{key:x}": 1.0 for key in range(2000)}),
            }
            for one in range(128)
        ]
    },
    "links of much": {
        "links": [
            {"traceId": otlp.trace_id(), "spanId": "00f067aa0ba902b7", "traceState": f"a={_text(40_000)}"}
            for _ in range(100)
        ]
    },
    "links": {"links": [{"traceId": otlp.trace_id(), "spanId": "00f067aa0ba902b7"} for _ in range(50_000)]},
}


@pytest.mark.parametrize("what", list(_HUGE))
def test_a_span_too_big_alone_is_cut(stack: Stack, what: str) -> None:
    """A span of megabytes is in Tempo, smaller than any batch and marked; so is the one that follows in its request."""
    span, neighbour = otlp.span("llm") | _HUGE[what], otlp.span("llm")
    before = _cut(stack, "bot", "spans")
    otlp.send(stack.ports.otlp_http, otlp.traces([span, neighbour]))

    _found(stack, neighbour["traceId"])
    (kept,) = _found(stack, span["traceId"])
    marks = {key: int(kept.get(key, 0)) for key in _MARKS}
    assert marks == _MARKS | _MARKED.get(what, {})
    assert (what in _EVENTS_CUT) == ("pipecat.cut" in {one["key"] for one in kept.get("attributes", [])})
    cut = before + bool(marks["droppedAttributesCount"] + marks["droppedEventsCount"] or what in _EVENTS_CUT)
    poll("the count", lambda: _cut(stack, "bot", "spans") == cut)
    _nothing_failed(stack)


_MARKS = {"droppedAttributesCount": 0, "droppedEventsCount": 0, "droppedLinksCount": 0}
_EVENTS_CUT = {"large events", "events of many numbers"}
_MARKED = {
    "many attributes": {"droppedAttributesCount": 2000 + len(("stage", "provider", "model")) - 128},
    "a long name of an attribute": {"droppedAttributesCount": 1},
    "events": {"droppedEventsCount": 2000 - 128},
    "links": {"droppedLinksCount": 50_000},
    "links of much": {"droppedLinksCount": 100},
}


def _line(text: str, age_nanoseconds: int = 0, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - OTLP
    at = str(time.time_ns() - age_nanoseconds)
    return {"timeUnixNano": at, "observedTimeUnixNano": at, "body": otlp.value(text)} | changes


def _lines(stack: Stack, service: str, hours: int = 24) -> dict[str, dict[str, str]]:
    """Return labels and metadata of a service's lines, by line."""
    now = time.time_ns()
    params = {
        "query": f'{{service_name="{service}"}}',
        "limit": "5000",
        "start": str(now - hours * _HOUR),
        "end": str(now + 2 * _HOUR),
    }
    answer = httpx.get(f"http://127.0.0.1:{stack.ports.loki}/loki/api/v1/query_range", params=params, timeout=30)
    answer.raise_for_status()
    result = answer.json()["data"]["result"]
    return {value[1]: stream["stream"] for stream in result for value in stream["values"]}


def test_late_records_are_kept(stack: Stack) -> None:
    """Records of hours ago are kept while others of the service go on, also beside one whose clock is ahead."""
    resource = {"service.name": "late", "deployment.environment": "test"}
    ages = {"ahead": -_HOUR // 2, "now": 0, "an hour": 61 * _HOUR // 60, "five hours": 5 * _HOUR, "a night": 20 * _HOUR}
    for text, age in ages.items():
        otlp.send(stack.ports.otlp_http, otlp.logs([_line(text, age)], resource))
        poll(text, lambda wanted=text: wanted in _lines(stack, "late"))
    otlp.send(stack.ports.otlp_http, otlp.logs([_line("now again")], resource))

    poll("the last", lambda: {*ages, "now again"} == set(_lines(stack, "late")))
    _nothing_failed(stack)


_BIG = {
    "200 attributes": ({f"key_{one}": one for one in range(200)}, 200, 0),
    "100 kB of attributes": ({f"key_{one}": _text(1000) for one in range(100)}, 100, 0),
    "2 MB of attributes": ({f"key_{one:04}": _text(1000) for one in range(2000)}, 128, 2000 - 128),
}


@pytest.mark.parametrize("what", list(_BIG))
def test_large_records_are_kept(stack: Stack, what: str) -> None:
    """A record of many or large attributes is in Loki; what is cut is counted beside it."""
    attributes, kept, dropped = _BIG[what]
    resource = {"service.name": "large", "deployment.environment": "test"}
    otlp.send(stack.ports.otlp_http, otlp.logs([_line(what, attributes=otlp.attributes(attributes))], resource))

    found = poll(what, lambda: _lines(stack, "large").get(what))
    assert kept == sum(key.startswith("key_") for key in found)
    assert dropped == int(found.get("dropped_attributes_count", 0))
    if dropped:
        poll("the count", lambda: _cut(stack, "large", "logs") == 1)
    _nothing_failed(stack)


def test_a_long_line_is_cut(stack: Stack) -> None:
    """A line of 4 MB is in Loki with its first 2 kB, marked and counted."""
    resource = {"service.name": "long", "deployment.environment": "test"}
    otlp.send(stack.ports.otlp_http, otlp.logs([_line(_text(4_000_000))], resource))

    poll("the line", lambda: [2048] == [len(line) for line in _lines(stack, "long")])
    assert ["true"] == [kept["pipecat_cut"] for kept in _lines(stack, "long").values()]
    poll("the count", lambda: _cut(stack, "long", "logs") == 1)
    _nothing_failed(stack)


def test_what_is_cut_of_a_resource_is_counted(stack: Stack) -> None:
    """Attributes of a resource or scope that are too many count for each of its spans and records."""
    resource = {"service.name": "wide", "deployment.environment": "test"} | {
        f"key.{one}": _text(900) for one in range(500)
    }
    otlp.send(stack.ports.otlp_http, otlp.traces([otlp.span("llm"), otlp.span("llm")], resource))
    otlp.send(stack.ports.otlp_http, otlp.logs([_line("of many")], resource))

    poll("the spans", lambda: _cut(stack, "wide", "spans") == 2)
    poll("the line", lambda: _cut(stack, "wide", "logs") == 1)
    _nothing_failed(stack)
