"""What the caller of one synthetic call has met, by its own ears and clock."""

import array
from collections.abc import Iterable
from dataclasses import dataclass, field

AUDIBLE = 64
"""Of a 16-bit sample: louder is a sound; the noise of a codec and of dithering is below."""
_TALKING_SECONDS = 0.25
"""A bot that was heard so shortly before the caller's last word was being talked over."""
_STEP = 160
"""Samples that are looked at together: 10 ms at most, which is what pauses need."""


@dataclass
class Turn:
    """What the caller said once, and what came of it.

    Args:
        said: the words; nothing where the caller only listens.
        answered: an answer is expected.
        ended: when the last audible sample of it was sent, monotonic; None before.
        first_word: seconds from then to the bot's first audible sample; None while nothing was heard.
        talked_over: the bot was speaking while the caller did, so that what is heard next is no measure.
        understood: what the bot's STT made of it, piece by piece.
    """

    said: str
    answered: bool
    ended: float | None = None
    first_word: float | None = None
    talked_over: bool = False
    understood: list[str] = field(default_factory=list)


@dataclass
class Facts:
    """All of one call.

    Args:
        connect: seconds until the bot had taken the call; None if it did not.
        turns: in order.
        gap: the longest pause between two sounds of one reply, seconds.
        sounded: when the bot was last heard, monotonic.
        within: the same in the reply that it speaks now; None before its first sound.
        speaking: the bot says that it speaks.
        hung_up: the bot ended the connection.
    """

    connect: float | None = None
    turns: list[Turn] = field(default_factory=list)
    gap: float = 0.0
    sounded: float | None = None
    within: float | None = None
    speaking: bool = False
    hung_up: bool = False

    def begins(self, said: str, *, answered: bool) -> None:
        """Take the next turn of the script."""
        self.turns.append(Turn(said, answered))

    def caller(self, pcm: bytes, rate: int, at: float) -> None:
        """Take audio of the caller that has been said up to a time."""
        loud = _last_loud(pcm)
        if loud is None or not self.turns:
            return
        turn = self.turns[-1]
        turn.ended = at - (len(pcm) / 2 - loud) / rate
        turn.first_word = None
        turn.talked_over = self.sounded is not None and turn.ended - self.sounded < _TALKING_SECONDS

    def speaks(self) -> None:
        """Take that the bot says it begins to speak."""
        self.speaking, self.within = True, None

    def bot(self, pcm: bytes, rate: int, begins: float) -> None:
        """Take audio of the bot that is played from a time on."""
        for index in _loud(pcm):
            at = begins + index / rate
            if self.within is not None:
                self.gap = max(self.gap, at - self.within)
            turn = self.turns[-1] if self.turns else None
            if turn is not None and turn.first_word is None and turn.ended is not None and at > turn.ended:
                turn.first_word = at - turn.ended
            self.sounded = self.within = at

    def understood(self, text: str) -> None:
        """Take what the bot's STT made of the caller's words, whole words of it."""
        if self.turns:
            self.turns[-1].understood.append(text)

    def pairs(self) -> list[tuple[str, str]]:
        """Return what was said and what was understood of it, for turns that were spoken to their end."""
        return [(one.said, " ".join(one.understood)) for one in self.turns if one.said and one.ended is not None]

    def heard(self) -> bool:
        """Return whether the answer to the last turn was heard to its end; an answer that nobody expects counts."""
        if not self.turns or not self.turns[-1].answered:
            return True
        turn = self.turns[-1]
        answered = turn.first_word is not None or (not turn.said and self.sounded is not None)
        return answered and not self.speaking


def _loud(pcm: bytes) -> Iterable[int]:
    """Yield the indices of the first and the last audible sample of each step."""
    samples = array.array("h", pcm[: len(pcm) // 2 * 2])
    for start in range(0, len(samples), _STEP):
        piece = [start + i for i, one in enumerate(samples[start : start + _STEP]) if abs(one) > AUDIBLE]
        if piece:
            yield piece[0]
            yield piece[-1]


def _last_loud(pcm: bytes) -> int | None:
    samples = array.array("h", pcm[: len(pcm) // 2 * 2])
    return next((i for i in range(len(samples) - 1, -1, -1) if abs(samples[i]) > AUDIBLE), None)
