import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from pipecat_lgtm.engines import drain
from pipecat_lgtm.engines.drain import Drain, HeldCall
from pipecat_lgtm.errors import EngineError


class _Receiver(grpc.GenericRpcHandler):
    """Takes trace exports as the collector does, and notes when a call begins and ends."""

    def __init__(self) -> None:
        self.methods: list[str] = []
        self.authorization: list[Any] = []
        self.begun, self.ended = threading.Event(), threading.Event()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        self.methods.append(handler_call_details.method)
        self.authorization.append(dict(handler_call_details.invocation_metadata).get("authorization"))
        return grpc.stream_unary_rpc_method_handler(self._take)

    def _take(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        context.add_callback(self.ended.set)
        self.begun.set()
        for _ in requests:
            pass
        return b""


@pytest.fixture
def receiver() -> Iterator[tuple[_Receiver, Any, str]]:
    """Serve a receiver; return it, its server and its address."""
    handler, server = _Receiver(), grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield handler, server, f"127.0.0.1:{port}"
    server.stop(None).wait()


def test_keeps_the_receiver_open(receiver: tuple[_Receiver, Any, str]) -> None:
    """A held call keeps a server that was told to stop from ending, until the call is let go; then it ends at once."""
    handler, server, address = receiver
    held = Drain(HeldCall(address))
    held.hold()
    assert handler.begun.wait(10)
    stopped = server.stop(60)

    told: list[str] = []
    held.release_when(lambda elapsed: elapsed > 0.5, lambda what, _elapsed: told.append(what))
    assert stopped.wait(10)
    assert handler.ended.wait(10)
    assert ["/opentelemetry.proto.collector.trace.v1.TraceService/Export"] == handler.methods
    assert {"collector: intake closed, flushing"} == set(told)


def test_sends_nothing(receiver: tuple[_Receiver, Any, str]) -> None:
    """The held call carries no telemetry: it ends without ever having said anything."""
    handler, _, address = receiver
    held = Drain(HeldCall(address))
    held.hold()
    assert handler.begun.wait(10)
    assert not handler.ended.is_set()

    held.release_when(lambda _elapsed: True)
    assert handler.ended.wait(10)


@pytest.mark.parametrize(("token", "shown"), [("", None), ("s3cret", "Bearer s3cret")])
def test_shows_its_token(receiver: tuple[_Receiver, Any, str], token: str, shown: str | None) -> None:
    """Where the receiver wants a token the call shows it: a refused call would hold nothing."""
    handler, _, address = receiver
    held = Drain(HeldCall(address, token=token))
    held.hold()
    assert handler.begun.wait(10)
    held.release_when(lambda _elapsed: True)

    assert [shown] == handler.authorization


def test_no_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that cannot be reached is an error that names its address; nothing hangs."""
    monkeypatch.setattr(drain, "_CONNECT_SECONDS", 0.2)
    with pytest.raises(EngineError) as caught:
        Drain(HeldCall("127.0.0.1:1")).hold()

    assert "collector: no OTLP/gRPC at 127.0.0.1:1" == caught.value.message
