"""An event loop whose time passes only where all tasks wait: a pipeline's seconds take none, however busy the machine.

Every clock that Python code reads through the `time` module shows the loop's time.
"""

import asyncio
import concurrent.futures
import selectors
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from bridged import f


class _Jumping(selectors.DefaultSelector):
    """Waits for nothing that is only a matter of time."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> Any:  # noqa: ANN401 - typeshed's list of keys
        if timeout is None:
            return super().select(None)
        found = super().select(0)
        if not found and timeout > 0:
            self._jump(timeout)
        return found


class Loop(asyncio.SelectorEventLoop):
    """Such a loop."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._real = time.monotonic
        self._began = self._real()
        super().__init__(_Jumping(self._jump))

    def time(self) -> float:
        """Return the loop's time."""
        return self._began + self._ahead

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # noqa: ANN401, ARG002 - as asyncio has it
        """Run a function at once: a thread would work while time does not pass."""
        done: concurrent.futures.Future[Any] = concurrent.futures.Future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - handed on to who waits
            done.set_exception(error)
        return asyncio.wrap_future(done, loop=self)

    def _jump(self, seconds: float) -> None:
        self._ahead += seconds


@contextmanager
def _clocks(loop: Loop) -> Iterator[None]:
    epoch = time.time() - loop.time()

    def seconds() -> float:
        return epoch + loop.time()

    def nanoseconds() -> int:
        return round(seconds() * 1e9)

    def since_then() -> int:
        return round(loop.time() * 1e9)

    def told(begin: Callable[..., None]) -> Callable[..., None]:
        def init(self: f.Frame, *args: object, **kwargs: object) -> None:
            begin(self, *args, **{"timestamp": time.time()} | kwargs)

        return init

    with (
        mock.patch.object(time, "time", seconds),
        mock.patch.object(time, "time_ns", nanoseconds),
        mock.patch.object(time, "monotonic", loop.time),
        mock.patch.object(time, "monotonic_ns", since_then),
        mock.patch.object(time, "perf_counter", loop.time),
        # Their default is `time.time` as it was when the classes were made.
        mock.patch.object(f.VADUserStartedSpeakingFrame, "__init__", told(f.VADUserStartedSpeakingFrame.__init__)),
        mock.patch.object(f.VADUserStoppedSpeakingFrame, "__init__", told(f.VADUserStoppedSpeakingFrame.__init__)),
    ):
        yield


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, Loop)
        with _clocks(loop):
            runner.run(main)
