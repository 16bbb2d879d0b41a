"""What became of a batch: OpenTelemetry's exporters say whether it arrived, and not whether to try again."""

import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum
from typing import Any

from pipecat_lgtm_bridge import forking
from pipecat_lgtm_bridge.guard import once

_REQUEST_TIMEOUT, _TOO_LARGE, _TOO_MANY_REQUESTS = 408, 413, 429
_UNAVAILABLE = 503
_BROKEN_BEHIND_A_PROXY = (502, 504)

_NEVER = (
    "INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "FAILED_PRECONDITION", "UNIMPLEMENTED",
    "UNAUTHENTICATED",
)  # fmt: skip
_FAULTS = ("INTERNAL", "UNKNOWN")
_BROKEN = ("DEADLINE_EXCEEDED", "CANCELLED")
_BREAKS = re.compile("stream removed|socket closed|reset|broken pipe|end of tcp stream|status: 50[24]", re.IGNORECASE)
"""What gRPC says with UNAVAILABLE if a connection broke that was there, or that of a proxy to the collector."""
_NO_CONNECTION = "failed to connect"
_TLS_CUT = "SSLEOFError"

_MOST_OF_AN_ANSWER = 2**12
"""Bytes that are read of an answer's body, so that its connection can be used again; a collector's has about 20."""


class Answer(Enum):
    """What became of a batch; the value of one that will never be taken is the reason its items are dropped for."""

    TAKEN = "taken"
    LATER = "later"
    """Nobody answered, or with "try again"."""
    FAULT = "fault"
    """The receiver failed: because of what was sent, or of itself."""
    BROKEN = "broken"
    """The connection broke, or nobody answered in time, after the request was sent."""
    REFUSED = "refused"
    TOO_LARGE = "too_large"
    INVALID = "invalid"
    """It cannot be encoded, so nothing was sent."""


class _Broken(Exception):  # noqa: N818 - it ends an export, and is no error of ours
    """Ends an export, which would otherwise be tried again at once, up to 11 more times."""


class Wire:
    """An OTLP exporter whose answers are read.

    Args:
        exporter: over HTTP or gRPC; of any other a failed batch is tried again.
        signal: its name, for the log.
    """

    def __init__(self, exporter: Any, signal: str) -> None:  # noqa: ANN401 - of either package and signal
        self.exporter, self._signal = exporter, signal
        self._seen: list[Any] = []
        self._renew: Callable[[], object] | None = None
        self._of_parent = False
        if (session := _session(exporter)) is not None:
            self._watch_http(session)
        elif hasattr(exporter, "_stub") and hasattr(exporter, "_initialize_channel_and_stub"):
            self._watch_grpc()
        forking.in_child(self.leave_to_parent)

    def send(self, batch: Sequence[Any]) -> Answer:
        """Export a batch."""
        if self._of_parent and self._renew is not None:
            self._renew()
        self._of_parent = False
        self._seen.clear()
        try:
            arrived = self.exporter.export(batch).name == "SUCCESS"
        except _Broken as error:
            once(f"exporting {self._signal}: the connection to the collector breaks: {error}")
        except Exception as error:
            if self._seen or self._renew is None:
                raise
            once(f"{self._signal} that cannot be encoded are dropped: {type(error).__name__}", error)
            return Answer.INVALID
        if not self._seen:
            return Answer.TAKEN if arrived else self._unsent()
        seen = self._seen[-1]
        if isinstance(seen, Answer):
            return seen
        answer = _of_status(seen) if isinstance(seen, int) else _of_code(seen)
        if answer in {Answer.REFUSED, Answer.TOO_LARGE}:
            what = f"the collector refuses {self._signal} for good and they are dropped: {_said(seen)}"
            once(f"{what}; if it is all of them, look at OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS")
        return answer

    def leave_to_parent(self) -> None:
        """Use no connection of the process from which this one was forked."""
        self._of_parent = True

    def _unsent(self) -> Answer:
        if self._renew is None:
            return Answer.LATER
        once(f"{self._signal} that cannot be encoded are dropped")
        return Answer.INVALID

    def _watch_http(self, session: Any) -> None:  # noqa: ANN401 - requests is imported only with the exporter
        from requests import RequestException  # noqa: PLC0415
        from requests.adapters import HTTPAdapter  # noqa: PLC0415

        request, longest = session.request, 0.0

        def watched(*arguments: Any, timeout: float | None = None, **options: Any) -> Any:  # noqa: ANN401
            # The exporter gives a repeated request only what is left of its time. A collector that needs longer has
            # taken the batch and is sent it again: everything in it counts twice. So each request has the whole time.
            nonlocal longest
            longest = max(longest, timeout or 0.0)
            self._seen.append(None)
            try:
                response = request(*arguments, timeout=longest or None, **{**options, "stream": True})
            except RequestException as error:
                if not _was_sent(error):
                    self._seen[-1] = Answer.LATER
                    raise
                self._seen[-1] = Answer.BROKEN
                # The exporter repeats what it takes for a lost connection at once, and again after each pause of its
                # own. What was received, but not answered, would arrive as often; so this is an error of another kind.
                raise RequestException(str(error)) from error
            self._seen[-1] = response.status_code
            _read(response, longest)
            return response

        def renew() -> None:
            for scheme in ("https://", "http://"):
                session.mount(scheme, HTTPAdapter())

        session.request, self._renew = watched, renew

    def _watch_grpc(self) -> None:
        exporter, stub = self.exporter, self.exporter._stub  # noqa: SLF001 - there is no public way to the channel
        exporter._channel.close()  # noqa: SLF001
        exporter._stub = lambda channel: _Stub(stub(channel), self._seen)  # noqa: SLF001
        self._renew = exporter._initialize_channel_and_stub  # noqa: SLF001
        exporter._initialize_channel_and_stub()  # noqa: SLF001


