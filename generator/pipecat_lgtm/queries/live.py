"""How every bot is right now: one value per service and environment, for a terminal."""

from pipecat_lgtm.queries.expr import Aggregate, Vector, equal, highest, unequal
from pipecat_lgtm.queries.histograms import Histogram
from pipecat_lgtm.queries.panels_conversations import HEARTBEAT_SECONDS
from pipecat_lgtm.queries.query import Query, Unit
from pipecat_lgtm.queries.semantics import each
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m


def active_calls() -> Query:
    """Return live calls; only bots with the bridge tell."""
    expr = each("rate", m.HEARTBEATS, "1m") * HEARTBEAT_SECONDS
    return Query("live.calls", expr, "count", "Calls going on.")


def value(name: str, unit: Unit) -> Query:
    """Return a recorded value, the worst of a service's series."""
    return Query(f"live.{name}", highest(Vector(name).at_least(0), *labels.COMMON), unit, "As recorded.")


def slowest_stage(stage_p95: str) -> Query:
    """Return each service's slowest stage, named by its label."""
    stages = highest(Vector(stage_p95).at_least(0), *labels.COMMON, labels.STAGE)
    expr = Aggregate("topk", stages, labels.COMMON, 1)
    return Query("live.slowest_stage", expr, "seconds", "The stage that takes longest.")


def firing() -> Query:
    """Return the alerts that fire, per service."""
    alerts = Vector("ALERTS", (equal("alertstate", "firing"), unequal(labels.SERVICE_NAME, "")))
    expr = Aggregate("count", alerts, (*labels.COMMON, labels.ALERTNAME, labels.SEVERITY))
    return Query("live.firing", expr, "count", "Firing alerts.")


def heard_of(window: str) -> Query:
    """Return the services that have ended a turn or asked a provider in a window, with how often."""
    turns, requests = (each("increase", one, window).above(0) for one in (m.TURNS, m.STAGE_REQUESTS))
    return Query("live.heard_of", turns.or_(requests), "count", "Services that send something.")


def seconds_alive(window: str) -> Query:
    """Return how long calls went on in a window, all together, by the bridge's heartbeats."""
    expr = each("increase", m.HEARTBEATS, window).above(0) * HEARTBEAT_SECONDS
    return Query("live.seconds_alive", expr, "seconds", "Time in calls, by heartbeats.")


def seconds_in_spans(window: str) -> Query:
    """Return how long calls went on in a window, all together, by their spans.

    By ended conversations, or by ended turns where those are longer: calls that still go on have only turns.
    """
    calls, turns = (
        Histogram(one, window, labels.COMMON).total("increase") for one in (m.CONVERSATION_DURATION, m.TURN_DURATION)
    )
    expr = calls.above(turns).or_(turns, calls)
    return Query("live.seconds_in_spans", expr, "seconds", "Time in calls, by spans.")
