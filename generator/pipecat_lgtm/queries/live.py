"""How every bot is right now: one value per service and environment, for a terminal."""

from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.queries.histograms import by
from pipecat_lgtm.queries.panels_conversations import HEARTBEAT_SECONDS
from pipecat_lgtm.queries.query import Query, Unit


def active_calls() -> Query:
    """Return live calls; only bots with the bridge tell."""
    expr = f"sum {by()} (rate({m.HEARTBEATS.prometheus}[1m])) * {HEARTBEAT_SECONDS}"
    return Query("live.calls", expr, "count", "Calls going on.")


def value(name: str, unit: Unit) -> Query:
    """Return a recorded value, the worst of a service's series; NaN, which is no traffic, is left out."""
    return Query(f"live.{name}", f"max {by()} ({name} >= 0)", unit, "As recorded.")


def slowest_stage(stage_p95: str) -> Query:
    """Return each service's slowest stage, named by its label."""
    expr = f"topk {by()} (1, max {by(labels.STAGE)} ({stage_p95} >= 0))"
    return Query("live.slowest_stage", expr, "seconds", "The stage that takes longest.")


def firing() -> Query:
    """Return the alerts that fire, per service."""
    expr = f'count {by(labels.ALERTNAME, labels.SEVERITY)} (ALERTS{{alertstate="firing", {labels.SERVICE_NAME}!=""}})'
    return Query("live.firing", expr, "count", "Firing alerts.")


def heard_of(window: str) -> Query:
    """Return the services that have ended a turn or asked a provider in a window, with how often."""
    turns, requests = (f"sum {by()} (increase({one.prometheus}[{window}]))" for one in (m.TURNS, m.STAGE_REQUESTS))
    return Query("live.heard_of", f"{turns} > 0 or {requests} > 0", "count", "Services that send something.")


def bridged(window: str) -> Query:
    """Return the services whose bots had the bridge in a window."""
    expr = f"sum {by()} (increase({m.HEARTBEATS.prometheus}[{window}])) > 0"
    return Query("live.bridged", expr, "count", "Services with the bridge.")
