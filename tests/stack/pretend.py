"""Programs that pretend to be engines or `go`: starting, ending and interrupting them takes seconds."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from harness import free_config, poll

from pipecat_lgtm.config import Config
from pipecat_lgtm.engines.catalogue import ENGINES
from pipecat_lgtm.engines.process import stop
from pipecat_lgtm.engines.state import State, load
from pipecat_lgtm.ops.engines import program
from pipecat_lgtm.renderers.guard import stores

READY_PORTS = {
    "guard": ("guard",),
    "collector": ("collector_health", "otlp_http"),
    "prometheus": ("prometheus_inner",),
    "alertmanager": ("alertmanager_inner",),
    "tempo": ("tempo_grpc",),
    "loki": ("loki_grpc",),
}
"""Where they listen; the guard hands on to the last four what comes to the ports of the stores."""

_ENGINE = """#!{python}
import http.client, http.server, sys, threading
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(self.status()); self.end_headers()
    def status(self):
        behind = {behind}.get(self.server.server_port)
        if behind is None: return {status}
        try:
            connection = http.client.HTTPConnection("127.0.0.1", behind, timeout=5)
            connection.request("GET", "/")
            return connection.getresponse().status
        except OSError: return 502
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0))); self.do_GET()
    def log_message(self, *_): pass
if {{"validate", "check", "check-config", "-config.verify=true", "-verify-config"}} & set(sys.argv):
    sys.exit({invalid} and "{name} pretends to refuse it")
if "hash-password" in sys.argv:
    print("$2a$04$pretended"); sys.exit()
print("{name} pretends to work", flush=True)
servers = [http.server.ThreadingHTTPServer(("127.0.0.1", port), Answer) for port in {ports}]
for server in servers[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
servers[0].serve_forever()
"""
_GO = """#!/bin/sh
echo compiling
sleep 600 &
wait
"""


@dataclass(frozen=True)
class Pretended:
    """A config on free ports, a folder of programs, and an environment in which nothing else is found.

    Args:
        folder: of all this.
        config: of the stack.
    """

    folder: Path
    config: Config
    env: dict[str, str] = field(default_factory=dict)

    def engine(self, part: str, status: int = 200, *, invalid: bool = False) -> None:
        """Put a program there that answers every request with a status; an invalid one refuses its config."""
        all_ports = self.config.network.ports
        ports = [getattr(all_ports, port) for port in READY_PORTS[part]]
        behind = {getattr(all_ports, one): getattr(all_ports, READY_PORTS[one][0]) for one in stores(self.config)}
        behind = behind if part == "guard" else {}
        for name in ENGINES[program(part)].programs:
            text = _ENGINE.format(
                python=sys.executable, status=status, name=part, ports=[*ports, *behind], behind=behind, invalid=invalid
            )
            _program(self.folder / "bin" / name, text)

    def go(self) -> None:
        """Put a `go` there that compiles for ten minutes, in a process of its own."""
        _program(self.folder / "path" / "go", _GO)

    def command(self, verb: str, *options: str) -> list[str]:
        """Return the command line of a verb."""
        return [sys.executable, "-m", "pipecat_lgtm", verb, "--state-dir", str(self.folder / "state"), *options]

    def starting(self, verb: str, *options: str) -> list[str]:
        """Return the command line of a verb that starts things."""
        config, programs = self.folder / "stack.yaml", self.folder / "bin"
        return [*self.command(verb, *options), "--config", str(config), "--bin-dir", str(programs)]

    def run(self, argv: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command line to its end."""
        return subprocess.run(argv, env=self.env, capture_output=True, text=True, timeout=300, check=False)

    @property
    def state(self) -> State:
        """What the state directory says."""
        return load(self.folder / "state")

    def interrupted(self, argv: list[str], when: str) -> list[psutil.Process]:
        """Run a command, interrupt it once it has printed something, and return what it leaves alive."""
        with (self.folder / "output").open("w+") as output:
            command = subprocess.Popen(argv, env=self.env, stdout=output, stderr=output, start_new_session=True)
            printed = self.folder / "output"
            poll(f"{when!r}", lambda: when in printed.read_text() or command.poll() is not None, 300)
            assert command.poll() is None, printed.read_text()
            children = psutil.Process(command.pid).children(recursive=True)
            assert children, "there is something to leave behind"
            command.send_signal(signal.SIGINT)
            command.wait(300)
        return psutil.wait_procs(children, timeout=5)[1]


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


@contextmanager
def pretended(folder: Path) -> Iterator[Pretended]:
    """Return a pretended machine; what runs on it is ended with the block."""
    env = {**os.environ, "PATH": f"{folder / 'path'}:/usr/bin:/bin", "XDG_CACHE_HOME": str(folder / "cache")}
    made = Pretended(folder, free_config(folder), env)
    try:
        yield made
    finally:
        for one in made.state.processes:
            stop(one)
