"""The monitoring's own health: collector, series, stores, rules, delivery of alerts."""

from pipecat_lgtm.queries import scope
from pipecat_lgtm.queries.expr import Aggregate, ByFlavour, Expr, Vector, call, equal, highest, total, unequal
from pipecat_lgtm.queries.health import NOT_INTAKE
from pipecat_lgtm.queries.panels_calls import loki_key
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm_bridge.contract import engines as own
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m


def _rate(name: str, legend: str) -> Query:
    entrance = Vector(name, (equal(own.RECEIVER, own.ENTRANCE),))
    return Query(f"own.{name}", _per_second(entrance), "per_second", "", legend)


def _per_second(series: Vector, *by: str) -> Expr:
    return total(call("rate", series.over(scope.RATE)), *by)


def received() -> list[Query]:
    """Return what bots send per second."""
    return [_rate(own.RECEIVED_SPANS, "spans"), _rate(own.RECEIVED_LOGS, "log records")]


def sent() -> list[Query]:
    """Return what the stores take per second; each takes spans, log records or metric points alone."""
    return [
        Query(
            f"own.{name}",
            _by_store(_per_second(Vector(name, (NOT_INTAKE,)), own.EXPORTER)),
            "per_second",
            "",
            f"{{{{{own.EXPORTER}}}}}",
        )
        for name in own.SENT
    ]


def queues() -> Query:
    """Return how full each store's queue on disk is, as recorded."""
    queues = _by_store(Vector("pipecat:queue:fill"))
    return Query("own.queues", queues, "ratio", "Filled share.", f"{{{{{own.EXPORTER}}}}}")


def _by_store(series: Expr) -> Expr:
    """Return series whose exporters are called by what they feed alone, without the collector's type before it."""
    return call("label_replace", series, own.EXPORTER, "$1", own.EXPORTER, "[^/]+/(.+)")


def memory() -> Query:
    """Return the collector's resident memory."""
    return Query("own.memory", highest(Vector(own.COLLECTOR_MEMORY)), "bytes", "", "collector")


def no_place(name: str) -> Query:
    """Return recorded values that were lost; 0 is not drawn."""
    return Query("own.no_place", Vector(name).above(0), "count", "", "events and sums: lost")


def head_series() -> Query:
    """Return how many series Prometheus holds."""
    return Query("own.head_series", highest(Vector(own.HEAD_SERIES)), "count", "", "series")


def stage_series() -> Query:
    """Return the label sets of the metric that has most of them, per service."""
    whole = scope.histogram(m.STAGE_TTFB, scope.STEP)
    expr = ByFlavour(
        *(Aggregate("count", series, (labels.SERVICE_NAME,)) for series in (whole.series("count"), whole.series("")))
    )
    most = Aggregate("topk", expr, parameter=scope.MOST_LINES)
    return Query("own.stage_series", most, "count", "", scope.legend(labels.SERVICE_NAME))


def values_refused() -> Query:
    """Return values kept out of the metrics in each step of a graph, with the reason."""
    return scope.over_time(m.VALUES_REFUSED, labels.SIGNAL, labels.REASON)


def bridge_dropped() -> Query:
    """Return what bots dropped in each step of a graph, with the reason."""
    return scope.over_time(m.BRIDGE_DROPPED, labels.SIGNAL, labels.REASON)


def records_cut() -> Query:
    """Return the spans and log records that lost a part of themselves in each step of a graph."""
    return scope.over_time(m.RECORDS_CUT, labels.SIGNAL)


def up() -> Query:
    """Return which programs answer; the sandbox runs during a demo only."""
    expr = highest(Vector(own.UP, (unequal(own.JOB, "sandbox"),)), own.JOB)
    return Query("own.up", expr, "count", "", f"{{{{{own.JOB}}}}}")


def rule_time() -> Query:
    """Return which part of its interval the slowest rule group takes."""
    taken, allowed = (highest(Vector(name), own.RULE_GROUP) for name in (own.RULE_SECONDS, own.RULE_INTERVAL))
    expr = highest(taken / allowed)
    return Query("own.rule_time", expr, "ratio", "", "slowest group")


def notified() -> Query:
    """Return messages that reached people in each step of a graph; Alertmanager counts those that failed too."""
    tried, failed = (
        total(call("increase", Vector(name).over(scope.STEP)), own.INTEGRATION) for name in (own.NOTIFIED, own.NOT_TOLD)
    )
    expr = (tried - failed.or_(tried * 0)).above(0)
    return Query("own.notified", expr, "count", "", f"{{{{{own.INTEGRATION}}}}}")


def notifications() -> Query:
    """Return what the notification log keeps, a line each: what people would have been told."""
    severity, status, name = (
        loki_key(field)
        for field in (
            e.NOTIFICATION_LABEL + labels.SEVERITY,
            e.NOTIFICATION_STATUS.name,
            e.NOTIFICATION_LABEL + labels.ALERTNAME,
        )
    )
    # The line is the summary, which names the service.
    head = f"{{{{.{severity}}}}} {{{{.{status}}}}} {{{{.{name}}}}}"
    kind = f'{loki_key(e.EVENT_NAME.name)}="{e.NOTIFICATION.name}"'
    expr = f'{{{labels.SERVICE_NAME}="{e.NOTIFICATIONS}"}} | {kind} | line_format `{head}: {{{{__line__}}}}`'
    return Query("own.notifications", expr, "text", e.NOTIFICATION.brief, language="logql")
