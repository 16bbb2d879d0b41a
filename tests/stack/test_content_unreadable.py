"""What cannot be read is not stored: numbers JSON cannot write, and what another value of the same key hides."""

import json
from pathlib import Path
from typing import Any

import otlp
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from protected import protected
from stacks import EngineBin

pytestmark = pytest.mark.stack

CARD = "4111 1111 1111 1111"
NUMBER = 4111111111111111
HIDDEN = "hyacinth"
_NAMES = ("metrics.ttfb", "transcript", "text", "output", "gen_ai.response.finish_reasons", "service.name")
_ODD_KEYS = (":", ",", '"', '":"', '\\"', "a=\n{", "[", "", "\\")
LONG = [HIDDEN] * 6000
"""More than a span may have, of which nothing is seen as long as it cannot be read."""


def _map(*members: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {"kvlistValue": {"values": [{"key": key, "value": value} for key, value in members]}}


def _list(*values: dict[str, Any]) -> dict[str, Any]:
    return {"arrayValue": {"values": list(values)}}


def _unreadable() -> list[dict[str, Any]]:
    """Return values that hold what nothing can read, and next to it a card, or words that look like nothing."""
    made = []
    for raw in (CARD, HIDDEN, NUMBER, list("4111111111111111"), {"password": HIDDEN}):
        value, odd = otlp.value(raw), otlp.value("x")
        for number in (float("nan"), float("inf"), float("-inf")):
            held = _map(("a", value), ("n", otlp.value(number)))
            made += [held, _list(value, otlp.value(number)), _map(("deep", _list(_map(("er", held)))))]
        hid = _map(("a", value), ("a", odd))
        made += [hid, _list(hid), _map(("deep", _list(odd, _map(("er", hid)))), ("b", otlp.value(0.5)))]
        made += [_map(("a", hid), ("a", hid), ("a", odd)), _map(("a", _map(("b", value))), ("a", _list()))]
    return made


def _places(value: dict[str, Any], key: str = "note") -> list[dict[str, Any]]:
    """Return requests that have a value, and nothing else to be found, in one place each."""
    own = [{"key": key, "value": value}]
    event = {"name": "e", "timeUnixNano": "1700000000000000000", "attributes": own}
    spans = [otlp.span("x") | {"attributes": own}, otlp.span("x", events=[event]), otlp.turn()]
    spans[2]["attributes"] += own
    made = [otlp.traces([one]) for one in spans]
    resource, scoped = otlp.traces([otlp.span("x")]), otlp.traces([otlp.span("x")])
    resource["resourceSpans"][0]["resource"]["attributes"] += own
    scoped["resourceSpans"][0]["scopeSpans"][0]["scope"]["attributes"] = own
    return [
        *made,
        resource,
        scoped,
        *(otlp.logs([otlp.event("line") | one]) for one in ({"attributes": own}, {"body": value})),
    ]


def _twice() -> list[dict[str, Any]]:
    """Return spans and log records with a key twice: the first value hides the second, or the second the first."""
    values = [otlp.value(one) for one in (CARD, NUMBER, {"a": CARD}, {"a": CARD, "n": float("nan")}, [CARD])]
    pairs = [pair for one in values for odd in ("x", 7) for pair in ((one, otlp.value(odd)), (otlp.value(odd), one))]
    attributes = [
        [{"key": key, "value": one} for one in pair] for pair in pairs for key in ("note", "transcript", "metrics.ttfb")
    ]
    return [
        *(otlp.traces([otlp.span("stt") | {"attributes": one}]) for one in attributes),
        *(otlp.logs([otlp.event("line") | {"attributes": one}]) for one in attributes),
    ]


def _together(requests: list[dict[str, Any]], signal: str) -> dict[str, Any]:
    return {signal: [one for request in requests for one in request.get(signal, [])]}


@pytest.mark.parametrize("mode", ["redact", "drop"])
def test_what_cannot_be_read_is_not_stored(tmp_path: Path, engine_bin: EngineBin, mode: str) -> None:
    """In spans, events, log records, bodies, resources and scopes, under any key, however deep and large it is."""
    requests = [one for value in _unreadable() for one in _places(value)]
    requests += [one for key in (*_NAMES, *_ODD_KEYS) for value in _unreadable()[:11] for one in _places(value, key)]
    long = (
        _map(("a", otlp.value(LONG)), ("a", otlp.value(1))),
        _map(("a", otlp.value(LONG)), ("n", otlp.value(float("inf")))),
    )
    requests += [one for value in long for one in _places(value)]
    requests += _twice()
    with protected(tmp_path, engine_bin("otelcol"), mode) as collector:
        for signal, of in (("resourceSpans", "traces"), ("resourceLogs", "logs")):
            collector.send(_together(requests, signal))
            left = collector.received(of)[0][signal]

            assert len([one for one in requests if signal in one]) == len(left)
            kept = [json.dumps(one) for one in left]
            secrets = (CARD, str(NUMBER), HIDDEN, '"4", "1", "1", "1"', '\\"4\\",\\"1\\",\\"1\\"', "pipecat.protect")
            assert [] == [(one, secret) for one in kept for secret in secrets if secret in one][:5]


def test_a_key_that_is_no_text_hides_nothing(tmp_path: Path, engine_bin: EngineBin) -> None:
    """A key that is no UTF-8 is another in JSON: what it holds is not overlooked."""
    unreadable = AnyValue(
        kvlist_value=KeyValueList(
            values=[
                KeyValue(key="a", value=AnyValue(array_value=ArrayValue(values=[AnyValue(string_value=CARD)]))),
                KeyValue(key="n", value=AnyValue(double_value=float("nan"))),
            ]
        )
    )
    attributes = [KeyValue(key="k_1_", value=unreadable), KeyValue(key="k_2_", value=AnyValue(string_value="kept"))]
    span = Span(trace_id=b"1" * 16, span_id=b"1" * 8, name="x", attributes=attributes, end_time_unix_nano=1)
    request = ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=[span])])])
    with protected(tmp_path, engine_bin("otelcol")) as collector:
        body = request.SerializeToString().replace(b"k_1_", b"\xff\xfe\xff\xfe").replace(b"k_2_", b"\xfe\xff\xfe\xff")
        collector.send(otlp.traces([otlp.span("y")]))
        assert 200 == collector.post(body, "application/x-protobuf").status_code
        collector.send(otlp.traces([otlp.span("y")]))
        kept = json.dumps(collector.received("traces"))

    assert 0 == kept.count(CARD)


