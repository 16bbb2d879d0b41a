import jiwer
import pytest

from pipecat_lgtm.quality.words import Errors, compare, normalise, normaliser

SAID = "my name is anna and i would like a table for two at the window on friday evening please"


@pytest.mark.parametrize(
    ("said", "spoken"),
    [
        ("Dr. Smith at 7 PM", "doctor smith at seven p.m."),
        ("Dr. Smith at 7 PM", "Doctor Smith at seven PM"),
        ("I won't come on the 3rd.", "i will not come on the third"),
        ("A table for 4, please!", "a table for four please"),
        ("It's at 9 a.m.", "it is at nine AM"),
    ],
)
def test_spellings_are_no_errors(said: str, spoken: str) -> None:
    """What is said and its spoken form are the same words."""
    assert Errors(hits=len(normalise(said).split())) == compare([(said, spoken)])


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("at seven", "at eleven"),
        ("i can come", "i can not come"),
        ("flight 15", "flight 50"),
        ("on monday", "on sunday"),
    ],
)
def test_other_words_are_errors(said: str, understood: str) -> None:
    """A changed number, day or negation is an error, however alike it sounds."""
    assert compare([(said, understood)]).rate


def test_planted() -> None:
    """Planted substitutions, deletions and insertions are told apart, and are what jiwer says of the same pair."""
    understood = SAID.replace("anna", "hanna").replace(" the window", " window").replace("please", "please thank you")
    found = compare([(SAID, understood)])
    by_hand = jiwer.process_words(SAID, understood)

    assert Errors(hits=17, substitutions=1, deletions=1, insertions=2) == found
    assert (by_hand.hits, by_hand.substitutions, by_hand.deletions, by_hand.insertions, by_hand.wer) == (
        found.hits, found.substitutions, found.deletions, found.insertions, found.rate,
    )  # fmt: skip


def test_pooled() -> None:
    """Of several pairs words are counted together, not rates averaged: a short one weighs little."""
    assert 1 / 20 == compare([(SAID, SAID), ("yes", "no")]).rate


def test_nothing() -> None:
    """Without a word said there is no rate; without a word understood all are missing."""
    assert compare([]).rate is None
    assert compare([("", "hello")]).rate is None
    assert Errors(deletions=2) == compare([("hello there", "")])


def test_named() -> None:
    """The normaliser is named with its release: another one is another measure."""
    assert normaliser().startswith("whisper-english-0.")
