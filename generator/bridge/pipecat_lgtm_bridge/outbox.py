"""A bounded queue in front of an exporter: putting never waits, memory is bounded, what is dropped is counted.

Nothing waits behind what will never be taken: a batch that is refused for good, or on which the receiver or the
connection to it fails again and again, is halved until the culprit is alone. What is refused is dropped. What makes the
receiver fail is set apart and tried now and then while the others go on; it is dropped once they were taken between its
failures. A receiver that fails on everything takes nothing in between, so nothing is dropped because of it.
"""

import math
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, detach, set_value

from pipecat_lgtm_bridge import forking
from pipecat_lgtm_bridge.guard import once
from pipecat_lgtm_bridge.later import catch_up, later
from pipecat_lgtm_bridge.wire import Answer

T = TypeVar("T")

VARIABLE = "PIPECAT_LGTM_OUTBOX_MB"
"""How much may wait in one outbox, by estimate."""

_DEFAULT_MB = 32.0
"""About 8000 spans, half an hour of one busy call."""

_BATCH = 128
"""Small, because serialising holds the interpreter: a batch takes about 5 ms."""

_BATCH_BYTES = 2 * 2**20
"""By estimate. A collector takes 16 MiB by gRPC and 20 MiB by HTTP, a proxy before it often 1 MiB compressed."""

_REFUSED_IN_A_ROW = 32
"""So many items refused one by one, and none taken in between: what is left is refused together, not one by one."""

_FAULTS = 3
"""A batch on which the receiver fails so often is halved: either it has recovered, or one item makes it fail.

An item on which it fails so often alone, others having been taken in between each time, is dropped."""

_MOST_FAULTS = 20
"""The same of a receiver that fails by itself on half of what it is asked, as one with a dead backend of two does."""

_CHANCE = 1e-6
"""That a receiver which fails by itself has done so each time that it was asked to take one innocent item."""

_OF_LATE = 0.98
"""What a request counts when the next has been made: the last 50 tell how often a receiver fails by itself."""

_FAILURES = (Answer.FAULT, Answer.BROKEN)

_EVERY_SECONDS = 1.0
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 10.0
_GIVE_UP_SECONDS = 600.0
_FAREWELL_SECONDS = 5.0

FULL, EXPIRED, ENDED = "full", "expired", "ended"
"""Reasons for which an item is dropped, beside the collector's answers."""

ALL: "WeakSet[Outbox[Any]]" = WeakSet()
"""The outboxes of this process."""


def most_bytes() -> int:
    """Return how much may wait in one outbox: of the variable, else 32 MB."""
    text = os.environ.get(VARIABLE, "")
    try:
        megabytes = float(text) if text else _DEFAULT_MB
    except ValueError:
        megabytes = 0.0
    if not 0 < megabytes < float("inf"):
        once(f"{VARIABLE} is {text!r}; it is a number of megabytes above 0, such as {_DEFAULT_MB:g}")
        megabytes = _DEFAULT_MB
    return int(megabytes * 2**20)


@dataclass
class _Part(Generic[T]):
    """A batch, or what is left of one.

    Args:
        items: and the bytes of each.
        began: when they were first tried, by the monotonic clock.
        faults: how often the receiver has failed on them.
        own: how often it has failed on exactly these, and not on those of which they are a half.
        taken: how many others it had taken when it last failed.
        culprit: how often it failed on a lone item after it had taken others since the failure before.
    """

    items: list[tuple[T, int]]
    began: float
    faults: int = 0
    own: int = 0
    taken: int = 0
    culprit: int = 0

    def halves(self) -> "tuple[_Part[T], _Part[T]]":
        """Return both halves; the receiver fails on each once before it is halved again."""
        middle = len(self.items) // 2
        first, second = (
            _Part(items, self.began, self.faults - 1, taken=self.taken)
            for items in (self.items[:middle], self.items[middle:])
        )
        return first, second

    def failed(self, taken: int) -> None:
        """Note that the receiver failed on it, which has taken so many others by now."""
        self.faults += 1
        self.own += 1
        self.culprit += len(self.items) == 1 and taken > self.taken
        self.taken = taken


