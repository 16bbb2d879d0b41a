"""Alert conditions over recorded values: beyond a bound, on enough samples."""

from dataclasses import replace

from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.queries.query import Query, Unit


def number(value: float) -> str:
    """Return a bound as it is written in an expression."""
    return f"{value:.10g}"


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
    """Return the condition that a recorded value is beyond a bound, and rests on enough samples.

    Args:
        name: the recorded value.
        bound: in its unit; a value equal to it is not beyond.
        unit: of the value.
        by: labels that value and samples share.
        matching: label values that restrict the value and its samples.
        low_is_bad: beyond is below.
        samples: the recorded number of samples; None: no floor.
        floor: the least number of samples.
    """
    comparison = "<" if low_is_bad else ">"
    condition = f"{name}{selector(matching)} {comparison} {number(bound)}"
    if samples is not None and floor > 0:
        condition += f" and on ({', '.join(by)}) {samples}{selector(matching)} >= {floor}"
    return Query(f"alert.{name}.{comparison}.{number(bound)}", condition, unit, f"{name} beyond {number(bound)}.")


def selector(matching: dict[str, str] | None) -> str:
    """Return label matchers in braces; nothing without any."""
    if not matching:
        return ""
    return "{" + ", ".join(f'{label}="{value}"' for label, value in matching.items()) + "}"


def low_traffic(  # noqa: PLR0913 - the parts of a condition
    bad: str, every: str, busiest: str, *, by: tuple[str, ...], matching: dict[str, str] | None, window: str,
    min_count: int, min_share: float, floor: int,
) -> Query:  # fmt: skip
    """Return the condition for bots that never reach the floor: so many bad ones, and such a share, over hours.

    The value is how many were bad.

    Args:
        bad: as which their number over the hours is recorded.
        every: the same of all.
        busiest: the same of the most in one window.
        by: labels that all of them have.
        matching: label values that restrict them.
        window: the hours.
        min_count: so many must be bad.
        min_share: a larger share of all must be.
        floor: a window with so many is not quiet.
    """
    of, on = selector(matching), f"on ({', '.join(by)})"
    condition = (
        f"round({bad}{of}) >= {min_count} and {on} {bad}{of} / {on} {every}{of} > {number(min_share)} "
        f"and {on} {busiest}{of} < {floor}"
    )
    return Query(f"alert.low_traffic.{bad}", condition, "count", f"Bad ones over {window} of a quiet bot.")


def at_least(name: str, bound: float) -> Query:
    """Return the condition that a recorded count has reached a number."""
    return Query(f"alert.{name}.at_least", f"round({name}) >= {number(bound)}", "count", f"At least {number(bound)}.")


def burning(long: str, short: str, bound: float, samples: str, floor: int) -> Query:
    """Return the condition that an error budget burns too fast over a long and a short window, on enough calls."""
    on = f"on ({', '.join(labels.COMMON)})"
    both = f"{long} > {number(bound)} and {on} {short} > {number(bound)}"
    return Query(f"alert.burning.{long}", f"{both} and {on} {samples} >= {floor}", "ratio", "Budget burnt too fast.")


def escalated(alert: str, condition: Query, by: tuple[str, ...], own: dict[str, str]) -> Query:
    """Return the condition that a warning is firing; its value stays the original's.

    Args:
        alert: the warning's name.
        condition: the warning's.
        by: labels of its value.
        own: labels the rule itself gives it.
    """
    which = {labels.ALERTNAME: alert, "alertstate": "firing", labels.SEVERITY: "warning"} | own
    expr = f"({condition.expr}) and on ({', '.join(by)}) ALERTS{selector(which)}"
    return Query(f"escalated.{condition.id}", expr, condition.unit, f"{alert} is still a warning.")


def first_audio(condition: Query, samples: str, window: str) -> Query:
    """Return a condition on end-to-end times, those marked by a label of which no bridge says when the reply was done.

    Args:
        condition: per service.
        samples: the recorded number of end-to-end times; there wherever the condition can hold.
        window: what the condition is judged over; a bridge sends heartbeats in it.
    """
    on, by = (f"{word} ({', '.join(labels.COMMON)})" for word in ("on", "by"))
    every = f"group {by} (last_over_time({samples}[{window}]))"
    marked = f'label_replace({every}, "{labels.ENDS_AT}", "{labels.FIRST_AUDIO}", "", "")'
    bridged = f"present_over_time({m.HEARTBEATS.prometheus}[{window}])"
    known = f"{marked} unless {on} {bridged} or {on} {every}"
    return replace(condition, expr=f"({condition.expr}) * {on} group_left ({labels.ENDS_AT}) ({known})")


def present(name: str) -> Query:
    """Return the condition that a recorded value is there at all."""
    return Query(f"alert.{name}.present", name, "count", f"{name} is there.")


def states(alert: str) -> Query:
    """Return where an alert is pending or firing now."""
    return Query(f"states.{alert}", f"ALERTS{selector({labels.ALERTNAME: alert})}", "count", "Pending and firing.")


def unready(ready: str, signal: str) -> Query:
    """Return where a signal has not enough history for a baseline."""
    expr = f"{ready}{selector({labels.SIGNAL: signal})} == 0"
    return Query(f"unready.{signal}", expr, "count", "Not enough history.")
