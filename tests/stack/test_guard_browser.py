"""A hostile page in a real browser tries every listener of the stores and of our own: it reads and changes nothing."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from browser import launched
from harness import poll
from playwright.sync_api import Browser, Page
from stacks import EngineBin, Stack, stack_of

pytestmark = pytest.mark.stack

EVIL = "evil.example"
LISTENERS = (
    "guard", "prometheus", "prometheus_inner", "alertmanager", "alertmanager_inner", "tempo", "loki", "notifications",
)  # fmt: skip
SECRET = "only-for-people"  # noqa: S105 - a word in a log line
_PATHS = (
    "/", "/metrics", "/ready", "/-/ready", "/api/v1/query?query=up", "/api/v2/silences", "/api/v2/alerts",
    "/api/search",     "/loki/api/v1/labels",
    "/loki/api/v1/query_range?query=%7Bservice_name%3D%22kept%22%7D", "/config", "/status/config",
)  # fmt: skip
_CHANGES = (
    "/-/quit", "/-/reload", "/shutdown", "/ingester/shutdown", "/flush", "/api/v2/silences", "/api/v2/alerts",
    "/loki/api/v1/push", "/otlp/v1/logs", "/loki/api/v1/delete?query=%7Bservice_name%3D%22kept%22%7D&start=1",
    "/alerts",    "/api/v1/write",
)  # fmt: skip
_ATTACK = """async ({bases, reads, changes, bodies}) => {
  const read = [], tried = [], plain = {"Content-Type": "text/plain"};
  const within = (promise) => Promise.race([promise, new Promise((_, no) => setTimeout(() => no("late"), 3000))]);
  const attempt = async (how, url, options) => {
    tried.push(how + " " + url);
    try {
      const answer = await within(fetch(url, options));
      const text = await answer.text();
      if (answer.type !== "opaque") read.push([how, url, answer.status, text.slice(0, 200)]);
    } catch (error) {}
  };
  const all = async (base) => {
    const look = async (path) => {
      await attempt("fetch", base + path, {});
      await attempt("no-cors", base + path, {mode: "no-cors", credentials: "include"});
    };
    const change = async (path) => {
      for (const body of bodies) {
        await attempt("text", base + path, {method: "POST", mode: "no-cors", headers: plain, body});
        await attempt("json", base + path, {method: "POST", headers: {"Content-Type": "application/json"}, body});
      }
      await attempt("put", base + path, {method: "PUT"});
      await attempt("delete", base + path, {method: "DELETE"});
      navigator.sendBeacon(base + path, bodies[0]);
      const image = new Image();
      const shown = new Promise(done => { image.onload = image.onerror = done; image.src = base + path; });
      await within(shown).catch(() => 0);
      const frame = document.createElement("iframe");
      frame.name = "f" + tried.length;
      document.body.append(frame);
      const form = document.createElement("form");
      Object.assign(form, {action: base + path, method: "POST", target: frame.name, enctype: "text/plain"});
      const field = document.createElement("input");
      [field.name, field.value] = [bodies[0].slice(0, -1) + ',"x":"', '"}'];
      form.append(field);
      document.body.append(form);
      await within(new Promise(done => { frame.onload = done; form.submit(); })).catch(() => 0);
      // A frame that has not loaded is empty, and the page's own.
      const inside = frame.contentDocument?.body?.innerText;
      if (inside) read.push(["form", base + path, 0, inside]);
      frame.remove();
    };
    await Promise.all([...reads.map(look), ...changes.map(change)]);
    const socket = await within(new Promise(done => {
      const one = new WebSocket(base.replace("http", "ws") + '/loki/api/v1/tail?query={service_name="kept"}');
      one.onopen = () => done("open"); one.onerror = () => done("");
    })).catch(() => "");
    if (socket) read.push(["websocket", base, 101, socket]);
    const source = await within(new Promise(done => {
      const one = new EventSource(base + "/api/v1/notifications/live");
      one.onopen = () => { one.close(); done("open"); }; one.onerror = () => { one.close(); done(""); };
    })).catch(() => "");
    if (source) read.push(["events", base, 200, source]);
  };
  await Promise.all(bases.map(all));
  return read;
}"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Stack]:
    """The stores, with a line, an alert and a silence in them, and the notification log."""
    names = ("prometheus", "alertmanager", "tempo", "loki", "notifications")
    with stack_of(tmp_path_factory.mktemp("b"), engine_bin, *names) as made:
        made.fire(alertname="Kept")
        httpx.post(f"{_managed(made)}/silences", json=_silence("kept"), timeout=30).raise_for_status()
        headers = {"Content-Type": "application/json"}
        url = f"http://127.0.0.1:{made.ports.loki}/otlp/v1/logs"
        httpx.post(url, content=_logs("kept", SECRET), headers=headers, timeout=30).raise_for_status()
        poll("the line", lambda: made.log_lines('{service_name="kept"}'))
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for which a name of the attacker's has the address of this machine.

    It lets every page ask this machine, as most browsers do: newer Chromiums ask the person first.
    """
    lenient = "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests"
    with launched(f"--host-resolver-rules=MAP {EVIL} 127.0.0.1", lenient) as made:
        yield made


def _managed(stack: Stack) -> str:
    return f"http://127.0.0.1:{stack.ports.alertmanager}/api/v2"


def _silence(comment: str) -> dict[str, Any]:
    matcher = {"name": "alertname", "value": ".+", "isRegex": True}
    times = {"startsAt": "2026-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z"}
    return {"matchers": [matcher], "createdBy": "somebody", "comment": comment, **times}


def _logs(service: str, text: str) -> str:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    record = {"timeUnixNano": str(time.time_ns()), "body": {"stringValue": text}}
    return json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [record]}]}]})


def _forged() -> list[str]:
    stream = {"stream": {"service_name": "forged"}, "values": [[str(time.time_ns()), "forged"]]}
    alert = {"labels": {"alertname": "Forged"}}
    told = {"version": "4", "receiver": "r", "alerts": [{"status": "firing", **alert, "annotations": {}}]}
    made = (_silence("forged"), [alert], {"streams": [stream]}, told)
    return [*(json.dumps(one) for one in made), _logs("forged", "forged")]


def _held(stack: Stack) -> dict[str, object]:
    """Return what the stores hold but for the stack's own alerts, and whether each is up."""
    ports = stack.ports
    ready = {"prometheus": "/-/ready", "alertmanager": "/-/ready", "tempo": "/ready", "loki": "/ready"}
    alerts = [one["labels"]["alertname"] for one in httpx.get(f"{_managed(stack)}/alerts", timeout=30).json()]
    logs = f"http://127.0.0.1:{ports.loki}/loki/api/v1/label/service_name/values"
    return {
        "silences": [one["comment"] for one in httpx.get(f"{_managed(stack)}/silences", timeout=30).json()],
        "alerts": [name for name in alerts if not name.startswith("Pipecat")],
        "services": httpx.get(logs, timeout=30).json()["data"],
        "lines": [line for _, line in stack.log_lines('{service_name="kept"}')],
        "ready": [
            name
            for name, path in ready.items()
            if httpx.get(f"http://127.0.0.1:{getattr(ports, name)}{path}", timeout=30).status_code == httpx.codes.OK
        ],
        "running": sorted(name for name, one in stack.processes.items() if one.popen and one.popen.poll() is None),
        "told": "Forged" in (stack.folder / "notifications.log").read_text(),
    }


