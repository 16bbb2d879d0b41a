"""Sections that Ctrl-C does not cut: a program is started and noted, or ended and forgotten, but nothing between."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back interruptions for the length of a block, then raise KeyboardInterrupt if there was one.

    Signals are caught, not blocked: a blocked signal would stay blocked in a program started here.

    Raises:
        KeyboardInterrupt: after the block, if it was asked for within.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []
    before = {number: signal.signal(number, lambda got, _frame: caught.append(got)) for number in _NUMBERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if caught:
        raise KeyboardInterrupt
