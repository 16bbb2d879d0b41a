"""The distribution watching itself: collector, stores, rules, notifications, and telemetry that stays away."""

from pipecat_lgtm.contract import engines as own
from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.queries.histograms import Histogram, by
from pipecat_lgtm.queries.offenders import came
from pipecat_lgtm.queries.query import Query

SIGNALS = ("spans", "metric_points", "log_records")
STORES = "prometheus|tempo|loki|alertmanager|grafana"


def _each(prefix: str, window: str, label: str) -> str:
    """Sum a counter of the collector over traces, metrics and logs."""
    together = " or ".join(
        f'label_replace(sum by ({label}) (increase({prefix}_{signal}[{window}])), "data", "{signal}", "", "")'
        for signal in SIGNALS
    )
    return f"sum by ({label}) ({together})"


def refused(window: str) -> Query:
    """Return what the collector would not take from bots."""
    return Query("collector.refused", _each("otelcol_receiver_refused", window, "receiver"), "count", "Refused items.")


def dropped(window: str) -> Query:
    """Return what found no place in a queue."""
    expr = _each("otelcol_exporter_enqueue_failed", window, "exporter")
    return Query("collector.dropped", expr, "count", "Items dropped because a queue was full.")


def export_failed(window: str) -> Query:
    """Return what a store refused for good."""
    expr = _each("otelcol_exporter_send_failed", window, "exporter")
    return Query("collector.export_failed", expr, "count", "Items a store refused.")


def queue_fill() -> Query:
    """Return how full the collector's queues are."""
    expr = "max by (exporter) (otelcol_exporter_queue_size / (otelcol_exporter_queue_capacity > 0))"
    return Query("collector.queue_fill", expr, "ratio", "Queue, filled share.")


def down(jobs: str) -> Query:
    """Return 1 for each part that does not answer its scrape."""
    return Query(f"down.{jobs}", f'max by (job) (up{{job=~"{jobs}"}} == bool 0)', "count", "1: does not answer.")


def rule_failures(window: str) -> Query:
    """Return failed rule evaluations per group."""
    expr = f"sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total[{window}]))"
    return Query("rule_failures", expr, "count", "Failed rule evaluations.")


def notification_failures(window: str) -> Query:
    """Return notifications that failed, by the way they take."""
    to_alertmanager = (
        f"sum(increase(prometheus_notifications_errors_total[{window}])) "
        f"+ sum(increase(prometheus_notifications_dropped_total[{window}]))"
    )
    onwards = f"sum by (integration) (increase({own.NOT_TOLD}[{window}]))"
    named = f'label_replace({to_alertmanager}, "integration", "prometheus to alertmanager", "", "")'
    return Query("notification_failures", f"{onwards} or {named}", "count", "Failed notifications.")


def overflow(window: str) -> Query:
    """Return values that were counted without their labels; breaches overflow by design."""
    series = f'{m.SERIES_OVERFLOWED.prometheus}{{{labels.SIGNAL}!~"{"|".join(labels.BREACH_FAMILIES)}"}}'
    expr = f"sum {by(labels.SIGNAL)} (increase({series}[{window}]))"
    return Query("series_overflow", expr, "count", "Values counted without their labels.")


def no_place(window: str) -> Query:
    """Return values of events and sums that were lost because as many label sets are held as may be."""
    return Query("no_place", f"sum({came(own.NO_PLACE, window)})", "count", "Values lost for want of a place.")


def metrics_coverage(requests: str, window: str, *, native: bool) -> Query:
    """Return the share of good LLM requests, which are recorded, that came with a TTFB."""
    timed = Histogram(m.STAGE_TTFB, window, native=native, matching=((labels.STAGE, "llm"),)).increase()
    expr = f"clamp_max(({timed} or {requests} * 0) / ({requests} > 0), 1)"
    return Query("metrics_coverage", expr, "ratio", "LLM requests with a TTFB.")


def llm_requests(window: str) -> Query:
    """Return good LLM requests in a window."""
    ok = f'{{{labels.STAGE}="llm", {labels.STATUS}="ok"}}'
    expr = f"sum {by()} (increase({m.STAGE_REQUESTS.prometheus}{ok}[{window}]))"
    return Query("llm_requests", expr, "count", "Good LLM requests.")


def refused_per_turn(window: str) -> Query:
    """Return values kept out of the metrics, per turn; false TTFBs are refused in ordinary calls and left out."""
    values = f'{m.VALUES_REFUSED.prometheus}{{{labels.SIGNAL}!="ttfb"}}'
    turns = f"sum {by()} (rate({m.TURNS.prometheus}[{window}]))"
    expr = f"(sum {by()} (rate({values}[{window}])) or {turns} * 0) / ({turns} > 0)"
    return Query("refused_per_turn", expr, "ratio", "Values refused per turn.")


def missed(window: str, floor: int) -> Query:
    """Return the turns of a service a day ago, where there were enough then (and a week ago) and are none now."""
    turns = f"sum {by()} (increase({m.TURNS.prometheus}[{window}]"
    return Query(
        "missed_turns",
        f"({turns} offset 1d)) >= {floor}) unless {turns})) > 0 unless {turns} offset 7d)) == 0",
        "count",
        "Turns at this time yesterday; today there are none.",
    )


def always() -> Query:
    """Return 1, always."""
    return Query("always", "vector(1)", "count", "The proof that alerts arrive.")


def held_series() -> Query:
    """Return how many of the contract's series there are."""
    return Query("held_series", 'count({__name__=~"pipecat_.+"})', "count", "Series.")


def rule_failures_since_start() -> Query:
    """Return how many rule evaluations failed since Prometheus started."""
    return Query("rule_failures", "sum(prometheus_rule_evaluation_failures_total)", "count", "Failed evaluations.")
