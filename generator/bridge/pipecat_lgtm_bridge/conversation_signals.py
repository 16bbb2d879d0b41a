"""Signals that a call goes badly, at once and without a model: what is repeated, an early hang-up, a raised voice.

Text stays in the process: an event says the kind alone. Texts are compared on the ticker's thread; a pipeline waits for
none of it, and what fails is counted and reaches nobody else.
"""

import array
import functools
import math
from collections.abc import Callable
from operator import mul
from typing import Any, Concatenate, ParamSpec

from pipecat.frames import frames as f
from pipecat.observers.base_observer import FramePushed

from pipecat_lgtm_bridge import emit, wording
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.conversation import Conversation
from pipecat_lgtm_bridge.guard import once
from pipecat_lgtm_bridge.later import later
from pipecat_lgtm_bridge.repeats import Repeats
from pipecat_lgtm_bridge.voice import Voice

HANGUP_SECONDS = 3.0
"""A caller who hangs up sooner after a reply, or during it, does so because of it."""

REPROMPT_SECONDS = 4.0
"""A bot that speaks again after so long, with nothing to do and nothing heard meanwhile, asks whether the caller is
there."""

_FULL_SCALE = 32768.0

P = ParamSpec("P")
_Method = Callable[Concatenate["ConversationSignals", P], object]


