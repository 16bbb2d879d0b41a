"""Holds what the stores show against what the bot emitted and the provider injected."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Any, Literal

from pipecat_lgtm.config import Config
from pipecat_lgtm.ops.placing import BASELINE, Placed, Watch
from pipecat_lgtm.ops.visible import Stores
from pipecat_lgtm.queries import Query, audit
from pipecat_lgtm.sandbox.scenarios import NOWHERE, Scenario, Turn
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract.events import LONG_SILENCE

Verdict = Literal["right", "beyond bound", "unseen", "wrong"]
"""Beyond bound and unseen are right too: the one is what an alert is for, the other what spans cannot show."""

_VISIBLE_SECONDS = 180.0
_TOLERANCE_SECONDS = 0.06
"""What a stage's mean TTFB may differ from what was injected plus the pipeline's own share."""

_EXACT_SECONDS = 0.001
_SILENT_STAGES = ("stt", "tts")
"""Stages whose failures set no span status."""


@dataclass(frozen=True)
class Row:
    """One line of the demo's table."""

    signal: str
    measured: str
    expected: str
    bound: str
    verdict: Verdict


@dataclass(frozen=True)
class Injected:
    """What scenarios do to a bot.

    Args:
        faults: requests that fail, and tool calls that raise, by stage.
        barge_ins: times the caller speaks while the bot is speaking.
        silences: pauses long enough to be one.
        failed: calls in which anything fails.
    """

    faults: Counter[str]
    barge_ins: int
    silences: int
    failed: int


def injected(scenarios: list[Scenario]) -> Injected:
    """Return what a list of calls injects."""
    turns = [turn for one in scenarios for turn in one.turns]
    faults: Counter[str] = Counter()
    for turn in turns:
        faults.update(_faults(turn))
    return Injected(
        faults,
        sum(turn.barge_in is not None for turn in turns),
        sum(turn.barge_in is None and turn.pause > LONG_SILENCE for turn in turns),
        sum(any(_faults(turn) for turn in one.turns) for one in scenarios),
    )


def _faults(turn: Turn) -> list[str]:
    """Return the stages a turn makes fail."""
    failing = [stage for stage, fault in turn.faults.items() if fault != "slow_stream"]
    return failing + ["tool"] * (NOWHERE in turn.says)


@dataclass(frozen=True)
class Conditions:
    """Under which calls are placed.

    Args:
        scraped: Prometheus can reach the provider, so that injected stands beside measured there.
        early: a call placed before Tempo and Loki were there.
    """

    scraped: bool = True
    early: Placed | None = None


def rows(config: Config, placed: Placed, injected: Injected, conditions: Conditions, watch: Watch) -> Iterator[Row]:
    """Yield every comparison, each once the stores show what is expected or time is up.

    Args:
        config: of the running stack.
        placed: the calls.
        injected: what the scenarios did to the bot.
        conditions: what else is to be seen, or cannot be.
        watch: told what is waited for.
    """
    stores = Stores(config)
    yield from _counts(stores, placed, injected.faults, watch)
    if conditions.scraped:
        yield from _answers(stores, placed, watch)
    yield from _kept(stores, placed, "", watch)
    if conditions.early is not None:
        yield from _kept(stores, conditions.early, ", queued before", watch)
    if not placed.bridge:
        yield _ttfw(config, stores, placed)
    for stage in labels.STAGES:
        yield _ttfb(config, stores, placed, stage)


def _counts(stores: Stores, placed: Placed, faults: Counter[str], watch: Watch) -> Iterator[Row]:
    totals, service = placed.ledger["totals"], placed.service
    emitted = {
        "turns": (partial(audit.turns, service), totals["spans"].get("turn", 0)),
        "turns with a TTFW": (partial(audit.ttfw_count, service), len(totals["latencies"])),
        **{
            f"{stage} requests": (partial(audit.requests, service, stage), totals["spans"].get(stage, 0))
            for stage in labels.STAGES
        },
        **{f"{kind} tokens": (partial(audit.tokens, service, kind), count) for kind, count in totals["tokens"].items()},
    }
    for signal, (ask, count) in emitted.items():
        yield counted(stores, placed, signal, ask, count, watch)
    for stage in labels.STAGES:
        if placed.bridge:
            continue
        # All spans are in by now: no need to wait for what may never come.
        measured, count = stores.value(audit.errors(service, stage, placed.window)), faults[stage]
        unseen = stage in _SILENT_STAGES and measured < count
        yield Row(
            f"{stage} errors", f"{measured:g}", f"{count:g}", "", "unseen" if unseen else exactly(measured, count)
        )


def _answers(stores: Stores, placed: Placed, watch: Watch) -> Iterator[Row]:
    for stage in labels.STAGES:
        count = sum(_of(placed.truth, "sandbox_requests_total", stage).values())
        query = audit.sandbox_requests(stage)
        measured = until(lambda query=query: stores.value(query), count, watch, f"{stage} answers")  # type: ignore[misc]
        yield Row(f"{stage} answers, scraped", f"{measured:g}", f"{count:g}", "", exactly(measured, count))


