import random
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from pipecat_lgtm_bridge import guard, later, outbox
from pipecat_lgtm_bridge.exporting import LogOutbox, SpanOutbox
from pipecat_lgtm_bridge.outbox import Outbox
from pipecat_lgtm_bridge.wire import Answer

DEADLINE = 10.0


class Exporter:
    """Takes batches while it is open; counts what it was offered."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.got: list[int] = []
        self.tries = 0
        self.fails = 0

    def send(self, batch: Sequence[int]) -> Answer:
        """Take a batch, or fail it."""
        self.tries += 1
        self.open.wait(DEADLINE)
        if self.fails:
            self.fails -= 1
            raise ConnectionError("refused")
        self.got += batch
        return Answer.TAKEN


def _until(check: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not check():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def exporter() -> Exporter:
    """An exporter that is closed."""
    return Exporter()


@pytest.fixture
def lost() -> list[tuple[str, str, int]]:
    """What was reported as lost."""
    return []


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch, exporter: Exporter, lost: list[tuple[str, str, int]]) -> Iterator[Outbox[int]]:
    """An outbox for ten items that tries quickly; its thread has ended afterwards."""
    monkeypatch.setenv("PIPECAT_LGTM_OUTBOX_MB", str(1000 / 2**20))
    monkeypatch.setattr(outbox, "_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(outbox, "_FAREWELL_SECONDS", 0.2)
    monkeypatch.setattr(outbox, "_LONGEST_PAUSE_SECONDS", 0.02)
    made = Outbox[int]("spans", exporter.send, lambda _: 100, lambda *what: lost.append(what))
    yield made
    exporter.fails = 0
    exporter.open.set()
    made.close()


def test_sends_everything_in_order(box: Outbox[int], exporter: Exporter) -> None:
    """What is put arrives once, in order, and flush waits for it."""
    exporter.open.set()
    for number in range(10):
        box.put(partial(int, number))

    assert box.flush(DEADLINE)
    assert list(range(10)) == exporter.got
    assert ({}, 0) == (box.dropped, box.held_bytes)


def test_sends_the_first_item_after_a_pause(box: Outbox[int], exporter: Exporter) -> None:
    """After a time without any, a lone item leaves by itself: nobody flushes, and no batch is complete."""
    exporter.open.set()
    for number in range(3):
        box.put(partial(int, number))
        _until(lambda: len(exporter.got) == number + 1)  # noqa: B023 - asked at once
        time.sleep(0.05)  # longer than a batch is waited for: the thread waits for the next item by now

    assert [0, 1, 2] == exporter.got


def test_holds_no_more_than_its_bound(box: Outbox[int], exporter: Exporter) -> None:
    """While nothing leaves, memory stays within the bound, putting does not wait for it, and the rest is counted."""
    for number in range(5000):
        box.put(partial(int, number))

    assert 1000 == box.held_bytes
    assert {"full": 4990} == box.dropped
    exporter.open.set()
    assert box.flush(DEADLINE)
    assert list(range(10)) == exporter.got


def test_reports_what_was_lost_once_it_can(
    box: Outbox[int], exporter: Exporter, lost: list[tuple[str, str, int]]
) -> None:
    """Drops are reported with their number when items arrive again, and each drop once."""
    for number in range(25):
        box.put(partial(int, number))

    assert [] == lost
    exporter.open.set()
    _until(lambda: bool(lost))
    box.put(partial(int, 99))
    assert box.flush(DEADLINE)
    assert [("spans", "full", 15)] == lost
    assert [*range(10), 99] == exporter.got


def test_tries_again(box: Outbox[int], exporter: Exporter) -> None:
    """A batch that an exporter fails, or raises on, is tried again and arrives once."""
    exporter.fails = 1
    exporter.open.set()
    box.put(partial(int, 1))

    assert box.flush(DEADLINE)
    assert ([1], 2) == (exporter.got, exporter.tries)


def test_gives_up_in_the_end(
    monkeypatch: pytest.MonkeyPatch, box: Outbox[int], exporter: Exporter, lost: list[tuple[str, str, int]]
) -> None:
    """A batch that can never be sent does not hold up the next ones for ever; it is counted as lost."""
    monkeypatch.setattr(outbox, "_GIVE_UP_SECONDS", 0.0)
    exporter.fails = 1
    exporter.open.set()
    box.put(partial(int, 1))
    _until(lambda: box.dropped == {"expired": 1})
    box.put(partial(int, 2))

    assert box.flush(DEADLINE)
    _until(lambda: bool(lost))
    assert ([2], [("spans", "expired", 1)]) == (exporter.got, lost)


def test_closing_does_not_wait_for_a_dead_collector(box: Outbox[int], exporter: Exporter) -> None:
    """The end of the process is held up for no longer than the farewell, whatever the exporter does."""
    box.put(partial(int, 1))
    began = time.monotonic()
    box.close()

    assert time.monotonic() - began < 2.0
    assert [] == exporter.got
    exporter.open.set()


class Nowhere(SpanExporter):
    """An exporter that never gets anything off."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Fail."""
        return SpanExportResult.FAILURE if spans else SpanExportResult.SUCCESS


