"""What a dashboard is narrowed to, and the forms that panels' queries share.

`$…` are Grafana's variables; `$__rate_interval` and `$__range` its windows.
"""

from dataclasses import replace

from pipecat_lgtm.queries.expr import (
    Aggregate,
    ByFlavour,
    Expr,
    Matcher,
    Vector,
    call,
    equal,
    matching,
    total,
    unequal,
)
from pipecat_lgtm.queries.histograms import Histogram
from pipecat_lgtm.queries.query import Query, Unit
from pipecat_lgtm.queries.semantics import counter, summed
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Metric

CHOSEN = (matching(labels.ENVIRONMENT, "$environment"), matching(labels.SERVICE_NAME, "$service"))
WHO = (matching(labels.PROVIDER, "$provider"), matching(labels.MODEL, "$model"))
STAGE = matching(labels.STAGE, "$stage")
BOT = f"{{{{{labels.SERVICE_NAME}}}}} ({{{{{labels.ENVIRONMENT}}}}})"
"""Legend of what there is once per service and environment."""

STEP, RATE, RANGE = "$__interval", "$__rate_interval", "$__range"
"""A step of a graph, a window that a rate can be taken over, and all of the time shown."""

VERSION_ATTRIBUTE = "service.version"
MOST_LINES = 8
"""So many series of services a graph shows, the worst of the time range; more lines cannot be told apart."""
_VARIABLES = {
    "environment": labels.ENVIRONMENT,
    "service": labels.SERVICE_NAME,
    "provider": labels.PROVIDER,
    "model": labels.MODEL,
}


def chosen(name: str, *more: Matcher) -> Vector:
    """Return a recording or another series, for the services a dashboard shows."""
    return Vector(name, (*CHOSEN, *more))


def grown(function: str, metric: Metric, window: str, *by: str, where: tuple[Matcher, ...] = ()) -> Expr:
    """Return the `rate` or `increase` of a counter, or of a histogram's count, of the chosen services."""
    return summed(function, metric, window, *by, matchers=(*CHOSEN, *where))


def histogram(metric: Metric, window: str, *by: str, where: tuple[Matcher, ...] = ()) -> Histogram:
    """Return a histogram of the chosen services."""
    return Histogram(metric, window, by, (*CHOSEN, *where))


def legend(*names: str) -> str:
    """Return a legend of label values."""
    return " · ".join(f"{{{{{name}}}}}" for name in names)


def values_of(label: str, within: tuple[str, ...], *, stages: bool = False) -> Query:
    """Return Grafana's query for the values of a label, among services that ended turns, or among their stages."""
    series = counter(
        m.STAGE_REQUESTS if stages else m.TURNS, *(matching(_VARIABLES[name], f"${name}") for name in within)
    )
    return Query(f"values.{label}", f"label_values({series}, {label})", "text", f"Values of {label}.")


def recorded(name: str, unit: Unit, brief: str, legend_format: str = BOT, *, lower_is_worse: bool = False) -> Query:
    """Return a recording, for those of the services a dashboard shows where it was worst."""
    # A product has no name of its own: Grafana holds a recording's name against an exemplar's, and hides every dot.
    query = Query(f"chosen.{name}", chosen(name) * 1, unit, brief, legend_format)
    return worst(query, chosen(name), lower_is_worse=lower_is_worse)


def worst(query: Query, series: Vector, *, lower_is_worse: bool = False) -> Query:
    """Return a query drawn for at most `MOST_LINES` of its series, those that were worst in the time range.

    Args:
        query: has the labels of the series.
        series: what they are judged by, at their greatest value.
        lower_is_worse: at their least value.
    """
    return only_worst(query, _extreme(series, lower_is_worse=lower_is_worse), lower_is_worse=lower_is_worse)


def only_worst(query: Query, judged: Expr, *by: str, lower_is_worse: bool = False) -> Query:
    """Return a query drawn where an expression, the same at all times shown, is worst; `by` are labels of both."""
    ranked = Aggregate("bottomk" if lower_is_worse else "topk", judged, parameter=MOST_LINES)
    return replace(query, source=query.promql.and_(ranked, by or None))


def _extreme(series: Vector, *, lower_is_worse: bool) -> Expr:
    return call("min_over_time" if lower_is_worse else "max_over_time", series.over(RANGE, at_end=True))


def while_used(query: Query, metric: Metric, *by: str, where: tuple[Matcher, ...] = ()) -> Query:
    """Return a query of a window's percentile, drawn while its counter grows.

    When traffic ends, a window empties turn by turn, and its percentile would fall to that of the last ones.
    """
    count = counter(metric, *CHOSEN, *where)
    grows = count.unless(count.compared("==", count.ago(RATE)))
    return replace(query, source=query.promql.and_(grows, (*labels.COMMON, *by)))


