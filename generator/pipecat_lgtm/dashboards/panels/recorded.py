"""Recordings that alerts judge, as panels draw them: what is drawn is what is alerted on."""

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.queries import Query, scope
from pipecat_lgtm.queries.expr import Vector
from pipecat_lgtm.queries.query import Unit
from pipecat_lgtm.rules.recordings import recorded, usual


def lately(config: Config, what: str, operation: str, unit: Unit, *own: str, lower_is_worse: bool = False) -> Query:
    """Return a recording over `alerts.window`; `own` are its labels besides service and environment."""
    return _of_bot(recorded(what, operation, usual(config)), unit, own, lower_is_worse=lower_is_worse)


def evaluated(config: Config, what: str, operation: str, unit: Unit, *own: str, lower_is_worse: bool = False) -> Query:
    """Return a recording over `alerts.quality_window`."""
    name = recorded(what, operation, format_seconds(config.alerts.quality_window))
    return _of_bot(name, unit, own, lower_is_worse=lower_is_worse)


def lasting(config: Config, what: str, operation: str, unit: Unit, hold: float) -> Query:
    """Return the least value of a recording over `alerts.window` in as many seconds as an alert on it must hold."""
    return scope.lowest(recorded(what, operation, format_seconds(config.alerts.window)), format_seconds(hold), unit)


def of_stack(config: Config, what: str, operation: str, unit: Unit, *own: str) -> Query:
    """Return a recording over `alerts.window` that counts faults of the stack; 0 is not drawn."""
    name = recorded(what, operation, usual(config))
    return Query(f"chosen.{name}", Vector(name).above(0), unit, "", scope.legend(*own))


def _of_bot(name: str, unit: Unit, own: tuple[str, ...], *, lower_is_worse: bool) -> Query:
    legend = " · ".join((scope.legend(*own), scope.BOT)) if own else scope.BOT
    return scope.recorded(name, unit, "", legend, lower_is_worse=lower_is_worse)
