"""WebRTC as the bot sees it: every 5 s what aiortc's statistics say, and each state of the connection."""

import asyncio
from typing import Any

from pipecat_lgtm_bridge import emit
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.conversation import Conversation
from pipecat_lgtm_bridge.guard import harmless, once
from pipecat_lgtm_bridge.peer import Peer

REPORT_SECONDS = 5.0
_SIDE = {e.SIDE.name: "bot"}


class Webrtc:
    """Watches the SmallWebRTC connections of one call; a bot on another transport has none.

    Args:
        call: whose pipeline is watched.
        seconds: between two reports.
    """

    def __init__(self, call: Conversation, seconds: float = REPORT_SECONDS) -> None:
        self._call, self._seconds = call, seconds
        self._peers: dict[Any, Peer] = {}
        self._task: asyncio.Task[None] | None = None

    @harmless
    def begin(self) -> None:
        """Watch; in the call's own task, where the connections live."""
        found = connections(self._call.worker)
        if found:
            self._task = asyncio.get_running_loop().create_task(self._watch(found), name="pipecat-lgtm-webrtc")

    def finish(self, _at: float) -> None:
        """Watch no longer."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _watch(self, found: list[Any]) -> None:
        while True:
            for connection in found:
                try:
                    await self._look(connection.pc)
                except Exception as error:  # noqa: BLE001 - must never reach the pipeline
                    once(f"webrtc: {type(error).__name__}", error)
            await asyncio.sleep(self._seconds)

    async def _look(self, pc: Any) -> None:  # noqa: ANN401 - aiortc is not always installed
        if pc not in self._peers:  # a renegotiation may have replaced it
            self._peers[pc] = Peer()
            self._state(pc)
            pc.on("connectionstatechange", lambda: self._state(pc))
        if pc.connectionState != "connected":
            return
        reports = self._peers[pc].look((await pc.getStats()).values())
        level, self._call.audio_level = self._call.audio_level, None
        if level is not None:
            reports.setdefault("inbound", {})[e.AUDIO_LEVEL.name] = level
        for direction, values in reports.items():
            emit.event(self._call, e.WEBRTC, {e.DIRECTION.name: direction, **_SIDE, **values})

    @harmless
    def _state(self, pc: Any) -> None:  # noqa: ANN401
        emit.event(self._call, e.WEBRTC, {e.STATE.name: pc.connectionState, **_SIDE}, f"webrtc {pc.connectionState}")


def connections(worker: Any) -> list[Any]:  # noqa: ANN401 - private fields of Pipecat's transports
    """Return the SmallWebRTC connections of a worker's pipeline, each once."""
    found: dict[int, Any] = {}
    waiting = [] if worker is None else [worker.pipeline]
    while waiting:
        processor = waiting.pop()
        waiting.extend(processor.processors)
        connection = getattr(getattr(processor, "_client", None), "_webrtc_connection", None)
        if hasattr(connection, "pc"):
            found[id(connection)] = connection
    return list(found.values())
