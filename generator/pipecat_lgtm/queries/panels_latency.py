"""Where the milliseconds go: quantiles, buckets, stages, contributions, coverage."""

from pipecat_lgtm.queries.expr import Aggregate, Expr, call, equal, highest, total
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.queries.scope import (
    BOT,
    RANGE,
    RATE,
    STAGE,
    STEP,
    WHO,
    chosen,
    grown,
    histogram,
    legend,
    only_worst,
    recorded,
    while_used,
    worst,
)
from pipecat_lgtm.queries.semantics import per
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Metric

_WHO = (labels.STAGE, labels.PROVIDER, labels.MODEL)


def _slowest(stage_p95: str) -> Expr:
    stages = highest(chosen(stage_p95).at_least(0), labels.STAGE)
    return Aggregate("topk", stages, parameter=1)


def slowest_stage(stage_p95: str) -> Query:
    """Return the P95 TTFB of the slowest stage, named by its label; without traffic nothing."""
    return Query("slowest_stage", _slowest(stage_p95), "seconds", "The stage that takes longest.", legend(labels.STAGE))


def slowest_stage_share(stage_p95: str, ttfw_p95: str) -> Query:
    """Return the slowest stage's P95 as a share of the P95 TTFW; it may exceed 100 %: P95s are of different turns."""
    whole = highest(chosen(ttfw_p95).at_least(0))
    expr = (_slowest(stage_p95) / whole).matched(many="left")
    return Query("slowest_stage_share", expr, "ratio", "Its share of TTFW.", f"{{{{{labels.STAGE}}}}} of TTFW")


def latency(name: str, percent: str) -> Query:
    """Return a recorded quantile of a latency, while there are turns."""
    return while_used(recorded(name, "seconds", f"{percent} of a latency.", f"{percent} {BOT}"), m.TURNS)


def bands(name: str, edges: list[float]) -> Query:
    """Return how many of the edges, in seconds, a recorded latency is above: 0 is the best band."""
    first, *others = (chosen(name).compared(">", edge, as_bool=True) for edge in edges)
    query = Query(f"bands.{name}", sum(others, first), "count", "The band a latency is in.", BOT)
    return while_used(worst(query, chosen(name)), m.TURNS)


def buckets(metric: Metric) -> Query:
    """Return how many values fell into each bucket in each step."""
    expr = histogram(metric, STEP).buckets("increase")
    return Query(f"buckets.{metric.name}", expr, "seconds", f"Buckets of: {metric.brief}", "{{le}}")


def stage(stage_p95: str, name: str) -> Query:
    """Return the recorded P95 TTFB of one stage, per service."""
    of_stage = equal(labels.STAGE, name)
    judged = chosen(stage_p95, of_stage)
    query = worst(Query(f"stage.{name}", judged, "seconds", f"P95 TTFB of {name}.", BOT), judged)
    return while_used(query, m.STAGE_REQUESTS, where=(of_stage,))


def by_model(q: float) -> Query:
    """Return a quantile of the TTFB in the time range per stage, provider and model, the worst of the chosen services.

    Asked of the buckets: as nothing but this table needs it, every evaluation of the rules would be too often.
    """
    each = histogram(m.STAGE_TTFB, RANGE, *labels.COMMON, *_WHO, where=(STAGE, *WHO)).quantile(q)
    percent = f"P{q * 100:g}"
    return Query(f"by_model.{percent}", highest(each, *_WHO), "seconds", f"{percent} TTFB per model.", legend(*_WHO))


def requests_by_model() -> Query:
    """Return how many requests each model answered in the time range."""
    expr = grown("increase", m.STAGE_REQUESTS, RANGE, *_WHO, where=(STAGE, *WHO))
    return Query("requests_by_model", expr, "count", "Requests per model.", legend(*_WHO))


def contributions() -> Query:
    """Return the mean seconds of a turn spent on each contribution; they add up to the latency."""
    expr = _of_a_turn("rate", RATE, labels.CONTRIBUTION)
    return Query("contributions", expr, "seconds", "Where a turn's latency goes.", legend(labels.CONTRIBUTION))


def by_owner() -> Query:
    """Return the mean seconds of a turn by who owns them, over the time range."""
    expr = _of_a_turn("increase", RANGE, labels.OWNER)
    return Query("by_owner", expr, "seconds", "Who owns a turn's latency.", legend(labels.OWNER))


def _of_a_turn(function: str, window: str, *names: str) -> Expr:
    spent = histogram(m.TURN_CONTRIBUTION, window, *names).total(function)
    turns = histogram(m.TURN_TTFW, window).count(function)
    return per(spent, turns).matched(many="left")


def measured() -> Query:
    """Return the share of turns by how their latency is known, or why it is not; they add up to all turns."""
    names = (labels.KNOWN,)
    turns = grown("rate", m.TURNS_MEASURED, RATE)
    expr = per(grown("rate", m.TURNS_MEASURED, RATE, *names), turns).matched(many="left")
    return Query("measured", expr, "ratio", "Turns by how their latency is known.", legend(*names))


def coverage(with_latency: str, turns: str) -> Query:
    """Return the share of turns that have a latency; greetings and silent turns have none."""
    expr = per(total(chosen(with_latency), *labels.COMMON), total(chosen(turns), *labels.COMMON))
    query = Query("coverage", expr, "ratio", "Turns with a latency.", BOT)
    sums = (call("sum_over_time", chosen(one).over(RANGE, at_end=True)) for one in (with_latency, turns))
    return only_worst(query, per(*sums), *labels.COMMON, lower_is_worse=True)
