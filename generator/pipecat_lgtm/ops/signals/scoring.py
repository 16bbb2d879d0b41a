"""Precision and recall of each kind of signal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipecat_lgtm.ops.signals.dialogues import KINDS, Dialogue


@dataclass
class Score:
    """How often a kind of signal was found, by dialogue.

    Args:
        right: it is there and was found.
        wrong: dialogues in which it was found and is not there.
        missed: dialogues in which it is there and was not found.
    """

    right: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float | None:
        """The share of what was found that is there; None where nothing was found."""
        return self.right / (self.right + len(self.wrong)) if self.right or self.wrong else None

    @property
    def recall(self) -> float | None:
        """The share of what is there that was found; None where nothing is."""
        return self.right / (self.right + len(self.missed)) if self.right or self.missed else None


def scores(dialogues: Sequence[Dialogue], found: Mapping[str, frozenset[str]]) -> dict[str, Score]:
    """Return the score of each kind.

    Args:
        dialogues: with their labels.
        found: kinds by the dialogue's name.
    """
    made = {kind: Score() for kind in KINDS}
    for one in dialogues:
        for kind in KINDS:
            there, stated = kind in one.expected, kind in found[one.name]
            made[kind].right += there and stated
            made[kind].wrong += [one.name] if stated and not there else []
            made[kind].missed += [one.name] if there and not stated else []
    return made
