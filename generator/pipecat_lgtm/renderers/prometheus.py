"""Prometheus: what it scrapes, how it takes OTLP, and the rule files."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.renderers.placement import Part, Placement
from pipecat_lgtm.renderers.text import to_yaml
from pipecat_lgtm.rules import recordings
from pipecat_lgtm.rules.recordings import INTERVAL_SECONDS

RULES = "rules/recordings.yml"


def render(config: Config, placement: Placement) -> dict[str, str]:
    """Return prometheus/prometheus.yml and the rule files."""
    if config.stores.prometheus.url is not None:
        return {f"prometheus/{RULES}": rules(config)}
    return {
        "prometheus/prometheus.yml": to_yaml(_server(config, placement)),
        f"prometheus/{RULES}": rules(config),
    }


def rules(config: Config) -> str:
    """Return the recording rules as a Prometheus rule file."""
    groups = [
        {
            "name": group,
            "interval": f"{INTERVAL_SECONDS}s",
            "rules": [{"record": one.name, "expr": one.query.expr} for one in members],
        }
        for group, members in recordings.groups(config).items()
    ]
    note = "Panels and alerts read these names, so that what is drawn is what is alerted on."
    return to_yaml({"groups": groups}, note=note)


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
    return {
        "global": {"scrape_interval": "15s", "evaluation_interval": f"{INTERVAL_SECONDS}s"},
        # A collector that waited for Prometheus sends what happened meanwhile: older than what is stored.
        "storage": {"tsdb": {"out_of_order_time_window": "30m"}},
        "otlp": {"promote_resource_attributes": promoted, "keep_identifying_resource_attributes": True},
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
