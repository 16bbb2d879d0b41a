import array

import pytest

from pipecat_lgtm.config import load_default
from pipecat_lgtm.quality.facts import Facts
from pipecat_lgtm.quality.verdict import Played, judge
from pipecat_lgtm.quality.words import Errors
from pipecat_lgtm_bridge.contract import heartbeat as h

RATE = 16_000
BOUNDS = load_default().quality.heartbeat
PASSED = Played(passed=True)
LATE = Played(passed=False, kinds=("timeout",))


def _sound(seconds: float, silence_before: float = 0.0) -> bytes:
    return bytes(2 * int(RATE * silence_before)) + array.array("h", [9000, -9000] * int(RATE * seconds / 2)).tobytes()


def _call(answer: float | None, *, speaking: bool = False, hung_up: bool = False) -> Facts:
    """Return what a caller meets who speaks until 10 s and is answered so much later."""
    facts = Facts(connect=0.1)
    facts.begins("hello there", answered=True)
    facts.caller(_sound(0.04), RATE, 10.0)
    if answer is not None:
        facts.speaks()
        facts.bot(_sound(0.5, silence_before=0.2), RATE, 10.0 + answer - 0.2)
    facts.speaking, facts.hung_up = speaking, hung_up
    return facts


@pytest.mark.parametrize(
    ("facts", "played", "errors", "verdict"),
    [
        (_call(1.0), PASSED, Errors(10), h.OK),
        (_call(1.0, hung_up=True), PASSED, Errors(10), h.OK),
        (_call(1.0, speaking=True, hung_up=True), PASSED, Errors(10), h.DROPPED),
        (_call(None), Played(passed=False, kinds=("bot_ended",), hung_up=True), Errors(), h.DROPPED),
        (_call(None), PASSED, Errors(10), h.SILENT),
        (_call(None), LATE, Errors(10), h.SILENT),
        (_call(BOUNDS.slow + 0.1), PASSED, Errors(10), h.SLOW),
        (_call(BOUNDS.slow + 0.1), LATE, Errors(0, 10), h.SLOW),
        (_call(1.0), LATE, Errors(6, 4), h.WRONG_WORDS),
        (_call(1.0), PASSED, Errors(6, 1, 1, 2), h.WRONG_WORDS),
        (_call(1.0), PASSED, Errors(7, 3), h.OK),
        (_call(1.0), Played(passed=False, kinds=("text_mismatch",)), Errors(10), h.WRONG_OUTCOME),
        (Facts(connect=0.1), LATE, Errors(), h.SILENT),
    ],
)
def test_verdicts(facts: Facts, played: Played, errors: Errors, verdict: str) -> None:
    """The first verdict that holds is the call's: who hung up, whether, when and what was heard, and how it ended."""
    assert verdict == judge(BOUNDS, facts, played, errors).name


def test_first_word() -> None:
    """It runs from the last audible sample of the caller to the first one of the bot: its leading silence counts."""
    facts = _call(1.25)

    assert 1.25 == pytest.approx(facts.turns[0].first_word, abs=0.001)


def test_pause_of_the_caller() -> None:
    """A bot that answers into a pause has answered nothing yet: the clock runs from the caller's last word."""
    facts = _call(0.5)
    facts.caller(_sound(0.04), RATE, 12.0)

    assert facts.turns[0].first_word is None

    facts.bot(_sound(0.1), RATE, 12.75)

    assert 0.75 == pytest.approx(facts.turns[0].first_word, abs=0.001)


def test_talked_over() -> None:
    """Who talks over the bot hears the rest of what it says first: that measures nothing, so it is not slow."""
    facts = Facts(connect=0.1)
    facts.speaks()
    facts.bot(_sound(5.0), RATE, 8.0)
    facts.begins("stop", answered=True)
    facts.caller(_sound(0.04), RATE, 10.0)

    assert facts.turns[0].talked_over
    assert h.OK == judge(BOUNDS, facts, PASSED, Errors(1)).name


def test_gap() -> None:
    """The longest pause within a reply counts; what lies between two replies does not."""
    facts = _call(1.0)
    facts.bot(_sound(0.2), RATE, 12.2)
    facts.speaks()
    facts.bot(_sound(0.2), RATE, 20.0)

    assert 0.7 == pytest.approx(facts.gap, abs=0.01)


def test_silence_is_no_sound() -> None:
    """A voice that is muted is not heard, though audio comes."""
    facts = _call(None)
    facts.speaks()
    facts.bot(bytes(RATE), RATE, 10.5)

    assert facts.sounded is None
    assert not facts.heard()
