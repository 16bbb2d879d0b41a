"""What the event loop need not wait for: done in order, a moment later, on the ticker's thread.

A record that is made into OTLP's form while a turn is being answered delays that turn; made between two turns it delays
nothing. The thread lets go of the interpreter after every piece, so the loop waits for one piece at most.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from pipecat_lgtm.bridge.guard import harmless

EVERY_SECONDS = 0.2
MOST = 5_000
"""Pieces that may wait: more come together only where a log processor of the bot's own waits for its exporter."""

_FAREWELL_SECONDS = 0.5
_waiting: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
_lock = threading.Lock()


def later(function: Callable[..., object], *arguments: Any) -> bool:  # noqa: ANN401 - of any function
    """Call a function soon, from another thread; return False if too much waits already."""
    if len(_waiting) >= MOST:
        return False
    _waiting.append((function, arguments))
    return True


def catch_up() -> None:
    """Do now what waits, unless another thread is at it for too long."""
    if not _lock.acquire(timeout=_FAREWELL_SECONDS):
        return
    try:
        while _waiting:
            function, arguments = _waiting.popleft()
            _do(function, arguments)
            time.sleep(0)
    finally:
        _lock.release()


@harmless
def _do(function: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    function(*arguments)
