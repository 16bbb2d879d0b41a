"""What fails: stages, tools, outgoing HTTP."""

from pipecat_lgtm.queries import scope
from pipecat_lgtm.queries.expr import equal
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m

_FAILED = equal(labels.STATUS, "error")


def by_category() -> Query:
    """Return failures in each step of a graph, with whose they are."""
    names = (labels.STAGE, labels.PROVIDER, labels.CATEGORY)
    return scope.over_time(m.STAGE_ERRORS, *names, where=(scope.STAGE, *scope.WHO))


def by_model() -> Query:
    """Return failures in the time range per stage, provider, model and category."""
    return scope.in_range(m.STAGE_ERRORS, *m.STAGE_ERRORS.labels, where=(scope.STAGE, *scope.WHO))


def requests() -> Query:
    """Return requests in each step of a graph, by how they ended."""
    return scope.over_time(m.STAGE_REQUESTS, labels.STATUS, where=(scope.STAGE, *scope.WHO))


def tool_failures() -> Query:
    """Return failed tool calls in each step of a graph."""
    return scope.over_time(m.TOOL_DURATION, labels.TOOL, where=(_FAILED,))


def http_calls() -> Query:
    """Return outgoing HTTP calls in each step of a graph, by service called and class of answer."""
    return scope.over_time(m.HTTP_CLIENT_DURATION, labels.SERVER_ADDRESS, labels.STATUS_CLASS)
