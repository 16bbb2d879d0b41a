"""One synthetic call, from dialling to its verdict."""

import asyncio
import time
from dataclasses import dataclass, field

from pipecat_lgtm.config.quality import Heartbeat, Target
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.quality import evals, words
from pipecat_lgtm.quality.facts import Facts
from pipecat_lgtm.quality.line import NotTaken, open_line
from pipecat_lgtm.quality.verdict import Played, Verdict, judge
from pipecat_lgtm_bridge.contract import heartbeat as h


@dataclass(frozen=True)
class Done:
    """A call that is over.

    Args:
        target: who was called.
        scenario: its name.
        verdict: how it went.
        facts: what the caller met.
        errors: in what the bot understood.
        began: seconds since the epoch.
        seconds: how long it took.
    """

    target: Target
    scenario: str
    verdict: Verdict
    facts: Facts
    errors: words.Errors
    began: float
    seconds: float = field(default=0.0)


async def place(target: Target, scenario: evals.Scenario, bounds: Heartbeat) -> Done:
    """Call a bot and return how it went, within the deadline and the few seconds that hanging up takes.

    Raises:
        CheckFailed: the caller itself failed, which says nothing about the bot.
        ConfigError: the token cannot be read.
    """
    facts, began, clock = Facts(), time.time(), time.monotonic()

    def done(verdict: Verdict) -> Done:
        errors = words.compare(facts.pairs()) if played_to_its_words else words.Errors()
        return Done(target, scenario.name, verdict, facts, errors, began, time.monotonic() - clock)

    played_to_its_words = False
    try:
        async with open_line(target, bounds, facts) as line:
            try:
                async with asyncio.timeout(bounds.deadline):
                    played = await evals.play(scenario, line.near_end, facts, bounds.patience, bounds.connect)
            except TimeoutError:
                played = Played(passed=False, kinds=("deadline",))
    except NotTaken as not_taken:
        return done(not_taken.verdict)
    if played.broken:
        raise CheckFailed(
            f"{target.name}: the synthetic caller failed: {played.broken}",
            f"`pipecat eval run {target.scenario} --url {target.url}` shows more",
        )
    if not evals.taken(played):
        if facts.hung_up:
            return done(Verdict(h.REFUSED, "the bot ended the connection before it was ready"))
        return done(Verdict(h.UNREACHABLE, f"the bot was not ready within {bounds.connect:g} s"))
    played_to_its_words = True
    errors = words.compare(facts.pairs())
    return done(judge(bounds, facts, played, errors))
