"""The distribution watching itself: collector, stores, rules, notifications, and telemetry that stays away."""

from pipecat_lgtm.queries.expr import (
    Aggregate,
    Expr,
    Matcher,
    Range,
    Vector,
    call,
    equal,
    highest,
    matching,
    not_matching,
    total,
    unequal,
)
from pipecat_lgtm.queries.histograms import Histogram
from pipecat_lgtm.queries.offenders import NO_PLACE
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.queries.semantics import (
    added,
    counter,
    each,
    increase_of_failures,
    increase_of_others,
    ratio,
)
from pipecat_lgtm_bridge.contract import engines as own
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.signals import BREACH_FAMILIES

SIGNALS = ("spans", "metric_points", "log_records")
STORES = "guard|prometheus|tempo|loki|alertmanager|grafana"
_REMEMBERED, _REMEMBERED_SECONDS = "6h", 21600
NOT_INTAKE = unequal(own.EXPORTER, own.INTAKE)


def _each(prefix: str, window: str, label: str, *only: Matcher) -> Expr:
    """Sum a counter of the collector over traces, metrics and logs."""
    return _together([Vector(f"{prefix}_{signal}", only) for signal in SIGNALS], window, label)


def _together(counters: list[Vector], window: str, *by: str) -> Expr:
    """Sum the increases of counters of other programs that have the same labels and other names."""
    return added(by, *(increase_of_others(one, window, *by) for one in counters))


def refused(window: str) -> Query:
    """Return what the collector would not take from bots."""
    expr = _each("otelcol_receiver_refused", window, own.RECEIVER, equal(own.RECEIVER, own.ENTRANCE))
    return Query("collector.refused", expr, "count", "Refused items.")


def dropped(window: str) -> Query:
    """Return what found no place in a store's or destination's queue; what the entrance refuses is sent again."""
    expr = _each("otelcol_exporter_enqueue_failed", window, own.EXPORTER, NOT_INTAKE)
    return Query("collector.dropped", expr, "count", "Items dropped because a queue was full.")


def send_failed(window: str) -> Query:
    """Return what an exporter handed on in vain for good, a store's or the intake's."""
    expr = _each("otelcol_exporter_send_failed", window, own.EXPORTER)
    return Query("collector.send_failed", expr, "count", "Items an exporter could not hand on.")


def export_failed(failed: str, dropped: str) -> Query:
    """Return what a store refused for good, and what the collector could not hand on to itself, of what is recorded.

    A batch that a full queue of a store refuses counts as failed at the intake too: that much is not its own failure.

    Args:
        failed: as what `send_failed` is recorded.
        dropped: and `dropped`.
    """
    stores, intake = Vector(failed, (NOT_INTAKE,)), Vector(failed, (equal(own.EXPORTER, own.INTAKE),))
    full = total(Vector(dropped)).or_(call("vector", 0))
    own_failures = call("label_replace", call("clamp_min", total(intake) - full, 0), own.EXPORTER, own.INTAKE, "", "")
    expr = stores.or_(own_failures)
    return Query("collector.export_failed", expr, "count", "Items a store refused.")


def discarded(window: str) -> Query:
    """Return what Tempo and Loki took and did not keep; what they refuse for its rate is sent again."""
    kept_out = not_matching(labels.REASON, "|".join(own.SENT_AGAIN))
    expr = _together([Vector(one, (kept_out,)) for one in own.STORES_DISCARDED], window, own.JOB, labels.REASON)
    return Query("store.discarded", expr, "count", "Items a store took and discarded.")


def unsent(window: str) -> Query:
    """Return the samples that the agent's remote store refused for good, and those that waited too long."""
    expr = _together([Vector(one) for one in own.REMOTE_LOST], window, own.INSTANCE)
    return Query("remote.unsent", expr, "count", "Samples lost on the way to the remote store.")