class _Stub:
    """Calls a service and notes its answers: None, or the error. Each call has the exporter's whole timeout."""

    def __init__(self, stub: Any, seen: list[Any]) -> None:  # noqa: ANN401
        self._stub, self._seen, self._longest = stub, seen, 0.0

    def Export(self, *arguments: Any, timeout: float | None = None, **options: Any) -> Any:  # noqa: ANN401, N802 - the service's own name
        self._longest = max(self._longest, timeout or 0.0)
        self._seen.append(None)
        try:
            answer = self._stub.Export(*arguments, timeout=self._longest or None, **options)
        except Exception as error:
            if hasattr(error, "code"):
                self._seen[-1] = error
                if _of_code(error) is Answer.BROKEN:
                    raise _Broken(_said(error)) from error
            raise
        self._seen[-1] = 200
        return answer


def _session(exporter: Any) -> Any:  # noqa: ANN401
    """Return the HTTP session of an exporter: its own up to OpenTelemetry 1.44, since then its transport's."""
    session = getattr(exporter, "_session", None)
    transport = getattr(getattr(exporter, "_client", None), "_transport", None)
    return session or getattr(transport, "_session", None)


def _read(response: Any, seconds: float) -> None:  # noqa: ANN401
    """Read what an answer says beside its status, which holds even if the rest is cut off or does not end."""
    from requests import RequestException  # noqa: PLC0415

    text, end = bytearray(), time.monotonic() + seconds
    with suppress(RequestException), response:
        for one in response.iter_content(1):  # more at once would be waited for
            text += one
            if len(text) >= _MOST_OF_AN_ANSWER or time.monotonic() > end:
                break
    response._content = bytes(text)  # noqa: SLF001 - as `Response.content` keeps it


def _was_sent(error: Exception) -> bool:
    """Return whether a request broke after the receiver had begun to take it: nobody refused the connection."""
    from requests import ConnectionError as Lost  # noqa: PLC0415
    from requests import ReadTimeout  # noqa: PLC0415
    from requests.exceptions import ChunkedEncodingError  # noqa: PLC0415
    from urllib3.exceptions import ProtocolError, ReadTimeoutError  # noqa: PLC0415

    cut = isinstance(error, Lost) and any(isinstance(one, (ProtocolError, ReadTimeoutError)) for one in error.args)
    # TLS says so of a connection that is closed while a large request is written to it.
    cut = cut or (isinstance(error, Lost) and _TLS_CUT in str(error))
    return cut or isinstance(error, (ReadTimeout, ChunkedEncodingError))


def _of_status(status: int) -> Answer:
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own classes
        return Answer.TAKEN
    if status in {_REQUEST_TIMEOUT, _TOO_MANY_REQUESTS, _UNAVAILABLE}:
        return Answer.LATER
    if status in _BROKEN_BEHIND_A_PROXY:
        return Answer.BROKEN
    if status >= 500:  # noqa: PLR2004
        return Answer.FAULT
    return Answer.TOO_LARGE if status == _TOO_LARGE else Answer.REFUSED


def _of_code(error: Any) -> Answer:  # noqa: ANN401 - gRPC is not always installed
    code, said = (error.code().name, str(error.details())) if error is not None else ("", "")
    if code == "RESOURCE_EXHAUSTED" and "larger than max" in said:
        return Answer.TOO_LARGE
    if code in _FAULTS:
        return Answer.FAULT
    broken = code == "UNAVAILABLE" and _BREAKS.search(said) and _NO_CONNECTION not in said
    if broken or code in _BROKEN:
        return Answer.BROKEN
    return Answer.REFUSED if code in _NEVER else Answer.LATER


def _said(seen: Any) -> str:  # noqa: ANN401
    return f"HTTP {seen}" if isinstance(seen, int) else f"gRPC {seen.code().name}"
