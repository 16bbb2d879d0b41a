"""What the collector costs: CPU seconds per million spans, rung by rung, against a collector that does nothing.

Wall-clock says nothing on a shared machine; CPU time (user and system, by the kernel) says little by itself, as the
same code differs between machines and minutes. So every round runs every rung, and what counts is the median over
the rounds of each rung's ratio to the `nop` of its own round.
"""

import itertools
import json
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil

from pipecat_lgtm.config import Config
from pipecat_lgtm.engines import process
from pipecat_lgtm.engines.build import Watch, build
from pipecat_lgtm.engines.catalogue import ENGINES
from pipecat_lgtm.engines.process import Running
from pipecat_lgtm.engines.resolve import locate
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.bench.payload import Kind, Payload, payloads
from pipecat_lgtm.ops.bench.report import Report
from pipecat_lgtm.ops.bench.rungs import COUNTED, LADDER, WITH, WITHOUT, Rung, sink
from pipecat_lgtm.ops.engines import READY, manifest_of
from pipecat_lgtm.renderers import native, resources
from pipecat_lgtm.renderers.placement import Placement
from pipecat_lgtm.renderers.text import to_yaml
from pipecat_lgtm_bridge.contract import metrics as m

_READY_SECONDS = 60.0
_COUNTED_SECONDS = 60.0
_GRACE_SECONDS = 20.0
_FLUSH_SECONDS = 1.0
_REQUESTS = 8
_COLUMNS = ("rung", "CPU s / 1M spans", "x nop", "RSS peak MiB", "spans sent", "spans counted")


@dataclass(frozen=True)
class Measured:
    """One run of one rung.

    Args:
        cpu: user and system seconds.
        rss: the most memory it held, bytes.
        sent: spans.
        counted: turns and requests of stages that its metrics show; None where it makes none.
        expected: what they should show.
    """

    cpu: float
    rss: int
    sent: int
    counted: int | None
    expected: int

    @property
    def right(self) -> bool:
        """Whether nothing was lost."""
        return self.counted in {None, self.expected}


def run(config: Config, kind: Kind, size: tuple[int, int], bin_dir: Path | None, watch: Watch) -> Report:
    """Climb the ladder a number of times.

    Args:
        config: the stack whose collector is measured.
        kind: of payload.
        size: spans per rung and round, at least; and how often every rung runs.
        bin_dir: programs to prefer; a collector that is nowhere is built.
        watch: told what goes on.

    Raises:
        CheckFailed: a rung did not count what was sent, or it was too little to measure.
        EngineError: the collector does not start.
    """
    engine = ENGINES["otelcol"]
    manifest = manifest_of(engine, config)
    otelcol = (locate(engine, manifest, bin_dir) or build(engine, manifest, watch)).programs["otelcol"]
    spans, rounds = size
    fed = payloads(kind, _REQUESTS)
    runs: list[dict[str, Measured]] = []
    began = time.monotonic()
    for number in range(rounds):
        runs.append({})
        for rung in LADDER:
            watch(f"round {number + 1} of {rounds}: {rung.name}", time.monotonic() - began)
            runs[-1][rung.name] = _measure(config, otelcol, rung, fed, spans)
    return _report(kind, fed, runs)


def _measure(config: Config, otelcol: Path, rung: Rung, fed: list[Payload], spans: int) -> Measured:
    with tempfile.TemporaryDirectory(prefix="pipecat-lgtm-bench-") as name:
        folder = Path(name)
        config = on_free_ports(config)
        placement = native(config, folder / "bench")
        if rung.stores:
            counted = partial(_scraped, f"http://{placement.listen(config.network.ports.collector_pipecat)}/metrics")
        else:
            counted = partial(_written, folder / "bench" / "data" / "collector" / COUNTED)
        with _sink(config, otelcol, folder) if rung.stores else _nothing():
            body = rung.config(config, placement)
            with collecting(otelcol, config, placement, body) as running:
                seen = counted if rung.pipelines else None
                return _feed(config, running, seen, fed, spans)


def _feed(
    config: Config, running: Running, counted: Callable[[], int] | None, fed: list[Payload], spans: int
) -> Measured:
    before, sent, expected, several = _cpu(running), 0, 0, itertools.cycle(fed)
    url = f"http://{config.network.address}:{config.network.ports.otlp_http}/v1/traces"
    with httpx.Client(timeout=60, headers={"content-type": "application/x-protobuf"}) as client:
        while sent < spans:
            one = next(several)
            client.post(url, content=one.body).raise_for_status()
            sent, expected = sent + one.spans, expected + one.counted
    seen = None
    if counted is not None:
        end = time.monotonic() + _COUNTED_SECONDS
        while (seen := counted()) != expected and time.monotonic() < end:
            time.sleep(_FLUSH_SECONDS / 4)
    return Measured(_cpu(running) - before, _rss(running), sent, seen, expected)


def _scraped(url: str) -> int:
    """Return the turns and stage requests that a scrape shows by now."""
    wanted = (f"{m.TURNS.prometheus}{{", f"{m.STAGE_REQUESTS.prometheus}{{")
    lines = httpx.get(url, timeout=60).raise_for_status().text.splitlines()
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines if line.startswith(wanted))