def lateness() -> Query:
    """Return how old the newest metrics of each agent are, seconds; asked where they arrive.

    An agent that has been silent for `_REMEMBERED` is forgotten; if no other is known, that is the age.
    """
    agents = Vector(own.UP, (equal(own.JOB, "prometheus"),))
    known = call("timestamp", agents)
    newest = known.or_(call("max_over_time", Range(known, _REMEMBERED, "1m")))
    silence = call("absent_over_time", agents.over(_REMEMBERED)) * _REMEMBERED_SECONDS
    nobody = call("label_replace", silence, own.INSTANCE, "any agent", "", "")
    expr = highest((call("time") - newest).or_(nobody), own.INSTANCE)
    return Query("remote.lateness", expr, "seconds", "Age of the newest metrics of each agent.")


def queue_fill() -> Query:
    """Return how full the collector's queues are."""
    size, capacity = (Vector(f"otelcol_exporter_queue_{what}") for what in ("size", "capacity"))
    expr = highest(size / capacity.above(0), own.EXPORTER)
    return Query("collector.queue_fill", expr, "ratio", "Queue, filled share.")


def down(jobs: str) -> Query:
    """Return 1 for each part that does not answer its scrape."""
    expr = highest(Vector(own.UP, (matching(own.JOB, jobs),)).compared("==", 0, as_bool=True), own.JOB)
    return Query(f"down.{jobs}", expr, "count", "1: does not answer.")


def not_ready() -> Query:
    """Return 1 for each store that answers its scrape and is not ready: it starts, ends, or hangs inside."""
    active = (equal(own.RING, own.INGESTER), equal(own.RING_STATE, own.ACTIVE))
    rings = [total(Vector(name, active), own.JOB) for name in own.RING_MEMBERS.values()]
    first, *rest = (
        one.compared("==", 0, as_bool=True) for one in (*rings, highest(Vector(own.PROMETHEUS_READY), own.JOB))
    )
    return Query("not_ready", first.or_(*rest), "count", "1: answers, but is not ready.")


def rule_failures(window: str) -> Query:
    """Return failed rule evaluations per group."""
    expr = increase_of_others(Vector("prometheus_rule_evaluation_failures_total"), window, own.RULE_GROUP)
    return Query("rule_failures", expr, "count", "Failed rule evaluations.")


def rules_missed(window: str) -> Query:
    """Return rule evaluations per group that were left out, because the one before was still going on."""
    expr = increase_of_others(Vector("prometheus_rule_group_iterations_missed_total"), window, own.RULE_GROUP)
    return Query("rules_missed", expr, "count", "Rule evaluations left out.")


def notification_failures(window: str) -> Query:
    """Return notifications that failed, by the way they take."""
    errors, dropped_ones = (
        increase_of_others(Vector(f"prometheus_notifications_{what}_total"), window) for what in ("errors", "dropped")
    )
    onwards = increase_of_others(Vector(own.NOT_TOLD), window, own.INTEGRATION)
    named = call("label_replace", errors + dropped_ones, own.INTEGRATION, "prometheus to alertmanager", "", "")
    return Query("notification_failures", onwards.or_(named), "count", "Failed notifications.")


def overflow(window: str) -> Query:
    """Return values that were counted without their labels; breaches overflow by design."""
    series = counter(m.SERIES_OVERFLOWED, not_matching(labels.SIGNAL, "|".join(BREACH_FAMILIES)))
    expr = total(increase_of_failures(series, window), *labels.COMMON, labels.SIGNAL)
    return Query("series_overflow", expr, "count", "Values counted without their labels.")


def bridge_dropped(window: str) -> Query:
    """Return spans and log records that bots dropped."""
    expr = total(increase_of_failures(counter(m.BRIDGE_DROPPED), window), *labels.COMMON, labels.SIGNAL)
    return Query("bridge_dropped", expr, "count", "Spans and log records that bots dropped.")


def queue_files_damaged(window: str) -> Query:
    """Return the collector's queue files that were damaged and set aside."""
    expr = total(increase_of_failures(counter(m.QUEUE_FILES_DAMAGED), window), labels.QUEUE)
    return Query("queue_files_damaged", expr, "count", "Queue files that were damaged.")


def no_place(window: str) -> Query:
    """Return values of events and sums that were lost because as many label sets are held as may be."""
    expr = increase_of_others(NO_PLACE, window)
    return Query("no_place", expr, "count", "Values lost for want of a place.")


