"""Exact totals of one service: how counters grew, no rate, for holding what is stored against what was sent.

A window is as PromQL writes it, and ends now.
"""

import re

from pipecat_lgtm.queries.expr import Expr, Matcher, Vector, call, equal, total
from pipecat_lgtm.queries.histograms import le
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.events import LONG_SILENCE
from pipecat_lgtm_bridge.contract.types import Metric


def _all(metric: Metric, service: str, window: str, *more: Matcher, part: str = "") -> Expr:
    name = f"{metric.prometheus}_{part}" if part else metric.prometheus
    series = Vector(name, (equal(labels.SERVICE_NAME, service), *more))
    # Our collector's counters begin at 0: a value above the least one in the window is an earlier collector's.
    least = call("min_over_time", series.over(window))
    return total(series - series.ago(window).compared("<=", least).or_(least))


def _mean(metric: Metric, service: str, window: str, *more: Matcher) -> Expr:
    count = _all(metric, service, window, *more, part="count")
    return _all(metric, service, window, *more, part="sum") / count.above(0)


def _stage(name: str) -> Matcher:
    return equal(labels.STAGE, name)


def turns(service: str, window: str) -> Query:
    """Return the turns that ended in a window."""
    return Query("audit.turns", _all(m.TURNS, service, window), "count", "Ended turns.")


def requests(service: str, stage: str, window: str) -> Query:
    """Return all requests to a stage."""
    expr = _all(m.STAGE_REQUESTS, service, window, _stage(stage))
    return Query(f"audit.requests.{stage}", expr, "count", "Requests to a stage.")


def errors(service: str, stage: str, window: str) -> Query:
    """Return all failures of a stage."""
    expr = _all(m.STAGE_ERRORS, service, window, _stage(stage))
    return Query(f"audit.errors.{stage}", expr, "count", "Failures of a stage.")


def tokens(service: str, kind: str, window: str) -> Query:
    """Return all tokens of a type."""
    expr = _all(m.TOKENS, service, window, equal(labels.TYPE, kind))
    return Query(f"audit.tokens.{kind}", expr, "tokens", "Tokens.")


def ttfw_count(service: str, window: str) -> Query:
    """Return how many turns have a time to first word."""
    return Query("audit.ttfw", _all(m.TURN_TTFW, service, window, part="count"), "count", "Turns with a latency.")


def ttfw_mean(service: str, window: str) -> Query:
    """Return the mean time to first word."""
    return Query("audit.ttfw_mean", _mean(m.TURN_TTFW, service, window), "seconds", "Mean over all.")


def ttfb_mean(service: str, stage: str, window: str) -> Query:
    """Return a stage's mean TTFB."""
    expr = _mean(m.STAGE_TTFB, service, window, _stage(stage))
    return Query(f"audit.ttfb_mean.{stage}", expr, "seconds", "Mean over all.")


def ttfw_sum(service: str, window: str) -> Query:
    """Return the seconds of all times to first word together."""
    return Query("audit.ttfw_sum", _all(m.TURN_TTFW, service, window, part="sum"), "seconds", "All TTFW.")


def contributions_sum(service: str, window: str) -> Query:
    """Return the seconds of all contributions together."""
    expr = _all(m.TURN_CONTRIBUTION, service, window, part="sum")
    return Query("audit.contributions", expr, "seconds", "All parts of TTFW.")


def interruptions(service: str, window: str) -> Query:
    """Return all barge-ins."""
    return Query("audit.interruptions", _all(m.INTERRUPTIONS, service, window), "count", "Barge-ins.")


def silences(service: str, window: str) -> Query:
    """Return all silences over 5 s, whatever shorter ones a threshold is about."""
    every = _all(m.SILENCE, service, window, part="count")
    shorter = _all(m.SILENCE, service, window, le(LONG_SILENCE), part="bucket")
    return Query("audit.silences", every - shorter, "count", "Silences.")


def failed_conversations(service: str, window: str) -> Query:
    """Return all conversations in which something failed."""
    expr = _all(m.CONVERSATIONS, service, window, equal(labels.OUTCOME, "failed"))
    return Query("audit.failed", expr, "count", "Failed conversations.")


def sandbox_requests(stage: str) -> Query:
    """Return how many requests to a stage the sandbox says it answered."""
    expr = total(Vector("sandbox_requests_total", (_stage(stage),)))
    return Query(f"audit.sandbox.{stage}", expr, "count", "Requests the sandbox answered.")


def read_once(expr: str) -> list[str]:
    """Return queries that read, by themselves, what a graph's query reads once for all of its points."""
    return [f"count_over_time({one})" for one in _AT_END.findall(expr)]


_AT_END = re.compile(r"[\w:]+\{[^{}]*\}\[\w+\] @ end\(\)")
"""A selector of the samples before a graph's end."""
