"""A forked child has copies of the bridge's queues and locks, and none of its threads: there it begins anew.

What waits in a queue belongs to the parent, which sends it. `os.fork` keeps only the thread that called it, so a lock
that another thread held stays locked in the child for ever: each module that has one registers how to replace it.
"""

import inspect
import os
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakMethod, ref

from pipecat_lgtm_bridge.guard import harmless

_begin: "list[ref[Callable[[], object]]]" = []


def in_child(begin_anew: Callable[[], Any]) -> Callable[[], Any]:
    """Call a function, or a method of an object that is still there, in each child that this process forks."""
    _begin.append(WeakMethod(begin_anew) if inspect.ismethod(begin_anew) else ref(begin_anew))
    return begin_anew


class Lock:
    """A lock that nobody holds in a forked child.

    Args:
        make: `threading.Lock` or `threading.RLock`.
    """

    def __init__(self, make: Callable[[], Any] = threading.Lock) -> None:
        self._make = make
        self._begin()
        in_child(self._begin)

    def _begin(self) -> None:
        self._lock = self._make()

    def acquire(self, seconds: float) -> bool:
        """Take it, unless another thread holds it for so long; return whether it is taken."""
        return bool(self._lock.acquire(timeout=seconds))

    def release(self) -> None:
        """Let go of it."""
        self._lock.release()

    def __enter__(self) -> None:
        """Take it."""
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self._lock.release()


@harmless
def _forked() -> None:
    _begin[:] = [one for one in _begin if one() is not None]
    for one in _begin:
        if (begin_anew := one()) is not None:
            harmless(begin_anew)()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
