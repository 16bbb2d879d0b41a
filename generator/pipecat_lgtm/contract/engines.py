"""What the stack's own programs say of themselves: the names we read, as they are scraped."""

RECEIVED_SPANS = "otelcol_receiver_accepted_spans"
RECEIVED_LOGS = "otelcol_receiver_accepted_log_records"
SENT = tuple(f"otelcol_exporter_sent_{signal}" for signal in ("spans", "log_records", "metric_points"))
COLLECTOR_MEMORY = "otelcol_process_memory_rss"
HEAD_SERIES = "prometheus_tsdb_head_series"
RULE_SECONDS = "prometheus_rule_group_last_duration_seconds"
RULE_INTERVAL = "prometheus_rule_group_interval_seconds"
NO_PLACE = 'otelcol_deltatocumulative_datapoints{error="limit"}'
"""Sums whose label set found no place among those the collector holds: they are lost."""
NOTIFIED = "alertmanager_notifications_total"
NOT_TOLD = "alertmanager_notifications_failed_total"
UP = "up"

JOB, EXPORTER, INTEGRATION, RULE_GROUP = "job", "exporter", "integration", "rule_group"
RECEIVER = "receiver"
"""Labels of theirs."""
