"""Is the agent any good: outcomes, intents, scores, recognition, what was said."""

from pipecat_lgtm.queries import scope
from pipecat_lgtm.queries.expr import unequal
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.queries.semantics import per
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.signals import OFF_SCRIPT
from pipecat_lgtm_bridge.contract.types import Metric

_WHO = (labels.PROVIDER, labels.MODEL)


def outcomes() -> Query:
    """Return tasks in each step of a graph, by outcome."""
    return scope.over_time(m.TASK_OUTCOMES, labels.OUTCOME)


def word_errors() -> Query:
    """Return the mean word error rate per provider and model."""
    return scope.mean(m.STT_WER, *_WHO, unit="ratio")


def protected() -> Query:
    """Return protected data found in each step of a graph, by kind; what is off the script is no such data."""
    return scope.over_time(m.COMPLIANCE_FINDINGS, labels.KIND, where=(unequal(labels.KIND, OFF_SCRIPT),))


def noticed() -> Query:
    """Return signals of conversations in each step of a graph, by kind."""
    return scope.over_time(m.CONVERSATION_SIGNALS, labels.KIND)


def per_turn(metric: Metric) -> Query:
    """Return a counter of things said, per turn, by kind."""
    said = scope.grown("rate", metric, scope.RATE, labels.KIND)
    expr = per(said, scope.grown("rate", m.TURNS, scope.RATE)).matched(many="left")
    return Query(f"per_turn.{metric.name}", expr, "ratio", metric.brief, scope.legend(labels.KIND))
