"""Marks on every graph: when alerts fired, and when another version came into service."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import labels
from pipecat_lgtm.dashboards.panels.palette import BAD, NEUTRAL
from pipecat_lgtm.dashboards.panels.targets import source
from pipecat_lgtm.queries import Query, scope
from pipecat_lgtm.rules.recordings import usual


def annotations(config: Config) -> list[dict[str, Any]]:
    """Return the annotation queries; the name of deploys says so if no version is a label, and nothing can be shown."""
    labelled = scope.VERSION_ATTRIBUTE in config.cardinality.resource_labels
    name = (
        "Deploys"
        if labelled
        else f"Deploys (none shown: {scope.VERSION_ATTRIBUTE} is not in cardinality.resource_labels)"
    )
    title = f"{{{{{labels.SERVICE_VERSION}}}}} in service"
    return [
        _mark("Firing alerts", scope.firing(), BAD, "{{alertname}}", f"severity,{labels.SERVICE_NAME}"),
        _mark(name, scope.deploys(usual(config)), NEUTRAL, title, labels.SERVICE_NAME),
    ]


def _mark(name: str, query: Query, colour: str, title: str, tags: str) -> dict[str, Any]:
    return {
        "datasource": source("prometheus"),
        "enable": True,
        "expr": query.expr,
        "hide": False,
        "iconColor": colour,
        "name": name,
        "step": "30s",
        "tagKeys": tags,
        "textFormat": f"{{{{{labels.SERVICE_NAME}}}}} {{{{severity}}}}",
        "titleFormat": title,
        "useValueForTime": False,
    }