def _page(browser: Browser, origin: str) -> Page:
    """Return a page of the attacker's, served under an address."""
    page = browser.new_page()
    page.route(f"{origin}/attack", lambda route: route.fulfill(body="<body>hello</body>", content_type="text/html"))
    page.goto(f"{origin}/attack")
    return page


def _attack(page: Page, *bases: str, reads: tuple[str, ...] = _PATHS, changes: tuple[str, ...] = _CHANGES) -> Any:  # noqa: ANN401 - JSON
    """Let a page try everything on some listeners; return what it could read: how, where, status and text."""
    given = {"bases": bases, "reads": reads, "changes": changes, "bodies": _forged()}
    found = page.evaluate(_ATTACK, given)
    page.close()
    return found


class _Victim(BaseHTTPRequestHandler):
    """Answers everybody, as the stores do without the guard, and notes who asked how."""

    seen: set[tuple[str, str, str]] = set()  # noqa: RUF012 - of one test

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        dest = self.headers.get("Sec-Fetch-Dest", "")
        self.seen.add((self.command, dest, self.headers.get("Upgrade", "")))
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", self.headers.get("Origin", "*"))
        self.end_headers()
        self.wfile.write(b"read")

    do_POST = do_GET  # noqa: N815 - the base's

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_the_attack_is_one(browser: Browser) -> None:
    """What answers everybody is read by the page, and asked in every way: a failure below is not the page's."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Victim) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = _page(browser, f"http://{EVIL}:8000")
        read = _attack(page, f"http://127.0.0.1:{server.server_port}", reads=("/",), changes=("/quit",))
        server.shutdown()

    assert ["fetch", 200, "read"] in [[how, status, text] for how, _, status, text in read]
    ways = {("GET", "empty", ""), ("POST", "empty", ""), ("GET", "image", ""), ("POST", "iframe", "")}
    assert ways <= _Victim.seen
    assert {"websocket"} <= {upgrade for _, _, upgrade in _Victim.seen}


def test_a_hostile_page(stack: Stack, browser: Browser) -> None:
    """A page of somebody else's reads nothing of any listener and changes nothing, whatever it sends."""
    before = _held(stack)
    bases = [f"http://127.0.0.1:{getattr(stack.ports, one)}" for one in LISTENERS]

    assert [] == _attack(_page(browser, f"http://{EVIL}:8000"), *bases)
    assert before == _held(stack)
    assert {"silences": ["kept"], "alerts": ["Kept"], "services": ["kept"], "lines": [SECRET]} == {
        key: before[key] for key in ("silences", "alerts", "services", "lines")
    }


@pytest.mark.parametrize("listener", [one for one in LISTENERS if not one.endswith("_inner")])
def test_a_page_whose_name_has_this_machines_address(stack: Stack, browser: Browser, listener: str) -> None:
    """A page whose own name leads here since (DNS rebinding) gets nothing but refusals, and changes nothing.

    At the inner ports the browser asks the person for a name and a password, which nobody has: `test_guard` has these.
    """
    before = _held(stack)
    origin = f"http://{EVIL}:{getattr(stack.ports, listener)}"
    read = _attack(_page(browser, origin), origin)

    assert read, "to its own origin it may read every answer"
    assert [] == [one for one in read if one[2] not in {0, 401, 403, 421}]
    assert [] == [one for one in read if SECRET in one[3] or "kept" in one[3].lower() or "alertname" in one[3]]
    assert before == _held(stack)
