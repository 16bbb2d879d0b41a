"""The notification log: keeps what Alertmanager would tell people where nobody is configured to be told.

Takes Alertmanager's webhook (version 4), makes an OTLP log record of each alert in it, and hands them to the collector.
Answers 200 only once the collector has them, and 503 otherwise, upon which Alertmanager tries again: what is told
arrives at least once. `python notifications.py` (`--check` only reads the settings.json beside it) needs Python's
standard library and nothing else, since it is mounted into a bare Python image, too. Secrets are read from files.
"""

import contextlib
import http.client
import io
import json
import re
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

BODY_BYTES = 4 * 1024**2
"""Of one webhook call: more than a thousand alerts in one group."""

ATTRIBUTES_BYTES = 32 * 1024
"""Of one record: Loki refuses one with more than 64 kB of them."""

CONNECTIONS = 64
"""At once; further ones are turned away."""

CALLS = 8
"""Whose bodies are held at once; further ones are answered 503, and Alertmanager tries again."""

SECONDS = 10.0
"""For each step of a connection: to have read all of its request, and to hear from the collector."""

_LINE_CHARACTERS, _SAID_BYTES = 500, 200
_SEVERITIES = {"critical": 17, "warning": 13}  # OTLP's ERROR and WARN; whatever else is INFO
_HOSTS = ("localhost", "127.0.0.1", "::1")
_OF_BROWSERS = ("Origin", "Sec-Fetch-Site")
_TRACE_ID = re.compile("[0-9a-f]{32}")
_REJECTED = re.compile(r'"rejectedLogRecords"\s*:\s*"?[1-9]')
_PEM_END = "-----END CERTIFICATE-----"


class RefusedError(Exception):
    """What was posted is not taken: an HTTP status, and why."""


class _Until(io.RawIOBase):
    """Reads from a connection until a moment: who sends a byte at a time does not get more time for it."""

    def __init__(self, connection: socket.socket, end: float) -> None:
        self._connection, self._end = connection, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class NotKeptError(Exception):
    """The collector did not take the records."""


@dataclass(frozen=True)
class Settings:
    """What the generator renders.

    Args:
        address: to listen on.
        port: to listen on.
        host: the name that Alertmanager calls it by.
        collector: address of the collector's OTLP/HTTP logs.
        token_file: holds the bearer tokens the collector takes, one a line.
        certificate_file: PEM; its first certificate is the collector's own, and the only one that is trusted.
        service: service.name of the records.
        names: attributes and labels by what they are.
    """

    address: str
    port: int
    host: str
    collector: str
    token_file: str | None
    certificate_file: str | None
    service: str
    names: dict[str, str]


