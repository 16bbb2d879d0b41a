"""Malformed, hostile or oddly typed telemetry neither ends the collector nor poisons a metric."""

from pathlib import Path
from typing import Any

import httpx
import otlp
import pytest
from harness import poll
from stacks import EngineBin, stack_of

pytestmark = pytest.mark.stack

_ODD: list[Any] = [
    "NOT_GIVEN",
    "",
    "0.3",
    True,
    b"\x00\xff",
    [1, 2],
    {"a": 1},
    None,
    -1.0,
    0.0,
    1e30,
    float(2**63),
    10**18,
    -(10**18),
]
_ODD_SPANS = [
    otlp.turn() | {"startTimeUnixNano": "1", "endTimeUnixNano": str(2**63 - 1)},
    otlp.span("conversation", {}, startTimeUnixNano=str(2**63 - 1), endTimeUnixNano="1"),
    otlp.span("conversation", {}, startTimeUnixNano="0", endTimeUnixNano=str(2**64 - 1)),
    otlp.span("conversation", {}, startTimeUnixNano="17000000000000000000", endTimeUnixNano="1"),
    otlp.span("GET", {"http.request.method": 7, "server.address": ["x"], "http.response.status_code": "200"}, kind=3),
    otlp.span(
        "execute_tool x",
        {"gen_ai.tool.name": {"deep": {"er": [1]}}},
        startTimeUnixNano="5",
        endTimeUnixNano="4",
    ),
    otlp.span("x" * 100_000, {"k" * 10_000: "v" * 100_000}),
    otlp.stage("llm", 0.3, measure="turn", latency=99.0, measured="turn", stage="x" * 1000, sum__x=1),
    otlp.stage("llm", 0.3, gen_ai__provider__name=12, gen_ai__request__model=[1]),
]


def _odd_values() -> list[dict[str, Any]]:
    spans = []
    for odd in _ODD:
        spans += [
            otlp.stage("tts", odd, metrics__character_count=odd),
            otlp.stage("llm", odd, gen_ai__usage__input_tokens=odd, gen_ai__usage__output_tokens=odd),
            otlp.turn(odd, odd, pipecat__turn__tokens=odd),
            otlp.turn(0.5, pipecat__ttfw_seconds=odd, pipecat__e2e_seconds=odd),
        ]
    return spans


def test_odd_values_are_kept_out_and_counted(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Only true values reach the histograms and the sums; what was refused is counted by reason."""
    with stack_of(tmp_path, engine_bin, "prometheus", "collector") as stack:
        port = stack.ports.otlp_http
        otlp.send(port, otlp.traces(_odd_values()))
        for one in _ODD_SPANS:
            otlp.send(port, otlp.traces([one]))
        mixed = [otlp.stage("llm", 0.25, gen_ai__usage__input_tokens=tokens) for tokens in (847, 847.0, 3)]
        otlp.send(port, otlp.traces(mixed))

        stack.until('sum(pipecat_tokens_total{type="input"})', 847 + 847 + 3 + 0)
        assert stack.processes["collector"].popen.poll() is None
        stack.until("round(sum(pipecat_stage_ttfb_seconds_sum), 0.001)", 3 * 0.25 + 2 * 0.3)
        assert stack.value('sum(pipecat_turn_ttfw_seconds_bucket{le="+Inf"})') == stack.value(
            "sum(pipecat_turn_ttfw_seconds_count)"
        )
        # The bridge's value, if present, is the only one looked at: odd, it is refused and not replaced.
        assert stack.value("max(pipecat_turn_ttfw_seconds_sum / pipecat_turn_ttfw_seconds_count)") < 1
        assert stack.value("max(pipecat_conversation_duration_seconds_sum) or vector(0)") < 86_400
        assert stack.value('sum(pipecat_values_refused_total{reason="not_a_number"})') > 20
        assert stack.value('sum(pipecat_values_refused_total{reason="out_of_range"})') > 20


def test_spans_without_ids_are_dropped_and_counted(tmp_path: Path, engine_bin: EngineBin) -> None:
    """A span without trace or span id, for which Tempo refuses the whole batch, goes no further; the rest does."""
    with stack_of(tmp_path, engine_bin, "prometheus", "tempo", "collector") as stack:
        good = otlp.turn()
        bad = [
            otlp.turn() | {"traceId": ""},
            otlp.turn() | {"spanId": ""},
            otlp.turn() | {"traceId": "0" * 32},
        ]
        otlp.send(stack.ports.otlp_http, otlp.traces([bad[0], good, *bad[1:]]))

        stack.until("sum(pipecat_turns_total)", 1)
        assert stack.self_metric("otelcol_processor_filter_spans_filtered") >= 3
        assert poll("the good span in Tempo", lambda: stack.trace(good["traceId"]))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/x-protobuf"),
        (b"\xff" * 1000, "application/x-protobuf"),
        (b"{", "application/json"),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "zz"}]}]}]}', "application/json"),
        (b'{"resourceSpans": 7}', "application/json"),
        (b"[" * 5000, "application/json"),
        (b"\x00" * 30_000_000, "application/x-protobuf"),
    ],
    ids=["empty", "noise", "cut", "bad id", "wrong type", "deep", "huge"],
)
def test_malformed_requests_do_not_end_the_collector(
    tmp_path: Path, engine_bin: EngineBin, body: bytes, kind: str
) -> None:
    """After a malformed request the collector takes and counts the next good one."""
    with stack_of(tmp_path, engine_bin, "prometheus", "collector") as stack:
        for path in ("traces", "logs"):
            httpx.post(
                f"http://127.0.0.1:{stack.ports.otlp_http}/v1/{path}",
                content=body,
                headers={"content-type": kind},
            )
        otlp.send(stack.ports.otlp_http, otlp.traces([otlp.turn()]))

        stack.until("sum(pipecat_turns_total)", 1)
