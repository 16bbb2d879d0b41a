"""`bench collector` on the real collector: what a rung costs is worth nothing if it loses spans."""

import pytest
from stacks import EngineBin

from pipecat_lgtm.config import load_default
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.bench import collector
from pipecat_lgtm.ops.bench.collector import Measured
from pipecat_lgtm.ops.bench.rungs import LADDER, WITH, WITHOUT

pytestmark = [pytest.mark.stack, pytest.mark.alone]

SPANS = 20_000


# Collectors are ended by pid, as `down` ends them from another process; Popen never hears of it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_every_rung_counts_what_it_was_sent(monkeypatch: pytest.MonkeyPatch, engine_bin: EngineBin) -> None:
    """The report has a row a rung, with CPU, memory, and as many spans counted as were sent."""
    folder = engine_bin("otelcol").parent
    monkeypatch.setattr(collector, "LADDER", (LADDER[0], WITHOUT, WITH, LADDER[-1]))
    report = collector.run(load_default(), "B", (SPANS, 1), folder, lambda _what, _elapsed: None)

    assert [("nop", "-"), *((rung.name, str(SPANS)) for rung in (WITHOUT, WITH, LADDER[-1]))] == [
        (row[0], row[5]) for row in report.rows
    ]
    assert {str(SPANS)} == {row[4] for row in report.rows}
    assert "1.00" == report.rows[0][2]
    assert all(float(cell) > 0 for row in report.rows for cell in row[1:4])


def test_a_rung_that_loses_spans(monkeypatch: pytest.MonkeyPatch, engine_bin: EngineBin) -> None:
    """Instead of a report there is an error that names the rung and both numbers."""
    lost = Measured(1.0, 1, SPANS, SPANS - 1, SPANS)
    monkeypatch.setattr(collector, "_measure", lambda *_: lost)

    with pytest.raises(CheckFailed, match=rf"nop: {SPANS} spans sent, {SPANS - 1} counted"):
        collector.run(load_default(), "A", (SPANS, 1), engine_bin("otelcol").parent, lambda _what, _elapsed: None)


def test_too_little_to_measure(monkeypatch: pytest.MonkeyPatch, engine_bin: EngineBin) -> None:
    """CPU time comes in hundredths of a second: where there is none to compare with, more spans are asked for."""
    monkeypatch.setattr(collector, "_measure", lambda *_: Measured(0.0, 1, SPANS, None, SPANS))

    with pytest.raises(CheckFailed, match="cost less CPU than the kernel counts"):
        collector.run(load_default(), "A", (SPANS, 1), engine_bin("otelcol").parent, lambda _what, _elapsed: None)
