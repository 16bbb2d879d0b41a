"""What the caller hears: the truth of every time to first word."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Heard:
    """One first word.

    Args:
        seconds: from the caller's last loud sample to the bot's first audible one, by the caller's own clock.
        passed: the same by the clocks at the edges of the bot: that of the samples that passed in after the last loud
            one, and that of the reply's. Where the machine was late with either, the bot could not know better.
        late: the most seconds by which a piece of the caller's audio came late meanwhile: how late the event loop was.
        unseen: seconds by which Pipecat's VAD dated the end of speech late, and by which audio left later than it was
            announced: on a machine with too much to do, what no observer in the bot can know.
        at: when, seconds since the epoch.
    """

    seconds: float
    passed: float
    late: float
    unseen: float
    at: float


class Hearing:
    """The moments a caller's words end and the bot's first audible sample is played, in one call."""

    def __init__(self) -> None:
        self._asked: float | None = None
        self._passed: float | None = None
        self._late = self._unseen = 0.0
        self._answering = False
        self.words: list[Heard] = []

    def spoke(self) -> None:
        """The caller begins to speak."""
        self._asked = self._passed = None

    def ended(self, at: float) -> None:
        """The caller's last loud sample has been said, at a time of the monotonic clock."""
        self._asked, self._late, self._unseen = at, 0.0, 0.0
        self._answering = False

    def passed(self, at: float) -> None:
        """That sample was said at this time by the clock of the samples after it, as they passed into the bot."""
        self._passed = at

    def pushed(self, late: float) -> None:
        """A piece of the caller's audio has passed into the bot, late by seconds."""
        self._late = max(self._late, late)

    def noticed(self, at: float) -> None:
        """Pipecat's VAD says that speech has ended at a time of the monotonic clock."""
        if self._passed is not None:
            self._unseen += abs(at - self._passed)

    def announced(self, late: float) -> None:
        """The bot's first audio has left seconds after it was announced."""
        self._unseen += late
        self._answering = True

    def heard(self, at: float, left: float) -> None:
        """A sample is audible; it is a first word if Pipecat has announced that the bot speaks since the caller ended.

        What is left of a reply that was talked over is none; and where Pipecat takes it for the bot's next reply, it
        does not announce the real one: nobody in the bot can know of that.

        Args:
            at: a time of the monotonic clock.
            left: that of the clock of the samples before it, which began with the first one of the reply.
        """
        if self._answering and self._asked is not None and self._passed is not None:
            self.words.append(Heard(at - self._asked, left - self._passed, self._late, self._unseen, time.time()))
            self._asked = None
