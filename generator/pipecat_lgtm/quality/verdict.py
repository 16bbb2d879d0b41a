"""From what a call has met to one verdict: the first that holds, in the contract's order."""

from dataclasses import dataclass

from pipecat_lgtm.config.quality import Heartbeat
from pipecat_lgtm.quality.facts import Facts
from pipecat_lgtm.quality.words import Errors
from pipecat_lgtm_bridge.contract import heartbeat as h


@dataclass(frozen=True)
class Played:
    """How far a scenario got.

    Args:
        passed: all it expects has happened.
        kinds: of failures, as Pipecat's evals name them.
        hung_up: the bot ended the call before that.
        broken: what failed in the caller itself; empty if nothing did.
    """

    passed: bool
    kinds: tuple[str, ...] = ()
    hung_up: bool = False
    broken: str = ""


@dataclass(frozen=True)
class Verdict:
    """One verdict.

    Args:
        name: of the contract's.
        reason: in a few words, none of them said in the call.
    """

    name: str
    reason: str = ""


def judge(bounds: Heartbeat, facts: Facts, played: Played, errors: Errors) -> Verdict:
    """Return the verdict on a call that was taken."""
    if played.hung_up or (facts.hung_up and facts.speaking):
        return Verdict(h.DROPPED, "the bot ended the call")
    if (heard := _heard(bounds, facts, played)) is not None:
        return heard
    if errors.rate is not None and errors.rate > bounds.wrong_words:
        return Verdict(h.WRONG_WORDS, f"word error rate {errors.rate:.3f}")
    if not played.passed:
        return Verdict(h.WRONG_OUTCOME, ", ".join(sorted(set(played.kinds))) or "not as the scenario says")
    return Verdict(h.OK)


def _heard(bounds: Heartbeat, facts: Facts, played: Played) -> Verdict | None:
    """Return what is wrong with when the caller heard something; None if nothing is."""
    waited = {
        number: one.first_word
        for number, one in enumerate(facts.turns, start=1)
        if one.answered and one.ended is not None and not one.talked_over
    }
    for number, seconds in waited.items():
        if seconds is None:
            return Verdict(h.SILENT, f"nothing audible after turn {number}")
    if not played.passed and facts.sounded is None:
        return Verdict(h.SILENT, "nothing audible in the whole call")
    slowest = max((one for one in waited.values() if one is not None), default=0.0)
    return Verdict(h.SLOW, f"first audible word after {slowest:.2f} s") if slowest > bounds.slow else None
