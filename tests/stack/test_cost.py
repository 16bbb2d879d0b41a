"""What one request costs the collector grows with its bytes, whatever it holds much of."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import otlp
import psutil
import pytest
from harness import poll
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.renderers.collector.protect_size import MOST_EVENTS, MOST_SMALL

pytestmark = [pytest.mark.stack, pytest.mark.alone]

_ALL = 32_000
_FEW, _MANY = 250, 4000
"""Attributes of one map: as many in all, in few maps or in many."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Stack]:
    """Run a collector that looks at what it stores, warm."""
    with stack_of(tmp_path_factory.mktemp("cost"), engine_bin, "collector") as made:
        otlp.send(made.ports.otlp_http, otlp.traces([otlp.turn()]))
        otlp.send(made.ports.otlp_http, otlp.logs([otlp.event("said")]))
        _seconds(made)
        yield made


def _seconds(stack: Stack) -> float:
    """Return the CPU seconds that the collector has used, once it rests."""
    popen = stack.processes["collector"].popen
    assert popen is not None
    process = psutil.Process(popen.pid)
    last = 0.0

    def rests() -> float:
        nonlocal last
        time.sleep(0.25)
        times = process.cpu_times()
        before, last = last, times.user + times.system
        return last if last - before < 0.03 else 0.0

    return poll("the collector to rest", rests, 300)


def _names(count: int) -> list[dict[str, Any]]:
    """Return so many small attributes: all names are short."""
    return otlp.attributes({_DIGITS[n % 62] + _DIGITS[n // 62 % 62] + _DIGITS[n // 3844]: 1 for n in range(count)})


def _request(where: str, count: int) -> dict[str, Any]:
    """Return a request with `_ALL` attributes, so many in each map."""
    several, own = range(_ALL // count), _names(count)
    resource = {"attributes": [*otlp.attributes({"service.name": "bot"}), *own]}
    match where:
        case "span":
            return otlp.traces([otlp.span("x", attributes=own) for _ in several])
        case "event":
            return otlp.traces([otlp.span("x", events=[{"name": "e", "attributes": own}]) for _ in several])
        case "scope":
            made = otlp.traces([])
            scopes = [{"scope": {"name": "s", "attributes": own}, "spans": [otlp.span("x")]} for _ in several]
            made["resourceSpans"][0]["scopeSpans"] = scopes
            return made
        case "resource":
            spans = [{"scope": {}, "spans": [otlp.span("x")]}]
            return {"resourceSpans": [{"resource": resource, "scopeSpans": spans} for _ in several]}
        case "record":
            return otlp.logs([otlp.event("said") | {"attributes": own} for _ in several])
        case "record's resource":
            records = [{"scope": {}, "logRecords": [otlp.event("said")]}]
            return {"resourceLogs": [{"resource": resource, "scopeLogs": records} for _ in several]}
        case _:
            nested = {one["key"]: 1 for one in own}
            return otlp.traces([otlp.span("x", {"nested": nested}) for _ in several])


def _cost(stack: Stack, request: dict[str, Any]) -> float:
    before = _seconds(stack)
    otlp.send(stack.ports.otlp_http, request)
    return _seconds(stack) - before


@pytest.mark.parametrize("where", ["span", "event", "scope", "resource", "record", "record's resource", "a nested map"])
def test_many_attributes_in_one_place(stack: Stack, where: str) -> None:
    """32,000 attributes cost the same whether they are in 128 maps or in 8, of each kind there is."""
    few, many = _cost(stack, _request(where, _FEW)), _cost(stack, _request(where, _MANY))

    assert many < 2 * few + 0.1, f"{_ALL // _FEW} maps: {few:.2f} s, {_ALL // _MANY} maps: {many:.2f} s"


def test_the_attack(stack: Stack) -> None:
    """A span of 100,000 attributes, be they all one that is kept first, costs less than the same bytes in 200 spans."""
    attack = [
        otlp.span("x", attributes=otlp.attributes({f"key{n}": "v" for n in range(100_000)})),
        otlp.span("x", attributes=otlp.attributes({"input": "v"}) * 100_000),
    ]
    ordinary = [otlp.span("x", {f"key{n}": "v" for n in range(500)}) for _ in range(200)]

    one, other, spread = (_cost(stack, otlp.traces(spans)) for spans in ([attack[0]], [attack[1]], ordinary))
    assert one < 2 * spread + 0.1
    assert other < 2 * spread + 0.1


def test_many_events_of_a_span(stack: Stack) -> None:
    """Events above the limit are taken away before anything is looked for in them."""
    events = [{"name": "e", "attributes": _names(8)} for _ in range(6_000)]
    groups = [events[first : first + MOST_EVENTS] for first in range(0, len(events), MOST_EVENTS)]

    spread = _cost(stack, otlp.traces([otlp.span("x", events=group) for group in groups]))
    assert _cost(stack, otlp.traces([otlp.span("x", events=events)])) < spread


def test_what_is_kept(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Of too many attributes those that metrics are made of stay, and the span says how many went."""
    many = {f"k{n}": n for n in range(3000)}
    wanted = {"gen_ai.provider.name": "openai", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 7}
    span = otlp.span("llm", many | wanted)
    twice = otlp.span("x", attributes=otlp.attributes({"input": "v"}) * 3000)
    with stack_of(
        tmp_path, engine_bin, "prometheus", "tempo", "collector", overrides={"content": {"mode": "keep"}}
    ) as made:
        otlp.send(made.ports.otlp_http, otlp.traces([span, twice]))

        made.until('sum(pipecat_tokens_total{provider="openai",model="m",type="input"})', 7)
        for one, sent in ((span, 3003), (twice, 3000)):
            trace = poll("the span", lambda one=one: made.trace(one["traceId"]))
            (kept,) = trace["batches"][0]["scopeSpans"][0]["spans"]
            assert sent == int(kept["droppedAttributesCount"]) + _received(kept)
            assert _received(kept) <= MOST_SMALL


def _received(span: dict[str, Any]) -> int:
    """Return how many attributes of a span in Tempo its sender gave it."""
    return sum(not one["key"].startswith("pipecat.") for one in span["attributes"])
