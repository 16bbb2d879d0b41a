"""Dashboards on real stores after real calls: every query answers, the core numbers are right, the page lists them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import otlp
import past
import pytest
from bridge_facts import events, spans
from drawn import ALONE, ARTIFACTS, FAULTS, empty, faults, instead, needs_bridge, told
from harness import poll
from quantiles import bucketed
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.config import buckets
from pipecat_lgtm.dashboards.panels.card import NO_BRIDGE
from pipecat_lgtm.ops import demo
from pipecat_lgtm.ops.placing import Mode, Placed, placed
from pipecat_lgtm.ops.preview import run
from pipecat_lgtm.ops.preview.answers import Answer

pytestmark = [pytest.mark.stack, pytest.mark.alone]

_ROUNDS = 3
_LAST = "10m"
_RULES_SECONDS = 120.0
"""What is compared with the past is evaluated once a minute."""

VETERANS: dict[Mode, str] = {"spans-only": "veteran", "bridge": "veteran-with-bridge"}
"""Services with a past, one for each mode; what they send was half as much, or twice, before."""


@dataclass(frozen=True)
class Seen:
    """A mode's calls, and what the dashboards show of them; the latency dashboard also of the veteran alone."""

    placed: Placed
    boards: list[run.Board]
    alone: run.Board
    core: list[list[Answer]]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Stack]:
    """A whole stack."""
    names = ("collector", "prometheus", "alertmanager", "notifications", "tempo", "loki")
    with stack_of(tmp_path_factory.mktemp("boards"), engine_bin, overrides={"alerts": {"interval": "5 s"}}) as running:
        data = running.folder / "data/prometheus"
        for mode, service in VETERANS.items():
            past.write(engine_bin("promtool"), data, running.config, service, bridge=mode == "bridge")
        for name in names:
            running.start(name)
        running.fire({"summary": "Nobody is told"}, alertname="PipecatExample", severity="critical")
        yield running


def _seen(stack: Stack, mode: Mode) -> Seen:
    with placed(stack.config, demo.scenarios([]), mode, lambda _what, _elapsed: None) as done:
        call = done.ledger["calls"][0]
        _tell_more(stack, mode, call["trace_id"])
        core = poll("the core numbers", lambda: _core(stack, done), 120)
        _evaluated(stack, time.time())
        services = "|".join((done.service, VETERANS[mode], f"{VETERANS[mode]}-synthetic"))
        chosen = {"service": services, "trace": call["trace_id"], "conversation": call["conversation_id"]}
        boards = run.boards(stack.config, [], _LAST, chosen)
        (alone,) = run.boards(stack.config, ["pipecat-latency"], _LAST, {"service": VETERANS[mode]})
    report = told(boards)
    ARTIFACTS.mkdir(exist_ok=True)
    (ARTIFACTS / f"panels-{mode}.txt").write_text(report, encoding="utf-8")
    print(report)  # noqa: T201 - panel by panel, as CI keeps it
    return Seen(done, boards, alone, core)


def _evaluated(stack: Stack, since: float) -> None:
    """Wait until the quick rules have seen the slow ones and a moment, and what they made of it."""

    def check() -> bool:
        groups = stack.prometheus("rules")["groups"]
        last = [(one["interval"], datetime.fromisoformat(one["lastEvaluation"]).timestamp()) for one in groups]
        quick = stack.config.alerts.interval
        slow = [at for every, at in last if every > quick]
        return min(slow) > 0 and max(*slow, since) + quick < min(at for every, at in last if every == quick)

    poll("every rule's evaluation", check, _RULES_SECONDS)


def _tell_more(stack: Stack, mode: Mode, trace_id: str) -> None:
    """Send what the sandbox has no occasion for, in rounds, so that a rate has two samples."""
    port, service = stack.ports.otlp_http, VETERANS[mode]
    bot, caller = (
        {"service.name": name, "deployment.environment": "demo"} for name in (service, f"{service}-synthetic")
    )
    # In the call that the page of one conversation shows.
    wrong = [otlp.stage("llm", None), otlp.turn(None, pipecat__interrupted=True)]
    wrong[0]["status"] = {"code": 2}
    otlp.send(port, otlp.traces([one | {"traceId": trace_id} for one in wrong], bot))
    for sent in range(1, _ROUNDS + 1):
        otlp.send(port, otlp.traces(spans(), bot))
        otlp.send(port, otlp.traces([otlp.span("conversation", {"conversation.id": "a test call"})], caller))
        counted = f'sum(pipecat_http_client_duration_seconds_count{{service_name="{service}"}})'
        if mode == "bridge":
            otlp.send(port, otlp.logs(events(trace_id), bot))
            counted += f' + sum(pipecat_stt_wer_ratio_count{{service_name="{service}"}})'
        stack.until(counted, sent * (1 + (mode == "bridge")))


def _values(ledger: dict[str, list[float]], mode: Mode) -> tuple[list[float], list[float]]:
    """TTFW and E2E of every turn as the bot stated them; without the bridge both end at the first audio byte."""
    return (ledger["ttfw"], ledger["e2e"]) if mode == "bridge" else (ledger["latencies"], ledger["latencies"])


_WORST = 4
"""The query of the table of services that names the stage furthest above its budget."""


def _core(stack: Stack, done: Placed) -> list[list[Answer]] | None:
    """The answers of the core panels once every turn is counted and the recordings have been made since."""
    mode: Mode = "bridge" if done.bridge else "spans-only"
    totals, bot = done.ledger["totals"], f'{{service_name="{done.service}"}}'
    if stack.value(f"sum(pipecat_turn_ttfw_seconds_count{bot})") != len(_values(totals, mode)[0]):
        return None
    (board,) = run.boards(stack.config, ["pipecat-core"], _LAST, {"service": done.service})
    answers = [drawn.answers for drawn in board.panels]
    shown = _numbers(answers)
    return answers if shown and shown == pytest.approx(_expected(stack, done)[:3], rel=1e-6) else None


