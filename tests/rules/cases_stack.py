"""The monitoring itself, and telemetry that stays away."""

from case import AGO, Case, Play, Told
from feeds import Phase, Series, counter
from services import counted, counter_of, coverage, labels_of, level, per_turn, queue, unmeasured
from written import named

from pipecat_lgtm.config import Config
from pipecat_lgtm_bridge.contract import metrics as m

COLLECTOR, PROMETHEUS, ALERTMANAGER = (
    {"job": job, "instance": f"{job}:{port}"}
    for job, port in (("collector", 8888), ("prometheus", 9090), ("alertmanager", 9093))
)
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
    # The same of a collector that was restarted while the bot rested: until its next turn there is no series.
    lost = {**labels_of("rests, restarted"), "interrupted": "false"}
    rests, goes_on = f"0+2x{_DAY - 1} stale _x{_DAY - 1}", f"0+2x{6 * _DAY - 1} {12 * _DAY - 2}x{_DAY - 1}"
    series[named(m.TURNS.prometheus, lost)] = f"{rests} {goes_on}"
    at = 8 * 86400
    return Play(series, step=300, evaluated=60, before=at - 60, check=at + 5 * 3600, after=at + 8 * 3600)


def _silent_agent(_: Config) -> Play:
    """One agent sends nothing for a quarter of an hour, and then again; another one sends always."""
    bad = "1x80 _x60 1x80"
    series = {
        f'up{{instance="{name}:9090", job="prometheus"}}': values
        for name, values in {"gateway-0": bad, "gateway-1": "1x222"}.items()
    }
    return Play(series, step=15, evaluated=15, before=1200, check=1200 + 600, after=3300)


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
    "PipecatTtfwUnmeasured": Case(
        unmeasured, 0.18,
        {"info": Told(
            0.6, "bad: 60% of the answered turns have no exact time to first word (bound 20 %)",
            f"stabilizing (+0% {AGO}",
        )},
        bad=140, check=100,
    ),
    "PipecatSeriesOverflowed": Case(
        counted(m.SERIES_OVERFLOWED.prometheus, signal="latency"), 0.0,
        {"warning": Told(
            1, "bad: 100 values of latency were counted without their labels", f"getting worse (+100 {AGO}"
        )},
        {"signal": "latency"},
        never={"under the floor": "one value without its labels is enough"},
    ),
    "PipecatBridgeDropping": Case(
        counted(m.BRIDGE_DROPPED.prometheus, signal="spans", reason="full"), 0.0,
        {"warning": Told(1, "bad: bots dropped 100 spans", f"getting worse (+100 {AGO}")},
        {"signal": "spans"},
        never={"under the floor": "one dropped record is enough"},
    ),
    "PipecatQueueFileDamaged": Case(
        counted(m.QUEUE_FILES_DAMAGED.prometheus, queue="otlp_grpc_tempo_traces"), 0.0,
        {"critical": Told(
            1, "The collector's queue file of otlp_grpc_tempo_traces was damaged (100 times)",
            f"getting worse (+100 {AGO}",
        )},
        {"queue": "otlp_grpc_tempo_traces"}, service=False,
        never={"under the floor": "one damaged file is enough"},
    ),
    "PipecatCollectorRefusing": Case(
        counted("otelcol_receiver_refused_spans", receiver="otlp", transport="grpc", **COLLECTOR), 0.0,
        {"critical": Told(1, "The collector refuses telemetry (100 items)", f"getting worse (+100 {AGO}")},
        {"receiver": "otlp"}, service=False,
        never={"under the floor": "one refused item is enough"},
    ),
    "PipecatCollectorDropping": Case(
        counted("otelcol_exporter_enqueue_failed_log_records", exporter="otlp_http/loki", **COLLECTOR), 0.0,
        {"critical": Told(
            1, "The collector drops telemetry for otlp_http/loki (100 items)", f"getting worse (+100 {AGO}"
        )},
        {"exporter": "otlp_http/loki"}, service=False,
        never={"under the floor": "one dropped item is enough"},
    ),
    "PipecatValuesOverflowed": Case(
        counted("otelcol_deltatocumulative_datapoints", error="limit", **COLLECTOR), 0.0,
        {"warning": Told(
            1, "The collector holds as many label sets as it may (100 values of events and sums lost)",
            f"getting worse (+100 {AGO}",
        )},
        {}, service=False,
        never={"under the floor": "one lost value is enough"},
    ),
    "PipecatCollectorExportFailing": Case(
        counted("otelcol_exporter_send_failed_metric_points", exporter="otlp_http/prometheus", **COLLECTOR), 0.0,
        {"critical": Told(
            1, "otlp_http/prometheus refuses for good what the collector sends (100 items)",
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
    "PipecatStoreNotReady": Case(
        level("tempo_ring_members", job="tempo", instance="tempo:3200", name="ingester", state="ACTIVE"), 1.0,
        {"critical": Told(0.0, "tempo answers, but is not ready", f"getting worse (+1 {AGO}")},
        {"job": "tempo"}, service=False, check=39,
        never={"under the floor": "a state, not a share of samples"},
    ),
    "PipecatCollectorDown": Case(
        level("up", job="collector", instance="collector:8888"), 1.0,
        {"critical": Told(0.0, "The collector does not answer", f"getting worse (+1 {AGO}")},
        {"job": "collector"}, service=False, check=39,
        never={"under the floor": "a state, not a share of samples"},
    ),
    "PipecatHeartbeatDown": Case(
        level("up", job="heartbeat", instance="heartbeat:9096"), 1.0,
        {"warning": Told(
            0.0, "Nobody places synthetic calls: the heartbeat does not answer", f"getting worse (+1 {AGO}"
        )},
        {"job": "heartbeat"}, service=False, check=39,
        never={"under the floor": "a state, not a share of samples"},
    ),
    "PipecatStoreDiscarding": Case(
        counted("tempo_discarded_spans_total", job="tempo", instance="tempo:3200", reason="trace_too_large"), 0.0,
        {"warning": Told(
            1, "tempo discards what it took: trace_too_large (100 items)", f"getting worse (+100 {AGO}"
        )},
        {"job": "tempo", "reason": "trace_too_large"}, service=False,
        never={"under the floor": "one discarded item is enough"},
    ),
    "PipecatRemoteWriteFailing": Case(
        counted("prometheus_remote_storage_samples_failed_total", job="prometheus", instance="gateway-0:9090"), 0.0,
        {"critical": Told(
            1, "The remote store refuses for good what gateway-0:9090 sends (100 samples)", f"getting worse (+100 {AGO}"
        )},
        {"instance": "gateway-0:9090"}, service=False, remote=True,
        never={"under the floor": "one refused sample is enough"},
    ),
    "PipecatRemoteWriteLate": Case(
        counter_of("up"), 0,
        {"critical": Told(
            0, "The newest metrics of gateway-0:9090 are 10m 0s old (bound 300 s)", f"getting worse (+10m 0s {AGO}"
        )},
        {"instance": "gateway-0:9090"}, service=False, remote=True, play=_silent_agent,
        never={
            "no data": "that nothing arrives is what it is about",
            "under the floor": "a state, not a share of samples",
        },
    ),
    "PipecatRuleEvaluationFailing": Case(
        counted("prometheus_rule_evaluation_failures_total", rule_group="/etc/rules.yml;pipecat-latency", **PROMETHEUS),
        0.0,
        {"critical": Told(
            0.2, "Rules of /etc/rules.yml;pipecat-latency fail (20 times)", f"getting worse (+20 {AGO}"
        )},
        {"rule_group": "/etc/rules.yml;pipecat-latency"}, service=False,
        never={"under the floor": "one failed evaluation is enough"},
    ),
    "PipecatRuleEvaluationMissed": Case(
        counted("prometheus_rule_group_iterations_missed_total", rule_group="/etc/rules.yml;pipecat-1h", **PROMETHEUS),
        0.0,
        {"warning": Told(
            0.2, "Rules of /etc/rules.yml;pipecat-1h are not evaluated in time (20 evaluations left out)",
            f"getting worse (+20 {AGO}",
        )},
        {"rule_group": "/etc/rules.yml;pipecat-1h"}, service=False,
        never={"under the floor": "one evaluation left out is enough"},
    ),
    "PipecatNotificationsFailing": Case(
        counted("alertmanager_notifications_failed_total", integration="slack", reason="serverError", **ALERTMANAGER),
        0.0,
        {"critical": Told(0.2, "Notifications by slack fail (20 times)", f"getting worse (+20 {AGO}")},
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
