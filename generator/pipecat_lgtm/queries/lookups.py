"""Queries that lead from one store to another; `$${…}` is Grafana's own variable, escaped in provisioning."""

from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.queries.query import Query


def logs_of_trace() -> Query:
    """Return the LogQL for the log lines of a trace."""
    expr = f'{{{labels.SERVICE_NAME}="$${{__span.tags["service.name"]}}"}} | {labels.TRACE_ID}="$${{__trace.traceId}}"'
    return Query("logs_of_trace", expr, "text", "Log lines of this conversation.", language="logql")


def lines_of_trace(service: str, trace_id: str) -> Query:
    """Return the LogQL for the log lines of one trace of one service."""
    expr = f'{{{labels.SERVICE_NAME}="{service}"}} | {labels.TRACE_ID}="{trace_id}"'
    return Query("lines_of_trace", expr, "text", "Log lines of one conversation.", language="logql")


def metrics_of_trace(window: str) -> list[Query]:
    """Return what to look at around a trace, over a window."""
    buckets = f"sum by (le) (rate({m.TURN_TTFW.prometheus}_bucket{{$$__tags}}[{window}]))"
    return [
        Query(
            "ttfw_around_trace",
            f"histogram_quantile(0.95, {buckets})",
            "seconds",
            "P95 time to first word around this conversation",
        ),
        Query(
            "turns_around_trace",
            f"sum(rate({m.TURNS.prometheus}{{$$__tags}}[{window}]))",
            "per_second",
            "Turns per second around this conversation",
        ),
    ]