@pytest.mark.parametrize("attributes", [1, 10, 30])
def test_estimate_of_a_span(attributes: int) -> None:
    """The bytes by which an outbox is bounded are those that its spans take, within a third."""
    waiting = SpanOutbox(Nowhere(), lambda *_: None)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(waiting)
    keys = [f"key.{number}" for number in range(attributes)]

    def emit(number: int) -> None:
        provider.get_tracer("t").start_span("llm", attributes={key: f"{key} {number}" for key in keys}).end()

    emit(0)
    later.catch_up()
    tracemalloc.start()
    before, held = tracemalloc.get_traced_memory()[0], waiting.outbox.held_bytes
    for number in range(500):
        emit(number)
    later.catch_up()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    assert taken == pytest.approx(waiting.outbox.held_bytes - held, rel=0.33)


def test_flush_does_not_wait_for_the_next_try(
    monkeypatch: pytest.MonkeyPatch, box: Outbox[int], exporter: Exporter
) -> None:
    """Whoever flushes, at the end of a process above all, gets a try at once, whatever the pause would have been."""
    monkeypatch.setattr(outbox, "_FIRST_PAUSE_SECONDS", 10 * DEADLINE)
    exporter.fails = 1
    exporter.open.set()
    box.put(partial(int, 1))
    _until(lambda: exporter.tries == 1)

    assert box.flush(DEADLINE)
    assert [1] == exporter.got


