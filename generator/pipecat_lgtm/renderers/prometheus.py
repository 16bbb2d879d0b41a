"""Prometheus: what it scrapes, and the rule files."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.renderers import guard, logins, rules
from pipecat_lgtm.renderers.placement import Part, Placement
from pipecat_lgtm.renderers.text import to_yaml
from pipecat_lgtm_bridge.contract import engines, heartbeat

BOTS = "pipecat"
"""The scrape of the bots' metrics."""


def render(config: Config, placement: Placement) -> dict[str, str]:
    """Return prometheus/prometheus.yml and the rule files."""
    remote = config.stores.prometheus.write_url
    made = _server(config, placement) if remote is None else _agent(config, placement, str(remote))
    return {"prometheus/prometheus.yml": to_yaml(made), **rules.files(config)}


def _server(config: Config, placement: Placement) -> dict[str, Any]:
    # Not through the guard: that the guard is down must be told.
    address = placement.inner(config.network.ports.alertmanager_inner)
    manager: dict[str, Any] = {"static_configs": [{"targets": [address]}]}
    if placement.secrets:
        manager["basic_auth"] = {"username": guard.USER, "password_file": str(placement.secrets / guard.PASSWORD)}
    return {
        "global": {"scrape_interval": "15s", "evaluation_interval": format_seconds(config.alerts.interval)},
        "rule_files": ["rules/*.yml"],
        "alerting": {"alertmanagers": [manager]},
        "scrape_configs": _scrapes(config, placement),
    }


def _agent(config: Config, placement: Placement, remote: str) -> dict[str, Any]:
    """Return the config of a Prometheus that stores nothing: it scrapes as any other does, and sends on."""
    own = {
        "source_labels": ["__address__"],
        "regex": r".+:(\d+)",
        "target_label": engines.INSTANCE,
        # Another stack that sends there has parts of the same names.
        "replacement": f"{config.collector.instance_id}:$1",
    }
    how: dict[str, Any] = {"send_exemplars": True}
    if config.alerts.flavour == "native":
        # Only the second version of the protocol has histograms with bounds of their own; it takes no exemplar alone,
        # and that is how an agent sends them.
        how = {"protobuf_message": "io.prometheus.write.v2.Request", "send_native_histograms": True}
    scrapes = [one | {"relabel_configs": [*one.get("relabel_configs", ()), own]} for one in _scrapes(config, placement)]
    return {
        "global": {"scrape_interval": "15s"},
        "remote_write": [{"url": remote, **logins.remote_write(config, placement), **how}],
        "scrape_configs": scrapes,
    }


def _scrapes(config: Config, placement: Placement) -> list[dict[str, Any]]:
    ports = config.network.ports
    targets: list[tuple[str, Part, int]] = [
        ("guard", "guard", ports.guard),
        ("prometheus", "prometheus", ports.prometheus),
        ("collector", "collector", ports.collector_metrics),
        ("alertmanager", "alertmanager", ports.alertmanager),
        ("sandbox", "sandbox", ports.sandbox),
    ]
    if config.stores.tempo.url is None:
        targets.append(("tempo", "tempo", ports.tempo))
    if config.stores.loki.url is None:
        targets.append(("loki", "loki", ports.loki))
    if config.quality.heartbeat.targets:
        targets.append((heartbeat.JOB, "heartbeat", ports.heartbeat))
    if placement.kind == "compose":
        targets.append(("grafana", "grafana", ports.grafana))
    return [
        bots(config, placement),
        *(
            {
                "job_name": name,
                # A demo's provider lives for less than a minute.
                **({"scrape_interval": "5s"} if name == "sandbox" else {}),
                "static_configs": [{"targets": [f"{placement.host(part)}:{port}"]}],
            }
            for name, part, port in targets
        ),
    ]


def bots(config: Config, placement: Placement) -> dict[str, Any]:
    """Return the scrape of the bots' metrics at the collector; whoever reads them otherwise must read them so.

    Start times are in the Protobuf format only: with them the first event of a series counts. `job` and `instance` are
    the bot's and the collector's; the targets themselves answer for the collector. Whole bounds are `le="2"`, as OTLP
    writes them, and not `le="2.0"`.
    """
    ports = config.network.ports
    host = placement.host("collector")
    native = {"convert_classic_histograms_to_nhcb": True} if config.alerts.flavour == "native" else {}
    return {
        "job_name": BOTS,
        "honor_labels": True,
        "scrape_interval": format_seconds(config.collector.scrape_interval),
        "scrape_protocols": ["PrometheusProto"],
        **native,
        "static_configs": [{"targets": [f"{host}:{ports.collector_pipecat}", f"{host}:{ports.collector_breaches}"]}],
        "relabel_configs": [{"target_label": engines.JOB, "replacement": "collector"}],
        "metric_relabel_configs": [
            {"source_labels": ["le"], "regex": r"(\d+)\.0", "target_label": "le", "replacement": "$1"}
        ],
    }
