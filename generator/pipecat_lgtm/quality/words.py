"""Words that a bot understood, held against those that were said: jiwer's count, after a named normaliser."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

import jiwer
from whisper_normalizer.english import EnglishTextNormalizer

_HALF_OF_DAY = re.compile(r"\b([ap]) m\b")
_normalised = EnglishTextNormalizer()


def normaliser() -> str:
    """Return the name of what makes spellings of one word the same, with its release."""
    return f"whisper-english-{version('whisper-normalizer')}"


def normalise(text: str) -> str:
    """Return a text as it is compared: one spelling of numbers, titles and contractions, without case and punctuation.

    Whisper's own leaves `p.m.` as two words and `PM` as one.
    """
    return _HALF_OF_DAY.sub(r"\1m", str(_normalised(text)))


@dataclass(frozen=True)
class Errors:
    """How many words were understood, and how many otherwise.

    Args:
        hits: words understood as they were said.
        substitutions: other words than were said.
        deletions: words that were said and not understood.
        insertions: words that nobody said.
    """

    hits: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    @property
    def said(self) -> int:
        """How many words were said."""
        return self.hits + self.substitutions + self.deletions

    @property
    def rate(self) -> float | None:
        """The word error rate; None where nothing was said."""
        return (self.substitutions + self.deletions + self.insertions) / self.said if self.said else None


def compare(pairs: Sequence[tuple[str, str]]) -> Errors:
    """Return the word errors of pairs of what was said and what was understood, counted together."""
    said, heard = ([normalise(text) for text in side] for side in zip(*pairs, strict=True)) if pairs else ([], [])
    if not said:
        return Errors()
    found = jiwer.process_words(said, heard)
    return Errors(found.hits, found.substitutions, found.deletions, found.insertions)
