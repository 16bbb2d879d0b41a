"""What the stack's own programs say of themselves: the names we read, as they are scraped."""

ENTRANCE = "otlp"
"""The receiver of the bots; the collector's own one hands on what that one took."""
INTAKE = "otlp_grpc/intake"
"""The exporter that hands on what was taken; its failures are other queues' refusals first of all."""
RECEIVED_SPANS = "otelcol_receiver_accepted_spans"
RECEIVED_LOGS = "otelcol_receiver_accepted_log_records"
SENT = tuple(f"otelcol_exporter_sent_{signal}" for signal in ("spans", "log_records", "metric_points"))
COLLECTOR_MEMORY = "otelcol_process_memory_rss"
HEAD_SERIES = "prometheus_tsdb_head_series"
RULE_SECONDS = "prometheus_rule_group_last_duration_seconds"
RULE_INTERVAL = "prometheus_rule_group_interval_seconds"
DATAPOINTS = "otelcol_deltatocumulative_datapoints"
ERROR, NO_PLACE = "error", "limit"
"""Its label, and the value for those whose label set found no place among those the collector holds: they are lost."""
NOTIFIED = "alertmanager_notifications_total"
NOT_TOLD = "alertmanager_notifications_failed_total"
STORES_DISCARDED = ("tempo_discarded_spans_total", "loki_discarded_samples_total")
"""What Tempo and Loki took with a 200 and then did not keep, by reason."""
SENT_AGAIN = ("rate_limited", "per_stream_rate_limit")
"""Reasons of theirs that are refusals: the collector sends that again, or counts it as refused for good."""
REMOTE_LOST = tuple(
    f"prometheus_remote_storage_{item}_{how}_total"
    for how in ("failed", "dropped")
    for item in ("samples", "histograms", "exemplars")
)
"""What a Prometheus that sends on has lost: refused for good (failed), or kept waiting for too long (dropped)."""
UP = "up"
STARTED = "process_start_time_seconds"
"""When a program began, in Unix seconds: Prometheus, Alertmanager, Tempo, Loki, Grafana."""
COLLECTOR_UPTIME = "otelcol_process_uptime"
"""Seconds for which the collector has run; it does not say when it began."""
RING_MEMBERS = {"tempo": "tempo_ring_members", "loki": "loki_ring_members"}
"""Ingesters of a store by their state; one that starts, ends or has lost its heartbeat is not among the active ones."""
RING, RING_STATE, INGESTER, ACTIVE = "name", "state", "ingester", "ACTIVE"
"""Labels of theirs, and the values for an ingester that takes and gives data."""
PROMETHEUS_READY = "prometheus_ready"

JOB, INSTANCE, EXPORTER, INTEGRATION, RULE_GROUP = "job", "instance", "exporter", "integration", "rule_group"
RECEIVER = "receiver"
"""Labels of theirs."""
