"""A rendered stack of real engines on free ports, for the length of a test."""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from harness import Process, free_config, poll, scraped

import yamls
from pipecat_lgtm.config import Config
from pipecat_lgtm.ops import inner
from pipecat_lgtm.ops.alerts import address
from pipecat_lgtm.ops.engines import GUARD, PYTHON, READY, grace_seconds, program
from pipecat_lgtm.renderers import guard, native, render, resources
from pipecat_lgtm.renderers.flags import FLAGS
from pipecat_lgtm.renderers.prometheus import bots

EngineBin = Callable[[str], Path]


def prometheus(config: Config, path: str, **params: Any) -> Any:  # noqa: ANN401 - JSON
    """Ask the API of a config's Prometheus, the stack's own or the remote one."""
    answer = httpx.get(f"{address(config).rstrip('/')}/api/v1/{path}", params=params, timeout=30).json()
    assert answer["status"] == "success", answer
    return answer["data"]


def query(config: Config, expr: str) -> list[dict[str, Any]]:
    """Return the result of an instant query."""
    result: list[dict[str, Any]] = prometheus(config, "query", query=expr)["result"]
    return result


def grown(config: Config, selector: str, since: float) -> float:
    """Return how much counters grew, from raw samples: what was before counts, and a fall is a new start.

    Args:
        config: of the stack.
        selector: of the counters' series.
        since: Unix time before the first sample.
    """
    window = int(time.time() - since) + 60
    total = 0.0
    for series in query(config, f"{selector}[{window}s]"):
        previous = 0.0
        for _, text in series["values"]:
            now = float(text)
            total += now - previous if now >= previous else now
            previous = now
    return total


