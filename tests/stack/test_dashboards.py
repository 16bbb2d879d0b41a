"""Dashboards on real stores after real calls: every query answers, the core numbers are right, the page is drawn."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import otlp
import pytest
from bridge_facts import events, spans
from drawn import ARTIFACTS, BOTH_MODES, SPANS_ONLY, empty, faults, needs_bridge, told
from harness import poll
from playwright.sync_api import Browser
from quantiles import bucketed
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.ops import demo
from pipecat_lgtm.ops.placing import Mode, Placed, placed
from pipecat_lgtm.ops.preview import run
from pipecat_lgtm.ops.preview.answers import Answer
from pipecat_lgtm.renderers import buckets

pytestmark = pytest.mark.stack

_ROUNDS = 3
_LAST = "10m"
_RULES_SECONDS = 60.0
"""Four evaluations of the rules."""


@dataclass(frozen=True)
class Seen:
    """A mode's calls, and what the dashboards show of them."""

    placed: Placed
    boards: list[run.Board]
    core: list[list[Answer]]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Stack]:
    """A whole stack."""
    names = ("collector", "prometheus", "alertmanager", "notifications", "tempo", "loki")
    with stack_of(tmp_path_factory.mktemp("boards"), engine_bin, *names) as running:
        running.fire({"summary": "Nobody is told"}, alertname="PipecatExample", severity="critical")
        yield running


def _seen(stack: Stack, mode: Mode) -> Seen:
    with placed(stack.config, demo.scenarios([]), mode, lambda _what, _elapsed: None) as done:
        trace_id = done.ledger["calls"][0]["trace_id"]
        if mode == "bridge":
            _tell_more(stack, done.service, trace_id)
        core = poll("the core numbers", lambda: _core(stack, done), 120)
        boards = _complete(stack, {"service": done.service, "trace": trace_id}, mode)
    report = told(boards)
    ARTIFACTS.mkdir(exist_ok=True)
    (ARTIFACTS / f"panels-{mode}.txt").write_text(report, encoding="utf-8")
    print(report)  # noqa: T201 - panel by panel, as CI keeps it
    return Seen(done, boards, core)


def _complete(stack: Stack, values: dict[str, str], mode: Mode) -> list[run.Board]:
    """The dashboards once rules have been evaluated on the last of the data; after a deadline as they are."""
    known, end = set(BOTH_MODES if mode == "bridge" else SPANS_ONLY), time.monotonic() + _RULES_SECONDS
    while True:
        boards = run.boards(stack.config, [], _LAST, values)
        if not empty(boards, bridge=mode == "bridge") - known or time.monotonic() > end:
            return boards
        time.sleep(2)


def _tell_more(stack: Stack, service: str, trace_id: str) -> None:
    """Send in rounds, so that a rate has two samples."""
    bot = {"service.name": service, "deployment.environment": "demo"}
    port = stack.ports.otlp_http
    for sent in range(1, _ROUNDS + 1):
        otlp.send(port, otlp.logs(events(trace_id), bot))
        otlp.send(port, otlp.traces(spans(), bot))
        stack.until(f'sum(pipecat_stt_wer_ratio_count{{service_name="{service}"}})', sent)


def _values(ledger: dict[str, list[float]], mode: Mode) -> tuple[list[float], list[float]]:
    """TTFW and E2E of every turn as the bot stated them; without the bridge both end at the first audio byte."""
    return (ledger["ttfw"], ledger["e2e"]) if mode == "bridge" else (ledger["latencies"], ledger["latencies"])


def _core(stack: Stack, done: Placed) -> list[list[Answer]] | None:
    """The answers of the core panels once every turn is counted and the recordings have been made since."""
    mode: Mode = "bridge" if done.bridge else "spans-only"
    totals, bot = done.ledger["totals"], f'{{service_name="{done.service}"}}'
    if stack.value(f"sum(pipecat_turn_ttfw_seconds_count{bot})") != len(_values(totals, mode)[0]):
        return None
    (board,) = run.boards(stack.config, ["pipecat-core"], _LAST, {"service": done.service})
    answers = [drawn.answers for drawn in board.panels]
    shown = [answers[0][0], answers[1][0], answers[2][0], answers[2][1]]
    if not all(one.series for one in shown):
        return None
    expected = _expected(stack, done)
    same = all(
        one.series[0].last == pytest.approx(value, rel=1e-6) for one, value in zip(shown, expected[:4], strict=True)
    )
    return answers if same else None


