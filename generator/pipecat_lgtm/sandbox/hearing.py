"""What the caller hears: the truth of every time to first word."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Heard:
    """One first word.

    Args:
        seconds: from the caller's last loud sample to the bot's first audible one.
        late: the most seconds by which the machine was late, with the caller's own audio or with Pipecat's VAD, which
            dates the end of speech; what is measured cannot be truer than that.
    """

    seconds: float
    late: float


class Hearing:
    """The moments a caller's words end and the bot's first audible sample is played, in one call."""

    def __init__(self) -> None:
        self._asked: float | None = None
        self._late = 0.0
        self.words: list[Heard] = []

    def spoke(self) -> None:
        """The caller begins to speak."""
        self._asked, self._late = None, 0.0

    def ended(self, at: float) -> None:
        """The caller's last loud sample has been said, at a time of the monotonic clock."""
        self._asked = at

    def pushed(self, late: float) -> None:
        """A piece of the caller's audio, or the bot's first after it was announced, came this many seconds late."""
        self._late = max(self._late, late)

    def noticed(self, at: float) -> None:
        """Pipecat's VAD says that speech has ended at a time of the monotonic clock."""
        if self._asked is not None:
            self._late = max(self._late, abs(at - self._asked))

    def heard(self, at: float) -> None:
        """A sample is audible at a time of the monotonic clock."""
        if self._asked is not None:
            self.words.append(Heard(at - self._asked, self._late))
            self._asked = None
