"""The notification log by itself; with Alertmanager, collector and Loki it is stack/test_nobody_told.py's."""

import contextlib
import http.client
import json
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipecat_lgtm import notifications
from pipecat_lgtm.config import load_default
from pipecat_lgtm.notifications import Server, Settings, parse, records
from pipecat_lgtm.renderers.notifications import settings
from rendered import placed

TRACE = "0af7651916cd43dd8448eb211c80319c"
NAMES = settings(load_default(), placed(load_default(), "native"))["names"]


def _settings(collector: str = "http://127.0.0.1:1/v1/logs", **changes: Any) -> Settings:  # noqa: ANN401
    files = {"token_file": None, "certificate_file": None} | changes
    return Settings("127.0.0.1", 0, "notifications", collector, **files, service="kept", names=NAMES)


def _alert(status: str = "firing", annotations: dict[str, str] | None = None, **labels: str) -> dict[str, Any]:
    return {"status": status, "labels": labels, "annotations": annotations or {}, "startsAt": "2026-02-01T10:00:00Z"}


def _message(*alerts: dict[str, Any]) -> dict[str, Any]:
    return {"version": "4", "receiver": "critical", "status": "firing", "alerts": list(alerts)}


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return record | {"attributes": {one["key"]: one["value"]["stringValue"] for one in record["attributes"]}}


def _records(*alerts: dict[str, Any]) -> list[dict[str, Any]]:
    (resource,) = records(_settings(), _message(*alerts), 7)["resourceLogs"]
    assert [{"key": "service.name", "value": {"stringValue": "kept"}}] == resource["resource"]["attributes"]
    return [_plain(one) for one in resource["scopeLogs"][0]["logRecords"]]


def test_records() -> None:
    """Each alert of a call is a record with its labels and annotations, a moment after the one before."""
    said = {"summary": "Slow", "trace_id": TRACE}

    assert [
        {
            "timeUnixNano": "7",
            "observedTimeUnixNano": "7",
            "severityNumber": 17,
            "severityText": "critical",
            "body": {"stringValue": "Slow"},
            "traceId": TRACE,
            "attributes": {
                "event.name": "pipecat.notification",
                "pipecat.notification.receiver": "critical",
                "pipecat.notification.status": "firing",
                "pipecat.notification.started": "2026-02-01T10:00:00Z",
                "pipecat.alert.alertname": "PipecatTtfwHigh",
                "pipecat.alert.severity": "critical",
                "pipecat.alert.service_name": "bot",
                "pipecat.annotation.summary": "Slow",
                "pipecat.annotation.trace_id": TRACE,
            },
        },
        {
            "timeUnixNano": "8",
            "observedTimeUnixNano": "8",
            "severityNumber": 9,
            "severityText": "",
            "body": {"stringValue": "Foreign"},
            "attributes": {
                "event.name": "pipecat.notification",
                "pipecat.notification.receiver": "critical",
                "pipecat.notification.status": "resolved",
                "pipecat.notification.started": "2026-02-01T10:00:00Z",
                "pipecat.alert.alertname": "Foreign",
            },
        },
    ] == _records(
        _alert("firing", said, alertname="PipecatTtfwHigh", severity="critical", service_name="bot"),
        _alert("resolved", alertname="Foreign"),
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (TRACE, TRACE),
        (TRACE.upper(), TRACE),
        ("none applies: this alert is about the monitoring", None),
        ("0" * 32, None),
        (TRACE[1:], None),
        (f"{TRACE}\n", None),
    ],
    ids=["id", "capitals", "words", "noughts", "short", "line feed"],
)
def test_trace(said: str, expected: str | None) -> None:
    """A record belongs to the trace that its annotation names, if that is a trace id."""
    (record,) = _records(_alert(annotations={"trace_id": said}))

    assert expected == record.get("traceId")


