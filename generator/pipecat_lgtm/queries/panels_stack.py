"""The monitoring's own health: collector, series, stores, rules, delivery of alerts."""

from pipecat_lgtm.contract import engines as own
from pipecat_lgtm.contract import events as e
from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.queries import scope
from pipecat_lgtm.queries.panels_calls import loki_key
from pipecat_lgtm.queries.query import Query


def _rate(name: str, legend: str) -> Query:
    return Query(f"own.{name}", f"sum(rate({name}[$__rate_interval]))", "per_second", "", legend)


def received() -> list[Query]:
    """Return what bots send per second."""
    return [_rate(own.RECEIVED_SPANS, "spans"), _rate(own.RECEIVED_LOGS, "log records")]


def sent() -> list[Query]:
    """Return what the stores take per second."""
    return [
        Query(f"own.{name}", f"sum by ({own.EXPORTER}) (rate({name}[$__rate_interval]))", "per_second", "", legend)
        for name, legend in (
            (one, f"{one.rpartition('sent_')[2].replace('_', ' ')} {{{{{own.EXPORTER}}}}}") for one in own.SENT
        )
    ]


def queues() -> Query:
    """Return how full each store's queue on disk is, as recorded."""
    return Query("own.queues", "pipecat:queue:fill", "ratio", "Filled share.", f"{{{{{own.EXPORTER}}}}}")


def memory() -> Query:
    """Return the collector's resident memory."""
    return Query("own.memory", f"max({own.COLLECTOR_MEMORY})", "bytes", "", "collector")


def no_place(name: str) -> Query:
    """Return recorded values that were lost; nought is not drawn."""
    return Query("own.no_place", f"{name} > 0", "count", "", "events and sums: lost")


def head_series() -> Query:
    """Return how many series Prometheus holds."""
    return Query("own.head_series", f"max({own.HEAD_SERIES})", "count", "", "series")


def stage_series() -> Query:
    """Return the label sets of the metric that has most of them, per service."""
    expr = f"count by ({labels.SERVICE_NAME}) ({m.STAGE_TTFB.prometheus}_count{scope.selector()})"
    return Query("own.stage_series", expr, "count", "", scope.legend(labels.SERVICE_NAME))


def values_refused() -> Query:
    """Return values kept out of the metrics in each step of a graph, with the reason."""
    return scope.over_time(m.VALUES_REFUSED, labels.SIGNAL, labels.REASON)


def up() -> Query:
    """Return which programs answer; the sandbox runs during a demo only."""
    return Query("own.up", f'max by ({own.JOB}) ({own.UP}{{{own.JOB}!="sandbox"}})', "count", "", f"{{{{{own.JOB}}}}}")


def rule_time() -> Query:
    """Return which part of its interval the slowest rule group takes."""
    by = f"max by ({own.RULE_GROUP})"
    expr = f"max({by} ({own.RULE_SECONDS}) / {by} ({own.RULE_INTERVAL}))"
    return Query("own.rule_time", expr, "ratio", "", "slowest group")


def notified() -> Query:
    """Return messages that reached people in each step of a graph; Alertmanager counts those that failed too."""
    tried, failed = (
        f"sum by ({own.INTEGRATION}) (increase({name}[$__interval]))" for name in (own.NOTIFIED, own.NOT_TOLD)
    )
    expr = f"{tried} - ({failed} or {tried} * 0) > 0"
    return Query("own.notified", expr, "count", "", f"{{{{{own.INTEGRATION}}}}}")


def notifications() -> Query:
    """Return what the notification log keeps, a line each: what people would have been told."""
    severity, status, name, service = (
        loki_key(field)
        for field in (
            e.NOTIFICATION_LABEL + labels.SEVERITY,
            e.NOTIFICATION_STATUS.name,
            e.NOTIFICATION_LABEL + labels.ALERTNAME,
            e.NOTIFICATION_LABEL + labels.SERVICE_NAME,
        )
    )
    head = f"{{{{.{severity}}}}} {{{{.{status}}}}} {{{{.{name}}}}}{{{{with .{service}}}}} {{{{.}}}}{{{{end}}}}"
    kind = f'{loki_key(e.EVENT_NAME.name)}="{e.NOTIFICATION.name}"'
    expr = f'{{{labels.SERVICE_NAME}="{e.NOTIFICATIONS}"}} | {kind} | line_format `{head}: {{{{__line__}}}}`'
    return Query("own.notifications", expr, "text", e.NOTIFICATION.brief, language="logql")


def firing_now() -> Query:
    """Return the alerts that fire now."""
    names = f"alertname, {labels.SEVERITY}, {labels.SERVICE_NAME}"
    return Query("own.firing_now", f'count by ({names}) (ALERTS{{alertstate="firing"}})', "count", "Firing alerts.")
