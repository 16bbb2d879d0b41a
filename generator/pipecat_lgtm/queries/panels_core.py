"""One row a service: is it slow, since when, in how many turns, which stage is to look at, when was the last turn."""

from pipecat_lgtm.queries.expr import Aggregate, Expr, Number, Range, among, call, equal, highest, unequal
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.queries.scope import CHOSEN, RANGE, STEP, chosen, histogram, while_used
from pipecat_lgtm.queries.semantics import counter
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m


def _last(samples: Range) -> Expr:
    return highest(call("last_over_time", samples), *labels.COMMON)


def _while_used(name: str) -> Range:
    """Return a recording at the times when turns ended: while its window empties it falls to the last turns' values."""
    return Range(while_used(Query(name, chosen(name), "seconds", ""), m.TURNS).promql, RANGE, STEP)


def last(name: str, brief: str) -> Query:
    """Return the last value of a recorded latency in the time range, per service."""
    return Query(f"core.last.{name}", _last(_while_used(name)), "seconds", brief)


def a_day_ago(name: str) -> Query:
    """Return a recorded latency of the same time yesterday, per service."""
    return Query(f"core.day.{name}", _last(chosen(name).ago("1d").over(RANGE)), "seconds", "The same, a day ago.")


def slow_turns(bound: float) -> Query:
    """Return how many turns of the time range kept the caller waiting longer than a bound in seconds, per service."""
    turns = histogram(m.TURN_TTFW, RANGE, *labels.COMMON)
    slow = (turns.count() - turns.within(bound)) / turns.count().above(0)
    return Query("core.slow_turns", slow * turns.count("increase"), "count", "Turns above the critical threshold.")


def breached_for(*alerts: str) -> Query:
    """Return for how many seconds the condition of one of these alerts has held, per service."""
    began = Aggregate("min", chosen("ALERTS_FOR_STATE", among(labels.ALERTNAME, *alerts)), labels.COMMON)
    return Query("core.since", call("time") - began, "seconds", "For how long the threshold is breached.")


def since_last_turn() -> Query:
    """Return how many seconds ago the last turn of the time range ended, per service: at its counter's last growth."""
    turns = counter(m.TURNS, *CHOSEN)
    grew = call("timestamp", turns).unless(turns.compared("==", turns.ago(STEP)))
    last = highest(call("max_over_time", Range(grew, RANGE, STEP)), *labels.COMMON)
    return Query("core.last_turn", call("time") - last, "seconds", "How long ago the last turn ended.")


def _budgets(budgets: dict[str, float]) -> Expr:
    first, *others = (
        call("label_replace", call("vector", Number(budget)), labels.STAGE, stage, "", "")
        for stage, budget in budgets.items()
    )
    return first.or_(*others)


def _of_budget(stage_p95: str, budgets: dict[str, float]) -> Expr:
    """Return the stage of each service furthest above its budget, or nearest to it, as a multiple of that."""
    each = call("last_over_time", _while_used(stage_p95)) / _budgets(budgets)
    return Aggregate("topk", each.matched(labels.STAGE, many="left"), labels.COMMON, 1)


def worst_stage(stage_p95: str, budgets: dict[str, float]) -> Query:
    """Return the P95 TTFB of the stage that is furthest above its budget, named by its label, per service."""
    expr = (_of_budget(stage_p95, budgets) * _budgets(budgets)).matched(labels.STAGE, many="left")
    return Query("core.worst_stage", expr, "seconds", "The stage furthest above its budget.")


def worst_of_budget(stage_p95: str, budgets: dict[str, float]) -> Query:
    """Return the same as a multiple of the stage's own budget; `budgets` has seconds by stage."""
    brief = "The worst stage as a multiple of its budget."
    return Query("core.of_budget", _of_budget(stage_p95, budgets), "times", brief)


def firing() -> Query:
    """Return how many alerts fire, per service."""
    alerts = chosen("ALERTS", equal("alertstate", "firing"), unequal(labels.SEVERITY, "info"))
    return Query("core.firing", Aggregate("count", alerts, labels.COMMON), "count", "Alerts that fire.")
