"""Real engines for tests: free ports, start, wait on a condition, stop what was started."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

import yamls
from pipecat_lgtm.config import Config, load
from pipecat_lgtm.config.network import Ports

DEADLINE = 60.0
"""Seconds a condition may take on a busy 2-core machine before a test gives up."""


T = TypeVar("T")


def poll(what: str, check: Callable[[], T | None], deadline: float = DEADLINE) -> T:
    """Return the first true value of a check; fail with what was waited for."""
    end = time.monotonic() + deadline
    while True:
        with contextlib.suppress(httpx.TransportError):
            if found := check():
                return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline:g} s in vain for {what}")
        time.sleep(0.1)


def scraped(port: int, prefix: str, **labels: str) -> float:
    """Return the sum of all values at a program's /metrics whose series begin so and have these labels."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
    wanted = [f'{name}="{value}"' for name, value in labels.items()]
    lines = (line for line in text.splitlines() if line.startswith(prefix) and all(one in line for one in wanted))
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


_GIVEN: set[int] = set()


def _mine(port: int) -> bool:
    """Return whether a port is this process's to give, where tests run in several at once.

    By pairs: Linux gives only odd ones while there are some.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return port // 2 % int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) == worker


def free_ports(count: int) -> list[int]:
    """Return ports nobody listens on, all different; none is given twice in a run of the tests."""
    with contextlib.ExitStack() as held:
        found: list[int] = []
        while len(found) < count:
            one = held.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            if port not in _GIVEN and _mine(port):
                found.append(port)
        _GIVEN.update(found)
        return found


QUICK_COLLECTOR = {"content": {"mode": "keep"}}
"""For tests of starts and restarts, which say nothing of content: a collector that protects none starts in a fifth of
the CPU time, and its configuration is checked in a fifth."""


def free_config(folder: Path, overrides: dict[str, Any] | None = None) -> Config:
    """Return the shipped config on free ports, with overrides, as a user's stack.yaml would give it."""
    data: dict[str, Any] = dict(overrides or {})
    names = list(Ports.model_fields)
    network = dict(data.get("network", {}))
    network["ports"] = dict(zip(names, free_ports(len(names)), strict=True))
    data["network"] = network
    path = folder / "stack.yaml"
    path.write_text(yamls.dump(data), encoding="utf-8")
    return load(path).config


@dataclass
class Process:
    """One program a test started."""

    name: str
    argv: list[str]
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    grace: float = DEADLINE
    folder: Path | None = None
    popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in its own process group, its output in the log."""
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                self.argv,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, **self.env},
                cwd=self.folder,
            )

    def ready(self, url: str) -> None:
        """Wait until an address answers 200; fail with the log if the program ends instead."""

        def check() -> bool:
            assert self.popen is not None
            if self.popen.poll() is not None:
                tail = self.log.read_text(errors="replace")[-3000:]
                raise AssertionError(f"{self.name} ended with {self.popen.returncode}:\n{tail}")
            return httpx.get(url, timeout=2).status_code == httpx.codes.OK

        poll(f"{self.name} at {url}", check)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self.popen is not None
        self.popen.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        assert self.popen is not None
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        try:
            return self.popen.wait(self.grace)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            return self.popen.wait(DEADLINE)


@contextlib.contextmanager
def running(process: Process, ready_url: str | None = None) -> Iterator[Process]:
    """Run a program for the length of a block."""
    process.start()
    try:
        if ready_url:
            process.ready(ready_url)
        yield process
    finally:
        process.stop()
