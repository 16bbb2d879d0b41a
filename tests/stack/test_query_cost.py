"""What panels cost Prometheus, by its own statistics, at many services and a day of data.

PIPECAT_LGTM_COST=SERVICESxHOURS sets the size; by default small, and what is read is scaled up: it grows with both.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from blocks import write
from drawn import ARTIFACTS
from harness import Process, free_ports, running
from stacks import EngineBin

from pipecat_lgtm.config import load_default
from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.ops.preview.choices import Choices, seconds

pytestmark = pytest.mark.stack

FULL = (50, 24.0)
"""Services and hours that the limits are for."""

LIMITS = {"pipecat-core": 1_500_000}
LIMIT = 8_000_000
"""Samples one panel may read at full size over its own time range: Prometheus reads some 20 million a second here."""

CONFIG = load_default()
SERVICES, HOURS = (float(one) for one in os.environ.get("PIPECAT_LGTM_COST", "5x2").split("x"))


@dataclass(frozen=True)
class Cost:
    """What one panel cost."""

    uid: str
    title: str
    samples: int
    peak: int
    milliseconds: float


def _targets(uid: str) -> Iterator[tuple[str, str, str, bool]]:
    """(panel, expr, least step, instant) of each Prometheus target."""
    for panel in DASHBOARDS[uid](CONFIG)["panels"]:
        for target in panel.get("targets", []):
            if target["datasource"]["type"] == "prometheus" and not target["expr"].startswith("count by (alertname"):
                yield panel["title"], target["expr"], target.get("interval", ""), target["instant"]


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> list[Cost]:
    """Every panel's cost on a Prometheus that holds nothing but made-up history."""
    folder = tmp_path_factory.mktemp("cost")
    end = int(time.time()) // 15 * 15
    chosen = [one for one in os.environ.get("PIPECAT_LGTM_COST_BOARDS", ",".join(DASHBOARDS)).split(",") if one]
    exprs = [Choices(0, 3600).fill(expr) for uid in chosen for _, expr, _, _ in _targets(uid)]
    began = time.monotonic()
    count = write(engine_bin("promtool"), folder / "data", CONFIG, exprs, int(SERVICES), HOURS, end)
    (folder / "prometheus.yml").write_text("{}", encoding="utf-8")
    (port,) = free_ports(1)
    server = Process(
        "prometheus",
        [str(engine_bin("prometheus")), f"--config.file={folder / 'prometheus.yml'}",
         f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"],
        folder / "log",
    )  # fmt: skip
    with running(server, f"http://127.0.0.1:{port}/-/ready"):
        head = f"{count} series, {SERVICES:g} services, {HOURS:g} h, made in {time.monotonic() - began:.0f} s"
        found = [cost for uid in chosen for cost in _of(uid, port, end)]
    lines = [
        f"{one.uid:24} {one.title:60} {one.samples:>10} {one.peak:>10} {one.milliseconds:8.1f} ms" for one in found
    ]
    ARTIFACTS.mkdir(exist_ok=True)
    report = "\n".join([head, f"{'dashboard':24} {'panel':60} {'samples':>10} {'peak':>10}", *lines])
    (ARTIFACTS / "query-cost.txt").write_text(report, encoding="utf-8")
    print(report)  # noqa: T201 - the times are for people
    return found


def _of(uid: str, port: int, end: int) -> Iterator[Cost]:
    board = DASHBOARDS[uid](CONFIG)
    choices = Choices(end - seconds(board["time"]["from"]), end)
    panels: dict[str, list[tuple[int, int, float]]] = {}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=120) as client:
        for title, expr, least, instant in _targets(uid):
            asked = {"query": choices.fill(expr, least), "stats": "all"}
            if instant:
                answer = client.get("/query", params=asked | {"time": end})
            else:
                asked |= {"start": choices.start, "end": end, "step": choices.step(least)}
                answer = client.get("/query_range", params=asked)
            answer.raise_for_status()
            stats = answer.json()["data"]["stats"]
            read = stats["samples"]["totalQueryableSamples"], stats["samples"]["peakSamples"]
            panels.setdefault(title, []).append((*read, stats["timings"]["evalTotalTime"] * 1000))
    for title, parts in panels.items():
        totals = sum(part[0] for part in parts), max(part[1] for part in parts), sum(part[2] for part in parts)
        yield Cost(uid, title, *totals)


def test_panels_read_little(costs: list[Cost]) -> None:
    """No panel reads more samples than fit its time: 100 ms on core, 500 ms elsewhere, at fifty services."""
    scale = FULL[0] / SERVICES
    over = [one for one in costs if one.samples * scale > LIMITS.get(one.uid, LIMIT)]

    assert [] == over
    assert any(one.samples for one in costs)
