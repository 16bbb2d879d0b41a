"""The guard before the stores: a foreign name, a foreign page and a path that nobody needs are refused."""

import base64
import json
import signal
import socket
import stat
import time
from collections.abc import Iterator

import httpx
import pytest
from harness import poll
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.renderers import guard
from pipecat_lgtm.renderers.guard import CREDENTIALS

pytestmark = pytest.mark.stack

READ = {
    "guard": "/metrics",
    "prometheus": "/api/v1/query?query=up",
    "alertmanager": "/api/v2/silences",
    "tempo": "/api/search?limit=1",
    "loki": "/loki/api/v1/labels",
    "notifications": "/ready",
}
"""What each listener answers its own people."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Stack]:
    """The stores and the notification log behind and beside the guard."""
    names = ("prometheus", "alertmanager", "tempo", "loki", "notifications")
    with stack_of(tmp_path_factory.mktemp("g"), engine_bin, *names) as made:
        yield made


def _raw(port: int, request: str) -> tuple[int, str]:
    """Send bytes of a request as they are; return the status and the whole answer."""
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(request.encode("latin-1"))
        connection.settimeout(30)
        said = b""
        while not said or b"\r\n\r\n" not in said:
            piece = connection.recv(65536)
            if not piece:
                break
            said += piece
    text = said.decode("latin-1")
    return (int(text.split(" ", 2)[1]) if text.startswith("HTTP/") else 0), text


def _ask(stack: Stack, part: str, host: str = "127.0.0.1:{port}", target: str = "", **headers: str) -> int:
    port = getattr(stack.ports, part)
    lines = [f"{name.replace('_', '-')}: {value.format(port=port)}" for name, value in headers.items()]
    path = target.format(port=port) or READ[part]
    head = [f"GET {path} HTTP/1.1", f"Host: {host.format(port=port)}", "Connection: close", *lines]
    status, said = _raw(port, "\r\n".join([*head, "", ""]))

    assert "access-control" not in said.lower()
    return status


@pytest.mark.parametrize("part", READ)
@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}"])
def test_its_own_names(stack: Stack, part: str, host: str) -> None:
    """Under its names of this machine every listener answers."""
    assert 200 == _ask(stack, part, host)


def test_names_have_letters_of_any_size(stack: Stack) -> None:
    """A host's name means the same in large letters."""
    assert 200 == _ask(stack, "tempo", "LocalHost:{port}")


@pytest.mark.parametrize("part", READ)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "localhost.evil.example:{port}",
        "127.0.0.1.nip.io:{port}",
        "localhost.:{port}",
        "127.0.0.1@evil.example:{port}",
        "[::ffff:127.0.0.1]:{port}",
        "0.0.0.0:{port}",
        "",
    ],
)
def test_foreign_hosts(stack: Stack, part: str, host: str) -> None:
    """Under any other name nothing answers: a page that gave its own name this machine's address reads nothing."""
    assert _ask(stack, part, host) in {400, 403, 421}


@pytest.mark.parametrize("part", READ)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:{port}.evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://127.0.0.1:{port},http://evil.example"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"},
    ],
)
def test_foreign_pages(stack: Stack, part: str, headers: dict[str, str]) -> None:
    """What a browser marks as sent by somebody else's page is refused, also as a link to what is no page."""
    assert 403 == _ask(stack, part, **headers)


