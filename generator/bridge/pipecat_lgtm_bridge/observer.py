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

from pipecat_lgtm_bridge import conversation as calls
from pipecat_lgtm_bridge import emit
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.conversation import Conversation
from pipecat_lgtm_bridge.conversation_signals import ConversationSignals
from pipecat_lgtm_bridge.failures import Failures
from pipecat_lgtm_bridge.guard import harmless, once
from pipecat_lgtm_bridge.latency import Latency
from pipecat_lgtm_bridge.later import catch_up
from pipecat_lgtm_bridge.listening import Listening
from pipecat_lgtm_bridge.speaking import Speaking
from pipecat_lgtm_bridge.streamed import Streamed
from pipecat_lgtm_bridge.tools import Tools
from pipecat_lgtm_bridge.usage import usage
from pipecat_lgtm_bridge.webrtc import Webrtc

if TYPE_CHECKING:
    from pipecat.clocks.base_clock import BaseClock
    from pipecat.utils.asyncio.task_manager import BaseTaskManager

Handler = Callable[[FramePushed, float], object]

_ONCE = (
    {"observe_every_push": False} if "observe_every_push" in inspect.signature(BaseObserver.__init__).parameters else {}
)
"""Before Pipecat 1.12 an observer is told of every push."""


def _frames(*names: str) -> tuple[type[f.Frame], ...]:
    """Return the kinds of frames that the installed Pipecat has."""
    return tuple(getattr(f, name) for name in names if hasattr(f, name))


_PROMPTS = _frames(
    "LLMRunFrame", "LLMMessagesAppendFrame", "LLMMessagesUpdateFrame", "LLMMessagesTransformFrame", "TTSSpeakFrame",
    "InputTextRawFrame",
)  # fmt: skip
_GIVEN = _frames("LLMContextUserTurnFrame") or (f.LLMContextFrame,)
"""What says that the model has the caller's words; where Pipecat has no frame of its own for it, the context does."""

