"""What is happening: conversations, turns, interruptions, silences."""

from dataclasses import replace

from pipecat_lgtm.queries.expr import call, total
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.queries.scope import BOT, CHOSEN, RANGE, RATE, chosen, grown, only_worst
from pipecat_lgtm.queries.semantics import counter, per
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m

HEARTBEAT_SECONDS = 10
"""A live call sends one heartbeat in this time."""


def active_calls() -> Query:
    """Return live calls: heartbeats per second times their period, immune to calls that crash."""
    expr = grown("rate", m.HEARTBEATS, "1m") * HEARTBEAT_SECONDS
    return Query("active_calls", expr, "count", "Calls going on.", "calls")


def with_bridge(query: Query) -> Query:
    """Return a query for bots with the bridge only: without it 0 would mean that nobody listened."""
    return replace(query, source=query.promql.and_(chosen(m.HEARTBEATS.prometheus), labels.COMMON))


def turns_per_conversation() -> Query:
    """Return the mean number of turns of a conversation that ended in the time range."""
    turns, calls = (grown("increase", one, RANGE) for one in (m.TURNS, m.CONVERSATIONS))
    return Query("turns_per_conversation", per(turns, calls), "count", "Turns of a conversation.", "turns")


def interruptions_per_turn() -> Query:
    """Return how many turns in which the bot spoke were interrupted, as a share."""
    cut, turns = (grown("rate", one, RATE, *labels.COMMON) for one in (m.INTERRUPTIONS, m.TURNS))
    query = Query("interruptions_per_turn", per(cut, turns), "ratio", "Interruptions per turn.", BOT)
    series = counter(m.INTERRUPTIONS, *CHOSEN).over(RANGE, at_end=True)
    return only_worst(query, total(call("increase", series), *labels.COMMON), *labels.COMMON)
