"""Counts are exact: under concurrency, at the bound, over a restart, after a kill."""

import signal
import time
from pathlib import Path

import feeder
import pytest
from harness import poll
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.engines.drain import Drain

pytestmark = pytest.mark.stack

COUNTS = {
    "pipecat_turns_total": "turns",
    "pipecat_turn_ttfw_seconds_count": "turns",
    "pipecat_turn_duration_seconds_count": "turns",
    "pipecat_tokens_total": "tokens",
    "pipecat_tts_characters_total": "characters",
}


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


def test_a_drained_restart_loses_nothing(tmp_path: Path, engine_bin: EngineBin) -> None:
    """The increase over a drained restart, with more fed after it than before, is what was sent, sums included."""
    started = time.time()
    with stack_of(tmp_path, engine_bin, "prometheus", "collector") as stack:
        before = feeder.feed(stack.ports.otlp_http, [feeder.payload(50, 1)], rounds=2)
        drain = Drain(f"127.0.0.1:{stack.ports.otlp_grpc}")
        drain.hold()
        process = stack.processes["collector"]
        process.send_signal(signal.SIGTERM)
        drain.release_after(2 * stack.config.collector.flush_interval + 2)
        stack.stop("collector")
        stack.start("collector")
        after = feeder.feed(stack.ports.otlp_http, [feeder.payload(50, 2)], rounds=6)
        sent = before
        sent += after

        for metric, name in COUNTS.items():
            expected = getattr(sent, name)
            poll(f"{metric} to grow by {expected}", lambda m=metric, e=expected: stack.grown(m, started) == e)


def test_a_kill_loses_at_most_what_was_not_flushed(tmp_path: Path, engine_bin: EngineBin) -> None:
    """What had reached Prometheus before SIGKILL stays counted, and counting goes on from there."""
    started = time.time()
    with stack_of(tmp_path, engine_bin, "prometheus", "collector") as stack:
        before = feeder.feed(stack.ports.otlp_http, [feeder.payload(50, 1)], rounds=2)
        _expect(stack, before)
        stack.processes["collector"].send_signal(signal.SIGKILL)
        stack.stop("collector")
        stack.start("collector")
        after = feeder.feed(stack.ports.otlp_http, [feeder.payload(50, 2)], rounds=2)

        expected = before.turns + after.turns
        poll(f"{expected} turns", lambda: stack.grown("pipecat_turns_total", started) == expected)