class Outbox(Generic[T]):
    """Sends items in batches from its own thread, which the first item starts.

    Args:
        name: of the signal, for the report of drops.
        send: exports a batch and says what became of it.
        size: estimates an item's bytes.
        lost: told (name, reason, how many) once items arrive again after some were dropped.
    """

    def __init__(
        self,
        name: str,
        send: Callable[[Sequence[T]], Answer],
        size: Callable[[T], int],
        lost: Callable[[str, str, int], object],
    ) -> None:
        self.name, self._send, self._size, self._lost = name, send, size, lost
        self._most = most_bytes()
        self._begin()
        forking.in_child(self._begin)
        ALL.add(self)

    def _begin(self) -> None:
        self._items: deque[tuple[T, int]] = deque()
        self._changed = threading.Condition()
        self._held = self._waiting = self._taken = 0
        self._apart: deque[_Part[T]] = deque()
        self._asked = self._in_vain = 0.0
        self.dropped: Counter[str] = Counter()
        self._unreported: Counter[str] = Counter()
        self._flushing = self._flushed = self._flushed_apart = 0
        self._closing = self._over = self._busy = False
        self._end = float("inf")
        self._thread: threading.Thread | None = None

    @property
    def held_bytes(self) -> int:
        """The estimated bytes waiting."""
        return self._held

    def put(self, make: Callable[[], T], *, full: bool = False) -> None:
        """Queue an item, or count it as dropped if the outbox is full.

        Args:
            make: returns what is to be sent.
            full: queue it even then: it is the report of what was dropped.
        """
        try:
            item = make()
            size = self._size(item)
        except Exception as error:  # noqa: BLE001 - whatever a bot has put into it
            once(f"{self.name} that cannot be read are dropped: {type(error).__name__}", error)
            with self._changed:
                self._drop(Answer.INVALID.value, 1)
            return
        with self._changed:
            if self._closing or (not full and self._held + size > self._most):
                self._drop(ENDED if self._closing else FULL, 1)
                return
            self._items.append((item, size))
            self._held += size
            self._waiting += 1
            if self._thread is None:
                self._start()
            if len(self._items) == 1 or self._due():
                self._changed.notify()

    def put_later(self, make: Callable[[], T]) -> None:
        """Queue an item a moment later, from another thread: to make it fit, and even its size, takes time."""
        if not later(self.put, make):
            with self._changed:
                self._drop(FULL, 1)

    def flush(self, seconds: float) -> bool:
        """Wait until everything queued has left; return whether it has."""
        with self._changed:
            self._flushing += 1
            self._flushed += 1
            self._changed.notify_all()
            try:
                return self._changed.wait_for(lambda: not (self._held or self._busy), max(0.0, seconds))
            finally:
                self._flushing -= 1

    def close(self) -> None:
        """Send what is queued, within a few seconds, and end; what has not been taken by then is counted as dropped."""
        deadline = time.monotonic() + _FAREWELL_SECONDS
        for _ in range(2):  # the second time what the last batch had to report
            catch_up(deadline - time.monotonic())
            if self._thread is not None:
                self.flush(deadline - time.monotonic())
        with self._changed:
            # What is begun by then has as long again to be answered, or it would be counted and arrive too.
            self._closing, self._end = True, time.monotonic() + _EVERY_SECONDS / 2
            self._changed.notify_all()
        if self._thread is None:
            self._end = deadline
            self._run()
        else:
            self._thread.join(_EVERY_SECONDS)
        with self._changed:
            if self._waiting:
                self._drop(ENDED, self._waiting)
            self._over, self._held, self._waiting = True, 0, 0
            self._items.clear()

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name=f"pipecat-lgtm-{self.name}", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # Python 3.12 starts none once it is ending: what is left is sent by `close`
            return
        self._thread = thread

    def _run(self) -> None:
        token = attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))  # noqa: FBT003 - OpenTelemetry's signature
        try:
            while (batch := self._next()) or (self._apart and not self._closing):
                taken, self._busy = self._taken, True
                if batch:
                    self._deliver(batch)
                if not batch or self._taken > taken:
                    self._try_apart()
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()
            for part in self._apart:
                self._done(part, ENDED)
        finally:
            detach(token)

    def _due(self) -> bool:
        """Return whether a batch goes at once: it is complete, or a small outbox is half full."""
        return len(self._items) >= _BATCH or (bool(self._items) and self._held > self._most / 2)

    def _next(self) -> list[tuple[T, int]]:
        """Return the next batch; empty once closed, or if none has come while some are set apart."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._closing or self._items or (self._apart and self._flushed > self._flushed_apart),
                _LONGEST_PAUSE_SECONDS if self._apart else None,
            )
            self._changed.wait_for(
                lambda: self._closing or not self._items or self._flushing or self._due(), _EVERY_SECONDS
            )
            if time.monotonic() > self._end:
                return []
            batch: list[tuple[T, int]] = []
            size = 0
            while self._items and len(batch) < _BATCH and (not batch or size + self._items[0][1] <= _BATCH_BYTES):
                batch.append(self._items.popleft())
                size += batch[-1][1]
            return batch

    def _deliver(self, batch: list[tuple[T, int]]) -> None:
        """Try until every item has arrived, been refused for good or set apart, is too old, or the end has come."""
        parts, pause = deque([_Part(batch, time.monotonic())]), _FIRST_PAUSE_SECONDS
        before, refused, progress = self._taken, 0, False
        while parts:
            part = parts.popleft()
            answer = self._try(part.items)
            if answer is Answer.TAKEN:
                self._take(part)
                refused, pause, progress = 0, _FIRST_PAUSE_SECONDS, True
            elif answer is Answer.LATER or answer in _FAILURES:
                # The others go first: it may be this one that makes the receiver fail.
                halved = answer in _FAILURES and self._put_back(part, parts, answer, taken=self._taken > before)
                if answer is Answer.LATER:
                    parts.appendleft(part)
                if self._too_late(parts):
                    break
                if not (halved and progress):
                    self._wait(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                progress = False
            elif len(part.items) == 1 or refused >= _REFUSED_IN_A_ROW:
                refused += len(part.items)
                self._done(part, answer.value)
            else:
                parts.extendleft(reversed(part.halves()))
        if self._taken > before:
            self._report()

    def _put_back(self, part: _Part[T], parts: deque[_Part[T]], answer: Answer, *, taken: bool) -> bool:
        """Put back what the receiver failed on; return whether the search for the culprit went on.

        A search in which whoever flushes waits begins at once. An answered fault on a lone item, others of its batch
        having been taken, is enough to drop it, unless the receiver fails by itself; a connection that breaks says
        less, so the item is set apart.
        """
        part.failed(self._taken)
        if part.faults < (1 if self._flushing and answer is Answer.BROKEN else _FAULTS):
            parts.append(part)
            return False
        if len(part.items) > 1:
            parts.extend(part.halves())
        elif answer is Answer.FAULT and taken and self._faults() == _FAULTS:
            self._done(part, Answer.REFUSED.value)
        elif taken or not parts:
            self._apart.append(part)
        else:
            parts.append(part)
            return False
        return True

    def _try_apart(self) -> None:
        """Try those that are set apart, until the receiver fails on one: each failure may take a timeout."""
        self._flushed_apart = self._flushed
        for _ in range(len(self._apart)):
            part = self._apart.popleft()
            answer = self._try(part.items)
            if answer is Answer.TAKEN:
                self._take(part)
                continue
            if answer is not Answer.LATER and answer not in _FAILURES:
                self._done(part, answer.value)
                continue
            if answer in _FAILURES:
                part.failed(self._taken)
            if part.culprit >= self._faults():
                self._done(part, (Answer.REFUSED if answer is Answer.FAULT else answer).value)
                once(f"one of the {self.name} is dropped: the receiver fails on it alone ({answer.value})")
                self._report()
            elif not self._too_late([part]):
                self._apart.append(part)
            return

    def _too_late(self, parts: Collection[_Part[T]]) -> bool:
        """Return whether there is no more time; if so, count what is left as dropped."""
        late = any(time.monotonic() - part.began > _GIVE_UP_SECONDS for part in parts)
        if late or self._closing:
            for part in parts:
                self._done(part, ENDED if self._closing else EXPIRED)
        return late or self._closing

    def _faults(self) -> int:
        """Return how many faults on a lone item, others being taken in between, show that it is the cause.

        A receiver that later took what it had failed on fails by itself, and may have done so on this item too.
        """
        rate = min(0.5, self._in_vain / max(1.0, self._asked))
        return min(_MOST_FAULTS, max(_FAULTS, math.ceil(math.log(_CHANCE, rate)))) if rate else _FAULTS

    def _take(self, part: _Part[T]) -> None:
        self._in_vain += part.own
        self._taken += len(part.items)
        self._done(part)

    def _done(self, part: _Part[T], reason: str = "") -> None:
        """Let go of what has arrived or, if there is a reason, is dropped."""
        with self._changed:
            if self._over:  # `close` has counted it
                return
            self._held -= sum(size for _, size in part.items)
            self._waiting -= len(part.items)
            if reason:
                self._drop(reason, len(part.items))
            self._changed.notify_all()

    def _drop(self, reason: str, count: int) -> None:
        self.dropped[reason] += count
        self._unreported[reason] += count

    def _report(self) -> None:
        with self._changed:
            lost, self._unreported = self._unreported, Counter()
        for reason, count in lost.items():
            self._lost(self.name, reason, count)

    def _wait(self, seconds: float) -> None:
        with self._changed:
            flushed = self._flushed
            self._changed.wait_for(lambda: self._closing or self._flushed > flushed, seconds)

    def _try(self, items: list[tuple[T, int]]) -> Answer:
        self._asked, self._in_vain = self._asked * _OF_LATE + 1, self._in_vain * _OF_LATE
        try:
            return self._send([item for item, _ in items])
        except Exception as error:  # noqa: BLE001 - an exporter's error must not end the thread
            once(f"exporting {self.name}: {type(error).__name__}", error)
            return Answer.LATER


def flush(seconds: float) -> None:
    """Send what waits in every outbox of this process, within a number of seconds."""
    deadline = time.monotonic() + seconds
    for _ in range(2):  # the second time what the first had to report
        catch_up(deadline - time.monotonic())
        for box in list(ALL):
            box.flush(deadline - time.monotonic())
