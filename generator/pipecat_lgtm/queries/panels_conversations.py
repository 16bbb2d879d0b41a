"""What is happening: conversations, turns, interruptions, silences."""

from dataclasses import replace

from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.queries.scope import BOT, by, selector

_EACH = by(*labels.COMMON)
HEARTBEAT_SECONDS = 10
"""A live call sends one heartbeat in this time."""


def active_calls() -> Query:
    """Return live calls: heartbeats per second times their period, immune to calls that crash."""
    expr = f"sum{_EACH} (rate({m.HEARTBEATS.prometheus}{selector()}[1m])) * {HEARTBEAT_SECONDS}"
    return Query("active_calls", expr, "count", "Calls going on.", BOT)


def with_bridge(query: Query) -> Query:
    """Return a query for bots with the bridge only: without it nought would mean that nobody listened."""
    on = f"and on ({', '.join(labels.COMMON)}) {m.HEARTBEATS.prometheus}{selector()}"
    return replace(query, expr=f"{query.expr} {on}")


def turns_per_conversation() -> Query:
    """Return the mean number of turns of a conversation that ended in the time range."""
    turns = f"sum{_EACH} (increase({m.TURNS.prometheus}{selector()}[$__range]))"
    calls = f"sum{_EACH} (increase({m.CONVERSATIONS.prometheus}{selector()}[$__range]))"
    return Query("turns_per_conversation", f"{turns} / ({calls} > 0)", "count", "Turns of a conversation.", BOT)


def interruptions_per_turn() -> Query:
    """Return how many turns in which the bot spoke were interrupted, as a share."""
    cut = f"sum{_EACH} (rate({m.INTERRUPTIONS.prometheus}{selector()}[$__rate_interval]))"
    turns = f"sum{_EACH} (rate({m.TURNS.prometheus}{selector()}[$__rate_interval]))"
    return Query("interruptions_per_turn", f"{cut} / ({turns} > 0)", "ratio", "Interruptions per turn.", BOT)
