"""The clock of the time to first word: which turn of the caller waits for an answer, and when its speech ended.

A turn begins and ends with Pipecat's turn frames. Sound outside a turn starts nothing and moves nothing; one turn has
one first word; a turn without words has none.
"""

from collections import deque
from dataclasses import dataclass
from typing import Literal

from pipecat.observers.base_observer import FramePushed

Source = Literal["vad", "service", "stt", "transcript", "turn"]
"""Who says when the caller's speech ended: the VAD (exact), a speech-to-speech service, the STT's own turn detection,
the time of the last transcript, the end of the turn (all of them later than the true end)."""

EXACT: Source = "vad"

_TRANSCRIBED_SECONDS = 3.0
"""A turn that a transcript begins is about sound that ended no longer ago: an STT takes its time, but after a longer
one the words may be speech that the VAD missed."""

_NOTICED_SECONDS = 1.0
"""The same of a turn that a service or a button begins."""

JUST_SECONDS = 0.2
"""The transcript that begins a turn is seen no longer before it."""


@dataclass
class Speech:
    """One stretch of sound that the VAD takes for speech.

    Args:
        began: seconds since the epoch.
        ended: None while it goes on.
        stopped: the VAD's frame that told of the end.
        answered: the bot has answered it; a later turn is about other speech.
        over: a turn that it was part of has ended: if it has ended too, a later turn is about other speech.
    """

    began: float
    ended: float | None = None
    stopped: FramePushed | None = None
    answered: bool = False
    over: bool = False


@dataclass
class Asked:
    """One turn of the caller.

    Args:
        began: seconds since the epoch, as are all times here.
        speech: what the VAD heard of it last.
        words: a transcript with text belongs to it.
        said: when a service said that speech has ended, and which kind of service.
        transcript: the last transcript of the STT.
        given: its words have been given to the model.
        ended: the end of the turn.
        prompted: the bot's program has asked for speech of its own meanwhile.
    """

    began: float
    speech: Speech | None = None
    words: bool = False
    said: tuple[float, Source] | None = None
    transcript: float | None = None
    given: bool = False
    ended: float | None = None
    prompted: bool = False

    @property
    def speaking(self) -> bool:
        """Whether the VAD still hears the caller."""
        return self.speech is not None and self.speech.ended is None

    def end(self, answer: float) -> tuple[float, Source] | None:
        """Return the end of speech before an answer from the best source; None where nothing told of it.

        Args:
            answer: when the bot began to answer.
        """
        speech = self.speech
        if speech is not None and speech.ended is not None and speech.ended <= answer:
            return speech.ended, EXACT
        if self.said is not None and self.said[0] <= answer:
            return self.said
        later: list[tuple[float, Source]] = []
        if self.transcript is not None and self.transcript <= answer:
            later.append((self.transcript, "transcript"))
        if self.ended is not None and self.ended <= answer:
            later.append((self.ended, "turn"))
        return min(later, default=None)  # both are too late: the earlier one is nearer


