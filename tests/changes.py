"""Changes of stack.yaml and, by hand, the native parts that each of them concerns."""

from typing import Any

from harness import free_ports

import yamls

G, C, P, A, N, T, L = "guard", "collector", "prometheus", "alertmanager", "notifications", "tempo", "loki"
ALL = frozenset({G, C, P, A, N, T, L})

CHANGES: dict[str, tuple[str, frozenset[str]]] = {
    name: (text, frozenset(parts))
    for name, text, *parts in (
        ("name", "name: another"),
        ("services.names", "services: {names: [front-desk]}", C),
        ("services.environments", "services: {environments: [production]}", C),
        ("services.default_environment", "services: {default_environment: staging}", C),
        ("ports.otlp_grpc", "network: {ports: {otlp_grpc: 24317}}", C),
        ("ports.otlp_http", "network: {ports: {otlp_http: 24318}}", C, N),
        ("ports.collector_health", "network: {ports: {collector_health: 23133}}", C),
        ("ports.collector_metrics", "network: {ports: {collector_metrics: 28888}}", C, P),
        ("ports.collector_pipecat", "network: {ports: {collector_pipecat: 28889}}", C, P),
        ("ports.collector_breaches", "network: {ports: {collector_breaches: 28890}}", C, P),
        ("ports.collector_intake", "network: {ports: {collector_intake: 24319}}", C),
        ("ports.prometheus", "network: {ports: {prometheus: 29090}}", G, P),
        ("ports.prometheus_inner", "network: {ports: {prometheus_inner: 29190}}", G, P),
        ("ports.guard", "network: {ports: {guard: 29096}}", G, P),
        ("ports.alertmanager", "network: {ports: {alertmanager: 29093}}", G, P, A),
        ("ports.alertmanager_inner", "network: {ports: {alertmanager_inner: 29193}}", G, P, A),
        ("ports.notifications", "network: {ports: {notifications: 29095}}", A, N),
        ("ports.tempo", "network: {ports: {tempo: 23200}}", G, P, T),
        ("ports.tempo_otlp", "network: {ports: {tempo_otlp: 24320}}", C, T),
        ("ports.tempo_grpc", "network: {ports: {tempo_grpc: 23201}}", T),
        ("ports.loki", "network: {ports: {loki: 23100}}", G, C, P, L),
        ("ports.loki_grpc", "network: {ports: {loki_grpc: 23101}}", L),
        ("ports.grafana", "network: {ports: {grafana: 23000}}", P),
        ("ports.sandbox", "network: {ports: {sandbox: 28090}}", P),
        ("network.address", "network: {address: 127.0.0.2}", *ALL - {L}),
        ("network.auth", "network: {auth: {token_file: /t}}", C, N),
        ("network.cors_origins", "network: {cors_origins: ['https://app.example.com']}", C),
        ("thresholds.preset", "thresholds: {preset: tolerant}", C, P),
        ("thresholds.ttfw", "thresholds: {ttfw: {p95: {critical: 1500 ms}}}", C, P),
        ("thresholds.error_ratio", "thresholds: {error_ratio: {warning: 2 %}}", P),
        ("thresholds.queue_fill", "thresholds: {queue_fill: {warning: 40 %}}", P),
        ("alerts.interval", "alerts: {interval: 30 s}", P, A),
        ("alerts.slow_interval", "alerts: {slow_interval: 2 m}", P),
        ("alerts.resend_interval", "alerts: {resend_interval: 30 s}", P, A),
        ("alerts.flavour", "alerts: {flavour: native}", P),
        ("alerts.format", "alerts: {format: mimir}", P),
        ("alerts.window", "alerts: {window: 10 m}", C, P),
        ("alerts.min_samples", "alerts: {min_samples: 30}", P),
        ("alerts.hold", "alerts: {hold: {critical: 2 m}}", P),
        ("alerts.low_traffic", "alerts: {low_traffic: {min_count: 5}}", P),
        ("alerts.escalate_after", "alerts: {escalate_after: 1 h}", P),
        ("alerts.synthetic_services", "alerts: {synthetic_services: '.*-probe'}", P),
        ("alerts.pii_kinds", "alerts: {pii_kinds: [card]}", C, P),
        ("alerts.links.grafana", "alerts: {links: {grafana: 'https://g.example.com'}}", P),
        ("alerts.links.runbooks", "alerts: {links: {runbooks: 'https://r.example.com'}}", P),
        ("alerts.links.prometheus", "alerts: {links: {prometheus: 'https://p.example.com'}}", G, P),
        ("alerts.links.alertmanager", "alerts: {links: {alertmanager: 'https://a.example.com'}}", G, A),
        ("alerts.overrides", "alerts: {overrides: {PipecatTtfwHigh: {hold: 30 s}}}", P),
        ("histograms.latency", "histograms: {latency: [100 ms, 1 s, 10 s]}", C, P),
        ("limits.latency", "limits: {latency: 5 m}", C),
        ("dialects.article", "dialects: {article: false}", C),
        ("content.max_bytes", "content: {max_bytes: 4 kB}", C, T),
        ("content.frustration", "content: {frustration: {complaint: []}}", C),
        ("content.patterns", "content: {patterns: {customer: 'KD-?[0-9]{6}'}}", C),
        ("content.exempt_keys", "content: {mode: redact, exempt_keys: [order.code]}", C),
        ("content.mode", "content: {mode: drop, exempt_keys: []}", C),
        ("cardinality.series_per_metric", "cardinality: {series_per_metric: 1000}", C),
        ("cardinality.sums", "cardinality: {sums: 8000}", C),
        ("cardinality.breach_expiry", "cardinality: {breach_expiry: 10 m}", C),
        ("cardinality.resource_labels", "cardinality: {resource_labels: [service.version]}", C),
        ("collector.instance_id", "collector: {instance_id: gateway-1}", C),
        ("collector.flush_interval", "collector: {flush_interval: 2 s}", C),
        ("collector.scrape_interval", "collector: {scrape_interval: 10 s}", P),
        ("collector.memory_limit", "collector: {memory_limit: 400 MiB}", C),
        ("collector.queue_size", "collector: {queue_size: 1 GiB}", C),
        ("collector.other_metrics", "collector: {other_metrics: refuse}", C),
        ("exporters", "exporters: [{name: vendor, endpoint: 'https://o.example.com', signals: [traces]}]", C),
        ("dashboards.short_call", "dashboards: {short_call: 4}"),
        ("prices", "prices: {tts: {openai: {tts-1: {characters: 20.00}}}}", P),
        ("retention.metrics", "retention: {metrics: 30 d}", P),
        ("retention.traces", "retention: {traces: 3 d}", T),
        ("retention.logs", "retention: {logs: 3 d}", L),
        ("routing.group_by", "routing: {group_by: [alertname]}", A),
        ("routing.severities", "routing: {severities: {critical: {acknowledge: 10 m}}}", A),
        (
            "routing.receivers",
            "routing: {receivers: {hook: {webhook: {url: 'https://h.example.com'}}},"
            " severities: {critical: {notify: [hook]}, warning: {notify: [hook]}}}",
            A,
            N,
        ),
        ("routing.snapshot_interval", "routing: {snapshot_interval: 5 s}", A),
        ("routing.inhibition", "routing: {inhibition: {ttfw_mutes_stages: true}}", A),
    )
}

DRIVEN = (
    "dashboards.short_call",
    "retention.metrics",
    "alerts.resend_interval",
    "routing.snapshot_interval",
    "alerts.links.grafana",
    "retention.traces",
    "retention.logs",
    "ports.collector_health",
    "thresholds.ttfw",
    "routing.receivers",
)
"""Changes that are made to running stacks."""


def make(change: str, data: dict[str, Any]) -> None:
    """Make a change to what a stack.yaml holds; a port that it gives is one that is free here instead."""
    wanted = yamls.load(change) or {}
    _merge(data, wanted)
    for port in wanted.get("network", {}).get("ports", {}):
        data["network"]["ports"][port] = free_ports(1)[0]


def _merge(base: dict[str, Any], over: dict[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value
