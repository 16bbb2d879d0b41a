"""What happens to a bot, or to a part of the stack, in which an alert must do the right thing though there is little.

Each situation is one service (or, for the stack's own alerts, one run) of some two hours, written as the collector and
Prometheus write it (`written.py`, held against a recording). All are looked at four times.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from feeds import Moment, Phase
from written import SCRAPE

MINUTE = 60
T = 2 * 3600 + 15 * MINUTE + 7
"""Second at which it happens; on no scrape."""
EARLY, BEFORE, SOON, LATER = T - 61 * MINUTE - 7, T - 127, T + 233, T + 14 * MINUTE - 7
"""Four minutes after an event an hour before, just before `T`, four minutes after it, and a quarter of an hour."""
LOOKS = (EARLY, BEFORE, SOON, LATER)
UNTIL = LATER + 30

WINDOWS = """
quality:
  heartbeat: {targets: [{name: my-bot, kind: eval, url: "ws://127.0.0.1:7860/ws", scenario: /etc/pipecat/booking.yaml}]}
alerts:
  synthetic_services: .+
  quality_window: 5 m
  baseline: {window: 20 m, offset: 45 m, step: 5 m, min_points: 3}
  burn_rates:
    - {long: 10 m, short: 5 m, factor: 14.4, severity: critical}
    - {long: 12 m, short: 5 m, factor: 3, severity: warning}
"""
"""The shipped config, but that what is judged over hours fits in the two hours; low traffic keeps its six."""


@dataclass(frozen=True)
class Situation:
    """What happens, of good and bad events.

    Args:
        brief: in words.
        looks: when an alert fires that this concerns.
        happens: from good, bad and how many times as many bad events to what happens.
    """

    brief: str
    looks: tuple[int, ...]
    happens: Callable[["Kinds"], Sequence[Moment]]


@dataclass(frozen=True)
class Kinds:
    """Values of good and of bad events, and how many times as many come when it is bad."""

    good: float
    bad: float
    more: float = 1

    def well(self, at: int, count: float = 1) -> Moment:
        """Return good events."""
        return Moment(0, self.good, count, at=at, until=UNTIL)

    def ill(self, at: int, count: float = 1, *, restarted: bool = False) -> Moment:
        """Return bad events."""
        return Moment(0, self.bad, count * self.more, at=at, until=UNTIL, restarted=restarted)


def _few(kinds: Kinds, *, restarted: bool) -> list[Moment]:
    return [
        kinds.well(T - 110 * MINUTE), kinds.ill(T - 101 * MINUTE), kinds.well(T - 83 * MINUTE),
        kinds.ill(T - 52 * MINUTE), kinds.well(T - 20 * MINUTE), kinds.ill(T, restarted=restarted),
    ]  # fmt: skip


def _busy(begin: int, end: int, one: Callable[[int, float], Moment]) -> list[Moment]:
    return [one(at, 5) for at in range(begin, end, SCRAPE)]


_GETS_BAD = T - 20 * MINUTE
_ONCE = (SOON,)

SITUATIONS: dict[str, Situation] = {
    "first": Situation("the first event ever, a bad one", _ONCE, lambda of: [of.ill(T)]),
    "lone": Situation("a bad one after two hours without any", _ONCE, lambda of: [of.well(67), of.ill(T)]),
    "two": Situation("two bad ones an hour apart", (EARLY, SOON), lambda of: [of.ill(T - 65 * MINUTE), of.ill(T)]),
    "burst": Situation("thirty bad ones at once, the first ever", _ONCE, lambda of: [of.ill(T, 30)]),
    "idle": Situation("busy and bad two hours ago, nothing since", (), lambda of: _busy(67, 607, of.ill)),
    "back": Situation(
        "busy and well, idle for two hours, then thirty bad ones", _ONCE,
        lambda of: [*_busy(67, 607, of.well), of.ill(T, 30)],
    ),
    "restart": Situation(
        "thirty bad ones, a restart of the collector, thirty more", _ONCE,
        lambda of: [of.ill(T - 55, 30), of.ill(T, 30, restarted=True)],
    ),
    "quiet": Situation("three bad ones of six in two hours", _ONCE, lambda of: _few(of, restarted=False)),
    "shaken": Situation("the same, over a restart of the collector", _ONCE, lambda of: _few(of, restarted=True)),
    "busy": Situation(
        "busy and well, then as busy and bad, beside those with little", (BEFORE, SOON, LATER),
        lambda of: [*_busy(67, _GETS_BAD, of.well), *_busy(_GETS_BAD, UNTIL, of.ill)],
    ),
}  # fmt: skip
"""All but "nan": there what is recorded is no number, as older versions recorded it for an idle bot."""


def states(situation: str, good: float, bad: float) -> list[Phase]:
    """Return a state at each scrape; thirty bad events are thirty scrapes in which it was bad."""
    values = [good] * (UNTIL // SCRAPE + 1)
    for one in SITUATIONS[situation].happens(Kinds(good, bad)):
        first = one.at // SCRAPE + 1
        last = first + (1 if situation in {"busy", "idle"} else round(one.count))
        values[first:last] = [one.value] * len(values[first:last])
    return [Phase(1, value, 0) for value in values]