def _numbers(core: list[list[Answer]]) -> list[float]:
    """P95 of TTFW and of E2E as drawn, and of the worst stage as in the table; nothing while one is not there."""
    first_word, whole, services = core
    if not (first_word[0].series and whole[0].series and services[_WORST].rows):
        return []
    return [first_word[0].series[0].last, whole[0].series[0].last, services[_WORST].rows[0]["Value #E"]]


def _expected(stack: Stack, done: Placed) -> tuple[float, float, float, str]:
    """The same from the bot's own spans: P95 of TTFW and E2E; P95 and name of the stage furthest above its budget."""
    totals, bounds = done.ledger["totals"], buckets.latency(stack.config)
    ttfw, e2e = (
        bucketed(values, bounds, 0.95) for values in _values(totals, "bridge" if done.bridge else "spans-only")
    )
    stages = {stage: bucketed(values, bounds, 0.95) for stage, values in totals["ttfb"].items()}
    worst = max(stages, key=lambda stage: stages[stage] / (stack.config.thresholds.stage(stage).target or 1.0))
    return ttfw, e2e, stages[worst], worst


@pytest.fixture(scope="module")
def plain(stack: Stack) -> Seen:
    """Calls of an unmodified bot."""
    return _seen(stack, "spans-only")


@pytest.fixture(scope="module")
def bridged(stack: Stack, plain: Seen) -> Seen:  # noqa: ARG001 - one after the other, so that they do not slow each other
    """Calls of a bot with the bridge."""
    return _seen(stack, "bridge")


def test_spans_only(plain: Seen) -> None:
    """Every query has data and no warning, but for faults, which there are none of; panels of the bridge say so."""
    assert [] == faults(plain.boards)
    assert set() == empty(plain.boards, bridge=False) - set(FAULTS) - ALONE
    bridge = {
        (board.data["uid"], one.panel["id"])
        for board in plain.boards
        for one in board.panels
        if needs_bridge(one.panel)
    }
    words = instead(plain.boards)
    assert len(bridge) > 20
    # What the bridge writes on spans is among the spans of `bridge_facts`; synthetic calls are spans.
    assert bridge - words.keys() == {("pipecat-latency", 8), ("pipecat-latency", 9), ("pipecat-quality", 6)}
    assert NO_BRIDGE in {words[key] for key in bridge & words.keys()}
    others = {text for key, text in words.items() if key not in bridge} - set(FAULTS.values())
    assert others == {"No bot has dropped anything"}


def test_with_the_bridge(bridged: Seen) -> None:
    """With the bridge every query has data; but for faults, which there are none of, and for what one service has."""
    assert [] == faults(bridged.boards)
    assert ALONE == empty(bridged.boards, bridge=True) - set(FAULTS)
    assert set() == empty([bridged.alone], bridge=True) & ALONE


def _shown(step: dict[str, Any]) -> set[str]:
    """The columns that a transformation names and does not hide."""
    options = step["options"]
    return set(options.get("renameByName", ())) - set(options.get("excludeByName", ()))


def test_found_calls_name_their_service(plain: Seen, bridged: Seen) -> None:
    """Every row of a search for calls has the service of its span, also while the call's root has not arrived."""
    rows = [
        row
        for board in (*plain.boards, *bridged.boards)
        for drawn in board.panels
        if any("service.name" in _shown(step) for step in drawn.panel.get("transformations", []))
        for answer in drawn.answers
        for row in answer.rows
    ]
    assert len(rows) > 20
    assert [] == [row for row in rows if not row.get("service.name")]


def test_compared_with_the_past(bridged: Seen) -> None:
    """What is held against its own past is so many times it, below it by that share, above it by those points."""
    shown = {
        (board.data["uid"], drawn.panel["id"]): drawn.answers[0].series
        for board in bridged.boards
        for drawn in board.panels
        if drawn.answers
    }
    keys = ("pipecat-latency", 15), ("pipecat-quality", 5), ("pipecat-quality", 12)
    last = [one.last for key in keys for one in shown[key]]
    assert pytest.approx([1.975, 1 - 0.9 / 0.95, 0.08 - 0.04]) == last, "1.975: 200 ms, interpolated, against 100 ms"


@pytest.mark.parametrize("mode", ["plain", "bridged"])
def test_core_numbers_are_the_bots(mode: str, stack: Stack, request: pytest.FixtureRequest) -> None:
    """Each number on the core dashboard equals the one computed from the very spans the bot sent."""
    seen: Seen = request.getfixturevalue(mode)
    first_word, _, services = seen.core
    *numbers, name = _expected(stack, seen.placed)

    assert numbers == pytest.approx(_numbers(seen.core), rel=1e-6)
    assert name == services[_WORST].rows[0]["stage"]
    stated, _ = _values(seen.placed.ledger["totals"], "bridge" if seen.placed.bridge else "spans-only")
    dots = {round(dot.value, 6) for dot in first_word[1].dots}
    assert dots
    assert set() == dots - {round(value, 6) for value in stated}


def test_page_lists_every_panel(bridged: Seen) -> None:
    """The preview's page has every panel with what came back, and no error."""
    text = run.as_html(bridged.boards)
    (ARTIFACTS / "preview.html").write_text(text, encoding="utf-8")

    shown = sum(drawn.panel["type"] != "row" for board in bridged.boards for drawn in board.panels)
    assert (shown, 0, 0) == tuple(text.count(mark) for mark in ("data-panel=", 'class="error"', 'class="warning"'))
