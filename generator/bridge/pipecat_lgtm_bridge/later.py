"""What the event loop need not wait for: done in order, a moment later, on the ticker's thread.

A record that is made into OTLP's form while a turn is being answered delays that turn; made between two turns it delays
nothing. The thread lets go of the interpreter after every piece, so the loop waits for one piece at most.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from pipecat_lgtm_bridge import forking
from pipecat_lgtm_bridge.guard import harmless

EVERY_SECONDS = 0.2
MOST = 5_000
"""Pieces that may wait: more come together only where a log processor of the bot's own waits for its exporter."""

_FAREWELL_SECONDS = 0.5
_waiting: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
_wake: list[Callable[[], object]] = []
_lock = forking.Lock()


@forking.in_child
def _leave_to_parent() -> None:
    _waiting.clear()


def later(function: Callable[..., object], *arguments: Any) -> bool:  # noqa: ANN401 - of any function
    """Call a function soon, from another thread; return False if too much waits already."""
    if len(_waiting) >= MOST:
        return False
    _waiting.append((function, arguments))
    while _wake:
        _wake.pop()()
    return True


def wake_by(start: Callable[[], object]) -> None:
    """Start the thread that catches up when there is something for it: a forked child has none."""
    _wake.append(start)


def catch_up(seconds: float = float("inf")) -> None:
    """Do now what waits, and nothing that comes meanwhile; unless another thread is at it for too long.

    Args:
        seconds: after which no more is begun.
    """
    end = time.monotonic() + seconds
    if not _lock.acquire(_FAREWELL_SECONDS):
        return
    try:
        for _ in range(len(_waiting)):
            if time.monotonic() > end:
                break
            function, arguments = _waiting.popleft()
            _do(function, arguments)
            time.sleep(0)
    finally:
        _lock.release()


@harmless
def _do(function: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    function(*arguments)