def metrics_coverage(requests: Expr, window: str) -> Query:
    """Return the share of good LLM requests that came with a TTFB."""
    timed = Histogram(m.STAGE_TTFB, window, labels.COMMON, (equal(labels.STAGE, "llm"),)).count("increase")
    expr = call("clamp_max", ratio(timed, requests), 1)
    return Query("metrics_coverage", expr, "ratio", "LLM requests with a TTFB.")


def llm_requests(window: str) -> Query:
    """Return good LLM requests in a window."""
    good = (equal(labels.STAGE, "llm"), equal(labels.STATUS, "ok"))
    expr = each("increase", m.STAGE_REQUESTS, window, matchers=good)
    return Query("llm_requests", expr, "count", "Good LLM requests.")


def answered_turns(window: str) -> Query:
    """Return the turns of bots with the bridge that were answered: all of them should have an exact latency."""
    return Query("answered_turns", _answered(window, *_ANSWERED), "count", "Answered turns.")


def unmeasured(answered: Expr, window: str) -> Query:
    """Return the share of answered turns whose end of speech no VAD tells."""
    expr = call("clamp_max", ratio(_answered(window, *_ANSWERED[1:]), answered), 1)
    return Query("unmeasured", expr, "ratio", "Answered turns without an exact time to first word.")


def speech(answered: str, unanswered: str) -> Query:
    """Return how often callers spoke: recorded answers, and what was not answered; either may be all there is."""
    said, lost = Vector(answered), Vector(unanswered)
    return Query("speech", (said + lost).or_(said, lost), "count", "What callers said, answered or not.")


def unanswered_share(unanswered: str, speech: str) -> Query:
    """Return the share of what callers said that was never answered, both recorded; nothing where nobody spoke."""
    return Query(
        "unanswered_share", ratio(Vector(unanswered), Vector(speech)), "ratio", "What callers said without an answer."
    )


_ANSWERED = (labels.EXACT, labels.APPROXIMATE, labels.NO_END_OF_SPEECH)
ANSWERED = matching(labels.KNOWN, "|".join(_ANSWERED))
"""Turns that were answered, among those whose latency was measured or not."""


def _answered(window: str, *how: str) -> Expr:
    return each("increase", m.TURNS_MEASURED, window, matchers=(matching(labels.KNOWN, "|".join(how)),))


def refused_per_turn(window: str) -> Query:
    """Return values kept out of the metrics, per turn; false TTFBs are refused in ordinary calls and left out."""
    values = each("rate", m.VALUES_REFUSED, window, matchers=(unequal(labels.SIGNAL, "ttfb"),))
    expr = ratio(values, each("rate", m.TURNS, window))
    return Query("refused_per_turn", expr, "ratio", "Values refused per turn.")


def missed(window: str, floor: int) -> Query:
    """Return the turns of a service a day ago, where there were enough then (and a week ago) and are none now."""

    def turns(offset: str) -> Expr:
        return total(call("increase", counter(m.TURNS).ago(offset).over(window)), *labels.COMMON)

    now = each("increase", m.TURNS, window)
    # A series that rests is gone after a restart of the collector: one that was there the day before rested, too.
    week_ago = turns("7d").or_(turns("8d") * 0)
    expr = turns("1d").at_least(floor).unless(now.above(0)).unless(week_ago.compared("==", 0))
    return Query("missed_turns", expr, "count", "Turns at this time yesterday; today there are none.")


def always() -> Query:
    """Return 1, always."""
    return Query("always", call("vector", 1), "count", "The proof that alerts arrive.")


def held_series() -> Query:
    """Return how many of the contract's series there are."""
    every = Vector("", (matching("__name__", "pipecat_.+"),))
    return Query("held_series", Aggregate("count", every), "count", "Series.")


def rule_failures_since_start() -> Query:
    """Return how many rule evaluations failed since Prometheus started."""
    expr = total(Vector("prometheus_rule_evaluation_failures_total"))
    return Query("rule_failures", expr, "count", "Failed evaluations.")
