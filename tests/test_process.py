import dataclasses
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from pipecat_lgtm.config import load as load_config
from pipecat_lgtm.engines import ports, process
from pipecat_lgtm.engines.process import Running
from pipecat_lgtm.engines.state import State, load
from pipecat_lgtm.errors import EngineError

# A part is meant to outlive the command that started it.
pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")

Start = Callable[[str], Running]


def _quiet(_what: str, _elapsed: float) -> None:
    """Say nothing."""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a shell script as a part of the stack; whatever is left of it is killed afterwards."""
    started: list[Running] = []

    def run(script: str) -> Running:
        one = process.start("part", process.Command(("/bin/sh", "-c", script)), tmp_path / "logs/part.log", 5)
        started.append(one)
        return one

    yield run
    for one in started:
        if one.process() is not None:
            os.killpg(one.pid, signal.SIGKILL)
        process.reap(one)


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_own_session(start: Start) -> None:
    """A part leads its own session, so that Ctrl-C in the terminal does not reach it; its output is in its log."""
    one = start("echo hello; exec sleep 60")
    _until(lambda: one.tail() == "hello")

    assert one.pid == os.getsid(one.pid) == os.getpgid(one.pid)
    assert one.process() is not None


def test_stop(start: Start) -> None:
    """A stopped part is gone, and was asked with SIGTERM."""
    one = start("trap 'echo asked; exit 0' TERM; echo up; while :; do sleep 0.05; done")
    _until(lambda: one.tail() == "up")
    process.stop(one)

    assert one.process() is None
    assert not psutil.pid_exists(one.pid)
    assert one.tail().endswith("asked")


def test_stop_what_does_not_listen(start: Start) -> None:
    """A part that ignores SIGTERM is killed after its grace, with what it started."""
    one = dataclasses.replace(start("trap '' TERM; sleep 300 & echo up $!; wait"), grace=0.2)
    _until(lambda: one.tail().startswith("up "))
    child = int(one.tail().split()[1])
    process.stop(one)

    assert one.process() is None
    _until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


def test_stop_twice(start: Start) -> None:
    """Stopping what has ended does nothing."""
    one = start("exit 0")
    _until(lambda: one.process() is None)
    process.stop(one)
    process.stop(one)


def test_reused_pid(start: Start) -> None:
    """A pid that another program has got since is not ours: it is neither reported as running nor ended."""
    other = start("exec sleep 60")
    ours = dataclasses.replace(other, started=other.started - 1)

    assert ours.process() is None
    process.stop(ours)
    assert other.process() is not None


def test_program_that_is_not_there(tmp_path: Path) -> None:
    """A program that cannot be run is named."""
    with pytest.raises(EngineError) as caught:
        process.start("loki", process.Command((str(tmp_path / "loki"),)), tmp_path / "loki.log", 5)

    assert f"loki: {tmp_path}/loki: No such file or directory" == caught.value.message


def test_crash_while_starting(start: Start) -> None:
    """A part that ends before it is ready is reported with the last lines of its log, and where the rest is."""
    one = start("for n in $(seq 30); do echo line $n; done; echo 'bad config: retention' >&2; exit 3")
    with pytest.raises(EngineError) as caught:
        process.wait_ready(one, f"http://127.0.0.1:{_free_port()}/ready", 10, _quiet)

    lines = caught.value.message.splitlines()
    assert "part: ended while starting:" == lines[0]
    assert [f"    line {n}" for n in range(20, 31)] == lines[1:-1]
    assert "    bad config: retention" == lines[-1]
    assert f"the whole log is {one.log}" == caught.value.hint


def test_not_ready_in_time(start: Start) -> None:
    """A part that runs but does not become ready is given up at its deadline."""
    one = start("echo waiting; exec sleep 60")
    url = f"http://127.0.0.1:{_free_port()}/ready"
    _until(lambda: one.tail() == "waiting")
    with pytest.raises(EngineError) as caught:
        process.wait_ready(one, url, 0.3, _quiet)

    assert f"part: not ready after 0.3 s at {url}:\n    waiting" == caught.value.message


def test_ready(start: Start) -> None:
    """A part is ready once its own address answers 200, not while it answers something else."""
    answers = [503, 503, 200]

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answers.pop(0))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        process.wait_ready(start("exec sleep 60"), f"http://127.0.0.1:{server.server_port}/", 10, _quiet)
        server.shutdown()
        thread.join()

    assert [] == answers


def test_state_comes_back(start: Start, tmp_path: Path) -> None:
    """What is saved is found again by another command, live processes and all; forgotten, nothing is."""
    state = State(tmp_path / "state", "native", "/srv/stack.yaml", [start("exec sleep 60")])
    state.save()

    assert state == load(tmp_path / "state")
    assert load(tmp_path / "state").processes[0].process() is not None
    state.forget()
    assert State(tmp_path / "state", "", "") == load(tmp_path / "state")


def test_state_keeps_its_config(tmp_path: Path) -> None:
    """The config of what was started is kept: `down` works when the user has changed or removed the file since."""
    mine = tmp_path / "mine.yaml"
    mine.write_text("network: {ports: {loki: 23100}}\n")
    state = State(tmp_path / "state")
    state.begin("native", mine)
    state.save()
    mine.unlink()
    kept = Path(load(tmp_path / "state").config)

    assert 23100 == load_config(kept).config.network.ports.loki
    state.begin("native", kept)
    assert 23100 == load_config(kept).config.network.ports.loki
    state.begin("docker", None)
    assert not state.config


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"kind": "native", "config": "", "processes": [{"pid": 1}]}', "nonsense"]
)
def test_broken_state(tmp_path: Path, text: str) -> None:
    """A state that is not ours is refused by name, not taken for an empty one."""
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(EngineError) as caught:
        load(tmp_path)

    assert f"{tmp_path}/state.json: is not a state of this program" == caught.value.message


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_taken_port() -> None:
    """A taken port is named by its key, with who holds it; a free one is not, nor one whose holder will have ended."""
    free = _free_port()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        wanted = [ports.Wanted("loki", free, "127.0.0.1"), ports.Wanted("tempo", port, "127.0.0.1")]
        ports.check(wanted[:1])
        ports.check(wanted, {os.getpid()})
        with pytest.raises(EngineError) as caught:
            ports.check(wanted)

    me = psutil.Process().name()
    assert f"network.ports: tempo {port} is held by {me} (pid {os.getpid()})" == caught.value.message
    assert "`pipecat-lgtm down`" in caught.value.hint


def test_holder_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this user may not know who holds a port, it is another program."""

    def denied(_kind: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", denied)
    with socket.create_server(("127.0.0.1", 0)) as holder, pytest.raises(EngineError) as caught:
        ports.check([ports.Wanted("loki", holder.getsockname()[1], "127.0.0.1")])

    assert caught.value.message.endswith("is held by another program")


def test_state_of_an_older_version(tmp_path: Path) -> None:
    """A state that an older version has written is read; what it lacks is empty, so that its parts count as changed."""
    old = {"name": "tempo", "pid": 2**22, "started": 1.0, "log": "/l", "grace": 10}
    (tmp_path / "state.json").write_text(json.dumps({"kind": "native", "config": "", "processes": [old]}))

    assert State(tmp_path, "native", "", [Running(**old)]) == load(tmp_path)


def test_a_log_is_kept_within_bounds(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that is too long goes to a file beside it; the program that writes it goes on at its new begin."""
    one = start(f"echo first; while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; echo second; exec sleep 60")
    _until(lambda: one.tail() == "first")
    log = Path(one.log)
    process.trim(log)
    assert "first" == one.tail(), "it is short"
    monkeypatch.setattr(process, "_LOG_BYTES", 3)
    process.trim(log)
    (tmp_path / "go").touch()
    _until(lambda: one.tail() == "second")

    assert ("first\n", "second\n") == (log.with_suffix(".log.1").read_text(), log.read_text())


def test_a_process_knows_its_ports(start: Start) -> None:
    """A process listens on its own ports only: the same port held by another one is not taken for its own."""
    port = _free_port()
    script = (
        f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); print('up', flush=True); time.sleep(60)"
    )
    one, other = start(f'exec {sys.executable} -c "{script}"'), start("exec sleep 60")
    _until(lambda: one.listens(port))

    assert (False, False) == (other.listens(port), one.listens(port + 1))


def test_a_process_knows_its_command(start: Start) -> None:
    """How a process was started can be had while it runs, to start it again as it was."""
    one = start("echo $GREETING up; exec sleep 60")
    # The shell has said so before it becomes the other program.
    _until(lambda: (command := one.command()) is not None and command.argv == ("sleep", "60"))
    command = one.command()

    assert command is not None
    assert os.environ["PATH"] == command.environment["PATH"]
