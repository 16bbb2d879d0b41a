"""Closes the collector's intake while it goes on flushing.

On SIGTERM the OTLP receiver closes its HTTP and gRPC listeners, then waits for calls in flight; only when they are
done are processors and connectors stopped, which lose what they have not flushed. So one call is begun and held:
intake is closed, the flush timers go on, and when everything is out the call is let go.
"""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc

from pipecat_lgtm.errors import EngineError

_METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_CONNECT_SECONDS = 5.0
_LONGEST_SECONDS = 120.0
_BEGUN_SECONDS = 0.5
"""For the server to see the call begun; a loopback round trip is a thousandth of it."""


class Drain:
    """One held call.

    Args:
        address: host:port of OTLP/gRPC.
        ca_file: PEM of the authority, where the receiver has TLS.
        token: bearer token, where the receiver wants one: a call without it would be refused, and hold nothing.
    """

    def __init__(self, address: str, ca_file: Path | None = None, token: str = "") -> None:
        if ca_file is None:
            self._channel = grpc.insecure_channel(address)
        else:
            self._channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(ca_file.read_bytes()))
        self._address, self._metadata = address, (("authorization", f"Bearer {token}"),) if token else ()
        self._let_go = threading.Event()
        self._call: grpc.Future | None = None

    def hold(self) -> None:
        """Begin the call.

        Raises:
            EngineError: the receiver cannot be reached.
        """
        try:
            grpc.channel_ready_future(self._channel).result(_CONNECT_SECONDS)
        except grpc.FutureTimeoutError as error:
            self._channel.close()
            raise EngineError(f"collector: no OTLP/gRPC at {self._address}", "it is ended without draining") from error
        self._call = self._channel.stream_unary(_METHOD).future(
            self._withheld(), timeout=_LONGEST_SECONDS, metadata=self._metadata
        )
        self._let_go.wait(_BEGUN_SECONDS)

    def release_after(self, seconds: float, watch: Callable[[str, float], None] = lambda _what, _elapsed: None) -> None:
        """Let the call go after some seconds: longer than a flush and an interval together."""
        began = time.monotonic()
        while (elapsed := time.monotonic() - began) < seconds:
            watch("collector: intake closed, flushing", elapsed)
            self._let_go.wait(min(0.2, seconds - elapsed))
        self._let_go.set()
        if self._call is not None:
            self._call.cancel()
        self._channel.close()

    def _withheld(self) -> Iterator[bytes]:
        self._let_go.wait(_LONGEST_SECONDS)
        yield from ()