def if_alone(query: Query, name: str) -> Query:
    """Return a query that is drawn only where the dashboard shows one service, as a recording tells."""
    shown = Aggregate("group", call("last_over_time", chosen(name).over(RANGE, at_end=True)), labels.COMMON)
    return replace(query, source=query.promql.and_(Aggregate("count", shown).compared("==", 1), ()))


def lowest(name: str, window: str, unit: Unit, legend_format: str = BOT) -> Query:
    """Return the least value that a recording had in a window: above a bound, it was so all the time."""
    least = call("min_over_time", chosen(name).over(window))
    return worst(Query(f"lowest.{name}", least, unit, "", legend_format), chosen(name))


def quantile(metric: Metric, q: float, *names: str, unit: Unit = "seconds", of: str = "") -> Query:
    """Return a histogram's quantile over time."""
    percent = f"P{q * 100:g}"
    words = " ".join(part for part in (percent, of, legend(*names)) if part)
    expr = histogram(metric, RATE, *names).quantile(q)
    query = Query(_id(f"panel.{percent}", metric, names), expr, unit, metric.brief, words)
    if labels.SERVICE_NAME not in names:
        return query
    return only_worst(query, replace(histogram(metric, RANGE, *names), at_end=True).quantile(q), *names)


def mean(metric: Metric, *names: str, unit: Unit, where: tuple[Matcher, ...] = ()) -> Query:
    """Return a histogram's mean over time, by value and not by series."""
    expr = histogram(metric, RATE, *names, where=where).mean()
    query = Query(_id("panel.mean", metric, names), expr, unit, metric.brief, legend(*names) or "mean")
    if labels.SERVICE_NAME not in names:
        return query
    return only_worst(query, replace(histogram(metric, RANGE, *names, where=where), at_end=True).mean(), *names)


def in_range(metric: Metric, *names: str, unit: Unit = "count", where: tuple[Matcher, ...] = ()) -> Query:
    """Return how much a counter, or a histogram's count, grew in the whole time range shown."""
    expr = grown("increase", metric, RANGE, *names, where=where)
    return Query(_id("range.count", metric, names), expr, unit, metric.brief, legend(*names) or "total")


def over_time(metric: Metric, *names: str, unit: Unit = "count", where: tuple[Matcher, ...] = ()) -> Query:
    """Return how much a counter, or a histogram's count, grew in each step of a graph."""
    expr = grown("increase", metric, STEP, *names, where=where)
    return Query(_id("step.count", metric, names), expr, unit, metric.brief, legend(*names) or "count")


def exemplars(metric: Metric, *where: Matcher) -> Query:
    """Return a query whose only use is that its series carry exemplars; so it reads no more than one sample a step."""
    whole = histogram(metric, STEP, where=where)
    expr = ByFlavour(Aggregate("group", whole.series("bucket")), Aggregate("group", whole.series("")))
    which = tuple(f"{one.label}{one.operator}{one.value}" for one in where)
    return Query(_id("exemplars", metric, which), expr, "seconds", f"Exemplars of: {metric.brief}")


_FIRING = Vector(
    "ALERTS",
    (
        equal("alertstate", "firing"),
        unequal(labels.SEVERITY, "info"),
        matching(labels.ENVIRONMENT, "$environment|"),
        matching(labels.SERVICE_NAME, "$service|"),
    ),
)
"""Alerts that somebody is notified of: those of the chosen services, and those of no service."""


def began_to_fire(step: str) -> Query:
    """Return one sample where an alert begins to fire, in queries of that step."""
    return Query("marks.began", _FIRING.unless(_FIRING.ago(step)), "count", "Alerts that began to fire.")


def firing(*by: str) -> Query:
    """Return since when alerts fire, as Unix milliseconds, by kind and further labels; sooner than that they held."""
    names = (labels.SEVERITY, labels.ALERTNAME, *by)
    held = Vector("ALERTS_FOR_STATE", _FIRING.matchers[1:])
    since = Aggregate("min", held.and_(_FIRING, (labels.SEVERITY, labels.ALERTNAME, *labels.COMMON)), names)
    return Query(f"firing.{'.'.join(by)}", since * 1000, "moment", "Firing alerts.", legend(*names))


def deploys(window: str) -> Query:
    """Return when a service first ended a turn under another version; nothing where the version is no label."""
    by = (labels.SERVICE_NAME, labels.SERVICE_VERSION)
    turns = counter(m.TURNS, *CHOSEN, unequal(labels.SERVICE_VERSION, ""))
    own = total(call("increase", turns.over(window)).above(0), *by)
    before = total(turns.ago(window), *by)
    return Query("marks.deploys", own.unless(before), "count", "Versions that came into service.")


def _id(form: str, metric: Metric, names: tuple[str, ...]) -> str:
    return ".".join((form, metric.name, *names))
