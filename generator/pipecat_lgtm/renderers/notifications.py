"""The notification log: its program as it is, and the settings it reads; only where somebody is told of nothing."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.renderers.collector import edge
from pipecat_lgtm.renderers.placement import Placement
from pipecat_lgtm.renderers.text import program
from pipecat_lgtm_bridge.contract import annotations, labels
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e

_NAMES = {
    "service": a.SERVICE_NAME.name,
    "event_name": e.EVENT_NAME.name,
    "event": e.NOTIFICATION.name,
    "scope": e.NOTIFICATIONS_SCOPE,
    "status": e.NOTIFICATION_STATUS.name,
    "receiver": e.NOTIFICATION_RECEIVER.name,
    "started": e.NOTIFICATION_STARTED.name,
    "of_label": e.NOTIFICATION_LABEL,
    "of_annotation": e.NOTIFICATION_ANNOTATION,
    "severity": labels.SEVERITY,
    "alertname": labels.ALERTNAME,
    "service_name": labels.SERVICE_NAME,
    "summary": annotations.SUMMARY,
    "trace_id": annotations.TRACE_ID,
}


def render(config: Config, placement: Placement) -> dict[str, str]:
    """Return the program and its settings, or nothing where everybody who should be told is configured."""
    return program("notifications", settings(config, placement)) if config.routing.unheard else {}


def settings(config: Config, placement: Placement) -> dict[str, Any]:
    """Return what the program is told: where to listen, the collector's entrance, the contract's names."""
    token_file, certificate_file = edge.shown(config, placement)
    return {
        "address": placement.address,
        "port": config.network.ports.notifications,
        "host": placement.host("notifications"),
        "collector": edge.logs_address(config, placement),
        "token_file": token_file,
        "certificate_file": certificate_file,
        "service": e.NOTIFICATIONS,
        "names": _NAMES,
    }


def address(config: Config, placement: Placement) -> str:
    """Return where Alertmanager finds it."""
    return f"http://{placement.host('notifications')}:{config.network.ports.notifications}/alerts"