class Stack:
    """Some engines of one config; addresses and questions in the stores' own APIs."""

    def __init__(self, folder: Path, engine_bin: EngineBin, overrides: dict[str, Any] | None = None) -> None:
        self.folder = folder
        self._engine_bin = engine_bin
        quick = dict(overrides or {})
        quick["collector"] = {"flush_interval": "1 s", "scrape_interval": "1 s"} | quick.get("collector", {})
        # Else Alertmanager tells nobody in its first minute.
        quick["alerts"] = {"resend_interval": "5 s"} | quick.get("alerts", {})
        self.config = free_config(folder, quick)
        self.placement = native(self.config, folder)
        self.processes: dict[str, Process] = {}
        self._changing = threading.Lock()
        self.write()

    @property
    def ports(self) -> Any:  # noqa: ANN401 - the config's own type
        """The ports in use."""
        return self.config.network.ports

    def write(self) -> None:
        """Render the config for processes of this machine."""
        for path, text in render(self.config, self.placement).items():
            file = self.folder / "config" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def start(self, name: str) -> Process:
        """Start an engine, the guard before a store, and wait until it is ready."""
        if name in guard.stores(self.config) and GUARD not in self.processes:
            self.start(GUARD)
        inner.draw(self.placement)
        inner.admit(self.placement, lambda: self._engine_bin(program(GUARD)))
        inner.clear(name, self.folder)
        (self.folder / "data" / name).mkdir(parents=True, exist_ok=True)
        python = Path(sys.executable)
        argv = [
            str(python if name in PYTHON else self._engine_bin(program(name))),
            *FLAGS[name](self.config, self.placement),
            # Else the first scrape waits for up to 5 s.
            *(["--scrape.discovery-reload-interval=100ms"] if name == "prometheus" else []),
        ]
        settings = resources.settings(self.config, name)
        process = Process(name, argv, self.folder / f"{name}.log", settings, grace_seconds(name), self.folder)
        process.start()
        self.processes[name] = process
        process.ready(READY[name](self.config))
        return process

    def scrape(self, other: "Stack") -> None:
        """Let this stack's Prometheus, running or not, read another one's collector too."""
        file = self.folder / "config" / "prometheus" / "prometheus.yml"
        with self._changing:
            config = yamls.load(file.read_text(encoding="utf-8"))
            jobs = config["scrape_configs"]
            jobs.append(bots(other.config, other.placement) | {"job_name": f"other-{len(jobs)}"})
            file.write_text(yamls.dump(config), encoding="utf-8")
            if "prometheus" in self.processes:
                self.processes["prometheus"].send_signal(signal.SIGHUP)

    def stop(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        """End an engine with a signal."""
        self.processes.pop(name).stop(number)

    def stop_all(self) -> None:
        """End what runs at once: what it has not written yet nobody will ask for."""
        while self.processes:
            self.processes.popitem()[1].stop(signal.SIGKILL)

    def fire(self, annotations: dict[str, str] | None = None, *, lasts: float = 600.0, **labels: str) -> None:
        """Hand an alert to Alertmanager, as Prometheus does; one that lasts no time has ended."""
        begin, end = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + one)) for one in (-60.0, lasts))
        body = [{"labels": labels, "annotations": annotations or {}, "startsAt": begin, "endsAt": end}]
        url = f"http://127.0.0.1:{self.ports.alertmanager}/api/v2/alerts"
        httpx.post(url, json=body, timeout=10).raise_for_status()

    def prometheus(self, path: str, **params: Any) -> Any:  # noqa: ANN401 - JSON
        """Ask the API of Prometheus, the stack's own or the remote one."""
        return prometheus(self.config, path, **params)

    def query(self, expr: str) -> list[dict[str, Any]]:
        """Return the result of an instant query."""
        return query(self.config, expr)

    def value(self, expr: str) -> float:
        """Return an instant query's only value; nought if there is none."""
        result = self.query(expr)
        assert len(result) <= 1, f"{expr} has {len(result)} series"
        return float(result[0]["value"][1]) if result else 0.0

    def until(self, expr: str, expected: float, deadline: float = 60.0) -> None:
        """Wait until a query has a value; fail with the last one seen."""
        seen: list[float] = []

        def check() -> bool:
            seen.append(self.value(expr))
            return abs(seen[-1] - expected) <= 1e-6 * max(1.0, abs(expected))

        try:
            poll(f"{expr} = {expected:g}", check, deadline)
        except AssertionError as error:
            raise AssertionError(f"{error}; last seen {seen[-1] if seen else None}") from error

    def settled(self, expr: str, seconds: float = 5.0) -> float:
        """Return a query's value once it has not changed for longer than a batch, two flushes and a scrape together."""
        last, since = self.value(expr), time.monotonic()

        def check() -> bool:
            nonlocal last, since
            now = self.value(expr)
            if now != last:
                last, since = now, time.monotonic()
            return time.monotonic() - since >= seconds

        poll(f"{expr} to settle", check)
        return last

    def grown(self, selector: str, since: float) -> float:
        """Return how much counters grew."""
        return grown(self.config, selector, since)

    def until_grown(self, selector: str, since: float, expected: float) -> None:
        """Wait until counters have grown by so much: each kind of metric has a flush of its own, one may come later."""
        poll(f"{selector} to grow", lambda: self.grown(selector, since) >= expected)
        self.settled(f"sum({selector})")
        assert expected == self.grown(selector, since)

    def self_metric(self, prefix: str) -> float:
        """Return the sum of the collector's own metrics that begin with a prefix."""
        return scraped(self.ports.collector_metrics, prefix)

    def trace(self, trace_id: str) -> dict[str, Any] | None:
        """Return a trace from Tempo, or None."""
        answer = httpx.get(f"http://127.0.0.1:{self.ports.tempo}/api/traces/{trace_id}", timeout=30)
        return answer.json() if answer.status_code == httpx.codes.OK else None

    def log_lines(self, selector: str) -> list[tuple[dict[str, str], str]]:
        """Return (labels and metadata, line) of Loki's log lines of the last hour."""
        params = {"query": selector, "limit": "5000", "start": str(int((time.time() - 3600) * 1e9))}
        answer = httpx.get(f"http://127.0.0.1:{self.ports.loki}/loki/api/v1/query_range", params=params, timeout=30)
        answer.raise_for_status()
        return [
            (stream["stream"], value[1]) for stream in answer.json()["data"]["result"] for value in stream["values"]
        ]


@contextlib.contextmanager
def stack_of(
    folder: Path, engine_bin: EngineBin, *engines: str, overrides: dict[str, Any] | None = None
) -> Iterator[Stack]:
    """Run some engines for the length of a block."""
    stack = Stack(folder, engine_bin, overrides)
    try:
        for name in engines:
            stack.start(name)
        yield stack
    finally:
        stack.stop_all()
