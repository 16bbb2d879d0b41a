"""What a dashboard is narrowed to, and the forms that panels' queries share.

`$…` are Grafana's variables; `$__rate_interval` and `$__range` its windows.
"""

from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Metric
from pipecat_lgtm.queries.query import Query, Unit

CHOSEN = f'{labels.ENVIRONMENT}=~"$environment", {labels.SERVICE_NAME}=~"$service"'
WHO = f'{labels.PROVIDER}=~"$provider", {labels.MODEL}=~"$model"'
STAGE = f'{labels.STAGE}=~"$stage"'
BOT = f"{{{{{labels.SERVICE_NAME}}}}} ({{{{{labels.ENVIRONMENT}}}}})"
"""Legend of what there is once per service and environment."""

VERSION_ATTRIBUTE = "service.version"
_VARIABLES = {
    "environment": labels.ENVIRONMENT,
    "service": labels.SERVICE_NAME,
    "provider": labels.PROVIDER,
    "model": labels.MODEL,
}


def selector(*more: str) -> str:
    """Return a label selector of the chosen services, with further matchers."""
    return "{" + ", ".join((CHOSEN, *more)) + "}"


def by(*names: str) -> str:
    """Return a grouping clause; empty without labels."""
    return f" by ({', '.join(names)})" if names else ""


def legend(*names: str) -> str:
    """Return a legend of label values."""
    return " · ".join(f"{{{{{name}}}}}" for name in names)


def values_of(label: str, within: tuple[str, ...], *, stages: bool = False) -> Query:
    """Return Grafana's query for the values of a label, among services that ended turns, or among their stages."""
    metric = (m.STAGE_REQUESTS if stages else m.TURNS).prometheus
    matchers = ", ".join(f'{_VARIABLES[name]}=~"${name}"' for name in within)
    chosen = f"{metric}{{{matchers}}}" if matchers else metric
    return Query(f"values.{label}", f"label_values({chosen}, {label})", "text", f"Values of {label}.")


def recorded(name: str, unit: Unit, brief: str, legend_format: str = BOT) -> Query:
    """Return a recording, for the services a dashboard shows."""
    return Query(f"chosen.{name}", f"{name}{selector()}", unit, brief, legend_format)


def lowest(name: str, window: str, unit: Unit, legend_format: str = BOT) -> Query:
    """Return the least value that a recording had in a window: beyond a bound, it was so all the time."""
    return Query(f"lowest.{name}", f"min_over_time({name}{selector()}[{window}])", unit, "", legend_format)


def quantile(metric: Metric, q: float, *names: str, unit: Unit = "seconds", of: str = "") -> Query:
    """Return a histogram's quantile over time."""
    inner = f"sum{by('le', *names)} (rate({metric.prometheus}_bucket{selector()}[$__rate_interval]))"
    percent = f"P{q * 100:g}"
    words = " ".join(part for part in (percent, of, legend(*names)) if part)
    return Query(
        _id(f"panel.{percent}", metric, names), f"histogram_quantile({q:g}, {inner})", unit, metric.brief, words
    )


def mean(metric: Metric, *names: str, unit: Unit, where: tuple[str, ...] = ()) -> Query:
    """Return a histogram's mean over time, by value and not by series."""
    of = {
        part: f"sum{by(*names)} (rate({metric.prometheus}_{part}{selector(*where)}[$__rate_interval]))"
        for part in ("sum", "count")
    }
    return Query(
        _id("panel.mean", metric, names),
        f"{of['sum']} / ({of['count']} > 0)",
        unit,
        metric.brief,
        legend(*names) or "mean",
    )


def in_range(metric: Metric, *names: str, unit: Unit = "count", where: tuple[str, ...] = ()) -> Query:
    """Return how much a counter, or a histogram's count, grew in the whole time range shown."""
    return Query(
        _id("range.count", metric, names),
        f"sum{by(*names)} (increase({_counted(metric)}{selector(*where)}[$__range]))",
        unit,
        metric.brief,
        legend(*names) or "total",
    )


def over_time(metric: Metric, *names: str, unit: Unit = "count", where: tuple[str, ...] = ()) -> Query:
    """Return how much a counter, or a histogram's count, grew in each step of a graph."""
    return Query(
        _id("step.count", metric, names),
        f"sum{by(*names)} (increase({_counted(metric)}{selector(*where)}[$__interval]))",
        unit,
        metric.brief,
        legend(*names) or "count",
    )


def exemplars(metric: Metric, *where: str) -> Query:
    """Return a query whose only use is that its series carry exemplars; so it reads no more than one sample a step."""
    expr = f"group({metric.prometheus}_bucket{selector(*where)})"
    return Query(_id("exemplars", metric, where), expr, "seconds", f"Exemplars of: {metric.brief}")


def firing() -> Query:
    """Return when alerts fired: those of the chosen services, and those of no service."""
    expr = f'ALERTS{{alertstate="firing", {labels.SERVICE_NAME}=~"$service|"}}'
    return Query("marks.firing", expr, "count", "Firing alerts.")


def deploys(window: str) -> Query:
    """Return when a service first ended a turn under another version; nothing where the version is no label."""
    grouped, turns = (
        f"sum by ({labels.SERVICE_NAME}, {labels.SERVICE_VERSION})",
        selector(f'{labels.SERVICE_VERSION}!=""'),
    )
    own = f"{grouped} (increase({m.TURNS.prometheus}{turns}[{window}]) > 0)"
    before = f"{grouped} ({m.TURNS.prometheus}{turns} offset {window})"
    return Query("marks.deploys", f"{own} unless {before}", "count", "Versions that came into service.")


def _counted(metric: Metric) -> str:
    return f"{metric.prometheus}_count" if metric.kind == "histogram" else metric.prometheus


def _id(form: str, metric: Metric, names: tuple[str, ...]) -> str:
    return ".".join((form, metric.name, *names))