def test_bounded_and_sendable() -> None:
    """What would not fit into Loki is left out, and what UTF-8 cannot hold is replaced; the rest is as it was."""
    (record,) = _records(_alert(annotations={"summary": "half \ud83d", "long": "x" * 40_000}))

    assert "half ?" == record["body"]["stringValue"]
    assert "half ?" == record["attributes"]["pipecat.annotation.summary"]
    assert "pipecat.annotation.long" not in record["attributes"]


_WRONG = "not Alertmanager's webhook, version 4: "


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[]", _WRONG + 'no object whose version is "4"'),
        (b'{"version": "3"}', _WRONG + 'no object whose version is "4"'),
        (b'{"version": "4"}', _WRONG + "receiver is no text"),
        (b'{"version": "4", "receiver": "a", "alerts": []}', _WRONG + "alerts is no list, or empty"),
        (_message(_alert("pending")), _WRONG + "alerts[0] is no object whose status is firing or resolved"),
        (_message(_alert(), {"status": []}), _WRONG + "alerts[1] is no object whose status is firing or resolved"),
        (_message(_alert() | {"labels": {"a": 1}}), _WRONG + "alerts[0].labels is no object of texts"),
        (_message(_alert() | {"annotations": None}), _WRONG + "alerts[0].annotations is no object of texts"),
    ],
    ids=["list", "version 3", "no receiver", "no alerts", "pending", "no status", "labels", "annotations"],
)
def test_malformed(body: bytes | dict[str, Any], message: str) -> None:
    """What is not Alertmanager's version 4 is refused, with what is wrong."""
    with pytest.raises(notifications.RefusedError) as caught:
        parse(body if isinstance(body, bytes) else json.dumps(body).encode())

    assert (400, message) == caught.value.args


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff"], ids=["nothing", "cut", "deep", "not UTF-8"])
def test_no_json(body: bytes) -> None:
    """What is no JSON is refused, however it is broken."""
    with pytest.raises(notifications.RefusedError) as caught:
        parse(body)

    assert (400, True) == (caught.value.args[0], caught.value.args[1].startswith("the body is no JSON: "))


@contextmanager
def _listening(server: HTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _collector(status: int, text: str, heard: list[Any]) -> HTTPServer:
    """Return a server that answers what a collector would, and notes what it is sent."""

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.path, self.headers["Authorization"], json.loads(body)))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    return HTTPServer(("127.0.0.1", 0), Answering)


Capture = pytest.CaptureFixture[str]
BODY = json.dumps(_message(_alert(alertname="A\nB", severity="critical", service_name="bot")))
JSON = {"content-type": "application/json; charset=utf-8"}


@pytest.mark.parametrize(
    ("status", "text", "expected", "said"),
    [
        (200, "{}", 200, "kept: critical A B bot firing"),
        (200, '{"partialSuccess":{}}', 200, "kept: critical A B bot firing"),
        (200, '{"partialSuccess":{"rejectedLogRecords":"1"}}', 503, " took a part only: {"),
        (401, "no", 503, "/v1/logs answers 401: no: critical A B bot firing"),
        (503, "full", 503, "/v1/logs answers 503: full: critical A B bot firing"),
    ],
    ids=["kept", "empty partial", "partial", "no token", "full"],
)
def test_only_what_is_kept_is_acknowledged(
    status: int, text: str, expected: int, said: str, tmp_path: Path, capsys: Capture
) -> None:
    """Alertmanager hears 200 if and only if the collector took everything; the log says which alerts, in one line."""
    heard: list[Any] = []
    (tmp_path / "tokens").write_text("first\nsecond\n")
    with _listening(_collector(status, text, heard)) as collector:
        server = Server(_settings(f"{collector}/v1/logs", token_file=str(tmp_path / "tokens")))
        with _listening(server) as url:
            answer = httpx.post(f"{url}/alerts", content=BODY, headers=JSON)

    assert expected == answer.status_code
    assert [("/v1/logs", "Bearer first")] == [one[:2] for one in heard]
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_nobody_to_hand_to(capsys: Capture) -> None:
    """While the collector does not answer, Alertmanager is told to try again, and the log names the alert."""
    with _listening(Server(_settings())) as url:
        assert 200 == httpx.get(f"{url}/ready").status_code
        assert 503 == httpx.post(f"{url}/alerts", content=BODY, headers=JSON).status_code

    said = capsys.readouterr().err
    assert "http://127.0.0.1:1/v1/logs: ConnectionRefusedError" in said
    assert said.endswith(": critical A B bot firing\n")


