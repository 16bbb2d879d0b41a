"""How long a turn waits for the bridge: the event loop's time in it, from the caller's last word to the bot's first."""

import time
from typing import Any

from pipecat.frames.frames import BotStartedSpeakingFrame, VADUserStoppedSpeakingFrame

from pipecat_lgtm.bridge.observer import BridgeObserver

TURNS: list[float] = []
"""Seconds, by turn."""


def watch() -> None:
    """Time every frame that the bridge handles in this process."""
    take = BridgeObserver.on_push_frame
    spent: dict[int, float] = {}

    async def timed(self: BridgeObserver, data: Any) -> None:  # noqa: ANN401 - a FramePushed
        began = time.perf_counter()
        await take(self, data)
        key = id(self)
        spent[key] = spent.get(key, 0.0) + time.perf_counter() - began
        if isinstance(data.frame, VADUserStoppedSpeakingFrame):
            spent[key] = 0.0
        elif isinstance(data.frame, BotStartedSpeakingFrame) and spent.get(key):
            TURNS.append(spent.pop(key))

    BridgeObserver.on_push_frame = timed  # type: ignore[method-assign]
