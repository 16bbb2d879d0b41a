"""What annotation templates ask Prometheus: offenders and trend; the alert's label values are `printf` placeholders."""

from pipecat_lgtm.queries.expr import (
    Aggregate,
    Expr,
    Matcher,
    Number,
    Vector,
    among,
    call,
    equal,
    highest,
    total,
    unequal,
)
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.queries.semantics import counter
from pipecat_lgtm_bridge.contract import engines, labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.signals import FROM_BOTH, FROM_EVENTS

CRITICAL_WEIGHT = 1000
"""A turn beyond the critical bound outweighs any number of milder ones."""

NO_PLACE = Vector(engines.DATAPOINTS, (equal(engines.ERROR, engines.NO_PLACE),))
"""Values of events and sums whose label set found no place among those the collector holds: they are lost."""

TREND_TOLERANCE = 0.05
"""A change of less than this share is no change."""


def told_apart(by: tuple[str, ...]) -> tuple[str, ...]:
    """Return those labels of an alert by which its offenders are told apart, too."""
    return tuple(label for label in by if label in {*labels.COMMON, *m.BREACHES.labels})


def placeholders(by: tuple[str, ...]) -> tuple[Matcher, ...]:
    """Return a matcher per label whose value the template fills in."""
    return tuple(Matcher(label, placeholder=index) for index, label in enumerate(by, 1))


def _grown(series: Vector, window: str) -> Expr:
    """Return the counters that grew in the window, or were not there before: those of conversations that breached."""
    held = call("last_over_time", series.over(window))
    return held.and_(call("increase", series.over(window)).above(0)).or_(held.unless(series.ago(window)))


def _series(signals: tuple[str, ...], by: tuple[str, ...], *matchers: Matcher) -> Vector:
    return counter(m.BREACHES, among(labels.SIGNAL, *signals), *matchers, *placeholders(by))


def worst(signals: tuple[str, ...], severity: str, window: str, by: tuple[str, ...]) -> Expr:
    """Return the trace with the gravest and most breaches of a window; its one label is `trace_id`."""
    critical = _series(signals, by, equal(labels.SEVERITY, "critical"))
    every: Expr = _grown(critical, window) * CRITICAL_WEIGHT
    if severity != "critical":
        # What the left side of `or` has, the right side does not add again.
        every = every.or_(_grown(_series(signals, by), window))
    return Aggregate("topk", total(every, labels.TRACE_ID), parameter=1)


def affected(signals: tuple[str, ...], severity: str, window: str, by: tuple[str, ...]) -> Expr:
    """Return how many conversations breached in a window: as the collector counts them, or as ids of them are held.

    Both are at most the truth: what is held is bounded, and a collector that starts counts anew. The greater is said.
    """
    held = _held(signals, severity, window, by)
    if set(signals) <= set(FROM_EVENTS):
        return held
    which = (
        among(labels.SIGNAL, *signals),
        equal(labels.SEVERITY, "critical" if severity == "critical" else "warning"),
        equal(labels.WINDOW, window),
        *_set(by),
    )
    return highest(total(Vector(m.AFFECTED.prometheus, which), labels.SIGNAL).or_(held))


def _held(signals: tuple[str, ...], severity: str, window: str, by: tuple[str, ...]) -> Expr:
    """Return how many conversations are held: by name, which several traces can have, else by trace."""
    levels = (equal(labels.SEVERITY, "critical"),) if severity == "critical" else ()
    named = _grown(_series(signals, by, *levels, unequal(labels.CONVERSATION_ID, labels.UNKNOWN)), window)
    nameless = _grown(_series(signals, by, *levels, equal(labels.CONVERSATION_ID, labels.UNKNOWN)), window)
    calls = Aggregate("count", named, (labels.CONVERSATION_ID,))
    traces = Aggregate("count", nameless, (labels.TRACE_ID,)).unless(Aggregate("count", named, (labels.TRACE_ID,)))
    return Aggregate("count", calls.or_(traces))


def _set(by: tuple[str, ...]) -> tuple[Matcher, ...]:
    """Return the matchers of the conversations that were counted by an alert's labels, and by no other."""
    return (*placeholders(by), *(equal(label, labels.ALL) for label in labels.TOLD_APART if label not in by))


def recent(signals: tuple[str, ...], window: str) -> Query:
    """Return the breaching turns of every conversation that is held, gravest and most first."""
    by = (*labels.COMMON, labels.SIGNAL, labels.SEVERITY, labels.TRACE_ID, labels.CONVERSATION_ID)
    counted = total(_grown(_series(signals, ()), window), *by)
    return Query("offenders.recent", call("sort_desc", counted), "count", "Turns beyond a bound, by conversation.")


def overflowed(signals: tuple[str, ...], window: str, by: tuple[str, ...]) -> Expr:
    """Return a value if more conversations breached than are told apart; those of events share a limit."""
    lost = total(_grown(NO_PLACE, window)).above(0)
    if set(signals) <= set(FROM_EVENTS):
        return lost
    series = counter(m.SERIES_OVERFLOWED, equal(labels.SIGNAL, affected_family(window)), *_set(by))
    uncounted = total(_grown(series, window)).above(0)
    return uncounted.or_(lost) if set(signals) & set(FROM_BOTH) else uncounted


def affected_family(window: str) -> str:
    """Return the value of `signal` of the overflow counter for conversations counted in a window."""
    return f"affected_{window}"


def before(name: str, by: tuple[str, ...], ago: str) -> Vector:
    """Return a recorded value as it was so long ago."""
    return _chosen(name, by).ago(ago)


def change(name: str, by: tuple[str, ...], ago: str) -> Expr:
    """Return by how much a recorded value changed since, without the last digits' noise (and without minus 0).

    Where one of both is no number, there is no change to speak of.
    """
    return call("round", _difference(name, by, ago), 0.000001) + Number(0)


def direction(name: str, by: tuple[str, ...], ago: str) -> Expr:
    """Return 1 if a recorded value rose since, -1 if it fell, 0 if it hardly changed."""
    difference = _difference(name, by, ago)
    least = Number(TREND_TOLERANCE) * call("abs", before(name, by, ago))
    moved = call("abs", difference).compared(">", least, as_bool=True)
    return call("sgn", difference) * moved


def _difference(name: str, by: tuple[str, ...], ago: str) -> Expr:
    return (_chosen(name, by) - before(name, by, ago)).numbers()


def _chosen(name: str, by: tuple[str, ...]) -> Vector:
    return Vector(name, placeholders(by))


def milliseconds(back: float) -> Expr:
    """Return the time so many seconds ago (negative: from now), as Grafana's links take it."""
    now: Expr = call("time")
    if back:
        now = now - Number(back) if back > 0 else now + Number(-back)
    return now * 1000