@pytest.mark.parametrize(
    ("content", "headers", "expected", "said"),
    [
        (b"{", JSON, 400, "refused with 400: the body is no JSON"),
        (b"{}", {"content-type": "text/plain"}, 415, "Content-Type is text/plain, not application/json"),
        (iter([b"{}"]), JSON, 411, "no Content-Length"),
        (b" " * (notifications.BODY_BYTES + 1), JSON, 413, "4194305 bytes are more than 4194304; group fewer alerts"),
    ],
    ids=["malformed", "type", "length", "size"],
)
def test_refused(content: Any, headers: dict[str, str], expected: int, said: str, capsys: Capture) -> None:  # noqa: ANN401
    """What cannot be taken is refused for good, and both the answer and the log say why."""
    with _listening(Server(_settings())) as url:
        answer = httpx.post(f"{url}/alerts", content=content, headers=headers)

    assert expected == answer.status_code
    assert said.removeprefix(f"refused with {expected}: ") in answer.text
    assert said in capsys.readouterr().err


def test_bounded_connections(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Who finds every place taken is turned away, until one is free."""
    monkeypatch.setattr(notifications, "CONNECTIONS", 1)
    server = Server(_settings())
    with _listening(server) as url, socket.create_connection(("127.0.0.1", server.server_port)) as silent:
        with pytest.raises((httpx.TransportError, http.client.HTTPException)):
            httpx.get(f"{url}/ready")
        assert "turned away: 1 others are at work" in capsys.readouterr().err
        silent.close()
        _until(lambda: _ready(url))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"host": "rebound.example:9095"}, 421),
        ({"origin": "https://example.com"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"host": "[::1]:9095"}, None),
        ({"host": "localhost"}, None),
        ({"host": "notifications:9095"}, None),
    ],
)
def test_no_page_is_heard(headers: dict[str, str], expected: int | None) -> None:
    """What a page in a browser sends is refused, under whatever name it asks; what is none is heard."""
    with _listening(Server(_settings())) as url:
        body = json.dumps(_message(_alert(alertname="Forged")))
        posted = httpx.post(f"{url}/alerts", content=body, headers=JSON | headers).status_code
        asked = httpx.get(f"{url}/ready", headers=headers).status_code

    # There is no collector here: what is heard is not kept.
    assert (expected or 503, expected or 200) == (posted, asked)


def test_drips_do_not_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty connections that send a byte at a time leave it ready, and none of them lasts longer than its deadline."""
    monkeypatch.setattr(notifications, "SECONDS", 1.0)
    server = Server(_settings())
    with _listening(server) as url, contextlib.ExitStack() as stack:
        dripping = [stack.enter_context(socket.create_connection(("127.0.0.1", server.server_port))) for _ in range(30)]
        for one in dripping:
            one.sendall(b"POST /alerts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
        assert httpx.get(f"{url}/ready", timeout=5).status_code == httpx.codes.OK
        ended = 0
        while ended < len(dripping):
            for one in dripping:
                with contextlib.suppress(OSError):
                    one.sendall(b" ")
            readable, _, _ = select.select(dripping, [], [], 0.1)
            ended = len(readable)


def _until(check: Callable[[], bool]) -> None:
    assert any(check() for _ in range(100))


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ready").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