def test_what_can_be_read_stays(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Floats, flags and texts stay what they are, nested too; odd numbers by themselves do so.

    Beside a nested value that is not stored, and with an integer in one, nested values are stored as their JSON.
    """
    nested: dict[str, Any] = {"score": 0.93, "tags": ["a", "<b>"], "deep": [{"ok": True, "none": None}, [0.5]]}
    beside = {"temperature": 0.7, "count": 7, "flag": True, "empty": "", "nested": nested, "text": '{"a": [1]}'}
    written = beside | {"nested": '{"deep":[{"none":null,"ok":true},[0.5]],"score":0.93,"tags":["a","<b>"]}'}
    odd = {"ratio": float("inf"), "none": float("nan"), 'a"=\n:{': "x", ":": ":", ",": "", '"': "", "": [0.5]}
    unreadable = {"n": [float("nan")]}
    sent = (beside, beside | odd, beside | {"unreadable": unreadable}, beside | {"counted": {"count": 7}})
    wanted = (
        beside,
        beside | odd,
        beside | written | {"unreadable": ""},
        beside | written | {"counted": '{"count":7}'},
    )
    bodies = (nested, ["<a>", 7], unreadable)
    with protected(tmp_path, engine_bin("otelcol")) as collector:
        collector.send(otlp.traces([otlp.span("x", one) for one in sent]))
        collector.send(otlp.logs([otlp.event("line") | {"body": otlp.value(one)} for one in bodies]))
        spans = collector.received("traces")[0]["resourceSpans"][0]["scopeSpans"][0]["spans"]
        records = collector.received("logs")[0]["resourceLogs"][0]["scopeLogs"][0]["logRecords"]

    kept = [{one.get("key", ""): one["value"] for one in span["attributes"]} for span in spans]
    assert [{key: otlp.value(raw) for key, raw in one.items()} for one in wanted] == kept
    assert [otlp.value(one) for one in (nested, '["<a>",7]', "")] == [one["body"] for one in records]
