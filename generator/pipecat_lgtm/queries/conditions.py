"""Alert conditions over recorded values: above or below a threshold, on enough samples."""

from dataclasses import replace

from pipecat_lgtm.queries.expr import (
    Binary,
    Comparison,
    Expr,
    Matcher,
    Vector,
    call,
    equal,
    number,
)
from pipecat_lgtm.queries.query import Query, Unit
from pipecat_lgtm.queries.semantics import counter
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m


def beyond(  # noqa: PLR0913 - the parts of a condition
    name: str,
    bound: float,
    *,
    unit: Unit,
    by: tuple[str, ...],
    matching: dict[str, str] | None = None,
    low_is_bad: bool = False,
    samples: str | None = None,
    floor: int = 0,
) -> Query:
    """Return the condition that a recorded value has crossed a threshold, and rests on enough samples.

    Args:
        name: the recorded value.
        bound: in its unit; a value equal to it has not crossed it.
        unit: of the value.
        by: labels that value and samples share.
        matching: label values that restrict the value and its samples.
        low_is_bad: the value should be above the threshold.
        samples: the recorded number of samples; None: no floor.
        floor: the least number of samples.
    """
    comparison: Comparison = "<" if low_is_bad else ">"
    which = _matchers(matching)
    condition: Expr = Vector(name, which).compared(comparison, bound)
    if samples is not None and floor > 0:
        condition = condition.and_(Vector(samples, which).at_least(floor), by)
    words = "below" if low_is_bad else "above"
    return Query(f"alert.{name}.{comparison}.{number(bound)}", condition, unit, f"{name} {words} {number(bound)}.")


def _matchers(matching: dict[str, str] | None) -> tuple[Matcher, ...]:
    return tuple(equal(label, value) for label, value in (matching or {}).items())


def low_traffic(  # noqa: PLR0913 - the parts of a condition
    bad: str, every: str, busiest: str, samples: str, *, by: tuple[str, ...], matching: dict[str, str] | None,
    window: str, min_count: int, min_share: float, floor: int,
) -> Query:  # fmt: skip
    """Return the condition for bots that never reach the floor: so many bad ones, and such a share, over hours.

    The value is how many were bad.

    Args:
        bad: as which their number over the hours is recorded.
        every: the same of all.
        busiest: the same of the most in one window.
        samples: the recorded number of samples of the window that ends now.
        by: labels that all of them have.
        matching: label values that restrict them.
        window: the hours.
        min_count: so many must be bad.
        min_share: a larger share of all must be.
        floor: a window with so many is not quiet, be it the one that ends now.
    """
    which = _matchers(matching)
    enough = Vector(bad, which).at_least(min_count)
    share = (Vector(bad, which) / Vector(every, which)).matched(*by).above(min_share)
    condition = (
        enough.and_(share, by)
        .and_(Vector(busiest, which).compared("<", floor), by)
        .unless(Vector(samples, which).at_least(floor), by)
    )
    return Query(f"alert.low_traffic.{bad}", condition, "count", f"Bad ones over {window} of a quiet bot.")


def at_least(name: str, bound: float) -> Query:
    """Return the condition that a recorded count has reached a number."""
    condition = call("round", Vector(name)).at_least(bound)
    return Query(f"alert.{name}.at_least", condition, "count", f"At least {number(bound)}.")


def burning(long: str, short: str, bound: float, samples: str, floor: int) -> Query:
    """Return the condition that an error budget burns too fast over a long and a short window, on enough calls."""
    both = Vector(long).above(bound).and_(Vector(short).above(bound), labels.COMMON)
    condition = both.and_(Vector(samples).at_least(floor), labels.COMMON)
    return Query(f"alert.burning.{long}", condition, "ratio", "Budget burnt too fast.")


def escalated(alert: str, condition: Query, by: tuple[str, ...], own: dict[str, str]) -> Query:
    """Return the condition that a warning is firing; its value stays the original's.

    Args:
        alert: the warning's name.
        condition: the warning's.
        by: labels of its value.
        own: labels the rule itself gives it.
    """
    which = {labels.ALERTNAME: alert, "alertstate": "firing", labels.SEVERITY: "warning"} | own
    expr = condition.promql.and_(Vector("ALERTS", _matchers(which)), by)
    return Query(f"escalated.{condition.id}", expr, condition.unit, f"{alert} is still a warning.")


def first_audio(condition: Query, window: str) -> Query:
    """Return a condition on end-to-end times, those marked by a label of which no bridge says when the reply was done.

    Args:
        condition: per service.
        window: what the condition is judged over; a bridge sends heartbeats in it.
    """
    bridged = call("increase", counter(m.HEARTBEATS).over(window)).above(0)
    unbridged = condition.promql.unless(bridged, labels.COMMON)
    marked = call("label_replace", unbridged, labels.ENDS_AT, labels.FIRST_AUDIO, "", "")
    return replace(condition, source=Binary("or", marked, condition.promql, labels.COMMON))


def present(name: str) -> Query:
    """Return the condition that a recorded value is there at all."""
    return Query(f"alert.{name}.present", Vector(name), "count", f"{name} is there.")


def states(alert: str) -> Query:
    """Return where an alert is pending or firing now."""
    which = (equal(labels.ALERTNAME, alert),)
    return Query(f"states.{alert}", Vector("ALERTS", which), "count", "Pending and firing.")


def unready(ready: str, signal: str) -> Query:
    """Return where a signal has not enough history for a baseline."""
    expr = Vector(ready, (equal(labels.SIGNAL, signal),)).compared("==", 0)
    return Query(f"unready.{signal}", expr, "count", "Not enough history.")
