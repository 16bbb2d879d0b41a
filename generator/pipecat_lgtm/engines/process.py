"""One native process: started in its own session, found again by pid and start time, ended for certain."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from pipecat_lgtm import http
from pipecat_lgtm.errors import EngineError

_TAIL_LINES = 12
_SHOWN = 120
_LOG_BYTES = 50 * 1024**2
_START_TIME_TOLERANCE_SECONDS = 0.02


@dataclass(frozen=True)
class Running:
    """A process that was started.

    Args:
        name: the part of the stack.
        pid: of the process, which leads its own group.
        started: Unix time by the kernel; with the pid it names one process for ever.
        log: its output.
        grace: seconds it gets to end.
        fingerprint: of its rendered files, arguments and program; empty where an older version has started it.
        environment: the same of the environment variables it reads.
        ready_url: answers 200 when it is ready.
    """

    name: str
    pid: int
    started: float
    log: str
    grace: float
    fingerprint: str = ""
    environment: str = ""
    ready_url: str = ""

    def process(self) -> psutil.Process | None:
        """Return the live process, or None if it has ended, also where its pid has been reused."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.started) <= _START_TIME_TOLERANCE_SECONDS
            return found if same and found.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    def command(self) -> "Command | None":
        """Return how to start it again as it was started; None if it has ended."""
        found = self.process()
        try:
            return Command(tuple(found.cmdline()), found.environ(), Path(found.cwd())) if found is not None else None
        except psutil.Error:
            return None

    def listens(self, port: int) -> bool:
        """Tell whether this process, and no other, listens on a TCP port."""
        found = self.process()
        try:
            open_ones = found.net_connections("tcp") if found is not None else []
        except psutil.Error:
            return False
        return any(one.status == psutil.CONN_LISTEN and one.laddr[1:] == (port,) for one in open_ones)

    def tail(self) -> str:
        """Return the last lines of its log."""
        try:
            lines = Path(self.log).read_text(errors="replace").splitlines()
        except OSError:
            return "(no log)"
        return "\n    ".join(lines[-_TAIL_LINES:])


@dataclass(frozen=True)
class Command:
    """How a process is started.

    Args:
        argv: its program and arguments.
        environment: its variables; those of this process by default.
        folder: it runs in; that of this process by default.
    """

    argv: tuple[str, ...]
    environment: dict[str, str] | None = None
    folder: Path | None = None


def start(name: str, command: Command, log: Path, grace: float) -> Running:
    """Start a program; its output goes to the log.

    Args:
        name: the part of the stack.
        command: how.
        log: for its output.
        grace: seconds it gets to end.

    Raises:
        EngineError: the program cannot be run.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    trim(log)
    try:
        with log.open("ab") as output:
            child = subprocess.Popen(
                command.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=command.environment,
                cwd=command.folder,
            )
    except OSError as error:
        raise EngineError(
            f"{name}: {command.argv[0]}: {error.strerror}", "check that the program is there and may be run"
        ) from error
    return Running(name, child.pid, psutil.Process(child.pid).create_time(), str(log), grace)


def trim(log: Path) -> None:
    """Keep a log within bounds: what is beyond them goes to a file beside it, in the place of the one from before.

    A program that writes to it goes on at its new begin, for it appends.
    """
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)


def silence(url: str, seconds: float = 2.0, headers: dict[str, str] | None = None, trusted: Path | None = None) -> str:
    """Return why an address does not answer 200; nothing if it does.

    Args:
        url: the address.
        seconds: for the whole of its answer.
        headers: to send.
        trusted: a certificate that is trusted instead of the usual authorities.
    """
    try:
        answer = http.request("GET", url, seconds, headers=headers, trusted=trusted)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return str(error) or type(error).__name__
    if answer.status_code == httpx.codes.OK:
        return ""
    first = (answer.text.strip().splitlines() or [""])[0][:_SHOWN]
    return f"{answer.status_code}: {first}".rstrip(": ")


def wait_ready(running: Running, url: str, deadline: float, watch: Callable[[str, float], None]) -> None:
    """Wait until a program's own readiness address answers 200.

    Raises:
        EngineError: it ended, or was not ready in time; the message has the last lines of its log.
    """
    began = time.monotonic()
    while True:
        if not silence(url):
            return
        elapsed = time.monotonic() - began
        if reap(running) or running.process() is None:
            raise EngineError(
                f"{running.name}: ended while starting:\n    {running.tail()}",
                f"the whole log is {running.log}",
            )
        if elapsed > deadline:
            raise EngineError(
                f"{running.name}: not ready after {deadline:g} s at {url}:\n    {running.tail()}",
                f"the whole log is {running.log}",
            )
        watch(f"{running.name}: starting", elapsed)
        time.sleep(0.1)


def reap(running: Running) -> bool:
    """Collect our own ended child, so that it is no zombie; tell whether it had ended."""
    with contextlib.suppress(ChildProcessError):
        pid, _ = os.waitpid(running.pid, os.WNOHANG)
        return pid == running.pid
    return False


def stop(running: Running) -> None:
    """End a process and its group: SIGTERM, its grace, SIGKILL; do nothing if it has ended."""
    if running.process() is None:
        reap(running)
        return
    os.kill(running.pid, signal.SIGTERM)
    end = time.monotonic() + running.grace
    while running.process() is not None and not reap(running):
        if time.monotonic() > end:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            end = float("inf")
        time.sleep(0.05)
    reap(running)
