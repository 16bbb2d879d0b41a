"""What counts as a first word that the caller hears."""

from pipecat_lgtm.sandbox.hearing import Hearing


def _spoke(hearing: Hearing, end: float) -> None:
    hearing.spoke()
    hearing.ended(end)
    hearing.passed(end + 0.001)


def test_a_first_word_a_turn() -> None:
    """It is heard once a turn, from the end of the caller's speech to the first audible sample of the reply."""
    hearing = Hearing()
    _spoke(hearing, 10.0)
    hearing.announced(0.0)
    hearing.heard(10.5, 10.501)
    hearing.heard(10.6, 10.601)

    assert [(0.5, 0.5)] == [(round(one.seconds, 6), round(one.passed, 6)) for one in hearing.words]


def test_what_is_left_of_the_old_reply() -> None:
    """A reply that goes on after it was talked over is no answer; the one after it is."""
    hearing = Hearing()
    _spoke(hearing, 10.0)
    hearing.announced(0.0)
    hearing.heard(10.5, 10.501)
    _spoke(hearing, 12.0)
    hearing.heard(12.1, 12.1)
    hearing.announced(0.0)
    hearing.heard(13.0, 13.001)

    assert [0.5, 1.0] == [round(one.seconds, 6) for one in hearing.words]


def test_a_reply_that_is_not_announced() -> None:
    """Where Pipecat takes the rest of the old reply for a new one, the new one is not announced and no first word."""
    hearing = Hearing()
    hearing.spoke()
    hearing.announced(0.0)
    hearing.ended(10.0)
    hearing.passed(10.001)
    hearing.heard(11.0, 11.0)

    assert [] == hearing.words