def _written(file: Path) -> int:
    """Return the turns and stage requests that a file of metrics shows by now: the last value of every series."""
    wanted = {m.TURNS.name, m.STAGE_REQUESTS.name}
    last: dict[str, int] = {}
    written = file.read_text(encoding="utf-8") if file.exists() else ""
    for line in written.split("\n")[:-1]:  # what follows the last end of line is still being written
        for resource in json.loads(line).get("resourceMetrics", []):
            for scope in resource.get("scopeMetrics", []):
                for metric in scope.get("metrics", []):
                    if metric["name"] in wanted:
                        for point in metric["sum"]["dataPoints"]:
                            series = metric["name"] + json.dumps(point.get("attributes"), sort_keys=True)
                            last[series] = int(point.get("asInt", point.get("asDouble", 0)))
    return sum(last.values())


def _report(kind: Kind, fed: list[Payload], runs: list[dict[str, Measured]]) -> Report:
    if any(one["nop"].cpu <= 0 for one in runs):
        raise CheckFailed(
            f"bench collector: {runs[0]['nop'].sent} spans cost less CPU than the kernel counts: 10 ms",
            "give more with --spans",
        )
    ratios = {rung.name: statistics.median(one[rung.name].cpu / one["nop"].cpu for one in runs) for rung in LADDER}
    rows = []
    for rung in LADDER:
        of = [one[rung.name] for one in runs]
        if wrong := [one for one in of if not one.right]:
            raise CheckFailed(
                f"bench collector: {rung.name}: {wrong[0].expected} spans sent, {wrong[0].counted} counted",
                "the collector loses counts; report this with your stack.yaml",
            )
        cpu = statistics.median(one.cpu / one.sent for one in of) * 1e6
        rows.append(
            (
                rung.name,
                f"{cpu:.1f}",
                f"{ratios[rung.name]:.2f}",
                f"{max(one.rss for one in of) / 2**20:.0f}",
                str(sum(one.sent for one in of)),
                "-" if of[0].counted is None else str(sum(one.counted or 0 for one in of)),
            )
        )
    added = statistics.median(one[WITH.name].cpu / one[WITHOUT.name].cpu - 1 for one in runs)
    size = sum(len(one.body) for one in fed) / sum(one.spans for one in fed)
    return Report(
        f"payload {kind}, {size:.0f} B a span, {len(runs)} rounds, {psutil.cpu_count()} CPUs",
        _COLUMNS,
        tuple(rows),
        (
            "CPU is user and system time; medians over the rounds, every rung run in every round.",
            f"Redaction adds {added:.0%} to the same pipelines without content protection.",
        ),
    )


def on_free_ports(config: Config) -> Config:
    """Return the config on ports nobody listens on, flushing often so that the counts are soon there."""
    names = list(type(config.network.ports).model_fields)
    sockets = [socket.socket() for _ in names]
    try:
        for one in sockets:
            one.bind((str(config.network.address), 0))
        ports = {name: one.getsockname()[1] for name, one in zip(names, sockets, strict=True)}
    finally:
        for one in sockets:
            one.close()
    network = config.network.model_copy(update={"ports": config.network.ports.model_copy(update=ports)})
    quick = config.collector.model_copy(update={"flush_interval": _FLUSH_SECONDS})
    return config.model_copy(update={"network": network, "collector": quick})


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _sink(config: Config, otelcol: Path, folder: Path) -> Iterator[None]:
    ports = {name: getattr(config.network.ports, name) for name in ("tempo_otlp", "loki")}
    own = on_free_ports(config)
    ports["collector_health"] = own.network.ports.collector_health
    placement = native(own, folder / "sink")
    with collecting(otelcol, own, placement, sink(placement, ports)):
        yield


@contextmanager
def collecting(otelcol: Path, config: Config, placement: Placement, body: dict[str, Any]) -> Iterator[Running]:
    """Run a collector with a configuration for the length of a block.

    Raises:
        EngineError: it does not start.
    """
    file = Path(placement.config("collector")) / "config.yaml"
    for folder in (file.parent, Path(placement.data("collector"))):
        folder.mkdir(parents=True, exist_ok=True)
    file.write_text(to_yaml(body), encoding="utf-8")
    argv, environment = [str(otelcol), "--config", str(file)], resources.settings(config, "collector") | os.environ
    running = process.start(
        "collector", process.Command(tuple(argv), environment), file.with_suffix(".log"), _GRACE_SECONDS
    )
    try:
        process.wait_ready(running, READY["collector"](config), _READY_SECONDS, lambda _what, _elapsed: None)
        yield running
    finally:
        process.stop(running)


def _cpu(running: Running) -> float:
    found = psutil.Process(running.pid).cpu_times()
    return found.user + found.system


def _rss(running: Running) -> int:
    status = Path(f"/proc/{running.pid}/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) * 1024
    return int(psutil.Process(running.pid).memory_info().rss)
