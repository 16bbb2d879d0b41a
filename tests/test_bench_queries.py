"""What `bench queries` makes up: exactly the series that panels read."""

from pathlib import Path

import pytest

from pipecat_lgtm.config import load_default
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.bench import queries
from pipecat_lgtm.ops.bench.history import read_by


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        pytest.param(
            "sum(rate(pipecat_turns_total{a=~'b'}[5m]))", {"pipecat_turns_total": ("interrupted",)}, id="counter"
        ),
        pytest.param(
            "rate(pipecat_tool_duration_seconds_bucket[5m])",
            {"pipecat_tool_duration_seconds_bucket": ("tool", "status")},
            id="buckets",
        ),
        pytest.param(
            "pipecat:stage_ttfb_seconds:p95_5m > 0", {"pipecat:stage_ttfb_seconds:p95_5m": ("stage",)}, id="recorded"
        ),
        pytest.param("up > 0", {}, id="none of ours"),
    ],
)
def test_series_read(expr: str, expected: dict[str, tuple[str, ...]]) -> None:
    """A name is found with its labels, whether a bot's own or recorded."""
    assert expected == read_by(load_default(), [expr])


def test_unknown_dashboard() -> None:
    """A dashboard that is not there is named, with those that are."""
    with pytest.raises(CheckFailed, match="nowhere: there is no such dashboard"):
        queries.run(load_default(), Path("none"), Path("none"), ["nowhere"], 1, 1, lambda _what, _elapsed: None)