def _expected(stack: Stack, done: Placed) -> tuple[float, float, float, float, str]:
    """The same numbers from the bot's own spans: P95 of TTFW and E2E, the slowest stage's P95, its share, its name."""
    totals, bounds = done.ledger["totals"], buckets.latency(stack.config)
    ttfw, e2e = (
        bucketed(values, bounds, 0.95) for values in _values(totals, "bridge" if done.bridge else "spans-only")
    )
    stages = {stage: bucketed(values, bounds, 0.95) for stage, values in totals["ttfb"].items()}
    slowest = max(stages, key=lambda stage: stages[stage])
    return ttfw, e2e, stages[slowest], stages[slowest] / ttfw, slowest


@pytest.fixture(scope="module")
def plain(stack: Stack) -> Seen:
    """Calls of an unmodified bot."""
    return _seen(stack, "spans-only")


@pytest.fixture(scope="module")
def bridged(stack: Stack, plain: Seen) -> Seen:  # noqa: ARG001 - one after the other, so that they do not slow each other
    """Calls of a bot with the bridge."""
    return _seen(stack, "bridge")


def test_spans_only(plain: Seen) -> None:
    """Every query answers, none with a warning; those without data have a named reason; bridge panels say so."""
    assert [] == faults(plain.boards)
    assert set() == empty(plain.boards, bridge=False) - set(SPANS_ONLY)
    shown = [drawn for board in plain.boards for drawn in board.panels if needs_bridge(drawn.panel)]
    assert len(shown) > 20
    assert set() == {drawn.panel["title"] for drawn in shown if any(one.count for one in drawn.answers)}


def test_with_the_bridge(bridged: Seen) -> None:
    """With the bridge every panel has data, but for what needs a week, a fault or an id."""
    assert [] == faults(bridged.boards)
    assert set() == empty(bridged.boards, bridge=True) - set(BOTH_MODES)


@pytest.mark.parametrize("mode", ["plain", "bridged"])
def test_core_numbers_are_the_bots(mode: str, stack: Stack, request: pytest.FixtureRequest) -> None:
    """Each number on the core dashboard equals the one computed from the very spans the bot sent."""
    seen: Seen = request.getfixturevalue(mode)
    first_word, whole, slowest = seen.core
    *numbers, name = _expected(stack, seen.placed)

    shown = [first_word[0], whole[0], slowest[0], slowest[1]]
    assert numbers == pytest.approx([one.series[0].last for one in shown], rel=1e-6)
    assert name == slowest[0].series[0].name
    stated, _ = _values(seen.placed.ledger["totals"], "bridge" if seen.placed.bridge else "spans-only")
    dots = {round(dot.value, 6) for dot in first_word[1].dots}
    assert dots
    assert set() == dots - {round(value, 6) for value in stated}


def test_page_is_drawn(bridged: Seen, chromium: Browser) -> None:
    """In a real browser every panel of the preview is drawn, nothing complains, and core shows exactly three panels."""
    file = ARTIFACTS / "preview.html"
    file.write_text(run.as_html(bridged.boards), encoding="utf-8")
    page, said = chromium.new_page(viewport={"width": 1500, "height": 1000}), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-drawn]", timeout=60_000)

    assert [] == said
    for uid in DASHBOARDS:
        section = page.locator(f"section#{uid}")
        section.screenshot(path=ARTIFACTS / f"{uid}.png")
        assert section.locator(".figure").count() == section.locator(".figure.js-plotly-plot").count()
        assert 0 == section.locator(".error, .warning").count()
    assert 3 == page.locator("section#pipecat-core .panel").count()
