"""Counts are exact: under concurrency, at the bound, over a restart, after a kill."""

import contextlib
import itertools
import signal
import threading
import time
from pathlib import Path

import feeder
import httpx
import pytest
from harness import poll
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.ops.engines import drain_of, draining, scraped

pytestmark = pytest.mark.stack

COUNTS = {
    "pipecat_turns_total": "turns",
    "pipecat_turn_ttfw_seconds_count": "turns",
    "pipecat_turn_e2e_seconds_count": "turns",
    "pipecat_turn_duration_seconds_count": "turns",
    "pipecat_tokens_total": "tokens",
    "pipecat_tts_characters_total": "characters",
}


SUMS = ("pipecat_tokens_total", "pipecat_tts_characters_total")
_IN_FLIGHT = 5 * 900
"""The most that one request can hold which the kill left without an answer: the tokens of five turns."""


def _expect(stack: Stack, sent: feeder.Sent) -> None:
    for metric, name in COUNTS.items():
        stack.until(f"sum({metric})", getattr(sent, name))
    for stage, count in sent.requests.items():
        stack.until(f'sum(pipecat_stage_requests_total{{stage="{stage}"}})', count)
        stack.until(f'sum(pipecat_stage_ttfb_seconds_count{{stage="{stage}"}})', count)


def test_counts_equal_what_four_concurrent_senders_sent(tmp_path: Path, engine_bin: EngineBin) -> None:
    """102,400 spans from four senders at once: every counter and histogram count is exactly what was sent."""
    payloads = [feeder.payload(100, seed) for seed in range(8)]
    with stack_of(tmp_path, engine_bin, "prometheus", "collector") as stack:
        sent = feeder.feed(stack.ports.otlp_http, payloads, rounds=8)

        assert sent.spans >= 100_000
        _expect(stack, sent)
        stack.until(
            'sum(pipecat_turn_ttfw_seconds_count) - sum(pipecat_turn_ttfw_seconds_bucket{le="0.8"})',
            sent.slow,
        )
        stack.until("sum(pipecat_turn_ttfw_seconds_sum)", sent.latency)
        stack.settled("sum(pipecat_tokens_total)")
        _expect(stack, sent)


def test_a_drained_restart_loses_nothing(tmp_path: Path, engine_bin: EngineBin) -> None:
    """The increase over a drained restart, with more fed after it than before, is what was sent, sums included."""
    started = time.time()
    with stack_of(tmp_path, engine_bin, "prometheus", "collector") as stack:
        before = feeder.feed(stack.ports.otlp_http, [feeder.payload(50, 1)], rounds=2)
        drain = drain_of(draining(stack.config))
        drain.hold()
        process = stack.processes["collector"]
        process.send_signal(signal.SIGTERM)
        drain.release_when(scraped(draining(stack.config), lambda _what, _elapsed: None))
        stack.stop("collector")
        stack.start("collector")
        after = feeder.feed(stack.ports.otlp_http, [feeder.payload(50, 2)], rounds=6)
        sent = before
        sent += after

        for metric, name in COUNTS.items():
            expected = getattr(sent, name)
            poll(f"{metric} to grow by {expected}", lambda m=metric, e=expected: stack.grown(m, started) == e)


class _Steady(threading.Thread):
    """Sends five turns twenty times a second until the collector is gone; knows when each was acknowledged."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port, self.acknowledged = port, list[tuple[float, feeder.Sent]]()

    def run(self) -> None:
        with contextlib.suppress(httpx.TransportError):
            for seed in itertools.count(1000):
                sent = feeder.feed(self._port, [feeder.payload(5, seed)], rounds=1, senders=1)
                self.acknowledged.append((time.monotonic(), sent))
                time.sleep(0.05)

    def before(self, moment: float) -> feeder.Sent:
        """Return what was acknowledged before a moment."""
        total = feeder.Sent()
        for at, sent in self.acknowledged:
            if at < moment:
                total += sent
        return total


def test_a_drained_restart_under_load_loses_nothing(tmp_path: Path, engine_bin: EngineBin) -> None:
    """A bot that goes on sending meanwhile: what was answered 200 is counted once, before the restart or after it."""
    started = time.time()
    with stack_of(tmp_path, engine_bin, "prometheus", "collector") as stack:
        steady = _Steady(stack.ports.otlp_http)
        steady.start()
        poll("some load", lambda: len(steady.acknowledged) > 20)
        drain = drain_of(draining(stack.config))
        drain.hold()
        stack.processes["collector"].send_signal(signal.SIGTERM)
        drain.release_when(scraped(draining(stack.config), lambda _what, _elapsed: None))
        stack.stop("collector")
        steady.join()
        stack.start("collector")
        sent = steady.before(time.monotonic())

        for metric, name in COUNTS.items():
            least = getattr(sent, name)
            poll(f"{metric} to be back", lambda m=metric, n=least: stack.grown(m, started) >= n)
        stack.settled("sum(pipecat_turns_total) + sum(pipecat_tokens_total)")
        unanswered = {"turns": 5, "tokens": _IN_FLIGHT, "characters": 5 * 90}
        for metric, name in COUNTS.items():
            least = getattr(sent, name)
            assert least <= stack.grown(metric, started) <= least + unanswered[name]


def test_a_kill_loses_at_most_one_flush_and_one_scrape(tmp_path: Path, engine_bin: EngineBin) -> None:
    """SIGKILL under load: all but the last flush and scrape stays counted, and counting goes on from there."""
    started, flush = time.time(), 2.0
    overrides = {"collector": {"flush_interval": f"{flush:g} s"}}
    with stack_of(tmp_path, engine_bin, "prometheus", "collector", overrides=overrides) as stack:
        steady = _Steady(stack.ports.otlp_http)
        steady.start()
        poll("eight flushes of load", lambda: len(steady.acknowledged) > 8 * flush / 0.1)
        killed = time.monotonic()
        stack.processes["collector"].send_signal(signal.SIGKILL)
        steady.join()
        stack.stop("collector")
        stack.start("collector")
        after = feeder.feed(stack.ports.otlp_http, [feeder.payload(50, 2)], rounds=2)

        # As docs/telemetry.md says: for sums a second more for their batch; and a second for a busy machine.
        for metric, name in COUNTS.items():
            bound = flush + stack.config.collector.scrape_interval + (1.0 if metric in SUMS else 0.0)
            least = getattr(steady.before(killed - bound - 1.0), name) + getattr(after, name)
            most = getattr(steady.before(time.monotonic()), name) + getattr(after, name) + _IN_FLIGHT
            poll(f"{metric} to be back", lambda m=metric, n=least: stack.grown(m, started) >= n)
            assert least <= stack.grown(metric, started) <= most
        assert stack.grown("pipecat_turns_total", started) > after.turns
