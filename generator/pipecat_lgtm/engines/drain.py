"""Closes the collector's intake while it goes on flushing.

On SIGTERM the OTLP receiver closes its HTTP and gRPC listeners, then waits for calls in flight; only when they are
done are processors and connectors stopped, which lose what they have not flushed, and exporters, which lose what was
not scraped. So one call is begun and held at each of its receivers: intake is closed, what waits in it goes on, the
flush timers run, Prometheus scrapes, and when everything is out the calls are let go.

The collector stops its receivers in any order. Where the internal one is first, the bots' entrance stays open for as
long; what comes in then waits on disk for the next start, and the collector for what ends it: it has to be killed.
"""

import threading
import time
from collections.abc import Callable, Iterator

import grpc

from pipecat_lgtm.errors import EngineError

Watch = Callable[[str, float], None]
"""Told, about five times a second, what is done and the seconds since it began."""

_METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_CONNECT_SECONDS = 5.0
_LONGEST_SECONDS = 120.0
_BEGUN_SECONDS = 0.5
"""For the server to see the call begun, and for the intake, which collects for 0.2 s, to hand on what came before."""


class HeldCall:
    """A call to one receiver that is begun and says nothing.

    Args:
        address: host:port of OTLP/gRPC.
        authority: PEM of it, where the receiver has TLS.
        token: bearer token, where the receiver wants one: a call without it would be refused, and hold nothing.
    """

    def __init__(self, address: str, authority: bytes = b"", token: str = "") -> None:
        if authority:
            self._channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(authority))
        else:
            self._channel = grpc.insecure_channel(address)
        self._address, self._metadata = address, (("authorization", f"Bearer {token}"),) if token else ()
        self._let_go = threading.Event()
        self._call: grpc.Future | None = None

    def begin(self) -> None:
        """Begin the call.

        Raises:
            EngineError: the receiver cannot be reached.
        """
        try:
            grpc.channel_ready_future(self._channel).result(_CONNECT_SECONDS)
        except grpc.FutureTimeoutError as error:
            raise EngineError(f"collector: no OTLP/gRPC at {self._address}", "it is ended without draining") from error
        self._call = self._channel.stream_unary(_METHOD).future(
            self._withheld(), timeout=_LONGEST_SECONDS, metadata=self._metadata
        )

    def end(self) -> None:
        """Let the call go; one that was not begun is closed."""
        self._let_go.set()
        if self._call is not None:
            self._call.cancel()
        self._channel.close()

    def _withheld(self) -> Iterator[bytes]:
        self._let_go.wait(_LONGEST_SECONDS)
        yield from ()


class Drain:
    """Calls held at all receivers of a collector.

    Args:
        calls: one for each receiver.
    """

    def __init__(self, *calls: HeldCall) -> None:
        self._calls = calls

    def hold(self) -> None:
        """Begin the calls.

        Raises:
            EngineError: a receiver cannot be reached; no call is held then.
        """
        try:
            for call in self._calls:
                call.begin()
        except EngineError:
            self._end()
            raise
        time.sleep(_BEGUN_SECONDS)

    def release_when(self, out: Callable[[float], bool], watch: Watch = lambda _what, _elapsed: None) -> None:
        """Let the calls go when everything is out.

        Args:
            out: told the seconds since intake was closed, tells whether all is out.
            watch: told what goes on.
        """
        began = time.monotonic()
        while (elapsed := time.monotonic() - began) < _LONGEST_SECONDS and not out(elapsed):
            watch("collector: intake closed, flushing", elapsed)
            time.sleep(0.2)
        self._end()

    def _end(self) -> None:
        for call in self._calls:
            call.end()
