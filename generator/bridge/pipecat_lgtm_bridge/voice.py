"""How loud the caller speaks, against how the same caller spoke when the call began."""

import math
from statistics import median

RAISED_DB, CALM_DB = 8.0, 4.0
"""A voice is raised from so much above its begin on, and no more below so much: shouting is 10 dB and more above
speaking, what varies from sentence to sentence is 3 or so."""

BEGIN_UTTERANCES = 3
"""So many utterances are the begin of a call."""

EVERY_NS = 100_000_000
"""Between two pieces of the input that are measured while the caller speaks."""
_LEAST_PIECES, _MOST_PIECES = 8, 100
"""An utterance with fewer says nothing of a voice; with more, its first ones say enough."""
_ABOVE_NOISE_DB = 12.0
_SILENT_DBFS = -90.0


class Voice:
    """Follows the level of one caller."""

    def __init__(self) -> None:
        self._begin: list[float] = []
        self._pieces: list[float] = []
        self._due = 0
        self._raised = False
        self._noise: float | None = None

    def due(self, timestamp: int) -> bool:
        """Return whether a piece of the caller's speech of a time in ns is to be measured."""
        return timestamp >= self._due and len(self._pieces) < _MOST_PIECES

    def piece(self, timestamp: int, level: float) -> None:
        """Take the level of a piece, 1 = full scale."""
        self._due = timestamp + EVERY_NS
        self._pieces.append(20 * math.log10(level) if level > 0 else _SILENT_DBFS)

    def ended(self, noise: float | None) -> float | None:
        """End an utterance; return how many dB above the call's begin it is, if that is a raised voice, once.

        Args:
            noise: the level between words, in dB of full scale, if it is known: what rises with it is no voice.
        """
        pieces, self._pieces = self._pieces, []
        if len(pieces) < _LEAST_PIECES:
            return None
        level = median(sorted(pieces)[len(pieces) // 2 :])  # pauses within it are none of the voice
        if noise is not None and level - noise < _ABOVE_NOISE_DB:
            return None
        if len(self._begin) < BEGIN_UTTERANCES:
            self._begin.append(level)
            self._noise = noise if self._noise is None else self._noise
            return None
        above = level - median(self._begin)
        if noise is not None and self._noise is not None:
            above -= max(0.0, min(above, noise - self._noise))
        if above < CALM_DB:
            self._raised = False
        if above < RAISED_DB or self._raised:
            return None
        self._raised = True
        return above

    def forget(self) -> None:
        """Drop what was measured of an utterance: the bot was heard in it, too."""
        self._pieces = []
