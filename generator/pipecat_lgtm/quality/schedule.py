"""When whom to call: one call after the other for each target, some at once, within the day's money."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from pipecat_lgtm.config.quality import Heartbeat, Target
from pipecat_lgtm.errors import StackError
from pipecat_lgtm.quality import evals
from pipecat_lgtm.quality.calls import Done, place
from pipecat_lgtm.quality.telling import BROKEN, BUSY, COST, Telling

_DAY = 86_400.0
Watch = Callable[[Done | StackError], None]


@dataclass
class Purse:
    """What calls have cost in the last 24 hours.

    Args:
        most: US dollars.
        now: seconds, of any clock.
    """

    most: float
    now: Callable[[], float]
    _spent: deque[tuple[float, float]] = field(default_factory=deque)

    def pays(self, cost: float) -> bool:
        """Take the cost of a call; False, and nothing is taken, where it would be too much."""
        while self._spent and self._spent[0][0] <= self.now() - _DAY:
            self._spent.popleft()
        if cost and sum(one for _, one in self._spent) + cost > self.most + 1e-9:
            return False
        if cost:
            self._spent.append((self.now(), cost))
        return True


class Schedule:
    """Places calls.

    Args:
        settings: of the config.
        plan: who is called, and with what.
        telling: told of every call.
        watch: told too, for people.
    """

    def __init__(
        self, settings: Heartbeat, plan: list[tuple[Target, evals.Scenario]], telling: Telling, watch: Watch
    ) -> None:
        self._settings, self._plan, self._telling, self._watch = settings, plan, telling, watch
        self._gate = asyncio.Semaphore(settings.concurrency)
        self._purse = Purse(settings.cost_per_day, time.monotonic)

    async def once(self) -> list[Done]:
        """Call everybody once; return the calls that were placed."""
        calls = await asyncio.gather(*(self._call(target, scenario) for target, scenario in self._plan))
        return [one for one in calls if one is not None]

    async def until(self, stop: asyncio.Event) -> None:
        """Call until told to stop; a call that is going on is hung up then."""
        callers = [asyncio.create_task(self._again_and_again(*one)) for one in self._plan]
        stopped = asyncio.create_task(stop.wait())
        ended, _ = await asyncio.wait([*callers, stopped], return_when=asyncio.FIRST_COMPLETED)
        for one in (*callers, stopped):
            one.cancel()
        await asyncio.gather(*callers, stopped, return_exceptions=True)
        for one in ended - {stopped}:
            one.result()

    async def _again_and_again(self, target: Target, scenario: evals.Scenario) -> None:
        every = self._settings.interval(target)
        spread = self._settings.jitter * every
        due = time.monotonic()
        while True:
            late = random.uniform(0, spread)  # noqa: S311 - not for secrets
            await asyncio.sleep(max(0.0, due + late - time.monotonic()))
            await self._call(target, scenario)
            due += every
            while due + spread < time.monotonic():  # the call took longer than that, or the machine slept
                self._telling.metrics.skip(target, BUSY)
                due += every

    async def _call(self, target: Target, scenario: evals.Scenario) -> Done | None:
        async with self._gate:
            if not self._purse.pays(target.cost):
                self._telling.metrics.skip(target, COST)
                return None
            with self._telling.metrics.live.track_inprogress():
                try:
                    done = await place(target, scenario, self._settings)
                except StackError as error:
                    self._telling.metrics.skip(target, BROKEN)
                    self._watch(error)
                    return None
        self._telling.tell(done)
        self._watch(done)
        return done