class Clock:
    """Follows the caller's turns of one call."""

    def __init__(self) -> None:
        self.speech: Speech | None = None
        self.waiting: Asked | None = None
        self.realtime = False
        """The model speaks itself: a turn needs no transcript."""
        self.hears = False
        """There is an STT: a turn without a transcript has no words."""
        self.told_of_turns = False
        """Something tells when the caller's turns begin."""
        self._words_at = float("-inf")
        self._earlier: deque[Asked] = deque()
        """Turns whose words the model has, and whose answers nothing has cut: they come first, in their order."""

    @property
    def speaking(self) -> bool:
        """Whether the VAD hears the caller."""
        return self.speech is not None and self.speech.ended is None

    def speech_began(self, at: float) -> None:
        """Take the true begin of sound; within a turn it is the caller who goes on."""
        self.speech = Speech(at)
        if self.waiting is not None and self.waiting.ended is None:
            self.waiting.speech = self.speech

    def speech_ended(self, at: float, stopped: FramePushed) -> None:
        """Take the true end of sound."""
        if self.speech is not None and self.speech.ended is None:
            self.speech.ended, self.speech.stopped = max(at, self.speech.began), stopped

    def turn_began(self, at: float) -> None:
        """Begin a turn.

        An earlier one that still waits has its answer coming where the model has its words, until that is cut. Words
        that the model does not have yet are part of what this turn asks.
        """
        before, self.told_of_turns = self.waiting, True
        by_transcript = at - self._words_at <= JUST_SECONDS
        turn = self.waiting = Asked(at, words=by_transcript)
        turn.transcript = self._words_at if by_transcript else None
        speech = self.speech
        within = _TRANSCRIBED_SECONDS if by_transcript else _NOTICED_SECONDS
        if speech is not None and not speech.answered:
            heard = speech.ended
            if heard is None or (not speech.over and at - heard <= within):
                turn.speech = speech
        if before is None or not before.words or before.ended is None or self.realtime:
            return
        if before.given:
            self._earlier.append(before)
            return
        if not by_transcript:
            turn.words, turn.transcript, turn.speech = True, before.transcript, turn.speech or before.speech

    def turn_ended(self, at: float, source: Source) -> None:
        """End the turn; its words may still come."""
        turn = self.waiting
        if turn is None or turn.ended is not None:
            return
        turn.ended = at
        if turn.speech is not None:
            turn.speech.over = True
        if source in {"stt", "service"} and turn.said is None:
            turn.said = (at, source)

    @property
    def wordless(self) -> bool:
        """Whether the turn has no words, as far as that can be told."""
        turn = self.waiting
        return turn is not None and not (turn.words or self._earlier) and self.hears and not self.realtime

    @property
    def oldest(self) -> Asked | None:
        """The turn that has waited longest."""
        return self._earlier[0] if self._earlier else self.waiting

    @property
    def untold(self) -> bool:
        """Whether nothing tells of the caller's turns, so that a model's transcripts are all there is of them."""
        return self.waiting is None and not self.told_of_turns

    def service_heard_end(self, at: float, source: Source) -> None:
        """Note that a service says that speech has ended."""
        if self.waiting is not None:
            self.waiting.said = (at, source)

    def service_heard_speech(self) -> None:
        """Note that a service hears the caller: what it said of an end before is no longer so."""
        if self.waiting is not None and self.waiting.ended is None:
            self.waiting.said = None

    def transcribed(self, at: float, *, by_model: bool) -> None:
        """Take a final transcript with text; a speech-to-speech model's own comes at any time and dates nothing."""
        self.hears = self.hears or not by_model
        turn = self.waiting
        if not by_model and (turn is None or turn.ended is not None):
            self._words_at = at  # no open turn takes the words: they may begin one
        if turn is None:
            if by_model and not self.told_of_turns:
                self.waiting = Asked(at, words=True)
            return
        turn.words, turn.given = True, False
        heard = turn.speech.ended if turn.speech is not None else None
        if turn.ended is not None and heard is not None and at - heard > _TRANSCRIBED_SECONDS:
            turn.speech = None  # another sound's words, as far as can be told
        if not by_model and (turn.ended is None or turn.transcript is None):
            turn.transcript = at

    def given(self) -> None:
        """Note that the model has been given what the caller said."""
        if self.waiting is not None:
            self.waiting.given = self.waiting.words

    def prompted(self, *, stalled: bool) -> None:
        """Note that the program makes the bot speak.

        Args:
            stalled: the model has finished, or failed, without an answer: what is said next is none.
        """
        turn = self.waiting
        if turn is None:
            return
        turn.prompted = True
        if stalled and turn.ended is not None and (turn.words or self._earlier):
            self.waiting = None
            self._earlier.clear()

    def cut(self) -> None:
        """Drop the answers that turns wait for; what the bot says next answers something else."""
        self._earlier.clear()
        if self.waiting is not None and self.waiting.ended is not None:
            self.waiting = None

    def answered(self, *, by_model: bool) -> Asked | None:
        """Return the turn that the speech which now begins is the answer to, once; None where it answers none.

        Args:
            by_model: a speech-to-speech model speaks.
        """
        turn = self.waiting
        if turn is None:
            return None
        by_model = by_model or self.realtime
        if self._earlier:
            if turn.ended is not None and not turn.words:
                self.waiting = None
            return _answered(self._earlier.popleft())
        if turn.ended is None and (turn.speaking or not by_model):
            return None  # the caller is not done: a greeting, or a prompt
        self.waiting = None
        if not turn.words and (turn.prompted or (self.hears and not by_model)):
            return None
        return _answered(turn)


def _answered(turn: Asked) -> Asked:
    if turn.speech is not None:
        turn.speech.answered = True
    return turn
