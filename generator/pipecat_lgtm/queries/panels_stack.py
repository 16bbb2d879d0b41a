"""The monitoring's own health: collector, series, stores, rules, delivery of alerts."""

from pipecat_lgtm.contract import engines as own
from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.queries import scope
from pipecat_lgtm.queries.query import Query, Unit


def _rate(name: str, by: str, legend: str, unit: Unit = "per_second") -> Query:
    inner = f'{{__name__=~"{name}"}}' if "(" in name else name
    clause = f" by ({by})" if by else ""
    return Query(f"own.{name}", f"sum{clause} (rate({inner}[$__rate_interval]))", unit, "", legend)


def received() -> list[Query]:
    """Return what bots send per second."""
    return [_rate(own.RECEIVED_SPANS, "", "spans"), _rate(own.RECEIVED_LOGS, "", "log records")]


def refused() -> Query:
    """Return what the collector could not take per second."""
    return _rate(own.REFUSED, "receiver", "refused by {{receiver}}")


def sent() -> Query:
    """Return what the stores take per second."""
    return _rate(own.SENT, own.EXPORTER, f"{{{{{own.EXPORTER}}}}}")


def send_failures() -> Query:
    """Return what could not be sent per second; nought while all is well."""
    failed = f'sum by ({own.EXPORTER}) (rate({{__name__=~"{own.SEND_FAILED}"}}[$__rate_interval]))'
    taken = f'sum by ({own.EXPORTER}) (rate({{__name__=~"{own.SENT}"}}[$__rate_interval]))'
    return Query("own.send_failures", f"{failed} or {taken} * 0", "per_second", "", f"{{{{{own.EXPORTER}}}}}")


def queues() -> Query:
    """Return how full each store's queue on disk is."""
    by = f"max by ({own.EXPORTER}, {own.DATA_TYPE})"
    expr = f"{by} ({own.QUEUE_SIZE}) / {by} ({own.QUEUE_CAPACITY})"
    return Query("own.queues", expr, "ratio", "", f"{{{{{own.EXPORTER}}}}} {{{{{own.DATA_TYPE}}}}}")


def memory() -> Query:
    """Return the collector's resident memory."""
    return Query("own.memory", f"max({own.COLLECTOR_MEMORY})", "bytes", "", "collector")


def head_series() -> Query:
    """Return how many series Prometheus holds."""
    return Query("own.head_series", f"max({own.HEAD_SERIES})", "count", "", "series")


def stage_series() -> Query:
    """Return the label sets of the metric that has most of them, per service."""
    expr = f"count by ({labels.SERVICE_NAME}) ({m.STAGE_TTFB.prometheus}_count{scope.selector()})"
    return Query("own.stage_series", expr, "count", "", scope.legend(labels.SERVICE_NAME))


def overflowed() -> Query:
    """Return values counted without their labels in each step of a graph."""
    return scope.over_time(m.SERIES_OVERFLOWED, labels.SERVICE_NAME, labels.SIGNAL)


def values_refused() -> Query:
    """Return values kept out of the metrics in each step of a graph, with the reason."""
    return scope.over_time(m.VALUES_REFUSED, labels.SIGNAL, labels.REASON)


def up() -> Query:
    """Return which programs answer."""
    return Query("own.up", f"max by ({own.JOB}) ({own.UP})", "count", "", f"{{{{{own.JOB}}}}}")


def rule_failures() -> Query:
    """Return rule evaluations that failed per second."""
    return _rate(own.RULE_FAILURES, "", "failed evaluations")


def rule_time() -> Query:
    """Return which part of its interval the slowest rule group takes."""
    by = f"max by ({own.RULE_GROUP})"
    expr = f"max({by} ({own.RULE_SECONDS}) / {by} ({own.RULE_INTERVAL}))"
    return Query("own.rule_time", expr, "ratio", "", "slowest group")


def alerts_lost() -> list[Query]:
    """Return alerts per second that did not reach Alertmanager, and messages that did not reach people."""
    return [
        _rate(own.ALERTS_LOST, "", "Prometheus to Alertmanager"),
        _rate(own.NOTIFY_FAILED, own.INTEGRATION, f"Alertmanager to {{{{{own.INTEGRATION}}}}}"),
    ]


def notified() -> Query:
    """Return messages sent to people in each step of a graph."""
    expr = f"sum by ({own.INTEGRATION}) (increase({own.NOTIFIED}[$__interval]))"
    return Query("own.notified", expr, "count", "", f"{{{{{own.INTEGRATION}}}}}")


def firing_now() -> Query:
    """Return the alerts that fire now."""
    names = f"alertname, {labels.SEVERITY}, {labels.SERVICE_NAME}"
    return Query("own.firing_now", f'count by ({names}) (ALERTS{{alertstate="firing"}})', "count", "Firing alerts.")
