"""What the collector makes of turns whose latency is exact, approximate, absent or false."""

from pathlib import Path

import otlp
import pytest
from stacks import EngineBin, stack_of

pytestmark = pytest.mark.stack


def test_each_turn_is_counted_by_how_its_latency_is_known(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Approximate latencies have a metric of their own; a bridge's turn without a latency takes none from Pipecat."""
    how = {
        "exact": {"pipecat.ttfw_seconds": 0.5, "pipecat.e2e_seconds": 1.5},
        "approximate": {"pipecat.ttfw_approximate_seconds": 0.25, "pipecat.ttfw.source": "stt"},
        "no_words": {},
        "made up": {},
    }
    spans = [otlp.turn(7.7, **{"pipecat.turn.latency": one, **values}) for one, values in how.items()]
    spans += [otlp.turn(0.75), otlp.turn(None), otlp.turn(9.5, 4.0)]
    spans += [otlp.span("response", {"pipecat.ttfw_approximate_seconds": 0.25, "pipecat.bridge.version": "1"})]
    spans += [otlp.span("response", {"pipecat.ttfw_seconds": 0.5, "pipecat.bridge.version": "1"})]

    with stack_of(tmp_path, engine_bin, "prometheus", "collector") as stack:
        otlp.send(stack.ports.otlp_http, otlp.traces(spans))
        for label, count in (
            ("exact", 1), ("approximate", 1), ("no_words", 1), ("first_audio", 1), ("unknown", 3),
        ):  # fmt: skip
            stack.until(f'sum(pipecat_turns_measured_total{{known="{label}"}})', count)
        stack.until("sum(pipecat_turns_measured_total)", 7)
        stack.until("sum(pipecat_turns_total)", 7)
        stack.until("sum(pipecat_turn_ttfw_seconds_count)", 2)
        stack.until("sum(pipecat_turn_ttfw_seconds_sum)", 1.25)
        stack.until("sum(pipecat_turn_e2e_seconds_count)", 2)
        stack.until("sum(pipecat_turn_e2e_seconds_sum)", 2.25)
        stack.until("sum(pipecat_turn_ttfw_approximate_seconds_count)", 1)
        stack.until("sum(pipecat_turn_ttfw_approximate_seconds_sum)", 0.25)
        for signal in ("ttfw", "e2e"):
            refused = f'pipecat_values_refused_total{{signal="{signal}", reason="longer_than_turn"}}'
            stack.until(f"sum({refused})", 1)
