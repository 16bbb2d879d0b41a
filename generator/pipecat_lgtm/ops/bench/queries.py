"""What panels cost Prometheus, by its own statistics: samples read and time, with many services and a day of data."""

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from pipecat_lgtm.config import Config
from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.bench import serving
from pipecat_lgtm.ops.bench.history import STEP, Size, write
from pipecat_lgtm.ops.bench.report import Report
from pipecat_lgtm.ops.preview.choices import Choices, seconds
from pipecat_lgtm.queries import audit

Watch = Callable[[str, float], None]
LOOKBACK = 900
"""Seconds before a dashboard's range that its queries may read."""
ROUNDS = 3
"""The least of so many times is reported: the first finds nothing in memory."""
_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True)
class Cost:
    """What one panel cost.

    Args:
        uid: of its dashboard.
        title: its own.
        samples: read by all its queries.
        peak: in memory at once.
        milliseconds: Prometheus' evaluation time of all its queries, one after the other.
    """

    uid: str
    title: str
    samples: int
    peak: int
    milliseconds: float


@dataclass(frozen=True)
class _Asked:
    panel: str
    expr: str
    least: str
    instant: bool


def run(  # noqa: PLR0913, PLR0917 - what a run is
    config: Config, prometheus: Path, promtool: Path, uids: list[str], services: int, hours: float, watch: Watch
) -> Report:
    """Measure.

    Args:
        config: its dashboards and rules.
        prometheus: the program.
        promtool: the program that writes the blocks.
        uids: of the dashboards; all without any.
        services: that have data.
        hours: of data, a sample every 15 s.
        watch: told what goes on.

    Raises:
        CheckFailed: there is no such dashboard.
        EngineError: Prometheus does not start, or a block is refused.
    """
    for uid in uids:
        if uid not in DASHBOARDS:
            raise CheckFailed(f"{uid}: there is no such dashboard", f"use one of {', '.join(DASHBOARDS)}")
    began, rows, notes = time.monotonic(), [], []
    for uid in uids or DASHBOARDS:
        watch(f"{uid}: writing {hours:g} h of {services} services", time.monotonic() - began)
        series, found = costs(config, prometheus, promtool, uid, services, hours, ROUNDS)
        rows += [
            (one.uid, one.title, str(one.samples), str(one.peak), f"{one.milliseconds:.0f}")
            for one in sorted(found, key=lambda one: -one.milliseconds)
        ]
        notes.append(f"{uid}: {series} series")
    return Report(
        f"queries: what each panel reads at the range its dashboard opens with; {services} services, {hours:g} h",
        ("dashboard", "panel", "samples", "most at once", "ms"),
        tuple(rows),
        (f"least of {ROUNDS} times, by Prometheus' own statistics; panels that ask no Prometheus are left out", *notes),
    )


def costs(  # noqa: PLR0913, PLR0917 - what a run is
    config: Config, prometheus: Path, promtool: Path, uid: str, services: int, hours: float | None, rounds: int = 1
) -> tuple[int, list[Cost]]:
    """Return how many series a dashboard reads, and what each of its panels costs.

    Args:
        config: its dashboards and rules.
        prometheus: the program.
        promtool: the program that writes the blocks.
        uid: of the dashboard.
        services: that have data.
        hours: of data; None: as much as the dashboard can read at the range it opens with.
        rounds: how often it is asked; the quickest counts.
    """
    end = int(time.time()) // STEP * STEP
    board = DASHBOARDS[uid](config)
    asked = list(_asked(board))
    span = seconds(board["time"]["from"])
    if not asked:
        return 0, []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        begin = end - (span + LOOKBACK if hours is None else int(hours * 3600))
        exprs = [Choices(0, span).fill(one.expr, one.least) for one in asked]
        series = write(promtool, root / "data", config, exprs, Size(services, begin, end))
        port = serving.free_port()
        with serving.prometheus(prometheus, root, port, {}, lambda _what, _elapsed: None):
            url = f"http://127.0.0.1:{port}/api/v1"
            return series, list(_measured(url, uid, asked, Choices(end - span, end), rounds))


def _asked(board: dict[str, Any]) -> Iterator[_Asked]:
    """Return the questions to Prometheus about bots: those about its own alerts and engines have nothing to read."""
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            if target["datasource"]["type"] == "prometheus" and "pipecat" in target["expr"]:
                yield _Asked(panel["title"], target["expr"], target.get("interval", ""), target["instant"])


def _measured(url: str, uid: str, asked: list[_Asked], choices: Choices, rounds: int) -> Iterator[Cost]:
    panels: dict[str, list[tuple[int, int, float]]] = {}
    with httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS) as client:
        for one in asked:
            tries = [_stats(client, one, choices) for _ in range(rounds)]
            panels.setdefault(one.panel, []).append(min(tries, key=lambda each: each[2]))
    for title, parts in panels.items():
        yield Cost(uid, title, sum(p[0] for p in parts), max(p[1] for p in parts), sum(p[2] for p in parts))


def _stats(client: httpx.Client, one: _Asked, choices: Choices) -> tuple[int, int, float]:
    """Return samples read, the most in memory at once, and milliseconds."""
    expr, step = choices.fill(one.expr, one.least), choices.step(one.least)
    if one.instant:
        stats = _asked_for_stats(client, "/query", query=expr, time=choices.end)
        again = 0
    else:
        stats = _asked_for_stats(client, "/query_range", query=expr, start=choices.start, end=choices.end, step=step)
        # What is the same at all steps is read once, but Prometheus counts it at each of them.
        read = sum(
            _read(_asked_for_stats(client, "/query", query=each, time=choices.end)) for each in audit.read_once(expr)
        )
        again = read * int((choices.end - choices.start) // step)
    return _read(stats) - again, stats["samples"]["peakSamples"], stats["timings"]["evalTotalTime"] * 1000


def _asked_for_stats(client: httpx.Client, path: str, **query: str | float) -> Any:  # noqa: ANN401 - JSON
    answer = client.get(path, params={**query, "stats": "all"})
    answer.raise_for_status()
    return answer.json()["data"]["stats"]


def _read(stats: Any) -> int:  # noqa: ANN401 - JSON
    return int(stats["samples"]["totalQueryableSamples"])
