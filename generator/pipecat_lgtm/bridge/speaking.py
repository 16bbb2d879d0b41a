"""Who speaks when: the reply's latency, real interruptions, silences."""

from collections.abc import Callable
from typing import Any

from pipecat.observers.base_observer import FramePushed
from pipecat.transports.base_output import BaseOutputTransport

from pipecat_lgtm.bridge import emit
from pipecat_lgtm.bridge.conversation import SLOW_SECONDS, Conversation
from pipecat_lgtm.bridge.reply import Onset, Reply
from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import events as e

SILENCE_SECONDS = 5.0
"""Design 3.1: silence in mid-conversation."""


class Speaking:
    """Follows the floor of one call."""

    def __init__(self, call: Conversation) -> None:
        self._call = call
        self._asked: float | None = None
        self._onset = Onset()
        self._bot = False
        self._bot_owes = False
        self._quiet_since: float | None = None
        self._llms = self._tools = 0
        self._voices: set[object] = set()
        self._llm_done = 0.0

    # The caller

    def user_began(self, data: FramePushed, _at: float) -> None:
        """Speech has begun."""
        frame: Any = data.frame
        self._broken(frame.timestamp - frame.start_secs)
        self._asked, self._bot_owes = None, False
        self._call.overlap, self._call.caller_speaks = self._bot, True

    def user_ended(self, data: FramePushed, _at: float) -> None:
        """Speech has ended; the frame comes when the VAD is sure of it."""
        frame: Any = data.frame
        self._asked = frame.timestamp - frame.stop_secs
        self._bot_owes, self._call.overlap, self._call.caller_speaks = True, False, False
        self._onset = Onset()
        self._quiet(self._asked)

    def turn_began(self, _data: FramePushed, at: float) -> None:
        """A turn begins; while the bot is speaking that is an interruption."""
        if not self._call.caller_speaks:  # no VAD tells: the provider does
            self._broken(at)
            self._call.caller_speaks = True
        if not self._bot:
            return
        call = self._call
        call.interruptions += 1
        call.barged_in = True  # the turn that this begins is Pipecat's next
        if call.turn is not None:
            call.turn.interruptions += 1
            call.turn.set(a.INTERRUPTED.name, True)  # noqa: FBT003 - the attribute's value
        emit.event(call, e.INTERRUPTION, {})

    def turn_ended(self, _data: FramePushed, at: float) -> None:
        """The caller's turn has ended; where a VAD tells of speech, it has told so before."""
        self._call.caller_speaks = False
        if self._quiet_since is None:
            self._quiet(at)

    def cut(self, _data: FramePushed, _at: float) -> None:
        """What the bot was about to say is dropped."""
        self._llms, self._tools = 0, 0
        self._voices.clear()
        if self._call.reply is not None and self._bot:
            self._call.reply.close()
            self._call.reply = None
        if self._asked is None:
            self._onset = Onset()

    # The bot

    def llm_began(self, _data: FramePushed, _at: float) -> None:
        """The model is asked."""
        self._llms += 1

    def llm_ended(self, _data: FramePushed, at: float) -> None:
        """The model has answered."""
        self._llms = max(0, self._llms - 1)
        self._llm_done = at
        self._maybe_done()

    def tool_began(self, _data: FramePushed, _at: float) -> None:
        """A tool runs."""
        self._tools += 1

    def tool_ended(self, _data: FramePushed, _at: float) -> None:
        """A tool has returned, failed or been cancelled."""
        self._tools = max(0, self._tools - 1)

    def tts_began(self, data: FramePushed, _at: float) -> None:
        """Something is being synthesised."""
        self._voices.add(getattr(data.frame, "context_id", None))

    def tts_ended(self, data: FramePushed, _at: float) -> None:
        """It has been synthesised."""
        self._voices.discard(getattr(data.frame, "context_id", None))
        self._maybe_done()

    def audio(self, data: FramePushed, at: float) -> None:
        """A piece of speech, on its way to the transport."""
        if isinstance(data.source, BaseOutputTransport):
            return
        frame: Any = data.frame
        reply = self._call.reply
        self._onset.take(data.source, frame.audio, frame.sample_rate, frame.num_channels, at)
        if reply is not None and self._onset.heard():
            self._heard(reply)

    def bot_began(self, _data: FramePushed, at: float, parts: Callable[[], list[Any]]) -> None:
        """The first audio leaves for the caller."""
        self._broken(at)
        self._bot, self._bot_owes = True, False
        heard = self._onset.heard()
        if self._asked is None:
            return
        if self._call.reply is not None:
            self._call.reply.close()
        speaker = getattr(self._onset.source, "name", "") or "unknown"
        self._call.reply = Reply(self._call.turn, self._asked, at, parts(), speaker)
        self._asked = None
        if heard:
            self._heard(self._call.reply)

    def bot_ended(self, _data: FramePushed, at: float) -> None:
        """The last audio has left."""
        self._bot = self._call.overlap = False
        self._maybe_done()
        self._quiet(at)

    def finish(self, at: float) -> None:
        """State a silence the bot left at the end of the call."""
        if self._bot_owes:
            self._broken(at)

    def _heard(self, reply: Reply) -> None:
        if reply.ttfw is not None:
            return
        reply.heard(self._onset.silent_seconds)
        self._call.latency_seconds = reply.ttfw or 0.0
        self._call.slow_turns += self._call.latency_seconds > SLOW_SECONDS

    def _maybe_done(self) -> None:
        """The reply is processed once no model, tool or voice is at work."""
        reply = self._call.reply
        if reply is not None and self._onset.last_at and not (self._llms or self._tools or self._voices):
            reply.done(max(self._llm_done, self._onset.last_at))

    def _quiet(self, since: float) -> None:
        if not self._bot and not self._call.caller_speaks:
            self._quiet_since = since

    def _broken(self, at: float) -> None:
        """A silence ends."""
        since, self._quiet_since = self._quiet_since, None
        self._call.silent = since is not None and at - since > SILENCE_SECONDS
        if since is not None and self._call.silent:
            emit.event(self._call, e.SILENCE, {e.SECONDS.name: at - since})
