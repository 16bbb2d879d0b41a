"""Alertmanager: grouping; who is told comes with the alerts."""

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.contract import labels
from pipecat_lgtm.renderers.placement import Placement
from pipecat_lgtm.renderers.text import to_yaml

NOBODY = "shown-only"


def render(config: Config, placement: Placement) -> dict[str, str]:  # noqa: ARG001 - all have one signature
    """Return alertmanager/alertmanager.yml."""
    routing = config.routing
    data = {
        "route": {
            "receiver": NOBODY,
            "group_by": ["alertname", *labels.COMMON],
            "group_wait": format_seconds(routing.group_wait),
            "group_interval": format_seconds(routing.group_interval),
            "repeat_interval": format_seconds(routing.repeat_interval),
        },
        "receivers": [{"name": NOBODY}],
    }
    return {"alertmanager/alertmanager.yml": to_yaml(data, note="Alerts are shown in Alertmanager and Grafana only.")}
