"""A Prometheus agent whose remote store says no: the store's own rules say so as far as they can, `doctor` always."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from harness import Process, free_ports, poll, running
from stacks import EngineBin, Stack

from pipecat_lgtm.ops.doctor.stack import sent_on

pytestmark = pytest.mark.stack

_REFUSED = 400


class _Relay(ThreadingHTTPServer):
    """Hands requests on to a store, and answers 400 itself to as many writes as it is asked to."""

    def __init__(self, port: int, store: str) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.store, self.refuse = store, 0.0
        self.refused = 0


class _Handler(BaseHTTPRequestHandler):
    server: _Relay

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/write") and self.server.refuse > 0:
            self.server.refuse -= 1
            self.server.refused += 1
            self._answer(_REFUSED, b"out of bounds")
            return
        kept = {name: value for name, value in self.headers.items() if name.lower() not in {"host", "content-length"}}
        answer = httpx.post(self.server.store + self.path, content=body, headers=kept, timeout=30)
        self._answer(answer.status_code, answer.content)

    def do_GET(self) -> None:
        answer = httpx.get(self.server.store + self.path, timeout=30)
        self._answer(answer.status_code, answer.content)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def relayed(tmp_path: Path, engine_bin: EngineBin) -> Iterator[tuple[Stack, _Relay]]:
    """A stack whose metrics go to a real Prometheus elsewhere, which evaluates its rules, by way of a relay."""
    front, back = free_ports(2)
    url = f"http://127.0.0.1:{front}"
    overrides = {
        "stores": {"prometheus": {"url": url, "write_url": f"{url}/api/v1/write"}},
        "alerts": {
            "interval": "1 s",
            "window": "40 s",
            "overrides": {"PipecatRemoteWriteFailing": {"hold": "1 s"}, "PipecatRemoteWriteLate": {"hold": "1 s"}},
        },
    }
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    relay = _Relay(front, f"http://127.0.0.1:{back}")
    thread = threading.Thread(target=relay.serve_forever)
    thread.start()
    try:
        stack = Stack(tmp_path, engine_bin, overrides)
        rules = stack.folder / "config" / "prometheus" / "rules"
        (folder / "prometheus.yml").write_text(f"rule_files: ['{rules}/*.yml']\n")
        argv = [
            str(engine_bin("prometheus")),
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{back}",
            "--web.enable-remote-write-receiver",
        ]
        with running(Process("elsewhere", argv, folder / "log"), f"{relay.store}/-/ready"):
            try:
                stack.start("prometheus")
                yield stack, relay
            finally:
                stack.stop_all()
    finally:
        relay.shutdown()
        thread.join()
        relay.server_close()


def _firing(stack: Stack, name: str) -> list[str]:
    return [
        one["annotations"]["summary"]
        for one in stack.prometheus("alerts")["alerts"]
        if one["labels"]["alertname"] == name and one["state"] == "firing"
    ]


def test_a_store_that_says_no(relayed: tuple[Stack, _Relay]) -> None:
    """What it refuses now and then it alerts on; if it refuses everything it misses the agent, and doctor knows why."""
    stack, relay = relayed
    agent = f"gateway-0:{stack.ports.prometheus}"
    poll("metrics at the store", lambda: stack.query(f'up{{job="prometheus", instance="{agent}"}}'))
    poll("no alert", lambda: not _firing(stack, "PipecatRemoteWriteLate"))
    assert "fine" == sent_on(stack.config).verdict

    relay.refuse = 1
    (said,) = poll("the alert on one refused request", lambda: _firing(stack, "PipecatRemoteWriteFailing"), 90)
    assert said.startswith(f"The remote store refuses for good what {agent} sends (")
    assert 1 == relay.refused
    found = sent_on(stack.config)
    assert "look" == found.verdict
    assert found.says.startswith("arrives, but ")

    relay.refuse = float("inf")
    (said,) = poll("the alert on silence", lambda: _firing(stack, "PipecatRemoteWriteLate"), 120)
    assert said.startswith(f"The newest metrics of {agent} are ")
    found = sent_on(stack.config)
    assert "wrong" == found.verdict
    assert found.says.startswith("the newest metrics there are ")
    assert "samples were refused for good since the agent started" in found.says

    relay.refuse = 0
    poll("metrics again", lambda: not _firing(stack, "PipecatRemoteWriteLate"), 60)