def test_last_report_leaves_too(exporter: Exporter, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the last batch has to report about drops is still sent when the outbox closes."""
    monkeypatch.setenv("PIPECAT_LGTM_OUTBOX_MB", str(1000 / 2**20))
    box: Outbox[int] = Outbox(
        "logs", exporter.send, lambda _: 100, lambda _name, _why, count: later.later(box.put, partial(int, -count))
    )
    for number in range(12):
        box.put(partial(int, number))
    exporter.open.set()
    box.close()

    assert [*range(10), -2] == exporter.got


@pytest.mark.parametrize("answer", [Answer.FAULT, Answer.BROKEN])
@pytest.mark.parametrize("size", [1, 2, 16])
def test_receiver_that_fails_on_half_of_all_requests(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, size: int
) -> None:
    """One that fails by itself, as a load balancer does with a dead backend, loses nothing: no item is the cause."""
    monkeypatch.setattr(outbox, "_BATCH", size)
    monkeypatch.setattr(outbox, "_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(outbox, "_FIRST_PAUSE_SECONDS", 0.0001)
    monkeypatch.setattr(outbox, "_LONGEST_PAUSE_SECONDS", 0.0001)
    chance, got = random.Random(1), []

    def send(batch: Sequence[int]) -> Answer:
        if chance.random() < 0.5:
            return answer
        got.extend(batch)
        return Answer.TAKEN

    box: Outbox[int] = Outbox("logs", send, lambda _: 1, lambda *_: None)
    for number in range(1000):
        box.put(partial(int, number))
    _until(lambda: not box._items)  # noqa: SLF001 - to flush changes how soon a search begins

    assert box.flush(DEADLINE)
    assert list(range(1000)) == sorted(got)
    assert {} == box.dropped


def test_poison_at_a_receiver_that_fails_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """What such a receiver never takes is dropped all the same, and nothing else."""
    monkeypatch.setattr(outbox, "_BATCH", 4)
    monkeypatch.setattr(outbox, "_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(outbox, "_FIRST_PAUSE_SECONDS", 0.0001)
    monkeypatch.setattr(outbox, "_LONGEST_PAUSE_SECONDS", 0.0001)
    chance, got, poison = random.Random(1), [], {100, 101, 202}

    def send(batch: Sequence[int]) -> Answer:
        if poison & set(batch) or chance.random() < 0.3:
            return Answer.BROKEN
        got.extend(batch)
        return Answer.TAKEN

    box: Outbox[int] = Outbox("logs", send, lambda _: 1, lambda *_: None)
    for number in range(1000):
        box.put(partial(int, number))

    assert box.flush(DEADLINE)
    assert [number for number in range(1000) if number not in poison] == sorted(got)
    assert {"broken": 3} == box.dropped


def test_catching_up_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever flushes or closes does not do what keeps coming meanwhile."""
    monkeypatch.setattr(later, "_waiting", type(later._waiting)())  # noqa: SLF001 - those of other tests
    done: list[int] = []

    def more() -> None:
        done.append(1)
        if len(done) < 1000:
            later.later(more)

    later.later(more)
    later.catch_up()

    assert [1] == done


def test_closing_ends_before_a_slow_thread_has_caught_up(
    monkeypatch: pytest.MonkeyPatch, box: Outbox[int], exporter: Exporter
) -> None:
    """What is made a moment later is made within the time of the farewell, however much of it there is."""
    monkeypatch.setattr(later, "_waiting", type(later._waiting)())  # noqa: SLF001 - those of other tests
    exporter.open.set()
    done: list[int] = []

    def slow() -> int:
        time.sleep(0.005)
        done.append(1)
        return len(done)

    for _ in range(1000):
        box.put_later(slow)
    box.close()

    assert len(done) < 1000


def test_closing_counts_what_is_under_way_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot that ends with more than it can send counts as dropped what does not arrive, and nothing that does."""
    monkeypatch.setattr(outbox, "_BATCH", 1)
    monkeypatch.setattr(outbox, "_EVERY_SECONDS", 2.0)
    monkeypatch.setattr(outbox, "_FAREWELL_SECONDS", 0.1)
    got: list[int] = []

    def send(batch: Sequence[int]) -> Answer:
        time.sleep(0.01)
        got.extend(batch)
        return Answer.TAKEN

    box: Outbox[int] = Outbox("logs", send, lambda _: 1, lambda *_: None)
    for number in range(1000):
        box.put(partial(int, number))
    box.close()
    thread = box._thread  # noqa: SLF001 - it may still be sending
    assert thread is not None
    thread.join(DEADLINE)

    assert 1000 == len(got) + box.dropped.total()


@pytest.mark.parametrize(
    ("text", "size"), [("", 32 * 2**20), ("0.5", 2**19), ("none", 32 * 2**20), ("-1", 32 * 2**20), ("inf", 32 * 2**20)]
)
def test_bound_is_configured(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, text: str, size: int
) -> None:
    """PIPECAT_LGTM_OUTBOX_MB bounds an outbox; what is no such number is said to be none, and 32 MB hold."""
    monkeypatch.setattr(guard, "_told", set())
    monkeypatch.setenv("PIPECAT_LGTM_OUTBOX_MB", text)

    assert size == outbox.most_bytes()
    wrong = text not in {"", "0.5"}
    assert wrong == any("PIPECAT_LGTM_OUTBOX_MB is" in one.getMessage() for one in caplog.records)


def test_report_finds_room_in_a_full_outbox(monkeypatch: pytest.MonkeyPatch, exporter: Exporter) -> None:
    """While log records cannot be sent, the report of dropped spans waits with them; it is no more dropped itself."""
    monkeypatch.setenv("PIPECAT_LGTM_OUTBOX_MB", str(4000 / 2**20))
    waiting = LogOutbox(Records(exporter), lambda *_: None)
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(waiting)
    names = ["a line"] * 5 + ["pipecat.bridge.dropped", "a line"]
    for number, name in enumerate(names):
        provider.get_logger("t").emit(LogRecord(body=str(number), attributes={"event.name": name}))
    exporter.open.set()

    assert waiting.force_flush()
    assert (["0", "1", "2", "5"], 3) == (exporter.got, waiting.outbox.dropped["full"])


class Records(LogRecordExporter):
    """Hands the bodies of log records to an exporter."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """Hand them on."""
        self._exporter.send([one.log_record.body for one in batch])  # type: ignore[misc]
        return LogRecordExportResult.SUCCESS

    def force_flush(self, timeout_millis: int = 10_000) -> bool:  # noqa: ARG002 - the SDK's signature
        """Nothing is held."""
        return True

    def shutdown(self) -> None:
        """Nothing is open."""
