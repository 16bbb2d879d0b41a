"""Attributes with the name of a credential are taken out, whatever else is beside them."""

import json
from pathlib import Path
from typing import Any

import otlp
import pytest
from protected import protected
from stacks import EngineBin

import protection

pytestmark = pytest.mark.stack

PLAIN = "tulip"
"""Looks like nothing: only its name says what it is."""


def _places(name: str, value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any OTLP value
    """Return requests that have a named value, and nothing else to be found, in one place each."""
    only, deep = {name: value}, {"note": {"deep": [{"er": {name: value}}]}}
    event = {"name": "e", "timeUnixNano": "1700000000000000000"}
    made = [
        otlp.traces([otlp.span("x", attributes)])
        for attributes in (only, deep, {"note": json.dumps(deep)}, {"note": json.dumps({"body": json.dumps(deep)})})
    ]
    made += [
        otlp.traces([otlp.span("x", events=[{**event, "attributes": otlp.attributes(one)}])]) for one in (only, deep)
    ]
    made += [otlp.traces([otlp.span("x")], {"service.name": "bot"} | one) for one in (only, deep)]
    scoped = otlp.traces([otlp.span("x")])
    scoped["resourceSpans"][0]["scopeSpans"][0]["scope"]["attributes"] = otlp.attributes(only)
    made.append(scoped)
    made += [otlp.logs([otlp.event("line", one)]) for one in (only, deep)]
    made += [otlp.logs([otlp.event("line") | {"body": otlp.value(one)}]) for one in (only, deep, json.dumps(deep))]
    made.append(otlp.logs([otlp.event("line")], {"service.name": "bot"} | only))
    return made


def _together(requests: list[dict[str, Any]], signal: str) -> dict[str, Any]:
    return {signal: [one for request in requests for one in request.get(signal, [])]}


@pytest.mark.parametrize("mode", ["redact", "drop"])
def test_what_a_name_says_is_secret_is_not_stored(tmp_path: Path, engine_bin: EngineBin, mode: str) -> None:
    """In spans, events, log records, bodies, resources, scopes and nested maps, in every spelling and of every type."""
    spelled = [one for name in protection.SECRET_NAMES for one in protection.spellings(name)]
    requests = [one for name in spelled for one in _places(name, PLAIN)]
    requests += [one for name in protection.SECRET_NAMES for value in (90210.5, [PLAIN], {"x": PLAIN, "}": [PLAIN]})
                 for one in _places(name, value)]  # fmt: skip
    with protected(tmp_path, engine_bin("otelcol"), mode) as collector:
        for signal, of in (("resourceSpans", "traces"), ("resourceLogs", "logs")):
            collector.send(_together(requests, signal))
            left = collector.received(of)[0][signal]

            assert len([one for one in requests if signal in one]) == len(left)
            kept = [json.dumps(one) for one in left]
            assert [] == [one for one in kept if PLAIN in one or "90210.5" in one][:5]


def test_what_only_holds_the_letters_stays(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Names that merely contain a credential's, or count it, keep their values, on their own and nested."""
    names = protection.HARMLESS_NAMES
    schema = {"type": "object", "properties": {"pin": {"type": "string", "description": PLAIN}}}
    spans = [otlp.span("x", {"note": dict.fromkeys(names, PLAIN)} | dict.fromkeys(names, PLAIN))]
    spans += [otlp.span("x", {name: PLAIN}) for name in names]
    spans.append(otlp.span("x", {"tools": json.dumps([schema])}))
    with protected(tmp_path, engine_bin("otelcol")) as collector:
        collector.send(otlp.traces(spans))
        kept = collector.received("traces")[0]["resourceSpans"][0]["scopeSpans"][0]["spans"]

    def attributes(spans: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
        return [sorted(one["attributes"], key=lambda each: str(each["key"])) for one in spans]

    assert attributes(spans) == attributes(kept)