def parse(body: bytes) -> dict[str, Any]:
    """Return a webhook call's content.

    Raises:
        RefusedError: it is not Alertmanager's version 4; says what is wrong.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"the body is no JSON: {error}") from error
    if fault := next(_faults(data), ""):
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"not Alertmanager's webhook, version 4: {fault}")
    return dict(data)


def _faults(data: Any) -> Iterator[str]:  # noqa: ANN401 - JSON of anybody
    """Yield what is wrong; only the first is asked for, and what follows relies on what was looked at before."""
    if not isinstance(data, dict) or data.get("version") != "4":
        yield 'no object whose version is "4"'
    if not isinstance(data.get("receiver"), str):
        yield "receiver is no text"
    if not isinstance(data.get("alerts"), list) or not data["alerts"]:
        yield "alerts is no list, or empty"
    for number, alert in enumerate(data["alerts"]):
        if not isinstance(alert, dict) or alert.get("status") not in ("firing", "resolved"):
            yield f"alerts[{number}] is no object whose status is firing or resolved"
        for part in ("labels", "annotations"):
            texts = alert.get(part)
            if not isinstance(texts, dict) or not all(isinstance(value, str) for value in texts.values()):
                yield f"alerts[{number}].{part} is no object of texts"


def records(settings: Settings, message: dict[str, Any], now: int) -> dict[str, Any]:
    """Return a call's alerts as an OTLP/HTTP logs request, of now (Unix time in nanoseconds) and after.

    Each record is one later than the one before: Loki takes equal lines of one time for one.
    """
    made = [_record(settings.names, message, alert, now + index) for index, alert in enumerate(message["alerts"])]
    resource = {"attributes": [_attribute(settings.names["service"], settings.service)]}
    scope = {"name": settings.names["scope"]}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": scope, "logRecords": made}]}]}


def _record(names: dict[str, str], message: dict[str, Any], alert: dict[str, Any], now: int) -> dict[str, Any]:
    labels, annotations = alert["labels"], alert["annotations"]
    severity = labels.get(names["severity"], "")
    attributes = {
        names["event_name"]: names["event"],
        names["receiver"]: message["receiver"],
        names["status"]: alert["status"],
        names["started"]: str(alert.get("startsAt", "")),
        **{names["of_label"] + name: value for name, value in labels.items()},
        **{names["of_annotation"] + name: value for name, value in annotations.items()},
    }
    made = {
        "timeUnixNano": str(now),
        "observedTimeUnixNano": str(now),
        "severityNumber": _SEVERITIES.get(severity, 9),
        "severityText": _clean(severity),
        "body": {"stringValue": _clean(annotations.get(names["summary"]) or labels.get(names["alertname"], ""))},
        "attributes": list(_within(attributes)),
    }
    trace_id = annotations.get(names["trace_id"], "").lower()
    return made | {"traceId": trace_id} if _TRACE_ID.fullmatch(trace_id) and trace_id.strip("0") else made


def _within(attributes: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Yield as many attributes as a record may have."""
    left = ATTRIBUTES_BYTES
    for name, value in attributes.items():
        left -= len((name + value).encode("utf-8", "replace"))
        if left >= 0:
            yield _attribute(name, value)


def _attribute(name: str, value: str) -> dict[str, Any]:
    return {"key": _clean(name), "value": {"stringValue": _clean(value)}}


