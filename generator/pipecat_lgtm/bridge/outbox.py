"""A bounded queue in front of an exporter: putting never waits, memory is bounded, what does not fit is counted."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, detach, set_value

from pipecat_lgtm.bridge.guard import once
from pipecat_lgtm.bridge.later import catch_up, later

T = TypeVar("T")

VARIABLE = "PIPECAT_LGTM_OUTBOX_MB"
"""How much may wait in one outbox, by estimate."""

_DEFAULT_MB = 32.0
"""About 8000 spans, half an hour of one busy call."""

_BATCH = 128
"""Small, because serialising holds the interpreter: a batch takes about 5 ms."""

_EVERY_SECONDS = 1.0
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 10.0
_GIVE_UP_SECONDS = 600.0
_FAREWELL_SECONDS = 5.0


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


class Outbox(Generic[T]):
    """Sends items in batches from its own thread.

    Args:
        name: of the signal, for the report of drops.
        send: exports a batch and says whether it arrived; a batch that did not is tried again.
        size: estimates an item's bytes.
        lost: told (name, how many) once items arrive again after some were dropped.
    """

    def __init__(
        self,
        name: str,
        send: Callable[[Sequence[T]], bool],
        size: Callable[[T], int],
        lost: Callable[[str, int], object],
    ) -> None:
        self.name, self._send, self._size, self._lost = name, send, size, lost
        self._items: deque[tuple[T, int]] = deque()
        self._changed = threading.Condition()
        self._held = 0
        self._most = most_bytes()
        self.dropped = 0
        self._reported = 0
        self._hurried = 0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=f"pipecat-lgtm-{name}", daemon=True)
        self._thread.start()

    @property
    def held_bytes(self) -> int:
        """The estimated bytes waiting."""
        return self._held

    def put(self, item: T, *, full: bool = False) -> None:
        """Queue an item, or count it as dropped if the outbox is full.

        Args:
            item: what is to be sent.
            full: queue it even then: it is the report of what was dropped.
        """
        size = self._size(item)
        with self._changed:
            if self._closing or (not full and self._held + size > self._most):
                self.dropped += 1
                return
            self._items.append((item, size))
            self._held += size
            if len(self._items) == _BATCH:
                self._changed.notify()

    def put_later(self, item: T) -> None:
        """Queue an item a moment later, from another thread: even its size takes time."""
        if not later(self.put, item):
            with self._changed:
                self.dropped += 1

    def flush(self, seconds: float) -> bool:
        """Wait until everything queued has left; return whether it has."""
        deadline = time.monotonic() + seconds
        with self._changed:
            self._hurried += 1
            self._changed.notify_all()
            while self._held and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(min(left, 0.05))
            return not self._held

    def close(self) -> None:
        """Send what is queued, within a few seconds, and end."""
        deadline = time.monotonic() + _FAREWELL_SECONDS
        for _ in range(2):  # the second time what the last batch had to report
            catch_up()
            self.flush(deadline - time.monotonic())
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(_EVERY_SECONDS)

    def _run(self) -> None:
        token = attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))  # noqa: FBT003 - OpenTelemetry's signature
        try:
            while batch := self._next():
                self._deliver(batch)
        finally:
            detach(token)

    def _next(self) -> list[tuple[T, int]]:
        """Return the next batch; empty once closed."""
        with self._changed:
            if len(self._items) < _BATCH and not self._closing:
                self._changed.wait(_EVERY_SECONDS)
            while not self._items and not self._closing:
                self._changed.wait(_EVERY_SECONDS)
            return [self._items.popleft() for _ in range(min(_BATCH, len(self._items)))]

    def _deliver(self, batch: list[tuple[T, int]]) -> None:
        """Try until the batch has arrived, has become too old, or the end has come."""
        began, pause, arrived = time.monotonic(), _FIRST_PAUSE_SECONDS, False
        while not (arrived := self._try(batch)):
            with self._changed:
                if self._closing or time.monotonic() - began > _GIVE_UP_SECONDS:
                    break
                self._wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        with self._changed:
            if not arrived:
                self.dropped += len(batch)
            lost = self.dropped - self._reported if arrived else 0
            self._reported += lost
        if lost:
            self._lost(self.name, lost)
        with self._changed:
            self._held -= sum(size for _, size in batch)
            self._changed.notify_all()

    def _wait(self, seconds: float) -> None:
        hurried = self._hurried
        self._changed.wait_for(lambda: self._closing or self._hurried > hurried, seconds)

    def _try(self, batch: list[tuple[T, int]]) -> bool:
        try:
            return self._send([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - an exporter's error must not end the thread
            once(f"exporting {self.name}: {type(error).__name__}", error)
            return False