def _kept(stores: Stores, placed: Placed, which: str, watch: Watch) -> Iterator[Row]:
    """Yield whether every call's trace is whole in Tempo, and its log lines in Loki carry its trace id."""
    spans = {call["trace_id"]: sum(call["spans"].values()) for call in placed.ledger["calls"]}
    checks: dict[str, Callable[[], float]] = {
        "whole traces in Tempo": lambda: sum(stores.spans(trace_id) == count for trace_id, count in spans.items()),
        "calls with logs in Loki": lambda: sum(stores.has_lines(placed.service, trace_id) for trace_id in spans),
    }
    for signal, check in checks.items():
        measured = until(check, len(spans), watch, signal)
        yield Row(f"{signal}{which}", f"{measured:g}", f"{len(spans)}", "", exactly(measured, len(spans)))


def _ttfw(config: Config, stores: Stores, placed: Placed) -> Row:
    measured = stores.value(audit.ttfw_mean(placed.service, placed.window))
    told = mean(placed.ledger["totals"]["latencies"])
    bound = config.thresholds.ttfw.p95.critical
    return Row(
        "TTFW, mean", seconds(measured), f"{seconds(told)}, the bot says", seconds(bound),
        judge(measured, told, _EXACT_SECONDS, bound),
    )  # fmt: skip


def _ttfb(config: Config, stores: Stores, placed: Placed, stage: str) -> Row:
    injected, own = injected_mean(placed, stage), own_share(placed, stage)
    measured = stores.value(audit.ttfb_mean(placed.service, stage, placed.window))
    bound = config.thresholds.stage(stage).warning
    return Row(
        f"{stage} TTFB, mean", seconds(measured), f"{seconds(injected)} + {seconds(own)} pipeline", seconds(bound),
        judge(measured, injected + own, _TOLERANCE_SECONDS, bound),
    )  # fmt: skip


def injected_mean(placed: Placed, stage: str) -> float:
    """Return the mean delay injected into the requests that have a true TTFB.

    A scenario's requests do not all have one (a synthesis has one per reply, a failed or interrupted request none),
    so each scenario's mean delay counts as often as the bot measured in it.
    """
    sums = _of(placed.truth, "sandbox_injected_delay_seconds_sum", stage)
    counts = _of(placed.truth, "sandbox_injected_delay_seconds_count", stage)
    weights: Counter[str] = Counter()
    for call in placed.ledger["calls"]:
        weights[call["scenario"]] += len(call["ttfb"][stage])
    return sum(count * sums[name] / counts[name] for name, count in weights.items() if count) / weights.total()


def own_share(placed: Placed, stage: str) -> float:
    """Return the pipeline's own share of a stage's TTFB: the mean of the calls into which nothing was injected."""
    return mean([one for call in placed.ledger["calls"] if call["scenario"] == BASELINE for one in call["ttfb"][stage]])


def until(count: Callable[[], float], expected: float, watch: Watch, signal: str) -> float:
    """Return a count once it is what is expected, or what it is when time is up."""
    began = time.monotonic()
    while (value := count()) != expected and time.monotonic() - began < _VISIBLE_SECONDS:
        watch(f"waiting for {signal}: {value:g} of {expected:g}", time.monotonic() - began)
        time.sleep(0.5)
    return value


def counted(  # noqa: PLR0913, PLR0917 - where, whose, what, and how many there should be
    stores: Stores, placed: Placed, signal: str, ask: Callable[[str], Query], expected: float, watch: Watch
) -> Row:
    """Return the comparison of a count of these calls, once it is what is expected or time is up.

    Args:
        stores: of the running stack.
        placed: the calls.
        signal: what is counted.
        ask: from the time since the calls began to the query.
        expected: how many there should be.
        watch: gets what is waited for.
    """
    measured = until(lambda: stores.value(ask(placed.window)), expected, watch, signal)
    return Row(signal, f"{measured:g}", f"{expected:g}", "", exactly(measured, expected))


def _of(truth: dict[str, float], name: str, stage: str) -> dict[str, float]:
    """Return {scenario: value} of one of the provider's samples."""
    pattern = re.compile(rf"{name}\{{scenario=([^,]*),stage={stage}\}}")
    return {found[1]: value for key, value in truth.items() if (found := pattern.fullmatch(key))}


def exactly(measured: float, expected: float) -> Verdict:
    """Return the verdict of a count."""
    return "right" if measured == expected else "wrong"


def judge(measured: float, expected: float, tolerance: float, bound: float | None) -> Verdict:
    """Return the verdict of a value."""
    if abs(measured - expected) > tolerance:
        return "wrong"
    return "beyond bound" if bound is not None and measured > bound else "right"


def mean(values: list[Any]) -> float:
    """Return the mean; nought of nothing."""
    return fmean(values) if values else 0.0


def seconds(value: float | None) -> str:
    """Return a duration to read."""
    return "" if value is None else f"{value:.3f} s"
