"""No failure is a traceback: commands against a server that hangs, resets, answers 500 and garbage; a full disk."""

import contextlib
import errno
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from certificates import certificate

import yamls
from pipecat_lgtm import cli, http
from pipecat_lgtm.config import load_default
from pipecat_lgtm.config.network import Ports
from pipecat_lgtm.engines import process
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops import native, visible
from pipecat_lgtm.ops.deploy import grafana, prometheus
from pipecat_lgtm.ops.doctor import stack as doctor_stack
from pipecat_lgtm.ops.preview import stores as preview_stores
from pipecat_lgtm.ops.visible import Stores
from pipecat_lgtm.queries import audit

_GARBAGE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n<garbage>"
_LIST = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
_DRIP_SECONDS = 0.01
_ERROR = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops"


def _said(body: bytes, length: int = 0) -> bytes:
    """Return an answer of JSON."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (length or len(body)) + body


@dataclass(frozen=True)
class Drip:
    """An answer that does not end, nor is late for any read.

    Args:
        begin: is sent at once.
        drop: is sent again and again.
    """

    begin: bytes
    drop: bytes


ANSWERS: dict[str, bytes | Drip | None] = {
    "hangs": None,
    "resets": b"",
    "500": _ERROR,
    "garbage": _GARBAGE,
    "a list": _LIST,
    "no data": _said(b'{"status": "success", "data": null}'),
    "other data": _said(b'{"status": "success", "data": {"result": [{"metric": null, "value": null}], "groups": [1]}}'),
    "deep": _said(b"[" * 100_000),
    "drips headers": Drip(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n"),
    "drips a body": Drip(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"status": "success"', b" "),
    "cut": _said(b"{}", 100),
    "an unknown status": b"HTTP/1.1 520 \r\nContent-Length: 0\r\n\r\n",
}
COMMANDS = {
    "status": ["status"],
    "doctor": ["doctor"],
    "top": ["top", "--once"],
    "alerts explain": ["alerts", "explain", "PipecatTtfwHigh", "--url", "{url}"],
    "preview": ["preview", "--dashboard", "pipecat-stack", "--out", "{folder}/preview.html"],
    "deploy rules": ["deploy", "rules", "--rules-dir", "{folder}", "--url", "{url}"],
    "deploy rules --check-target": ["deploy", "rules", "--check-target", "--url", "{url}"],
    "deploy dashboards": ["deploy", "dashboards", "--url", "{url}", "--token-file", "{folder}/token"],
}


@contextlib.contextmanager
def _serving(answer: bytes | Drip | None, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Listen on a port and treat every connection alike: say nothing, reset it, or give one answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                held.append(connection)
                if answer is None:
                    continue
                if isinstance(answer, Drip):
                    threading.Thread(target=_drip, args=(connection, answer, tls), daemon=True).start()
                    continue
                with contextlib.suppress(OSError):
                    if answer:
                        connection.recv(65536)
                        connection.sendall(answer)
                    else:  # a close that does not linger is a reset
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join()
    for one in held:
        one.close()


def _drip(connection: socket.socket, answer: Drip, tls: ssl.SSLContext | None) -> None:
    with (
        contextlib.suppress(OSError),  # the client has gone
        tls.wrap_socket(connection, server_side=True) if tls else connection as wire,
    ):
        wire.recv(65536)
        wire.sendall(answer.begin)
        while True:
            wire.sendall(answer.drop)
            time.sleep(_DRIP_SECONDS)


@pytest.fixture(scope="module", params=ANSWERS)
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """Return the port of a server that treats everybody the same way."""
    with _serving(ANSWERS[request.param]) as found:
        yield found


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[str]]:
    """Return what runs a command on a config of the server; it returns the lines of the error."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "states"))
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    monkeypatch.setattr(native, "to_build", lambda *_: [])
    monkeypatch.setattr(process, "silence", lambda url, _seconds=0.1: _SILENCE(url, 0.1))
    for module, name in (
        (visible, "_TIMEOUT_SECONDS"),
        (visible, "_PATIENCE_SECONDS"),
        (doctor_stack, "_TIMEOUT_SECONDS"),
        (prometheus, "_TIMEOUT_SECONDS"),
        (grafana, "_TIMEOUT_SECONDS"),
        (preview_stores, "_TIMEOUT"),
    ):
        monkeypatch.setattr(module, name, 0.1)

    def call(port: int, arguments: list[str]) -> list[str]:
        network = {"ports": {"prometheus": port}}
        (tmp_path / "stack.yaml").write_text(yamls.dump({"network": network}))
        (tmp_path / "token").write_text("token")
        url = f"http://127.0.0.1:{port}"
        argv = [one.format(url=url, folder=tmp_path) for one in arguments]
        monkeypatch.setattr(sys, "argv", ["pipecat-lgtm", *argv, "--config", str(tmp_path / "stack.yaml")])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        lines = said.err.splitlines()
        assert ended.value.code in {0, 1, 3}, said
        assert "Traceback" not in said.out + said.err
        assert (ended.value.code == 1) == bool([line for line in lines if line.startswith("  next ")])
        return lines

    return call


