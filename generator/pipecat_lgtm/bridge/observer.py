"""Watches the frames of one call.

First in line and never waiting, so that it has seen a frame before Pipecat's own observers act on it: what it writes
on a turn is there before Pipecat ends the turn.
"""

import asyncio
import inspect
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
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
from pipecat_lgtm.bridge.later import catch_up
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


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is done with frames of a kind: who is told, and whether they count for the latency, are input, may go up."""

    handlers: tuple[Handler, ...]
    measured: bool
    audio: bool
    upstream: bool


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
        self._plans: dict[type, _Plan | None] = {}
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
        """Take a frame, once. Most frames of a call are of no use here, and are let go first."""
        kind = type(data.frame)
        try:
            plan = self._plans[kind] if kind in self._plans else self._plan(kind)
            if plan is None or (plan.audio and not self._listening.due(data.timestamp)):
                return
            measured = plan.measured and self._latency.wants(kind)
            if measured or plan.handlers:
                await self._take(data, plan, measured=measured)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - must never reach the pipeline
            once(f"on_push_frame({type(data.frame).__name__}): {type(error).__name__}", error)

    async def cleanup(self) -> None:
        """End the call: Pipecat closes the conversation span after this."""
        self._finish()
        await asyncio.to_thread(catch_up)  # the bot may shut its providers down next
        await super().cleanup()  # type: ignore[no-untyped-call]

    async def _take(self, data: FramePushed, plan: "_Plan", *, measured: bool) -> None:
        if data.direction is not FrameDirection.DOWNSTREAM and not plan.upstream:
            return
        if not _ONCE and not self._first(data.frame.id):
            return
        at = time.time() - (self._clock.get_time() - data.timestamp) / 1e9
        if measured:
            await self._latency.take(data, at)
        for handler in plan.handlers:
            handler(data, at)

    def _plan(self, kind: type) -> "_Plan | None":
        handlers = tuple(handler for wanted, handler in self._wanted if issubclass(kind, wanted))
        measured, audio = self._latency.measures(kind), issubclass(kind, f.InputAudioRawFrame)
        plan = _Plan(handlers, measured, audio, issubclass(kind, _UPSTREAM)) if handlers or measured else None
        self._plans[kind] = plan
        return plan

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
