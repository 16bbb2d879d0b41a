"""The monitoring itself, and telemetry that stays away."""

from case import AGO, Case, Play, Told
from feeds import Phase, Series, counter
from services import counted, counter_of, coverage, labels_of, level, per_turn, queue

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import metrics as m

_HOUR, _DAY = 12, 288
"""In steps of five minutes."""


def _weeks(_: Config) -> Play:
    """One bot stops after eight days, then comes back; others go on, call too rarely, are new, or rest that weekday."""
    quiet, busy = Phase(_DAY, 0, 0), Phase(_DAY, 0, 2)
    weeks = {
        "bad": [Phase(8 * _DAY, 0, 2), Phase(6 * _HOUR, 0, 0), Phase(6 * _HOUR, 0, 2)],
        "well": [Phase(9 * _DAY, 0, 2)],
        "few": [Phase(8 * _DAY, 0, 0.5), quiet],
        "new": [Phase(7 * _DAY, 0, 0), busy, busy],
        "rests": [busy, quiet, Phase(6 * _DAY, 0, 2), quiet],
    }
    series: Series = {}
    for service, phases in weeks.items():
        series |= counter(m.TURNS.prometheus, {**labels_of(service), "interrupted": "false"}, phases)
    at = 8 * 86400
    return Play(series, step=300, evaluated=60, before=at - 60, check=at + 5 * 3600, after=at + 8 * 3600)


def _nothing(_: Config) -> Play:
    return Play({}, step=15, evaluated=15, before=None, check=7200, after=None)


CASES: dict[str, Case] = {
    "PipecatValuesRefused": Case(
        per_turn(m.VALUES_REFUSED, signal="e2e", reason="out_of_range"), 0.04,
        {"warning": Told(
            0.2, "bad: 20% values per turn were kept out of the metrics (bound 5 %)", f"getting worse (+16% {AGO}"
        )},
    ),
    "PipecatSpansWithoutMetrics": Case(
        coverage, 0.52,
        {"warning": Told(
            0.2, "bad: only 20% of the LLM requests came with a time to first byte (bound 50 %)",
            f"getting worse (-32% {AGO}",
        )},
    ),
    "PipecatSeriesOverflowed": Case(
        counted(m.SERIES_OVERFLOWED.prometheus, signal="latency"), 0.0,
        {"warning": Told(
            5, "bad: 100 values of latency were counted without their labels", f"getting worse (+100 {AGO}"
        )},
        {"signal": "latency"},
        never={"under the floor": "one value without its labels is enough"},
    ),
    "PipecatCollectorRefusing": Case(
        counted("otelcol_receiver_refused_spans", receiver="otlp", transport="grpc"), 0.0,
        {"critical": Told(5, "The collector refuses telemetry (100 items)", f"getting worse (+100 {AGO}")},
        {"receiver": "otlp"}, service=False,
        never={"under the floor": "one refused item is enough"},
    ),
    "PipecatCollectorDropping": Case(
        counted("otelcol_exporter_enqueue_failed_log_records", exporter="otlp_http/loki"), 0.0,
        {"critical": Told(
            5, "The collector drops telemetry for otlp_http/loki (100 items)", f"getting worse (+100 {AGO}"
        )},
        {"exporter": "otlp_http/loki"}, service=False,
        never={"under the floor": "one dropped item is enough"},
    ),
    "PipecatValuesOverflowed": Case(
        counted("otelcol_deltatocumulative_datapoints", error="limit"), 0.0,
        {"warning": Told(
            5, "The collector holds as many label sets as it may (100 values of events and sums lost)",
            f"getting worse (+100 {AGO}",
        )},
        {}, service=False,
        never={"under the floor": "one lost value is enough"},
    ),
    "PipecatCollectorExportFailing": Case(
        counted("otelcol_exporter_send_failed_metric_points", exporter="otlp_http/prometheus"), 0.0,
        {"critical": Told(
            5, "otlp_http/prometheus refuses for good what the collector sends (100 items)",
            f"getting worse (+100 {AGO}",
        )},
        {"exporter": "otlp_http/prometheus"}, service=False,
        never={"under the floor": "one refused item is enough"},
    ),
    "PipecatCollectorQueueFilling": Case(
        queue, 0.5,
        {
            "warning": Told(
                0.6, "The collector's queue for otlp/tempo is 60% full (bound 50 %)", f"getting worse (+10% {AGO}"
            ),
            "critical": Told(
                0.9, "The collector's queue for otlp/tempo is 90% full (bound 80 %)", f"getting worse (+40% {AGO}"
            ),
        },
        {"exporter": "otlp/tempo"}, service=False, check=39,
        never={"under the floor": "a state, not a share of samples"},
    ),
    "PipecatStoreDown": Case(
        level("up", job="tempo", instance="tempo:3200"), 1.0,
        {"critical": Told(0.0, "tempo does not answer", f"getting worse (+1 {AGO}")},
        {"job": "tempo"}, service=False, check=39,
        never={"under the floor": "a state, not a share of samples"},
    ),
    "PipecatCollectorDown": Case(
        level("up", job="collector", instance="collector:8888"), 1.0,
        {"critical": Told(0.0, "The collector does not answer", f"getting worse (+1 {AGO}")},
        {"job": "collector"}, service=False, check=39,
        never={"under the floor": "a state, not a share of samples"},
    ),
    "PipecatRuleEvaluationFailing": Case(
        counted("prometheus_rule_evaluation_failures_total", rule_group="/etc/rules.yml;pipecat-latency"), 0.0,
        {"critical": Told(
            1, "Rules of /etc/rules.yml;pipecat-latency fail (20 times)", f"getting worse (+20 {AGO}"
        )},
        {"rule_group": "/etc/rules.yml;pipecat-latency"}, service=False,
        never={"under the floor": "one failed evaluation is enough"},
    ),
    "PipecatNotificationsFailing": Case(
        counted("alertmanager_notifications_failed_total", integration="slack", reason="serverError"), 0.0,
        {"critical": Told(1, "Notifications by slack fail (20 times)", f"getting worse (+20 {AGO}")},
        {"integration": "slack"}, service=False,
        never={"under the floor": "one failed notification is enough"},
    ),
    "PipecatTelemetryMissing": Case(
        counter_of(m.TURNS.prometheus), 0,
        {"warning": Told(
            0, "bad: no turn at all; at this time yesterday there were 24", f"stabilizing (+0 {AGO}"
        )},
        play=_weeks,
    ),
    "PipecatWatchdog": Case(
        counter_of("nothing"), 0,
        {"info": Told(0, "Alerts are evaluated and sent", f"stabilizing (+0 {AGO}")},
        service=False, play=_nothing,
        never={
            "no data": "it fires without any: that it needs none is its use",
            "below the bound": "it has no bound",
            "under the floor": "it rests on no samples",
            "pending": "it fires at once, so that a restart is no gap in the heartbeat",
            "resolved": "it never ends: its end is what the outside watches for",
        },
    ),
}  # fmt: skip
