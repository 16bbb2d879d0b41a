"""Grafana: datasources that link to each other, provisioning, dashboards."""

import json
from typing import Any, Literal

from pipecat_lgtm.config import Config
from pipecat_lgtm.dashboards import DASHBOARDS
from pipecat_lgtm.renderers import logins
from pipecat_lgtm.renderers.collector.edge import url
from pipecat_lgtm.renderers.placement import Placement
from pipecat_lgtm.renderers.text import to_yaml
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract.datasources import ALERTMANAGER, LOKI, PROMETHEUS, TEMPO

_Store = Literal["prometheus", "tempo", "loki"]


def render(config: Config, placement: Placement) -> dict[str, str]:
    """Return grafana/provisioning and grafana/dashboards."""
    files = {
        "grafana/provisioning/datasources/pipecat.yaml": to_yaml(_datasources(config, placement)),
        "grafana/provisioning/dashboards/pipecat.yaml": to_yaml(_provider(placement)),
        # Grafana writes an error for each folder of provisioning that is not there.
        "grafana/provisioning/alerting/pipecat.yaml": to_yaml({"apiVersion": 1}),
        "grafana/provisioning/plugins/pipecat.yaml": to_yaml({"apiVersion": 1, "apps": []}),
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
    # Every link goes to a dashboard. Explore is closed to viewers: a link there shows them the home page.
    call = "/d/pipecat-conversation?var-trace=$${__value.raw}"
    prometheus = {
        "httpMethod": "POST",
        "exemplarTraceIdDestinations": [{"name": labels.TRACE_ID, "url": call, "urlDisplayLabel": "Open the call"}],
    }
    tempo = {"nodeGraph": {"enabled": False}}
    loki = {
        "derivedFields": [
            {
                "name": "trace",
                "matcherType": "label",
                "matcherRegex": labels.TRACE_ID,
                "url": call,
                "urlDisplayLabel": "Open the call",
            }
        ]
    }
    sources = [
        _of_store(config, placement, "prometheus", PROMETHEUS, prometheus) | {"isDefault": True},
        _of_store(config, placement, "tempo", TEMPO, tempo),
        _of_store(config, placement, "loki", LOKI, loki),
        _source(
            "Alertmanager",
            "alertmanager",
            ALERTMANAGER,
            f"http://{placement.host('alertmanager')}:{config.network.ports.alertmanager}",
            {"implementation": "prometheus"},
            {},
        ),
    ]
    return {"apiVersion": 1, "prune": True, "datasources": sources}


def _of_store(
    config: Config,
    placement: Placement,
    store: Literal["prometheus", "tempo", "loki"],
    uid: str,
    settings: dict[str, Any],
) -> dict[str, Any]:
    """Return the data source of a store, here or elsewhere, with its login."""
    address = url(getattr(config.stores, store).url, placement, store, getattr(config.network.ports, store))
    return _source(store.title(), store, uid, address, settings, logins.datasource(config, placement, store))


def _source(  # noqa: PLR0913, PLR0917 - the parts of a data source
    name: str, kind: str, uid: str, address: str, settings: dict[str, Any], login: dict[str, Any]
) -> dict[str, Any]:
    return {
        **login,
        "name": name,
        "type": kind,
        "uid": uid,
        "access": "proxy",
        "url": address,
        "editable": False,
        "jsonData": settings | login.get("jsonData", {}),
    }
