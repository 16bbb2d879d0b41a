"""Queries that lead from one store to another."""

from pipecat_lgtm.queries.query import Query
from pipecat_lgtm_bridge.contract import labels


def lines_of_trace(service: str, trace_id: str) -> Query:
    """Return the LogQL for the log lines of one trace of one service."""
    expr = f'{{{labels.SERVICE_NAME}="{service}"}} | {labels.TRACE_ID}="{trace_id}"'
    return Query("lines_of_trace", expr, "text", "Log lines of one conversation.", language="logql")
