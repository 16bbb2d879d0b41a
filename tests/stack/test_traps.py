"""Every trap of Pipecat's telemetry: with its filter the metric is right, without it the same spans make it wrong."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import otlp
import pytest
from harness import poll
from receiver import receiver
from stacks import EngineBin, Stack, stack_of
from trapped import TRAPS, Trap

import yamls
from pipecat_lgtm.renderers.collector import edge

pytestmark = pytest.mark.stack

MEASURED = [trap for trap in TRAPS if "query" in trap.row]
FILTERED = [trap for trap in MEASURED if "without" in trap.row]
_AT_ONCE = 4
"""Collectors beside each other: they mostly wait for their flush."""
_WITNESSES = (
    "pipecat_turns_total", "pipecat_turn_ttfw_seconds_count", "pipecat_turn_duration_seconds_count",
    "pipecat_stage_requests_total", "pipecat_tokens_total", "pipecat_interruptions_total",
)  # fmt: skip


def _id(trap: Trap) -> str:
    return trap.id


def _witnessed(stack: Stack, through: Stack, service: str) -> None:
    """Send something of each kind and wait until it shows: what went before it is in Prometheus too."""
    spans = [otlp.turn(), otlp.stage("llm", gen_ai__usage__input_tokens=1)]
    resource = {"service.name": service}
    otlp.send(through.ports.otlp_http, otlp.traces(spans, resource))
    otlp.send(through.ports.otlp_http, otlp.logs([otlp.event("pipecat.interruption")], resource))
    for metric in _WITNESSES:
        stack.until(f'sum({metric}{{service_name="{service}"}})', 1)


def _stored(stack: Stack, trace_id: str) -> list[dict[str, Any]]:
    trace = poll(f"trace {trace_id} in Tempo", lambda: stack.trace(trace_id))
    spans = [span for batch in trace["batches"] for scope in batch["scopeSpans"] for span in scope["spans"]]
    return [{one["key"]: next(iter(one["value"].values())) for one in span["attributes"]} for span in spans]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Stack]:
    """A stack as it is rendered."""
    with stack_of(tmp_path_factory.mktemp("traps"), engine_bin, "prometheus", "tempo", "collector") as one:
        yield one


@pytest.fixture(scope="module")
def traces(stack: Stack) -> dict[str, str]:
    """The trace ids of all traps, fed to that stack and counted by it."""
    fed = {trap.id: trap.feed(stack, trap.id) for trap in MEASURED}
    _witnessed(stack, stack, "witness")
    return fed


def test_every_trap_has_its_spans() -> None:
    """The traps are the fourteen of the design."""
    assert set(range(1, 15)) == {trap.row["trap"] for trap in TRAPS}


@pytest.mark.parametrize("trap", MEASURED, ids=_id)
def test_the_filter_keeps_the_metric_right(stack: Stack, traces: dict[str, str], trap: Trap) -> None:
    """The metric is right, and the span in Tempo says what was refused and why."""
    assert trap.row["right"] == pytest.approx(stack.value(trap.query(trap.id)))
    for span in _stored(stack, traces[trap.id]):
        assert trap.row.get("stored", {}).items() <= span.items()


@pytest.fixture(scope="module")
def unfiltered(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin
) -> Iterator[dict[str, Future[float]]]:
    """What each query says when its trap's spans went through a collector rendered without that one filter."""
    folders = {trap.id: tmp_path_factory.mktemp("unfiltered") for trap in FILTERED}

    def value(trap: Trap) -> float:
        other = Stack(folders[trap.id], engine_bin)
        trap.unfilter(other)
        _into(stack, other)
        service = f"{trap.id} unfiltered"
        try:
            other.start("collector")
            trap.feed(other, service)
            _witnessed(stack, other, f"witness of {service}")
            return stack.value(trap.query(service))
        finally:
            other.stop_all()

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield {trap.id: pool.submit(value, trap) for trap in FILTERED}


@pytest.mark.parametrize("trap", FILTERED, ids=_id)
def test_without_the_filter_the_metric_is_wrong(unfiltered: dict[str, Future[float]], trap: Trap) -> None:
    """The same spans, through a collector rendered without this one filter, give the false value."""
    assert trap.row["wrong"] == pytest.approx(unfiltered[trap.id].result())


@pytest.mark.parametrize("side", ["right", "wrong"])
def test_a_conversations_history_is_cut(tmp_path: Path, engine_bin: EngineBin, side: str) -> None:
    """However long the conversation, what leaves the collector is cut at `content.max_bytes`: by that one filter."""
    (trap,) = (one for one in TRAPS if "long" in one.row)
    with receiver() as vendor:
        stack = Stack(
            tmp_path,
            engine_bin,
            {"exporters": [{"name": "vendor", "endpoint": vendor.url, "signals": ["traces"]}]},
        )
        if side == "wrong":
            trap.unfilter(stack)
        stack.start("collector")
        try:
            trap.feed(stack, "bot")
            (span,) = poll("the span", lambda: vendor.spans)
        finally:
            stack.stop_all()

    assert trap.row[side] == len(span.attributes[trap.row["poison"]])


def _into(stack: Stack, other: Stack) -> None:
    """Make another stack's collector write to this one's stores, and this one's Prometheus read it."""
    paths = [one.folder / "config" / "collector" / "config.yaml" for one in (stack, other)]
    ours, theirs = (yamls.load(path.read_text(encoding="utf-8")) for path in paths)
    stores = {name: ours["exporters"][name] for name in (edge.TEMPO, edge.LOKI)}
    theirs["exporters"] |= stores
    paths[1].write_text(yamls.dump(theirs), encoding="utf-8")
    stack.scrape(other)
