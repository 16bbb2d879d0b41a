"""Stores elsewhere that let in only whom they know: real programs and our own commands show what stack.yaml names."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import otlp
import pytest
from certificates import certificate
from harness import Process, free_ports, poll, running
from stacks import EngineBin, Stack

import yamls
from pipecat_lgtm.config import load
from pipecat_lgtm.engines.state import load as load_state
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.alerts import server
from pipecat_lgtm.ops.doctor.stack import parts, sent_on
from pipecat_lgtm.ops.preview.choices import Choices
from pipecat_lgtm.ops.preview.stores import Stores as Previewed
from pipecat_lgtm.ops.visible import Stores

pytestmark = pytest.mark.stack

PASSWORD, TOKEN = "the writer may write", "a-token-for-traces-and-logs"
_OF_PASSWORD = "$2b$04$abcdefghijklmnopqrstuu/FCltWxPw5WQlTJ3FoVyLTW0o3Ixjom"  # noqa: S105 - bcrypt, as Prometheus wants it


class _Edge(ThreadingHTTPServer):
    """Stands where a Tempo and a Loki are read, and a Loki is written: who shows nothing gets nothing."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.seen: dict[str, tuple[str, str]] = {}


class _Handler(BaseHTTPRequestHandler):
    server: _Edge

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({})

    def do_GET(self) -> None:
        self._answer({"batches": [], "traces": [], "data": {"resultType": "streams", "result": []}})

    def _answer(self, found: object) -> None:
        shown = self.headers.get("Authorization", ""), self.headers.get("X-Scope-OrgID", "")
        self.server.seen[self.path.split("?")[0]] = shown
        body = json.dumps(found).encode()
        self.send_response(200 if shown == (f"Bearer {TOKEN}", "voice") else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _write(folder: Path, name: str, text: str) -> str:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return str(file)


def _prometheus(folder: Path, engine_bin: EngineBin, port: int, tls: dict[str, str]) -> Process:
    web = {"tls_server_config": tls, "basic_auth_users": {"writer": _OF_PASSWORD}}
    argv = [
        str(engine_bin("prometheus")),
        f"--config.file={_write(folder, 'metrics.yml', '{}')}",
        f"--web.config.file={_write(folder, 'web.yml', yamls.dump(web))}",
        f"--storage.tsdb.path={folder}/metrics",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-remote-write-receiver",
    ]
    return Process("metrics", argv, folder / "metrics.log")


def _traces(folder: Path, engine_bin: EngineBin, port: int, health: int, tls: dict[str, str]) -> Process:
    """Return a real receiver of OTLP/gRPC that wants a token, for a Tempo behind a gateway."""
    grpc = {"endpoint": f"127.0.0.1:{port}", "tls": tls, "auth": {"authenticator": "bearertokenauth"}}
    pipeline = {"receivers": ["otlp"], "exporters": ["file"]}
    config = {
        "extensions": {
            "bearertokenauth": {"filename": _write(folder, "known-tokens", TOKEN)},
            "health_check": {"endpoint": f"127.0.0.1:{health}"},
        },
        "receivers": {"otlp": {"protocols": {"grpc": grpc}}},
        "exporters": {"file": {"path": str(folder / "traces.json")}},
        "service": {
            "extensions": ["bearertokenauth", "health_check"],
            "telemetry": {"metrics": {"level": "none"}},
            "pipelines": {"traces": pipeline},
        },
    }
    path = _write(folder, "traces.yml", yamls.dump(config))
    return Process("traces", [str(engine_bin("otelcol")), f"--config={path}"], folder / "traces.log")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[tuple[Stack, _Edge]]:
    """Run a collector and an agent whose stores are all elsewhere, and want to know who asks."""
    folder = tmp_path_factory.mktemp("logins")
    metrics, traces, health, front = free_ports(4)
    tls = certificate(folder)
    token = {"token_file": _write(folder, "token", f"{TOKEN}\n"), "tenant": "voice"}
    password = {"username": "writer", "password_file": _write(folder, "password", f"{PASSWORD}\n")}
    stores = {
        "prometheus": {
            "url": f"https://127.0.0.1:{metrics}",
            "write_url": f"https://127.0.0.1:{metrics}/api/v1/write",
            "login": {**password, "ca_file": tls["cert_file"], "tenant": "voice"},
        },
        "tempo": {
            "url": f"http://127.0.0.1:{front}",
            "otlp_endpoint": f"127.0.0.1:{traces}",
            "login": {**token, "ca_file": tls["cert_file"]},
        },
        "loki": {"url": f"http://127.0.0.1:{front}", "login": token},
    }
    edge = _Edge(front)
    thread = threading.Thread(target=edge.serve_forever)
    thread.start()
    stack = Stack(folder, engine_bin, {"stores": stores, "content": {"mode": "keep"}})
    try:
        with (
            running(_prometheus(folder, engine_bin, metrics, tls)),
            running(_traces(folder, engine_bin, traces, health, tls), f"http://127.0.0.1:{health}"),
        ):
            stack.start("prometheus")
            stack.start("collector")
            otlp.send(stack.ports.otlp_http, otlp.traces([otlp.turn(conversation__id="known")]))
            otlp.send(stack.ports.otlp_http, otlp.logs([otlp.event("said")]))
            yield stack, edge
    finally:
        stack.stop_all()
        edge.shutdown()
        thread.join()
        edge.server_close()


def test_metrics(guarded: tuple[Stack, _Edge]) -> None:
    """The agent writes with user, password and authority; our commands and `doctor` read with them."""
    config = guarded[0].config
    ask = server(config)

    poll("the turn", lambda: [1.0] == [one.value[1] for one in ask.samples("sum(pipecat_turns_total)")])
    poll("the agent to be seen", lambda: sent_on(config).verdict == "fine")
    said = [one.says for one in parts(config, load_state(guarded[0].folder / "none"))]
    assert [True] == ["prometheus" in one for one in said if one.startswith("ready: ")]


def test_a_wrong_password_is_not_repeated(guarded: tuple[Stack, _Edge], tmp_path: Path) -> None:
    """Who shows a wrong password reads nothing, and the error says neither it nor what it was sent as."""
    text = (guarded[0].folder / "stack.yaml").read_text(encoding="utf-8")
    wrong = _write(tmp_path, "wrong", "another-password")
    config = load(Path(_write(tmp_path, "stack.yaml", text.replace(str(guarded[0].folder / "password"), wrong)))).config

    with pytest.raises(CheckFailed, match="401") as caught:
        server(config).samples("up")
    assert "another-password" not in str(caught.value)
    assert "Basic" not in str(caught.value)


def test_traces(guarded: tuple[Stack, _Edge]) -> None:
    """The collector sends spans over gRPC with the token of the file, to a server of the named authority."""
    file = guarded[0].folder / "traces.json"

    poll("the span", lambda: file.exists() and '"known"' in file.read_text(encoding="utf-8"))


def test_logs(guarded: tuple[Stack, _Edge]) -> None:
    """The collector sends records over HTTP with token and tenant."""
    poll("the record", lambda: guarded[1].seen.get("/otlp/v1/logs"))

    assert (f"Bearer {TOKEN}", "voice") == guarded[1].seen["/otlp/v1/logs"]
    poll("nothing waits", lambda: guarded[0].self_metric("otelcol_exporter_sent_log_records") >= 1)


def test_our_commands_read_traces_and_logs(guarded: tuple[Stack, _Edge]) -> None:
    """`demo` and `preview` show the same to Tempo and Loki."""
    stack, edge = guarded
    asked = Stores(stack.config)
    assert 0 == asked.spans("0" * 31 + "1")
    assert not asked.has_lines("bot", "0" * 31 + "1")
    assert not Previewed(stack.config).latest_call(Choices(0.0, 60.0, {}))

    for path in ("/api/traces/" + "0" * 31 + "1", "/loki/api/v1/query_range", "/api/search"):
        assert (f"Bearer {TOKEN}", "voice") == edge.seen[path]


def test_no_rendered_file_holds_a_secret(guarded: tuple[Stack, _Edge]) -> None:
    """What is rendered names places only."""
    rendered = "".join(file.read_text(encoding="utf-8") for file in (guarded[0].folder / "config").rglob("*.y*ml"))

    assert str(guarded[0].folder / "token") in rendered
    assert [] == [one for one in (PASSWORD, TOKEN) if one in rendered]
