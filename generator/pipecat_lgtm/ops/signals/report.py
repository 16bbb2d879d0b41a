"""What `bridge signals` says."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops.signals.dialogues import Dialogue, read
from pipecat_lgtm.ops.signals.scoring import Score, scores


@dataclass(frozen=True)
class Row:
    """How one kind of signal fares.

    Args:
        kind: of signal.
        score: on all dialogues.
    """

    kind: str
    score: Score

    def values(self) -> dict[str, str | int | float | list[str] | None]:
        """Return the row for programs."""
        one = self.score
        return {
            "signal": self.kind,
            "dialogues": one.right + len(one.missed),
            "found": one.right + len(one.wrong),
            "wrong": one.wrong,
            "missed": one.missed,
            "precision": one.precision,
            "recall": one.recall,
        }

    def cells(self) -> tuple[str, ...]:
        """Return the row for people."""
        one = self.score
        counts = (one.right + len(one.missed), one.right + len(one.wrong), len(one.wrong), len(one.missed))
        return self.kind, *map(str, counts), _share(one.precision), _share(one.recall)


@dataclass(frozen=True)
class Found:
    """How all kinds of signals fare.

    Args:
        dialogues: how many were played.
        languages: in how many languages.
        rows: by kind.
        wrong: a line for each dialogue in which a kind is wrongly found, or missed.
    """

    dialogues: int
    languages: int
    rows: tuple[Row, ...]
    wrong: tuple[str, ...]


def run() -> Found:
    """Play all dialogues to the bridge.

    Raises:
        EngineError: if Pipecat is not installed.
    """
    try:
        from pipecat_lgtm.ops.signals.playing import collected, play  # noqa: PLC0415 - needs Pipecat
    except ImportError as error:
        raise EngineError(
            f"bridge signals: {error}", "it plays frames of Pipecat: pip install 'pipecat-lgtm[sandbox]'"
        ) from error
    dialogues = read()
    made = scores(dialogues, play(dialogues, collected()))
    return Found(
        len(dialogues),
        len({one.language for one in dialogues}),
        tuple(Row(kind, score) for kind, score in made.items()),
        tuple(_wrong(dialogues, made)),
    )


def _wrong(dialogues: Sequence[Dialogue], made: dict[str, Score]) -> list[str]:
    about = {one.name: one.about for one in dialogues}
    lines = []
    for kind, score in made.items():
        lines += [f"{kind} wrongly found in {name}: {about[name]}" for name in score.wrong]
        lines += [f"{kind} missed in {name}: {about[name]}" for name in score.missed]
    return lines


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
