"""What rules are made of: recordings, the signals alerts look at, and alerts."""

from dataclasses import dataclass, field, replace
from typing import Literal

from pipecat_lgtm.config.alerts import Severity
from pipecat_lgtm.queries import Query

BoundUnit = Literal["seconds", "ratio", "count", "factor", "none"]


@dataclass(frozen=True)
class Recording:
    """One recording rule.

    Args:
        name: as which it is recorded.
        query: what is recorded.
        labels: every series gets.
        group: in which it must stand, with what it is computed from; empty: in any.
    """

    name: str
    query: Query
    labels: tuple[tuple[str, str], ...] = ()
    group: str = ""

    def flavoured(self, *, native: bool) -> "Recording":
        """Return the recording for one kind of histogram."""
        return replace(self, query=self.query.flavoured(native=native))


@dataclass(frozen=True)
class Signal:
    """A value that alerts hold against bounds.

    Args:
        value: what is judged and drawn.
        labels: of the value's series.
        samples: how many turns, requests or reports the value rests on; None: the value needs no floor.
        window: what the value is taken over, seconds.
        breaches: values of `signal` in `pipecat_breaches_total` that name its offenders; empty: no conversation is.
        low_is_bad: a share that should be high.
        support: further recordings the value is computed from.
        buckets: bounds between which the value is interpolated, ascending; empty: it is exact.
        hours: what the alert judges, where that is a number over hours and not `value`.
    """

    value: Recording
    labels: tuple[str, ...]
    samples: Recording | None
    window: float
    breaches: tuple[str, ...] = ()
    low_is_bad: bool = False
    support: tuple[Recording, ...] = ()
    buckets: tuple[float, ...] = ()
    hours: Recording | None = None

    @property
    def judged(self) -> Recording:
        """What the alert's value is: over the hours, or `value`."""
        return self.hours or self.value

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """What must be recorded for this signal, in order."""
        own = (self.value,) if self.samples is None else (self.samples, self.value)
        return (*self.support, *own)

    def flavoured(self, *, native: bool) -> "Signal":
        """Return the signal for one kind of histogram."""
        return replace(
            self,
            value=self.value.flavoured(native=native),
            samples=self.samples and self.samples.flavoured(native=native),
            support=tuple(one.flavoured(native=native) for one in self.support),
        )


@dataclass(frozen=True)
class Bound:
    """A bound and the key in stack.yaml that holds it; an alert without a number has the key of what it depends on.

    `inclusive`: to reach it is enough.
    """

    key: str
    value: float
    unit: BoundUnit
    inclusive: bool = False


@dataclass(frozen=True)
class Alert:
    """One alert rule.

    Args:
        name: `Pipecat<Signal><Condition>`; severities of one condition share it, and its runbook.
        severity: who is told.
        signal: what it looks at.
        query: the whole condition; its value is the signal's.
        bound: what the value is held against.
        hold: seconds the condition must last.
        min_samples: the floor below which it is silent; 0: none.
        dashboard: uid of the dashboard that shows it.
        search: TraceQL that looks for offenders, `$service` stands for the service; None: no conversation is one.
        labels: besides the signal's and the severity.
        annotations: templates, by name.
    """

    name: str
    severity: Severity
    signal: Signal
    query: Query
    bound: Bound
    hold: float
    min_samples: int
    dashboard: str
    search: Query | None
    labels: tuple[tuple[str, str], ...] = ()
    annotations: dict[str, str] = field(default_factory=dict, hash=False)
