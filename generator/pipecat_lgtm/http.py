"""One HTTP request, with a deadline for the whole of its answer."""

import contextlib
import socket
import ssl
import threading
from functools import cache
from pathlib import Path
from typing import Any, Self

import httpx

_CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")
"""Events after which a connection has a new socket: a TLS one takes the place of the plain one."""


def request(  # noqa: PLR0913 - the parts of a request
    method: str,
    url: str,
    seconds: float,
    *,
    params: dict[str, str] | dict[str, str | list[str]] | None = None,
    headers: dict[str, str] | None = None,
    body: Any = None,  # noqa: ANN401 - JSON
    trusted: Path | None = None,
) -> httpx.Response:
    """Return the whole answer to a request.

    The timeouts of httpx are for each read: a server that sends a byte now and then is never late for one.

    Args:
        method: of HTTP.
        url: the address.
        seconds: for all of it: connecting, headers and body.
        params: of the address.
        headers: to send.
        body: is sent as JSON; None: there is none.
        trusted: a certificate that is trusted instead of the usual authorities.

    Raises:
        httpx.HTTPError: there is no answer, or no whole one in time.
        httpx.InvalidURL: that is no address.
    """
    with httpx.Client(verify=_trust(trusted), timeout=seconds) as client, _Deadline(seconds) as deadline:
        try:
            answer = client.request(
                method, url, params=params, headers=headers, json=body, extensions={"trace": deadline.trace}
            )
        except httpx.HTTPError as error:
            if not deadline.is_over or isinstance(error, httpx.TimeoutException):
                raise
        if deadline.is_over:  # what was cut off may look like an answer that ends with the connection
            raise httpx.ReadTimeout(f"no whole answer within {seconds:g} s")
        return answer


@cache
def _trust(certificate: Path | None) -> ssl.SSLContext:
    """Return what certificates are held against; reading the authorities takes longer than many an answer."""
    return ssl.create_default_context(cafile=certificate) if certificate else httpx.create_ssl_context()


class _Deadline:
    """Cuts a connection when its time is up: whoever reads it then reads its end.

    Args:
        seconds: from the begin of the `with` block on.
    """

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take what httpx says of a request, and with it the socket."""
        if event in _CONNECTED:
            self._socket = info["return_value"].get_extra_info("socket")
            if self.is_over:
                self._shut()

    def _cut(self) -> None:
        self.is_over = True
        self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it has ended
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # that of a TLS one is not made for threads
