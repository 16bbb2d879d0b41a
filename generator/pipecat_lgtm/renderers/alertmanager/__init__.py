"""Alertmanager: who is told, how soon, what mutes what, and the text of the messages."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.routing import Maintenance
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.renderers.alertmanager import inhibit, messages
from pipecat_lgtm.renderers.alertmanager.receivers import receivers
from pipecat_lgtm.renderers.alertmanager.tree import Node, tree
from pipecat_lgtm.renderers.placement import Placement
from pipecat_lgtm.renderers.text import to_yaml

_NOTE = (
    "Who is told for which labels, and why: `pipecat-lgtm routes severity=critical service_name=my-bot`. "
    "A receiver without anything below its name tells nobody: what it gets is shown in Alertmanager and Grafana only. "
    "The webhook of port `network.ports.notifications` is the notification log: nobody is configured to be told."
)


def render(config: Config, placement: Placement) -> dict[str, str]:
    """Return alertmanager/alertmanager.yml and its message templates."""
    return {
        "alertmanager/alertmanager.yml": to_yaml(alertmanager(config, placement), note=_NOTE),
        f"alertmanager/{messages.FILE}": messages.render(config),
    }


def alertmanager(config: Config, placement: Placement) -> dict[str, Any]:
    """Return the whole configuration."""
    root = tree(config)
    data = {
        "templates": [messages.FILE],
        "route": _route(root) | {"group_by": list(config.routing.group_by)},
        "inhibit_rules": inhibit.rules(config),
        "time_intervals": [_interval(window) for window in config.routing.maintenance],
        "receivers": receivers(config, root, placement),
    }
    return {key: value for key, value in data.items() if value}


def _route(node: Node) -> dict[str, Any]:
    policy = node.policy
    route: dict[str, Any] = {"receiver": node.receiver} | ({"group_by": []} if node.children else {})
    if node.matchers:
        route["matchers"] = [str(matcher) for matcher in node.matchers]
    if node.mutes:
        route["mute_time_intervals"] = [window.name for window in node.mutes]
    if node.goes_on:
        route["continue"] = True
    route |= {
        "group_wait": format_seconds(policy.group_wait) if policy.group_wait else "0s",
        "group_interval": format_seconds(policy.group_interval),
        "repeat_interval": format_seconds(policy.acknowledge),
    }
    if node.children:
        route["routes"] = [_route(child) for child in node.children]
    return route


def _interval(window: Maintenance) -> dict[str, Any]:
    when: dict[str, Any] = {
        "times": [{"start_time": window.start, "end_time": window.end}],
        "weekdays": list(window.weekdays),
        "days_of_month": [str(day) for day in window.days_of_month],
        "location": window.timezone,
    }
    return {"name": window.name, "time_intervals": [{key: value for key, value in when.items() if value}]}