def _counted(method: _Method[P]) -> Callable[Concatenate["ConversationSignals", P], None]:
    """Decorate a method so that it counts a failure instead of raising."""

    @functools.wraps(method)
    def guarded(self: "ConversationSignals", /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - none of it may reach the pipeline
            once(f"{method.__qualname__}: {type(error).__name__}", error)
            emit.signal_lost()

    return guarded


class ConversationSignals:
    """Follows what both sides say in one call, and states what is wrong with it.

    Args:
        call: the conversation.
    """

    def __init__(self, call: Conversation) -> None:
        self._call = call
        self._repeats, self._voice = Repeats(), Voice()
        self._caller = self._reply = self._stretch = ""
        self._replied: emit.Place | None = None
        self._cut = False
        self._bot = self._bot_spoke = self._prompting = False
        self._bot_ended: float | None = None
        self._work = 0
        self._worked = False
        self._sound_at = float("-inf")
        self._caller_last = False

    # The caller

    @_counted
    def user_began(self, _data: FramePushed, at: float) -> None:
        """A sound begins."""
        self._sound_at = at

    @_counted
    def user_ended(self, _data: FramePushed, at: float) -> None:
        """A sound ends: its level is known."""
        self._sound_at = at
        above = self._voice.ended(self._call.noise_dbfs)
        if above is not None:
            self._state(labels.RAISED_VOICE, emit.place(self._call, e.CONVERSATION_SIGNAL))

    def due(self, timestamp: int) -> bool:
        """Return whether a piece of input of a time in ns is to be measured."""
        return self._call.caller_speaks and self._voice.due(timestamp)

    @_counted
    def input(self, data: FramePushed, _at: float) -> None:
        """Measure a piece of what the caller says; the bot's own voice may come back in what is said over it."""
        frame = data.frame
        if not self.due(data.timestamp) or not isinstance(frame, f.InputAudioRawFrame):
            return
        if self._bot:
            self._voice.forget()
            return
        samples = array.array("h", frame.audio[: len(frame.audio) // 2 * 2])
        level = math.sqrt(sum(map(mul, samples, samples)) / max(1, len(samples))) / _FULL_SCALE
        self._voice.piece(data.timestamp, level)

    @_counted
    def transcribed(self, data: FramePushed, _at: float) -> None:
        """The caller's words; what the bot said before is whole by now."""
        text = getattr(data.frame, "text", "").strip()
        if not text:
            return
        self._judge_reply()
        self._caller = _joined(self._caller, text)
        self._caller_last = True

    # The bot

    @_counted
    def said(self, data: FramePushed, _at: float) -> None:
        """Text that is spoken."""
        frame: Any = data.frame
        between = "" if getattr(frame, "includes_inter_frame_spaces", False) else " "
        self._stretch = _joined(self._stretch, frame.text, between)

    @_counted
    def bot_began(self, _data: FramePushed, at: float) -> None:
        """The bot speaks: what the caller said is whole."""
        self._bot = self._bot_spoke = True
        heard, self._caller = self._caller, ""
        if heard:
            self._later(self._judge_caller, emit.place(self._call, e.CONVERSATION_SIGNAL), heard)
        quiet = 0.0 if self._bot_ended is None else at - max(self._bot_ended, self._sound_at)
        self._prompting = not self._caller_last and not self._worked and quiet >= REPROMPT_SECONDS
        self._caller_last = False
        if self._prompting:
            self._state(labels.REPROMPT, emit.place(self._call, e.CONVERSATION_SIGNAL), quiet)

    @_counted
    def bot_ended(self, _data: FramePushed, at: float) -> None:
        """The bot is silent; what it says next without a word of the caller is part of the same reply."""
        self._bot, self._bot_ended = False, at
        self._worked = self._work > 0
        self._keep(cut=False)

    @_counted
    def cut(self, _data: FramePushed, _at: float) -> None:
        """What the bot has not said yet, it will not say."""
        self._work = 0
        if self._bot:
            self._keep(cut=True)
        self._stretch = ""

    @_counted
    def work_began(self, data: FramePushed, _at: float) -> None:
        """The model is asked, or a tool runs: what is said after a tool belongs to what was said before it."""
        self._work += 1
        self._worked = self._worked or isinstance(data.frame, f.FunctionCallInProgressFrame)

    @_counted
    def work_ended(self, _data: FramePushed, _at: float) -> None:
        """It has ended."""
        self._work = max(0, self._work - 1)

    # The end

    @_counted
    def hung_up(self, _data: FramePushed, at: float) -> None:
        """The call is cancelled: that is what bots do when the caller has left, as Pipecat's examples have it."""
        if self._caller_last or not self._bot_spoke or self._prompting:  # who was asked may have left before
            return
        since = 0.0 if self._bot or self._bot_ended is None else at - self._bot_ended
        if since > HANGUP_SECONDS or self._sound_at > at - since:
            return
        self._keep(cut=self._bot)
        self._judge_reply()
        self._later(self._judge_hangup, emit.place(self._call, e.CONVERSATION_SIGNAL), since)

    @_counted
    def finish(self, _at: float) -> None:
        """Judge what was said last."""
        self._keep(cut=self._bot)
        self._judge_reply()
        heard, self._caller = self._caller, ""
        if heard:
            self._later(self._judge_caller, emit.place(self._call, e.CONVERSATION_SIGNAL), heard)

    # Judging

    def _keep(self, *, cut: bool) -> None:
        """Add what was said to the reply; asking whether the caller is there is none."""
        said, self._stretch = self._stretch, ""
        if not said or self._prompting:
            return
        self._reply = _joined(self._reply, said)
        self._cut = self._cut or cut
        self._replied = emit.place(self._call, e.CONVERSATION_SIGNAL)

    def _judge_reply(self) -> None:
        said, place, cut = self._reply, self._replied, self._cut
        self._reply, self._replied, self._cut = "", None, False
        if said:
            self._later(self._judge_bot, place, said, cut)

    def _later(self, judge: Callable[..., object], place: emit.Place | None, *what: object) -> None:
        """Judge on another thread, in order; unless the call's events are not sent."""
        if place is not None and not later(judge, place, *what):
            emit.signal_lost()

    @_counted
    def _judge_caller(self, place: emit.Place, text: str) -> None:
        for kind in self._repeats.caller(text):
            self._state(kind, place, now=True)

    @_counted
    def _judge_bot(self, place: emit.Place, text: str, cut: bool) -> None:  # noqa: FBT001 - handed on as it is
        for kind in self._repeats.bot(text, cut=cut):
            self._state(kind, place, now=True)

    @_counted
    def _judge_hangup(self, place: emit.Place, seconds: float) -> None:
        if self._call.outcome != "completed" and not self._repeats.in_peace():
            self._state(labels.EARLY_HANGUP, place, seconds, now=True)

    def _state(self, kind: str, place: emit.Place | None, seconds: float | None = None, *, now: bool = False) -> None:
        if place is None:
            return
        attributes: dict[str, emit.Value] = {e.SIGNAL_KIND.name: kind}
        if seconds is not None:
            attributes[e.SECONDS.name] = seconds
        emit.event(self._call, e.CONVERSATION_SIGNAL, attributes, f"signal {kind}", where=place, now=now)


def _joined(before: str, text: str, between: str = " ") -> str:
    return f"{before}{between if before else ''}{text}"[: wording.MOST_CHARACTERS]
