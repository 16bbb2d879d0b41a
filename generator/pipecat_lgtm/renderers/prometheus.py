"""Prometheus: what it scrapes, how it takes OTLP, and the rule files."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.renderers import rules
from pipecat_lgtm.renderers.placement import Part, Placement
from pipecat_lgtm.renderers.text import to_yaml


def render(config: Config, placement: Placement) -> dict[str, str]:
    """Return prometheus/prometheus.yml and the rule files."""
    if config.stores.prometheus.url is not None:
        return rules.files(config)
    return {"prometheus/prometheus.yml": to_yaml(_server(config, placement)), **rules.files(config)}


def _server(config: Config, placement: Placement) -> dict[str, Any]:
    promoted = [a.SERVICE_NAME.name, a.ENVIRONMENT.name, *config.cardinality.resource_labels]
    ports = config.network.ports
    targets: list[tuple[str, Part, int]] = [
        ("prometheus", "prometheus", ports.prometheus),
        ("collector", "collector", ports.collector_metrics),
        ("alertmanager", "alertmanager", ports.alertmanager),
        ("sandbox", "sandbox", ports.sandbox),
    ]
    if config.stores.tempo.url is None:
        targets.append(("tempo", "tempo", ports.tempo))
    if config.stores.loki.url is None:
        targets.append(("loki", "loki", ports.loki))
    if placement.kind == "compose":
        targets.append(("grafana", "grafana", ports.grafana))
    otlp: dict[str, Any] = {"promote_resource_attributes": promoted, "keep_identifying_resource_attributes": True}
    if config.alerts.flavour == "native":
        otlp["convert_histograms_to_nhcb"] = True
    return {
        "global": {"scrape_interval": "15s", "evaluation_interval": format_seconds(config.alerts.interval)},
        # A collector that waited for Prometheus sends what happened meanwhile: older than what is stored.
        "storage": {"tsdb": {"out_of_order_time_window": "30m"}},
        "otlp": otlp,
        "rule_files": ["rules/*.yml"],
        "alerting": {
            "alertmanagers": [
                {"static_configs": [{"targets": [f"{placement.host('alertmanager')}:{ports.alertmanager}"]}]}
            ]
        },
        "scrape_configs": [
            # A demo's provider lives for less than a minute.
            {
                "job_name": name,
                **({"scrape_interval": "5s"} if name == "sandbox" else {}),
                "static_configs": [{"targets": [f"{placement.host(part)}:{port}"]}],
            }
            for name, part, port in targets
        ],
    }
