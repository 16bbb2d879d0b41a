"""How long a turn waits for the bridge: the event loop's CPU in it from the caller's last word to the bot's first.

Counted is all that the bridge does on the loop's thread: frames, spans as they start and end, log lines. A call of it
within another counts once; what it costs to look at the clock is taken off again.
"""

import functools
import threading
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from pipecat.frames.frames import BotStartedSpeakingFrame, VADUserStoppedSpeakingFrame

from pipecat_lgtm_bridge import logs
from pipecat_lgtm_bridge.conversation import Conversation, current
from pipecat_lgtm_bridge.enrich import Enricher
from pipecat_lgtm_bridge.exporting import LogOutbox, SpanOutbox
from pipecat_lgtm_bridge.observer import BridgeObserver

TURNS: list[float] = []
"""Seconds, by turn."""

_spent: dict[Conversation | None, float] = {}
_inside: list[bool] = []
_clock: list[float] = []
"""Seconds that two looks at the clock count for."""


def watch() -> None:
    """Time what the bridge does on the main thread of this process."""
    _clock[:] = [median(_look() for _ in range(999))]
    _time_frames()
    for owner, name in (
        (Enricher, "on_start"), (Enricher, "on_end"), (SpanOutbox, "on_end"), (LogOutbox, "on_emit"),
        (logs, "_give_ids"), (logs, "_sink"), (logs, "_send_standard"),
    ):  # fmt: skip
        setattr(owner, name, _timed(getattr(owner, name)))


def _time_frames() -> None:
    take = BridgeObserver.on_push_frame

    async def timed(self: BridgeObserver, data: Any) -> None:  # noqa: ANN401 - a FramePushed
        call = current()
        if isinstance(data.frame, BotStartedSpeakingFrame) and call in _spent:
            # The first word is on its way: what is done about it here delays it no more.
            TURNS.append(_spent.pop(call))
        began = time.thread_time()
        _inside.append(True)
        try:
            await take(self, data)  # which never waits
        finally:
            _inside.pop()
        if isinstance(data.frame, VADUserStoppedSpeakingFrame):
            _spent[call] = 0.0
        _add(call, began)

    BridgeObserver.on_push_frame = timed  # type: ignore[method-assign]


def _timed(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any hook of the bridge
        if _inside or threading.current_thread() is not threading.main_thread():
            return function(*args, **kwargs)
        began = time.thread_time()
        _inside.append(True)
        try:
            return function(*args, **kwargs)
        finally:
            _inside.pop()
            _add(current(), began)

    return timed


def _add(call: Conversation | None, began: float) -> None:
    ended = time.thread_time()
    if call in _spent:
        _spent[call] += ended - began - _clock[0]


def _look() -> float:
    began = time.thread_time()
    return time.thread_time() - began
