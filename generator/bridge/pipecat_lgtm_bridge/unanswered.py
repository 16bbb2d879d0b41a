"""What the caller says and the bot does not answer."""

from dataclasses import dataclass

from pipecat_lgtm_bridge import emit
from pipecat_lgtm_bridge.clock import JUST_SECONDS, Clock
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.conversation import Conversation

SPEECH_SECONDS = 1.0
"""A sound without words that the VAD takes for speech is speech from this length on: coughs and knocks are shorter."""

AGAIN_SECONDS = 2.0
"""A caller who goes on sooner has only paused."""

ANSWER_SECONDS = 10.0
"""A bot that is silent for longer, and runs no tool, has not answered: both presets call far less a slow answer."""

LEFT_SECONDS = 5.0
"""A caller who hangs up sooner has not waited for an answer: the last words of a call need none."""


@dataclass
class _Said:
    """One stretch of the caller's sound; times are seconds since the epoch.

    Args:
        began: its true begin.
        over_bot: the bot spoke when it began or ended.
        muted: the bot did not listen.
        ended: its true end; None while it goes on.
        in_turn: it began a turn, or is part of one.
        words: it has a transcript with text.
        words_at: when the last one came.
        unheard: the STT failed meanwhile.
        waits_since: from when the caller waits; later than its end where the bot went on speaking.
        busy_until: the end of the last tool that ran since.
        stated: it has been counted.
    """

    began: float
    over_bot: bool
    muted: bool
    ended: float | None = None
    in_turn: bool = False
    words: bool = False
    words_at: float = 0.0
    unheard: bool = False
    waits_since: float = 0.0
    busy_until: float = 0.0
    stated: bool = False

    @property
    def is_speech(self) -> bool:
        """Whether it is something that wants an answer, as far as is known by now."""
        if self.ended is None or self.muted or (self.over_bot and not self.in_turn):
            return False
        return self.words or self.unheard or self.ended - self.began >= SPEECH_SECONDS


class Unanswered:
    """Counts what the caller said and nobody answered: once, when it is certain.

    It is when the caller speaks again, when the time for an answer has passed, or when the caller has hung up. Whatever
    the bot says is an answer; noises are not speech.

    Args:
        call: the conversation.
        clock: knows whether there is an STT.
    """

    def __init__(self, call: Conversation, clock: Clock) -> None:
        self._call, self._clock = call, clock
        self._latest: _Said | None = None
        self._waiting: _Said | None = None
        self._bot = self._muted = False
        self._bot_began = float("-inf")

    @property
    def wants_answer(self) -> bool:
        """Whether what was heard last is speech, as far as is known by now."""
        return self._latest is not None and self._latest.is_speech

    # The caller

    def muted(self, *, muted: bool) -> None:
        """Take whether the bot listens."""
        self._muted = muted
        if self._latest is not None and self._latest.ended is None:
            self._latest.muted |= muted

    def began(self, at: float) -> None:
        """Take the true begin of sound."""
        self._latest = _Said(at, over_bot=self._bot, muted=self._muted)

    def ended(self, at: float) -> None:
        """Take its true end; a VAD may tell of it only after the bot has begun to answer."""
        if self._latest is None:
            return
        if at <= self._bot_began:
            self._latest = None
            return
        self._latest.ended = self._latest.waits_since = max(at, self._latest.began)
        self._latest.over_bot |= self._bot
        self._judge()

    def turn_began(self) -> None:
        """Note that what is heard begins a turn."""
        if self._latest is not None:
            self._latest.in_turn = True
            self._judge()

    def turn(self, began: float, ended: float, *, words: bool) -> None:
        """Take a turn of which no VAD tells; words that came within it, or began it, are none of the sound before."""
        before = self._latest
        if before is not None and before is self._waiting and before.words_at >= began - JUST_SECONDS:
            self._waiting = None
        self._latest = _Said(began, over_bot=self._bot, muted=self._muted, in_turn=True, words=words)
        self._latest.ended = self._latest.waits_since = ended
        self._judge()

    def words(self, at: float) -> None:
        """Note that what was heard last has words."""
        if self._latest is not None:
            self._latest.words, self._latest.words_at = True, at
            self._judge()

    def unheard(self) -> None:
        """Note that the STT has failed at what was heard last."""
        if self._latest is not None:
            self._latest.unheard = True
            self._judge()

    # The bot

    def bot_began(self, at: float) -> None:
        """The bot answers; what the caller is saying meanwhile is over it."""
        self._bot, self._bot_began, self._waiting = True, at, None
        if self._latest is not None and self._latest.ended is None:
            self._latest.over_bot = True
        else:
            self._latest = None

    def bot_goes_on(self) -> None:
        """More is said in the same breath: the answer, to a caller who spoke over what came before."""
        if self._bot:
            self._waiting = None

    def bot_ended(self, at: float) -> None:
        """The bot falls silent: who spoke over it waits from now on."""
        self._bot = False
        if self._waiting is not None:
            self._waiting.waits_since = max(at, self._waiting.waits_since)

    def tool_ended(self, at: float) -> None:
        """Give the bot time to say what a tool has returned."""
        if self._waiting is not None:
            self._waiting.busy_until = at

    # The time

    def look(self, at: float, *, busy: bool) -> None:
        """Count speech for whose answer the time has passed.

        Args:
            at: now.
            busy: a tool runs.
        """
        said = self._waiting
        if said is None or busy or self._bot or (self._latest is not None and self._latest.ended is None):
            return
        if at - max(said.waits_since, said.busy_until) > ANSWER_SECONDS:
            self._state(said, at)

    def finish(self, at: float) -> None:
        """Count what the caller waited for until the call ended."""
        if self._waiting is not None and not self._bot and at - self._waiting.waits_since > LEFT_SECONDS:
            self._state(self._waiting, at)

    def _judge(self) -> None:
        """Take the latest sound for speech that waits, once it is known to be; the one before was not answered."""
        said, before = self._latest, self._waiting
        if said is None or said is before or not said.is_speech:
            return
        self._waiting = said
        if before is None:
            return
        if said.began - before.waits_since < AGAIN_SECONDS:
            said.words |= before.words
        else:
            self._state(before, said.began)

    def _state(self, said: _Said, at: float) -> None:
        if said.stated:
            return
        said.stated = True
        silent_stt = self._clock.hears and not self._clock.realtime
        why = labels.NO_TRANSCRIPT if said.unheard or (silent_stt and not said.words) else labels.NO_REPLY
        self._call.not_answered()
        waited = at - said.waits_since
        emit.event(
            self._call,
            e.UNANSWERED_SPEECH,
            {e.UNANSWERED_REASON.name: why, e.SECONDS.name: waited},
            f"the caller spoke and was not answered in {waited:.1f} s: {why}",
        )