_SILENCE = process.silence


@pytest.mark.parametrize("drip", [name for name, answer in ANSWERS.items() if isinstance(answer, Drip)])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_answer_that_never_ends(tmp_path: Path, drip: str, scheme: str) -> None:
    """An answer has to be there as a whole within the time of a request, however steadily it comes, with TLS too."""
    tls = None
    if scheme == "https":
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*certificate(tmp_path).values())
    trusted = tmp_path / "cert.pem" if tls else None
    with (
        _serving(ANSWERS[drip], tls) as port,
        pytest.raises(httpx.ReadTimeout, match=r"^no whole answer within 0\.5 s$"),
    ):
        http.request("GET", f"{scheme}://127.0.0.1:{port}", 0.5, trusted=trusted)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_bad_server(port: int, run: Callable[..., list[str]], command: str) -> None:
    """Whatever a server does, a command ends by itself; its failure is told with what to do next, and no traceback."""
    run(port, COMMANDS[command])


def test_a_store_is_waited_for_and_then_told(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that does not answer is asked again for a while; then the error names it and what it did."""
    monkeypatch.setattr(visible, "_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(visible, "_PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(visible, "_PAUSE_SECONDS", 0.05)
    config = load_default()
    ports = Ports.model_validate({**config.network.ports.model_dump(), "prometheus": port})
    stores = Stores(config.model_copy(update={"network": config.network.model_copy(update={"ports": ports})}))
    with pytest.raises(CheckFailed) as caught:
        stores.value(audit.turns("bot", "5m"))

    assert caught.value.message.startswith(f"prometheus: http://127.0.0.1:{port}: ")
    assert "pipecat-lgtm logs prometheus" in caught.value.hint


def test_ctrl_c_while_it_loads(tmp_path: Path) -> None:
    """Ctrl-C before the first line of the command line has run ends it like one later: two lines, and 130."""
    (tmp_path / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-m", "pipecat_lgtm", "--help"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )

    said = "error interrupted\n  next nothing was done; give the command again\n"
    assert (130, "", said) == (done.returncode, done.stdout, done.stderr)


def test_ctrl_c_while_it_waits(tmp_path: Path) -> None:
    """Ctrl-C while a store lets a command wait ends it with two lines, and 130."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        argv = [sys.executable, "-m", "pipecat_lgtm", "alerts", "explain", "PipecatTtfwHigh", "--url", url]
        running = subprocess.Popen(argv, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        connection, _ = server.accept()
        with connection:
            running.send_signal(signal.SIGINT)
            said = running.communicate(timeout=60)[1]

    assert 130 == running.returncode
    assert ["error interrupted", "  next `pipecat-lgtm status` says what runs"] == [
        one.split(";")[0] for one in said.splitlines()[-2:]
    ]
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/state/state.json"),
            "/state/state.json: No space left on device",
        ),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/out"), "/out: Permission denied"),
    ],
    ids=["disk", "permission"],
)
def test_what_the_system_refuses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: OSError, said: str
) -> None:
    """A full disk and a lacking permission are two lines that name the file."""

    def refused() -> None:
        raise error

    monkeypatch.setattr(cli, "app", refused)
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert 1 == ended.value.code
    assert [
        f"error {said}",
        "  next check the disk's free space, and that you may read and write there",
    ] == capsys.readouterr().err.splitlines()