_REMEMBERED = 4096
_LOOK_SECONDS = 1.0
_UPSTREAM = (f.ErrorFrame, f.TranscriptionFrame)
"""Speech-to-speech services send what they heard up the pipeline."""


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
        streamed: what its TTS services are asked for.
    """

    def __init__(self, conversation: Conversation, clock: "BaseClock", streamed: Streamed) -> None:
        super().__init__(**_ONCE)
        self._call, self._clock = conversation, clock
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._set_up = time.monotonic()
        self._connected = False
        self._next_look: asyncio.TimerHandle | None = None
        self._latency = Latency()
        speaking, listening = Speaking(conversation, self._latency), Listening(conversation)
        self._listening, self._speaking = listening, speaking
        tools, failures, signals = Tools(conversation), Failures(conversation), ConversationSignals(conversation)
        self._signals = signals
        self._webrtc = Webrtc(conversation)
        self._parts = (speaking, listening, tools, signals, streamed, self._webrtc)
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
            (f.BotStartedSpeakingFrame, speaking.bot_began),
            (f.BotStoppedSpeakingFrame, speaking.bot_ended),
            (f.FunctionCallInProgressFrame, tools.began),
            (f.FunctionCallResultFrame, tools.ended),
            (f.FunctionCallCancelFrame, tools.cancelled),
            (f.FunctionCallResultFrame, speaking.tool_ended),
            (f.FunctionCallInProgressFrame, speaking.tool_began),
            (f.FunctionCallCancelFrame, speaking.tool_ended),
            (f.TranscriptionFrame, listening.transcribed),
            (f.TranscriptionFrame, speaking.transcribed),
            (f.ServiceMetadataFrame, speaking.described),
            *((kind, speaking.mute_began) for kind in _frames("UserMuteStartedFrame")),
            *((kind, speaking.mute_ended) for kind in _frames("UserMuteStoppedFrame")),
            *((kind, speaking.prompted) for kind in _PROMPTS),
            (f.LLMContextFrame, speaking.context),
            *((kind, speaking.given) for kind in _GIVEN),
            *((kind, speaking.service_heard_speech) for kind in _frames("ProposedUserStartedSpeakingFrame")),
            *((kind, speaking.service_heard_end) for kind in _frames("ProposedUserStoppedSpeakingFrame")),
            (f.InterimTranscriptionFrame, listening.interim),
            (f.InputAudioRawFrame, listening.noise),
            (f.MetricsFrame, lambda data, at: usage(conversation, data, at)),
            (f.ErrorFrame, failures.failed),
            (f.ErrorFrame, speaking.failed),
            (f.TTSAudioRawFrame, failures.spoke),
            (f.ClientConnectedFrame, self._client_connected),
            (f.VADUserStartedSpeakingFrame, signals.user_began),
            (f.VADUserStoppedSpeakingFrame, signals.user_ended),
            (f.InputAudioRawFrame, signals.input),
            (f.TranscriptionFrame, signals.transcribed),
            (f.TTSTextFrame, signals.said),
            (f.BotStartedSpeakingFrame, signals.bot_began),
            (f.BotStoppedSpeakingFrame, signals.bot_ended),
            (f.InterruptionFrame, signals.cut),
            (f.LLMFullResponseStartFrame, signals.work_began),
            (f.LLMFullResponseEndFrame, signals.work_ended),
            (f.FunctionCallInProgressFrame, signals.work_began),
            (f.FunctionCallResultFrame, signals.work_ended),
            (f.FunctionCallCancelFrame, signals.work_ended),
            (f.CancelFrame, signals.hung_up),
        )

    async def setup(self, task_manager: "BaseTaskManager") -> None:
        """Begin: everything the worker starts from here on belongs to this call."""
        await super().setup(task_manager)
        self._set_up = time.monotonic()
        self._call.started = True
        calls.enter(self._call)
        self._look_soon(asyncio.get_running_loop())

    async def on_pipeline_started(self) -> None:
        """State how long the pipeline took to start."""
        seconds = time.monotonic() - self._set_up
        self._started(seconds)

    async def on_push_frame(self, data: FramePushed) -> None:
        """Take a frame, once. Most frames of a call are of no use here, and are let go first."""
        kind = type(data.frame)
        try:
            plan = self._plans[kind] if kind in self._plans else self._plan(kind)
            if plan is None:
                return
            if plan.audio:
                self._speaking.input(self._time(data))
                if not (self._listening.due(data.timestamp) or self._signals.due(data.timestamp)):
                    return
            measured = plan.measured and self._latency.wants(kind)
            if measured or plan.handlers:
                self._take(data, plan, measured=measured)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - must never reach the pipeline
            once(f"on_push_frame({type(data.frame).__name__}): {type(error).__name__}", error)

    async def cleanup(self) -> None:
        """End the call: Pipecat closes the conversation span after this."""
        if self._next_look is not None:
            self._next_look.cancel()
        self.finish(time.time())
        await asyncio.to_thread(catch_up)  # the bot may shut its providers down next
        await super().cleanup()  # type: ignore[no-untyped-call]

    def _look_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        self._next_look = loop.call_later(_LOOK_SECONDS, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """State what lasts, every second of the call: what does not happen makes no frame."""
        if self._call.ended or self._call.worker is None:
            return
        self._look_soon(loop)
        self.look(time.time())

    @harmless
    def look(self, at: float) -> None:
        """State what lasts at a time, in seconds since the epoch."""
        self._speaking.look(at)

    def _time(self, data: FramePushed) -> float:
        """Return when a frame was pushed, seconds since the epoch."""
        return time.time() - (self._clock.get_time() - data.timestamp) / 1e9

    def _take(self, data: FramePushed, plan: _Plan, *, measured: bool) -> None:
        if data.direction is not FrameDirection.DOWNSTREAM and not plan.upstream:
            return
        if not _ONCE and not self._first(data.frame.id):
            return
        at = self._time(data)
        if measured:
            self._latency.take(data, at)
        for handler in plan.handlers:
            handler(data, at)

    def _plan(self, kind: type) -> _Plan | None:
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
    def finish(self, at: float) -> None:
        """State what is outstanding, and that the call has ended, once."""
        call = self._call
        if call.ended:
            return
        for part in self._parts:
            part.finish(at)
        if call.reply is not None:
            call.reply.close()
        emit.ended(call)
        call.ended = True
