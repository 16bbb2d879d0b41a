"""Records what the real collector and Prometheus write while little happens: `python tests/rules/record.py`.

A collector and a Prometheus run for a minute, flushing and scraping each second. They get a lone event of each kind, a
second one long after it, and a third after a restart of the collector; Tempo is away, so its queue overflows in one
burst. `tests/fixtures/feeds/little.json` holds the samples as Prometheus stored them, staleness markers included: times
in milliseconds since the first sample. `written.py` says the same in Python for any times; `test_written.py` holds
it against this recording.
"""

import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "stack"), str(HERE.parent)]

import otlp  # noqa: E402
from stacks import Stack  # noqa: E402

from pipecat_lgtm.config import load_default  # noqa: E402
from pipecat_lgtm.config.model import QUEUE_LEAST  # noqa: E402
from pipecat_lgtm.engines.catalogue import ENGINES, engine_of  # noqa: E402
from pipecat_lgtm_bridge.contract import events as e  # noqa: E402

TARGET = HERE.parent / "fixtures" / "feeds" / "little.json"
KINDS = {
    "counts of spans": '{__name__="pipecat_turns_total"}',
    "histograms of spans": '{__name__="pipecat_turn_ttfw_seconds_count"}',
    "sums of spans": '{__name__="pipecat_compliance_findings_total"}',
    "events": '{__name__="pipecat_stage_errors_total"}',
    "the collector's own": '{__name__="otelcol_exporter_enqueue_failed_spans", exporter="otlp_grpc/tempo"}',
}
"""What is recorded: a series for each way by which the collector makes them."""

_LINE = re.compile(r"^\{(?P<labels>.*)\} (?P<value>\S+) (?P<time>\d+)$")
BURST = 300
"""Requests of 20 spans of 2 kB: more than the smallest queue takes."""


def _happen(stack: Stack) -> float:
    """Send one turn with a card number in it, and one error; return when."""
    spans = [otlp.turn(), otlp.stage("stt", None, transcript="My card is 4111 1111 1111 1111.")]
    failed = otlp.event(e.ERROR.name, {"pipecat.stage": "llm", "pipecat.error.category": "timeout"})
    at = time.time()
    otlp.send(stack.ports.otlp_http, otlp.traces(spans))
    otlp.send(stack.ports.otlp_http, otlp.logs([failed]))
    return at


def _burst(stack: Stack) -> None:
    """Fill the queue to a Tempo that is away until it takes no more."""
    for _ in range(BURST):
        spans = [otlp.span("other", {"filler": "x" * 2_000}) for _ in range(20)]
        with contextlib.suppress(httpx.HTTPStatusError):
            otlp.send(stack.ports.otlp_http, otlp.traces(spans))


def _program(name: str) -> Path:
    from pipecat_lgtm.engines.build import build  # noqa: PLC0415
    from pipecat_lgtm.engines.resolve import locate  # noqa: PLC0415
    from pipecat_lgtm.ops.engines import manifest_of  # noqa: PLC0415

    engine = ENGINES[engine_of(name).name]
    manifest = manifest_of(engine, load_default())
    return (locate(engine, manifest) or build(engine, manifest, lambda *_: None)).programs[name]


def main() -> None:
    """Record."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), _program, {"collector": {"queue_size": f"{QUEUE_LEAST} B"}})
        events: list[float] = []
        try:
            stack.start("prometheus")
            stack.start("collector")
            time.sleep(4)
            events.append(_happen(stack))
            time.sleep(15)
            events.append(_happen(stack))
            time.sleep(8)
            stack.stop("collector")
            time.sleep(3)
            stack.start("collector")
            time.sleep(4)
            events.append(_happen(stack))
            time.sleep(6)
            _burst(stack)
            time.sleep(6)
            stack.stop("prometheus")
            _write(_dumped(Path(folder) / "data" / "prometheus"), events)
        finally:
            stack.stop_all()


def _dumped(data: Path) -> dict[str, list[tuple[int, float | None]]]:
    """Return each kind's samples; None is a staleness marker."""
    made: dict[str, list[tuple[int, float | None]]] = {}
    for kind, selector in KINDS.items():
        dump = [_program("promtool"), "tsdb", "dump", f"--match={selector}", data]
        lines = subprocess.run(dump, capture_output=True, text=True, check=True).stdout.splitlines()
        samples = [found for line in lines if (found := _LINE.match(line))]
        series = {found["labels"] for found in samples}
        assert len(series) == 1, f"{selector} has other series than one: {sorted(series)}"
        made[kind] = sorted(
            (int(found["time"]), None if found["value"] == "NaN" else float(found["value"])) for found in samples
        )
    return made


def _write(series: dict[str, list[tuple[int, float | None]]], events: list[float]) -> None:
    """Write the recording, times from the first sample on, a line each series."""
    begin = min(samples[0][0] for samples in series.values())
    lines = [
        f"{json.dumps(kind)}: {json.dumps([(at - begin, value) for at, value in samples])}"
        for kind, samples in series.items()
    ]
    happened = json.dumps([round(at * 1000) - begin for at in events])
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(f'{{"events": {happened}, "series": {{\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
