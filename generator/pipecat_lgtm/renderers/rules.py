"""Rule files: Prometheus' own, PrometheusRule objects, Mimir ruler namespaces; the same groups in each."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.renderers.text import to_yaml
from pipecat_lgtm.rules import alerts, prices
from pipecat_lgtm.rules.model import Alert, Recording
from pipecat_lgtm_bridge.contract import labels

RECORDINGS, ALERTS, PRICES = "recordings", "alerts", "prices"
NOTES = {
    RECORDINGS: "Panels and alerts read these names, so that what is drawn is what is alerted on.",
    PRICES: "Dollars of one token, character or second; dates and sources are in section prices of stack.yaml.",
    ALERTS: "docs/alerts.md lists them, docs/runbooks says what to do. Bounds, windows and holds are in stack.yaml.",
}
MIMIR_RULES_PER_GROUP = 20
"""Mimir's default limit (ruler_max_rules_per_rule_group)."""


def groups(config: Config) -> dict[str, list[dict[str, Any]]]:
    """Return the rule groups of each file, as Prometheus reads them."""
    return {
        RECORDINGS: [
            _group(config, name, [_recording(one) for one in members])
            for name, members in alerts.recording_groups(config).items()
        ],
        PRICES: [_group(config, prices.GROUP, [_recording(one) for one in prices.recordings(config)])],
        ALERTS: [
            _group(config, name, [_alert(one) for one in members])
            for name, members in alerts.alert_groups(config).items()
        ],
    }


def files(config: Config) -> dict[str, str]:
    """Return prometheus/rules/*.yml, and the other format if one is chosen."""
    made = groups(config)
    rendered: dict[str, str] = {}
    if config.alerts.format == "files" or config.stores.prometheus.url is None:
        rendered |= {f"prometheus/rules/{name}.yml": to_yaml({"groups": made[name]}, note=NOTES[name]) for name in made}
    if config.alerts.format == "operator":
        rendered |= {
            f"prometheus/operator/{name}.yaml": to_yaml(_operator(config, name, made[name]), note=NOTES[name])
            for name in made
        }
    if config.alerts.format == "mimir":
        rendered |= {
            f"prometheus/mimir/{name}.yaml": to_yaml(_mimir(config, name, made[name]), note=NOTES[name])
            for name in made
        }
    return rendered


def _group(config: Config, name: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": name, "interval": format_seconds(alerts.interval(config, name)), "rules": rules}


def _recording(one: Recording) -> dict[str, Any]:
    own = {"labels": dict(one.labels)} if one.labels else {}
    return {"record": one.name, "expr": one.query.expr, **own}


def _alert(one: Alert) -> dict[str, Any]:
    own = {label: value for label, value in one.labels if label not in one.signal.labels}
    hold = {"for": format_seconds(one.hold)} if one.hold else {}
    return {
        "alert": one.name,
        "expr": one.query.expr,
        **hold,
        "labels": {labels.SEVERITY: one.severity, **own},
        "annotations": one.annotations,
    }


def _operator(config: Config, name: str, made: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a PrometheusRule object (monitoring.coreos.com/v1)."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {
            "name": f"{config.alerts.namespace}-{name}",
            "labels": {"app.kubernetes.io/name": config.alerts.namespace, "role": "alert-rules"},
        },
        "spec": {"groups": made},
    }


def _mimir(config: Config, name: str, made: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a namespace as `mimirtool rules load` reads it, its groups within Mimir's default limit."""
    parts = []
    for group in made:
        every = group["rules"]
        chunks = [every[at : at + MIMIR_RULES_PER_GROUP] for at in range(0, len(every), MIMIR_RULES_PER_GROUP)]
        for index, chunk in enumerate(chunks, 1):
            suffix = f"-{index}" if len(chunks) > 1 else ""
            parts.append(group | {"name": group["name"] + suffix, "rules": chunk})
    return {"namespace": f"{config.alerts.namespace}-{name}", "groups": parts}
