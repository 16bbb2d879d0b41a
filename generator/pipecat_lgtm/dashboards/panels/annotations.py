"""Marks on graphs that a reader can switch on: when alerts began to fire, and when another version came into service."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.dashboards.panels.palette import BAD, NEUTRAL
from pipecat_lgtm.dashboards.panels.targets import source
from pipecat_lgtm.queries import Query, scope
from pipecat_lgtm.rules.recordings import usual
from pipecat_lgtm_bridge.contract import labels

STEP = "1m"
"""Of the queries: a mark is one step long, so that Grafana draws a line and no region."""


def annotations(config: Config) -> list[dict[str, Any]]:
    """Return the annotation queries: alerts always, deploys where a version is a label."""
    made = [_mark("Alerts", scope.began_to_fire(STEP), BAD, "{{alertname}}", f"severity,{labels.SERVICE_NAME}")]
    if scope.VERSION_ATTRIBUTE in config.cardinality.resource_labels:
        title = f"{{{{{labels.SERVICE_VERSION}}}}} in service"
        made.append(_mark("Deploys", scope.deploys(usual(config)), NEUTRAL, title, labels.SERVICE_NAME))
    return made


def _mark(name: str, query: Query, colour: str, title: str, tags: str) -> dict[str, Any]:
    return {
        "datasource": source("prometheus"),
        # Off: an hour of alerts is a curtain of lines before the graphs. The firing ones have panels of their own.
        "enable": False,
        "expr": query.expr,
        "hide": False,
        "iconColor": colour,
        "name": name,
        # Where it is seldom needed: Grafana 12.3 has a menu for that, beside the choices.
        "placement": "inControlsMenu",
        "step": STEP,
        "tagKeys": tags,
        "textFormat": f"{{{{{labels.SERVICE_NAME}}}}} {{{{severity}}}}",
        "titleFormat": title,
        "useValueForTime": False,
    }
