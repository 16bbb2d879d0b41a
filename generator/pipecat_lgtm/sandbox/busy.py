"""How long a turn waits for the bridge: the event loop's CPU in it from the caller's last word to the bot's first."""

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
        key = id(self)
        if isinstance(data.frame, BotStartedSpeakingFrame) and key in spent:
            # The first word is on its way: what is done about it here delays it no more.
            TURNS.append(spent.pop(key))
        began = time.thread_time()
        await take(self, data)
        if isinstance(data.frame, VADUserStoppedSpeakingFrame):
            spent[key] = 0.0
        if key in spent:
            spent[key] += time.thread_time() - began

    BridgeObserver.on_push_frame = timed  # type: ignore[method-assign]