@pytest.mark.parametrize("part", ["prometheus", "alertmanager"])
def test_links_to_pages_work(stack: Stack, part: str) -> None:
    """A link in a message opens the page of Prometheus or Alertmanager; the page itself may ask for what it shows."""
    opened = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}

    # A Prometheus that is built here leads to its page and does not have it.
    assert {"prometheus": 302, "alertmanager": 200}[part] == _ask(stack, part, target="/", **opened)
    assert 403 == _ask(stack, part, target="/", **opened | {"Sec_Fetch_Dest": "iframe"})
    assert 200 == _ask(stack, part, Origin="http://127.0.0.1:{port}", Sec_Fetch_Site="same-origin")
    assert 200 == _ask(stack, part, Sec_Fetch_Site="none", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document")


@pytest.mark.parametrize("part", ["prometheus", "tempo"])
def test_other_forms_of_a_request(stack: Stack, part: str) -> None:
    """A whole address in the request line is the name that counts; two hosts and a change of protocol are refused."""
    port = getattr(stack.ports, part)
    twice = f"GET {READ[part]} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\n\r\n"
    switch = f"GET {READ[part]} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    switch += "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"

    assert 403 == _ask(stack, part, target=f"http://evil.example:{{port}}{READ[part]}")
    assert 200 == _ask(stack, part, "evil.example", target=f"http://127.0.0.1:{{port}}{READ[part]}")
    assert 400 == _raw(port, twice)[0]
    assert _raw(port, switch)[0] != 101
    assert _raw(port, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")[0] != 200
    assert _raw(port, f"GET {READ[part]} HTTP/1.0\r\n\r\n")[0] in {400, 403}


CLOSED = {
    "prometheus": [
        "POST /-/quit", "PUT /-/quit", "POST /-/reload", "GET /api/v1/status/config", "GET /debug/pprof/heap",
        "POST /api/v1/write", "POST /api/v1/otlp/v1/metrics", "POST /api/v1/admin/tsdb/snapshot", "GET /federate",
        "POST /api/v1/read", "GET /api/v1/label/x/../../status/config", "GET //-/quit", "TRACE /metrics",
        "OPTIONS /api/v1/query", "GET /assets/..%2f..%2fapi%2fv1%2fstatus%2fconfig",
    ],
    "alertmanager": ["POST /-/reload", "GET /debug/pprof/heap", "PUT /api/v2/silences", "DELETE /api/v2/silences",
                     "OPTIONS /api/v2/silences", "POST /api/v1/alerts"],
    "tempo": [
        "GET /shutdown", "POST /shutdown", "GET /flush", "GET /status/config", "GET /querier/api/search",
        "GET /querier/api/metrics/query_range?step=1us", "GET /debug/pprof/heap", "GET /api/overrides",
        "GET /api/traces/../../shutdown", "GET /api/traces/%2e%2e/%2e%2e/shutdown",
        "GET /api/traces/..%2f..%2fshutdown",
        "GET /Shutdown", "POST /api/overrides", "GET /memberlist",
    ],
    "loki": [
        "GET /ingester/shutdown", "POST /ingester/shutdown", "GET /flush", "POST /flush", "GET /config",
        "GET /services",
        "POST /loki/api/v1/delete", "PUT /loki/api/v1/delete", "DELETE /loki/api/v1/delete", "POST /log_level",
        "POST /ingester/prepare_shutdown", "GET /debug/pprof/heap", "POST /loki/api/v1/push", "GET /ring",
        "POST /loki/api/v1/rules/x", "GET /loki/api/v1/label/%2e%2e/%2e%2e/%2e%2e/%2e%2e/ingester/shutdown",
    ],
}  # fmt: skip


@pytest.mark.parametrize("part", CLOSED)
def test_closed_ways(stack: Stack, part: str) -> None:
    """What ends a store, deletes, forges, or shows its configuration or memory is refused, with a sentence."""
    port = getattr(stack.ports, part)
    said = {
        way: _raw(port, f"{way} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        for way in CLOSED[part]
    }

    assert [] == [(way, status) for way, (status, _) in said.items() if status != 403]
    assert all(f"{part}: " in text for _, text in said.values())
    assert 200 == httpx.get(f"http://127.0.0.1:{port}{READ[part]}", timeout=30).status_code


@pytest.mark.parametrize(
    ("step", "status"),
    [("1us", 400), ("1ns", 400), ("500ms", 400), ("0.001", 400), ("1e-6", 400), ("0", 400), ("-1s", 400), ("15s", 200),
     ("1m0s", 200), ("60", 200), ("1h", 200), ("1us&step=15s", 400), ("15s&step=1us", 400)],
)  # fmt: skip
def test_steps_of_trace_metrics(stack: Stack, step: str, status: int) -> None:
    """Tempo makes room for every step before it looks: less than a second is refused, however it is written."""
    params = f"q=%7B%7D%7Crate()&since=1m&step={step}"
    answer = httpx.get(f"http://127.0.0.1:{stack.ports.tempo}/api/metrics/query_range?{params}", timeout=30)

    assert (status == 400) == ("step must be whole" in answer.text), answer.text


def test_nothing_goes_around(stack: Stack) -> None:
    """Behind the guard nothing answers: sockets and password are this user's alone, and each start keeps them."""
    folder, ports = stack.folder, stack.ports
    inner = {"prometheus": (ports.prometheus_inner, "/api/v1/query"), "alertmanager": (ports.alertmanager_inner, "/")}
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (folder / "secrets", folder / "sockets")]
    files = [stat.S_IMODE(one.stat().st_mode) for one in (folder / "secrets").iterdir()]
    known = base64.b64decode((folder / "secrets" / CREDENTIALS).read_text()).decode().split(":")

    assert [0o700, 0o700] == modes
    assert {0o600} == set(files)
    for port, path in inner.values():
        assert 401 == httpx.get(f"http://127.0.0.1:{port}{path}", timeout=30).status_code
        assert 401 == httpx.get(f"http://127.0.0.1:{port}{path}", auth=(known[0], "x"), timeout=30).status_code
    assert 200 == httpx.get(f"http://127.0.0.1:{ports.prometheus_inner}/api/v1/status/flags", auth=(known[0], known[1]),
                            timeout=30).status_code  # fmt: skip
    rendered = [one.read_text() for one in (folder / "config").rglob("*") if one.is_file()]
    assert not [one for one in rendered if known[1] in one], "no rendered file holds the password"
    for log in folder.glob("*.log"):
        assert known[1] not in log.read_text(errors="replace")


def test_the_ways_of_people_and_parts(stack: Stack) -> None:
    """Prometheus reads every store and finds its Alertmanager; a line is written and read, a silence set and ended."""
    up = {"guard", *guard.stores(stack.config)}
    poll("all to be scraped", lambda: up <= {one["metric"]["job"] for one in stack.query("up == 1")})
    known = stack.prometheus("alertmanagers")["activeAlertmanagers"]
    assert [f"http://127.0.0.1:{stack.ports.alertmanager_inner}/api/v2/alerts"] == [one["url"] for one in known]
    assert 1.0 == stack.value("prometheus_notifications_alertmanagers_discovered")

    loki, managed = f"http://127.0.0.1:{stack.ports.loki}", f"http://127.0.0.1:{stack.ports.alertmanager}/api/v2"
    line = json.dumps({"resourceLogs": [{"resource": {"attributes": [
        {"key": "service.name", "value": {"stringValue": "guarded"}}]}, "scopeLogs": [{"logRecords": [
            {"timeUnixNano": str(time.time_ns()), "body": {"stringValue": "x" * 5_000_000}}]}]}]})  # fmt: skip
    headers = {"Content-Type": "application/json"}
    httpx.post(f"{loki}/otlp/v1/logs", content=line, headers=headers, timeout=60).raise_for_status()
    poll("the line", lambda: [one for _, one in stack.log_lines('{service_name="guarded"}') if len(one) == 5_000_000])

    silence = {"matchers": [{"name": "a", "value": "b", "isRegex": False}], "createdBy": "me", "comment": "",
               "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z"}  # fmt: skip
    made = httpx.post(f"{managed}/silences", json=silence, timeout=30).raise_for_status().json()["silenceID"]
    assert "active" == httpx.get(f"{managed}/silence/{made}", timeout=30).json()["status"]["state"]
    httpx.delete(f"{managed}/silence/{made}", timeout=30).raise_for_status()
    assert "expired" == httpx.get(f"{managed}/silence/{made}", timeout=30).json()["status"]["state"]


def test_a_store_that_is_away(stack: Stack) -> None:
    """Where the store behind it does not run the guard says so; a store that was killed starts again at its socket."""
    stack.stop("tempo")
    answer = httpx.get(f"http://127.0.0.1:{stack.ports.tempo}/ready", timeout=30)

    assert (502, "tempo: Bad Gateway\n") == (answer.status_code, answer.text)
    stack.start("tempo")
    stack.stop("tempo", signal.SIGKILL)
    stack.start("tempo")
