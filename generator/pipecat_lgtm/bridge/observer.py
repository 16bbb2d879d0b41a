"""Watches the frames of one call.

First in line and never waiting, so that it has seen a frame before Pipecat's own observers act on it: what it writes
on a turn is there before Pipecat ends the turn.
"""

import asyncio
import inspect
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from pipecat.frames import frames as f
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.processors.frame_processor import FrameDirection

from pipecat_lgtm.bridge import conversation as calls
from pipecat_lgtm.bridge import emit
from pipecat_lgtm.bridge.conversation import Conversation
from pipecat_lgtm.bridge.failures import Failures
from pipecat_lgtm.bridge.guard import harmless, once
from pipecat_lgtm.bridge.latency import Latency
from pipecat_lgtm.bridge.listening import Listening
from pipecat_lgtm.bridge.speaking import Speaking
from pipecat_lgtm.bridge.tools import Tools
from pipecat_lgtm.bridge.usage import usage
from pipecat_lgtm.bridge.webrtc import Webrtc
from pipecat_lgtm.contract import events as e

if TYPE_CHECKING:
    from pipecat.clocks.base_clock import BaseClock
    from pipecat.utils.asyncio.task_manager import BaseTaskManager

Handler = Callable[[FramePushed, float], object]

_ONCE = (
    {"observe_every_push": False} if "observe_every_push" in inspect.signature(BaseObserver.__init__).parameters else {}
)
"""Before Pipecat 1.12 an observer is told of every push."""

_REMEMBERED = 4096
_UPSTREAM = (f.ErrorFrame,)


class BridgeObserver(BaseObserver):
    """Turns the frames of a call into facts.

    Args:
        conversation: the call.
        clock: the pipeline's, of which a pushed frame's timestamp is.
    """

    def __init__(self, conversation: Conversation, clock: "BaseClock") -> None:
        super().__init__(**_ONCE)
        self._call, self._clock = conversation, clock
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._set_up = time.monotonic()
        self._connected = False
        speaking, listening = Speaking(conversation), Listening(conversation)
        self._listening, self._latency = listening, Latency()
        tools, failures = Tools(conversation), Failures(conversation)
        self._webrtc = Webrtc(conversation)
        self._parts = (speaking, listening, tools, self._webrtc)
        self._handlers: dict[type, tuple[Handler, ...]] = {}
        self._wanted: tuple[tuple[type, Handler], ...] = (
            (f.VADUserStartedSpeakingFrame, speaking.user_began),
            (f.VADUserStoppedSpeakingFrame, speaking.user_ended),
            (f.UserStartedSpeakingFrame, speaking.turn_began),
            (f.UserStoppedSpeakingFrame, speaking.turn_ended),
            (f.InterruptionFrame, speaking.cut),
            (f.LLMFullResponseStartFrame, speaking.llm_began),
            (f.LLMFullResponseEndFrame, speaking.llm_ended),
            (f.TTSStartedFrame, speaking.tts_began),
            (f.TTSAudioRawFrame, speaking.audio),
            (f.TTSStoppedFrame, speaking.tts_ended),
            (f.BotStartedSpeakingFrame, lambda data, at: speaking.bot_began(data, at, self._latency.parts)),
            (f.BotStoppedSpeakingFrame, speaking.bot_ended),
            (f.FunctionCallInProgressFrame, tools.began),
            (f.FunctionCallResultFrame, tools.ended),
            (f.FunctionCallCancelFrame, tools.cancelled),
            (f.FunctionCallResultFrame, speaking.tool_ended),
            (f.FunctionCallInProgressFrame, speaking.tool_began),
            (f.FunctionCallCancelFrame, speaking.tool_ended),
            (f.TranscriptionFrame, listening.transcribed),
            (f.InterimTranscriptionFrame, listening.interim),
            (f.InputAudioRawFrame, listening.noise),
            (f.MetricsFrame, lambda data, at: usage(conversation, data, at)),
            (f.ErrorFrame, failures.failed),
            (f.TTSAudioRawFrame, failures.spoke),
            (f.ClientConnectedFrame, self._client_connected),
        )

    async def setup(self, task_manager: "BaseTaskManager") -> None:
        """Begin: everything the worker starts from here on belongs to this call."""
        await super().setup(task_manager)
        self._set_up = time.monotonic()
        self._call.started = True
        calls.enter(self._call)

    async def on_pipeline_started(self) -> None:
        """State how long the pipeline took to start."""
        seconds = time.monotonic() - self._set_up
        await self._latency.on_pipeline_started()  # type: ignore[no-untyped-call]
        self._started(seconds)

    async def on_push_frame(self, data: FramePushed) -> None:
        """Take a frame, once."""
        try:
            await self._take(data)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - must never reach the pipeline
            once(f"on_push_frame({type(data.frame).__name__}): {type(error).__name__}", error)

    async def cleanup(self) -> None:
        """End the call: Pipecat closes the conversation span after this."""
        self._finish()
        await super().cleanup()  # type: ignore[no-untyped-call]

    async def _take(self, data: FramePushed) -> None:
        kind = type(data.frame)
        if kind is f.InputAudioRawFrame and not self._listening.due(data.timestamp):
            return  # most frames of a call are these
        handlers = self._handlers_of(kind)
        measured = self._latency.measures(data.frame)
        if not handlers and not measured:
            return
        if data.direction is not FrameDirection.DOWNSTREAM and not isinstance(data.frame, _UPSTREAM):
            return
        if not _ONCE and not self._first(data.frame.id):
            return
        at = time.time() - (self._clock.get_time() - data.timestamp) / 1e9
        if measured:
            await self._latency.take(data, at)
        for handler in handlers:
            handler(data, at)

    def _handlers_of(self, kind: type) -> tuple[Handler, ...]:
        found = self._handlers.get(kind)
        if found is None:
            found = tuple(handler for wanted, handler in self._wanted if issubclass(kind, wanted))
            self._handlers[kind] = found
        return found

    def _first(self, frame_id: int) -> bool:
        if frame_id in self._seen:
            return False
        self._seen[frame_id] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True

    @harmless
    def _started(self, seconds: float) -> None:
        emit.started(self._call)
        self._webrtc.begin()
        emit.event(self._call, e.STARTUP, {e.PHASE.name: "pipeline", e.SECONDS.name: seconds})

    def _client_connected(self, data: FramePushed, _at: float) -> None:
        if not self._connected:
            self._connected = True
            seconds = data.timestamp / 1e9
            emit.event(self._call, e.STARTUP, {e.PHASE.name: "transport", e.SECONDS.name: seconds})

    @harmless
    def _finish(self) -> None:
        call = self._call
        if call.ended:
            return
        now = time.time()
        for part in self._parts:
            part.finish(now)
        if call.reply is not None:
            call.reply.close()
        emit.ended(call)
        call.ended = True
