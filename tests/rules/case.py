"""What a rule test knows of an alert: how a service is well, how it is not, and what the reader is told then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from feeds import Phase
from written import Series

from pipecat_lgtm.config import Config

Feed = Callable[[Config, dict[str, str], Sequence[Phase]], Series]
State = Literal["no data", "below the bound", "under the floor", "pending", "firing", "resolved"]
STATES: tuple[State, ...] = get_args(State)
"""What every alert is shown in, or says why it cannot be."""

AGO = "against 10 minutes ago)"


@dataclass(frozen=True)
class Told:
    """What a severity's reader is told at the check.

    Args:
        value: of the bad phase.
        summary: whole.
        trend: whole.
        labels: of this severity alone.
    """

    value: float
    summary: str
    trend: str
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Play:
    """Series, and the seconds at which the alert is looked at: silent before, firing, silent again."""

    series: Series
    step: int
    evaluated: int
    before: int | None
    check: int
    after: int | None


@dataclass(frozen=True)
class Case:
    """One alert name.

    Args:
        feed: the series of a service in phases.
        good: the value of a service that is well; not beyond any bound, and next to it where it can be.
        told: by severity.
        labels: of the alert besides the service's.
        breach: `signal` of its offenders; none for alerts about the monitoring.
        near: what services do, while the bad one is bad, that is all but beyond the bound; where `good` is not.
        count: events per step; enough for the floor.
        few: events per step of a service under the floor.
        before, bad, check: steps until it gets bad, of that, and from its begin to the check.
        step: seconds.
        service: whether its series belong to a service.
        worse: how many times as many events a bad step has.
        never: states it cannot be in, with the reason.
        play: in place of phases, for what they cannot show.
        remote: it is there only where metrics go to a store elsewhere.
    """

    feed: Feed
    good: float
    told: dict[str, Told]
    labels: dict[str, str] = field(default_factory=dict)
    breach: str = ""
    near: tuple[Phase, ...] = ()
    count: float = 5
    few: float = 0.5
    before: int = 40
    bad: int = 60
    check: int = 40
    step: int = 15
    service: bool = True
    worse: float = 1
    never: dict[State, str] = field(default_factory=dict)
    play: Callable[[Config], Play] | None = None
    remote: bool = False
