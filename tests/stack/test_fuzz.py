"""Hostile telemetry: the collector lives, nothing absurd is measured, what is valid in the same batch is counted."""

import random
import time
from pathlib import Path

import fuzz
import httpx
import otlp
import pytest
from harness import poll
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from stacks import EngineBin, Stack, stack_of

pytestmark = pytest.mark.stack

_REQUESTS, _GOOD, _ODD = 60, 5, 12
_LIMITS = {"conversation_duration": 86_400.0, "turn_duration": 86_400.0}


def _good(rng: random.Random) -> Span:
    span = Span(trace_id=rng.randbytes(16), span_id=rng.randbytes(8), name="llm", kind=1)
    span.start_time_unix_nano = time.time_ns() - 1_000_000_000
    span.end_time_unix_nano = time.time_ns()
    values = {
        "gen_ai.provider.name": AnyValue(string_value="good"), "gen_ai.request.model": AnyValue(string_value="good-1"),
        "metrics.ttfb": AnyValue(double_value=0.25), "gen_ai.usage.input_tokens": AnyValue(int_value=7),
        "output": AnyValue(string_value="Hello."),
    }  # fmt: skip
    span.attributes.extend(KeyValue(key=key, value=value) for key, value in values.items())
    return span


def _post(stack: Stack, signal: str, body: bytes, kind: str = "application/x-protobuf") -> int:
    url = f"http://127.0.0.1:{stack.ports.otlp_http}/v1/{signal}"
    return httpx.post(url, content=body, headers={"content-type": kind}, timeout=60).status_code


def test_valid_spans_among_hostile_ones_are_counted_exactly(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Sixty seeded requests of odd spans around valid ones: these are counted and stored, and nothing is absurd."""
    rng = random.Random(20250414)
    with stack_of(tmp_path, engine_bin, "prometheus", "tempo", "loki", "collector") as stack:
        empty, good = 0, []
        for number in range(_REQUESTS):
            own = [_good(rng) for _ in range(_GOOD)]
            body, without_id = fuzz.traces(rng, own, _ODD)
            assert httpx.codes.OK == _post(stack, "traces", body)
            assert httpx.codes.OK == _post(stack, "logs", fuzz.logs(rng, _ODD, f"good line {number}"))
            good, empty = good + own, empty + without_id
        big = otlp.stage("llm", 0.25, input="x" * 1_000_000, nested={"deep": ["y" * 1_000_000]})
        otlp.send(stack.ports.otlp_http, otlp.traces([big]))

        labels = 'provider="good",model="good-1"'
        stack.until(f"sum(pipecat_stage_requests_total{{{labels}}})", len(good))
        stack.until(f"sum(pipecat_stage_ttfb_seconds_count{{{labels}}})", len(good))
        stack.until(f'sum(pipecat_stage_ttfb_seconds_bucket{{{labels},le="0.3"}})', len(good))
        stack.until(f"sum(pipecat_tokens_total{{{labels}}})", 7 * len(good))
        assert stack.processes["collector"].popen.poll() is None
        assert empty == stack.self_metric('otelcol_processor_filter_spans_filtered{filter="filter/invalid"')
        _nothing_absurd(stack)
        assert stack.value("sum(pipecat_values_refused_total)") > _REQUESTS
        for one in (good[0], good[-1]):
            assert poll("a good span in Tempo", lambda o=one: stack.trace(o.trace_id.hex()))
        wanted = {f"good line {number}" for number in range(_REQUESTS)}
        poll("every good line in Loki", lambda: wanted <= {line for _, line in stack.log_lines('{service_name="bot"}')})


def test_noise_does_not_end_the_collector(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Noise, cut and flipped requests are answered; a valid one after them is counted."""
    rng = random.Random(20250415)
    with stack_of(tmp_path, engine_bin, "prometheus", "collector") as stack:
        for _ in range(_REQUESTS):
            body, _empty = fuzz.traces(rng, [], 3)
            for rubbish in fuzz.garbage(rng, body):
                _post(stack, "traces", rubbish)  # raises if there is no answer
                _post(stack, "logs", rubbish)
                _post(stack, "traces", rubbish, "application/json")
        otlp.send(stack.ports.otlp_http, otlp.traces([otlp.stage("llm", 0.25, gen_ai__provider__name="good")]))

        stack.until('sum(pipecat_stage_requests_total{provider="good"})', 1)
        assert stack.processes["collector"].popen.poll() is None
        _nothing_absurd(stack)


def _nothing_absurd(stack: Stack) -> None:
    """Check every histogram in Prometheus: a finite mean within its limit, counts that are its last bucket's."""
    for row in stack.query('{__name__=~"pipecat_.*_seconds_sum"}'):
        name = row["metric"]["__name__"].removesuffix("_sum")
        who = ",".join(
            f'{key}="{value}"' for key, value in row["metric"].items() if key in {"provider", "stage", "model"}
        )
        total = float(row["value"][1])
        limit = _LIMITS.get(name.removeprefix("pipecat_").removesuffix("_seconds"), 600.0)
        count = stack.value(f"sum({name}_count)")
        assert 0 <= total <= limit * count, (name, who, total, count)
    for row in stack.query('{__name__=~"pipecat_.*_total"}'):
        assert 0 <= float(row["value"][1]) < float("inf"), row
