"""Grafana: datasources that link to each other, provisioning, dashboards."""

import json
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import labels
from pipecat_lgtm.contract.datasources import ALERTMANAGER, LOKI, PROMETHEUS, TEMPO
from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.queries import lookups
from pipecat_lgtm.renderers.collector.edge import url
from pipecat_lgtm.renderers.placement import Placement
from pipecat_lgtm.renderers.text import to_yaml
from pipecat_lgtm.rules.recordings import usual


def render(config: Config, placement: Placement) -> dict[str, str]:
    """Return grafana/provisioning and grafana/dashboards."""
    files = {
        "grafana/provisioning/datasources/pipecat.yaml": to_yaml(_datasources(config, placement)),
        "grafana/provisioning/dashboards/pipecat.yaml": to_yaml(_provider(placement)),
    }
    for uid, dashboard in DASHBOARDS.items():
        text = json.dumps(dashboard(config), indent=2, sort_keys=True, ensure_ascii=False)
        files[f"grafana/dashboards/{uid}.json"] = text + "\n"
    return files


def _provider(placement: Placement) -> dict[str, Any]:
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": "pipecat-lgtm",
                "folder": "Pipecat",
                "type": "file",
                "allowUiUpdates": False,
                "options": {"path": f"{placement.config('grafana')}/dashboards"},
            }
        ],
    }


def _datasources(config: Config, placement: Placement) -> dict[str, Any]:
    stores, ports = config.stores, config.network.ports
    trace_tags = [
        {"key": "service.name", "value": labels.SERVICE_NAME},
        {"key": "deployment.environment", "value": labels.ENVIRONMENT},
    ]
    prometheus = {
        "httpMethod": "POST",
        "exemplarTraceIdDestinations": [
            {"name": labels.TRACE_ID, "datasourceUid": TEMPO},
            {
                "name": labels.TRACE_ID,
                "url": "/d/pipecat-conversation?var-trace=$${__value.raw}",
                "urlDisplayLabel": "Open the call",
            },
        ],
    }
    tempo = {
        "tracesToLogsV2": {
            "datasourceUid": LOKI,
            "spanStartTimeShift": "-5m",
            "spanEndTimeShift": "5m",
            "tags": trace_tags,
            "customQuery": True,
            "query": lookups.logs_of_trace().expr,
        },
        "tracesToMetrics": {
            "datasourceUid": PROMETHEUS,
            "spanStartTimeShift": "-10m",
            "spanEndTimeShift": "10m",
            "tags": trace_tags,
            "queries": [
                {"name": query.brief, "query": query.expr} for query in lookups.metrics_of_trace(usual(config))
            ],
        },
        "nodeGraph": {"enabled": False},
    }
    loki = {
        "derivedFields": [
            {
                "name": "trace",
                "matcherType": "label",
                "matcherRegex": labels.TRACE_ID,
                "datasourceUid": TEMPO,
                "url": "$${__value.raw}",
                "urlDisplayLabel": "Open the conversation",
            }
        ]
    }
    sources = [
        _source(
            "Prometheus",
            "prometheus",
            PROMETHEUS,
            url(stores.prometheus.url, placement, "prometheus", ports.prometheus),
            prometheus,
        )
        | {"isDefault": True},
        _source("Tempo", "tempo", TEMPO, url(stores.tempo.url, placement, "tempo", ports.tempo), tempo),
        _source("Loki", "loki", LOKI, url(stores.loki.url, placement, "loki", ports.loki), loki),
        _source(
            "Alertmanager",
            "alertmanager",
            ALERTMANAGER,
            f"http://{placement.host('alertmanager')}:{ports.alertmanager}",
            {"implementation": "prometheus"},
        ),
    ]
    return {"apiVersion": 1, "prune": True, "datasources": sources}


def _source(name: str, kind: str, uid: str, address: str, settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "uid": uid,
        "access": "proxy",
        "url": address,
        "editable": False,
        "jsonData": settings,
    }