def _clean(text: str) -> str:
    """Return a text without halves of surrogate pairs, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()


def keep(settings: Settings, request: dict[str, Any]) -> None:
    """Hand records to the collector, or raise NotKeptError, which says why it did not take all of them."""
    headers = {"Content-Type": "application/json"}
    try:
        if settings.token_file is not None:
            headers["Authorization"] = f"Bearer {Path(settings.token_file).read_text(encoding='utf-8').split()[0]}"
        connection = _connection(settings)
        try:
            connection.request("POST", urlsplit(settings.collector).path, json.dumps(request), headers)
            answer = connection.getresponse()
            said = answer.read(_SAID_BYTES).decode("utf-8", "replace")
        finally:
            connection.close()
    except (OSError, ValueError, IndexError, http.client.HTTPException) as error:
        raise NotKeptError(f"{settings.collector}: {type(error).__name__}: {error}") from error
    if answer.status != HTTPStatus.OK:
        raise NotKeptError(f"{settings.collector} answers {answer.status}: {said}")
    if _REJECTED.search(said):
        raise NotKeptError(f"{settings.collector} took a part only: {said}")


def _connection(settings: Settings) -> http.client.HTTPConnection:
    to = urlsplit(settings.collector)
    if to.scheme == "http":
        return http.client.HTTPConnection(to.hostname or "", to.port, timeout=SECONDS)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # No name is asked for: whoever holds this very certificate's key is the collector, whatever it is called here.
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    pem = Path(settings.certificate_file or "").read_text(encoding="utf-8")
    context.load_verify_locations(cadata=pem[: pem.index(_PEM_END) + len(_PEM_END)])
    return http.client.HTTPSConnection(to.hostname or "", to.port, timeout=SECONDS, context=context)


def say(text: str) -> None:
    """Write one line to the log, whatever is in the text."""
    line = "".join(char if char.isprintable() else " " for char in text)[:_LINE_CHARACTERS]
    sys.stderr.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {_clean(line)}\n")
    sys.stderr.flush()


class _Handler(BaseHTTPRequestHandler):
    server: "Server"
    server_version, sys_version = "pipecat-notifications", ""
    timeout = SECONDS

    def setup(self) -> None:
        """Give the whole request one deadline."""
        super().setup()
        self.rfile = io.BufferedReader(_Until(self.connection, time.monotonic() + SECONDS))

    def parse_request(self) -> bool:
        """Refuse what a page in a browser sends, whatever it is: no program that belongs here sends these headers."""
        if not super().parse_request():
            return False
        host = re.sub(r":[0-9]*$", "", self.headers.get("Host", "")).strip("[]")
        if host not in (*_HOSTS, self.server.settings.address, self.server.settings.host):
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, "not a name of this server")
            return False
        if any(name in self.headers for name in _OF_BROWSERS):
            self._answer(HTTPStatus.FORBIDDEN, "not for browsers")
            return False
        return True

    def do_GET(self) -> None:
        """Say that it is ready."""
        self._answer(HTTPStatus.OK, "ready")

    def do_POST(self) -> None:
        """Keep what Alertmanager tells, where not too many calls are at work."""
        if not self.server.calls.acquire(blocking=False):
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "too many calls at once, try again")
            return
        with contextlib.ExitStack() as stack:
            stack.callback(self.server.calls.release)
            self._keep()

    def _keep(self) -> None:
        settings = self.server.settings
        try:
            message = parse(self._body())
            told = ", ".join(_said(settings.names, alert) for alert in message["alerts"])
            keep(settings, records(settings, message, time.time_ns()))
        except RefusedError as error:
            self._answer(*error.args)
            say(f"refused with {error.args[0].value}: {error.args[1]}")
        except NotKeptError as error:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "not kept, try again")
            say(f"not kept, Alertmanager will try again: {error}: {told}")
        else:
            self._answer(HTTPStatus.OK, "kept")
            say(f"kept: {told}")

    def _body(self) -> bytes:
        kind, length = self.headers.get_content_type(), self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()):
            raise RefusedError(HTTPStatus.LENGTH_REQUIRED, "no Content-Length")
        try:
            body = self.rfile.read(min(int(length), BODY_BYTES + 1))
        except TimeoutError as error:
            raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, f"{length} bytes did not come in time") from error
        if len(body) > BODY_BYTES:
            reason = f"{length} bytes are more than {BODY_BYTES}; group fewer alerts (routing.group_by)"
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)
        if kind != "application/json":
            raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type is {kind}, not application/json")
        return body

    def _answer(self, status: HTTPStatus, text: str) -> None:
        content = f"{_clean(text)}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: what matters is said where it happens."""


def _said(names: dict[str, str], alert: dict[str, Any]) -> str:
    words = (alert["labels"].get(names[one], "") for one in ("severity", "alertname", "service_name"))
    return " ".join(word for word in (*words, alert["status"]) if word)


class Server(ThreadingHTTPServer):
    """A thread per connection, and only so many; at the end those at work may finish."""

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.address_family = socket.AF_INET6 if ":" in settings.address else socket.AF_INET
        self.calls, self._free = threading.Semaphore(CALLS), threading.Semaphore(CONNECTIONS)
        super().__init__((settings.address, settings.port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base's
        """Take a connection where there is room."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            say(f"turned away: {CONNECTIONS} others are at work")
            self.close_request(request)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - the base's
        """Make room: every connection taken ends here."""
        super().shutdown_request(request)
        self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002 - the base's
        """Say in a line what went wrong with a connection."""
        say(f"a connection failed: {sys.exception()!r}")


def main() -> None:
    """Listen until told to end."""
    settings = Settings(**json.loads(Path(__file__).with_name("settings.json").read_text(encoding="utf-8"))["settings"])
    if "--check" in sys.argv:
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with Server(settings) as server:
        say(f"listening on {settings.address} port {settings.port}, handing to {settings.collector}")
        server.serve_forever()


if __name__ == "__main__":
    main()
