"""Exact totals of one service: raw counters, no rate, for holding what is stored against what was sent."""

from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.queries.query import Query


def _of(service: str, **more: str) -> str:
    matchers = {labels.SERVICE_NAME: service, **more}
    return "{" + ", ".join(f'{label}="{value}"' for label, value in matchers.items()) + "}"


def turns(service: str) -> Query:
    """Return all ended turns."""
    return Query("audit.turns", f"sum({m.TURNS.prometheus}{_of(service)})", "count", "Ended turns.")


def requests(service: str, stage: str) -> Query:
    """Return all requests to a stage."""
    expr = f"sum({m.STAGE_REQUESTS.prometheus}{_of(service, stage=stage)})"
    return Query(f"audit.requests.{stage}", expr, "count", "Requests to a stage.")


def errors(service: str, stage: str) -> Query:
    """Return all failures of a stage."""
    expr = f"sum({m.STAGE_ERRORS.prometheus}{_of(service, stage=stage)})"
    return Query(f"audit.errors.{stage}", expr, "count", "Failures of a stage.")


def tokens(service: str, kind: str) -> Query:
    """Return all tokens of a type."""
    return Query(f"audit.tokens.{kind}", f"sum({m.TOKENS.prometheus}{_of(service, type=kind)})", "tokens", "Tokens.")


def ttfw_count(service: str) -> Query:
    """Return how many turns have a time to first word."""
    return Query("audit.ttfw", f"sum({m.TURN_TTFW.prometheus}_count{_of(service)})", "count", "Turns with a latency.")


def ttfw_mean(service: str) -> Query:
    """Return the mean time to first word."""
    return _mean("audit.ttfw_mean", m.TURN_TTFW.prometheus, _of(service))


def ttfb_mean(service: str, stage: str) -> Query:
    """Return a stage's mean TTFB."""
    return _mean(f"audit.ttfb_mean.{stage}", m.STAGE_TTFB.prometheus, _of(service, stage=stage))


def ttfw_sum(service: str) -> Query:
    """Return the seconds of all times to first word together."""
    return Query("audit.ttfw_sum", f"sum({m.TURN_TTFW.prometheus}_sum{_of(service)})", "seconds", "All TTFW.")


def contributions_sum(service: str) -> Query:
    """Return the seconds of all contributions together."""
    expr = f"sum({m.TURN_CONTRIBUTION.prometheus}_sum{_of(service)})"
    return Query("audit.contributions", expr, "seconds", "All parts of TTFW.")


def interruptions(service: str) -> Query:
    """Return all barge-ins."""
    return Query("audit.interruptions", f"sum({m.INTERRUPTIONS.prometheus}{_of(service)})", "count", "Barge-ins.")


def silences(service: str) -> Query:
    """Return all silences."""
    return Query("audit.silences", f"sum({m.SILENCE.prometheus}_count{_of(service)})", "count", "Silences.")


def failed_conversations(service: str) -> Query:
    """Return all conversations in which something failed."""
    expr = f"sum({m.CONVERSATIONS.prometheus}{_of(service, outcome='failed')})"
    return Query("audit.failed", expr, "count", "Failed conversations.")


def _mean(name: str, metric: str, selector: str) -> Query:
    return Query(name, f"sum({metric}_sum{selector}) / sum({metric}_count{selector})", "seconds", "Mean over all.")


def sandbox_requests(stage: str) -> Query:
    """Return how many requests to a stage the sandbox says it answered."""
    expr = f'sum(sandbox_requests_total{{{labels.STAGE}="{stage}"}})'
    return Query(f"audit.sandbox.{stage}", expr, "count", "Requests the sandbox answered.")
