"""What can wait is done later, in order, once; what is too much is counted, and what is wrong with it stays there."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter

from bridged import Bridged
from pipecat_lgtm_bridge import emit, later
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.exporting import SpanOutbox


@pytest.fixture(autouse=True)
def _nothing_waits() -> None:
    """Begin with nothing that another test left."""
    later.catch_up()


def test_in_order() -> None:
    """Nothing is done before somebody catches up; then all of it, in order, and once."""
    done: list[int] = []
    for number in range(3):
        later.later(done.append, number)
    before = list(done)
    later.catch_up()
    later.catch_up()

    assert ([], [0, 1, 2]) == (before, done)


def test_error_stays_there(caplog: pytest.LogCaptureFixture) -> None:
    """What fails is logged, and the rest is done."""
    done: list[int] = []
    later.later(lambda: 1 // 0)
    later.later(done.append, 1)
    later.catch_up()

    assert [1] == done
    assert ["ZeroDivisionError" in one.getMessage() for one in caplog.records] == [True]


def test_who_waits_for_long_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """While another thread is at it for too long, catching up gives up, and what waits goes on waiting."""
    monkeypatch.setattr(later, "_FAREWELL_SECONDS", 0.01)
    done: list[int] = []
    later.later(later.catch_up)  # as another thread would: from within
    later.later(done.append, 1)
    later.catch_up()

    assert [1] == done


def test_lost_records_are_told(monkeypatch: pytest.MonkeyPatch, bridged: Bridged) -> None:
    """Records that found no room are told of with their number, once, whether there is room or not."""
    monkeypatch.setattr(later, "MOST", 2)
    for _ in range(5):
        emit.event(None, e.HEARTBEAT, {})
    beats = bridged.named()
    monkeypatch.setattr(later, "MOST", 0)
    emit.tell_of_lost()
    emit.tell_of_lost()

    assert ["pipecat.conversation.heartbeat"] * 2 == beats
    keys = ("signal", "reason", "dropped")
    assert [("logs", "full", 3)] == [
        tuple(one[f"pipecat.bridge.{key}"] for key in keys) for one in bridged.events()[2:]
    ]


def test_spans_without_room_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A span that found no room counts as dropped by its outbox."""
    monkeypatch.setattr(later, "MOST", 0)
    waiting = SpanOutbox(SpanExporter(), lambda *_: None)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(waiting)
    provider.get_tracer("t").start_span("llm").end()

    assert ({"full": 1}, 0) == (waiting.outbox.dropped, waiting.outbox.held_bytes)
