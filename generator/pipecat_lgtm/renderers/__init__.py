"""From a config to the text of every file; pure: nothing here touches the disk."""

from collections.abc import Callable

from pipecat_lgtm.config import Config
from pipecat_lgtm.renderers import (
    alertmanager,
    collector,
    compose,
    docs,
    grafana,
    guard,
    heartbeat,
    loki,
    notifications,
    prometheus,
    queues,
    tempo,
)
from pipecat_lgtm.renderers.placement import COMPOSE, Placement, native

__all__ = ["COMPOSE", "Placement", "native", "render"]

Renderer = Callable[[Config, Placement], dict[str, str]]

ENGINE_RENDERERS: tuple[Renderer, ...] = (
    guard.render,
    collector.render,
    prometheus.render,
    alertmanager.render,
    notifications.render,
    queues.render,
    tempo.render,
    loki.render,
    grafana.render,
    heartbeat.render,
)


def render(config: Config, placement: Placement = COMPOSE) -> dict[str, str]:
    """Return {path: text} of every rendered file; compose and docs only where the parts run in containers."""
    files: dict[str, str] = {}
    for one in ENGINE_RENDERERS:
        files |= one(config, placement)
    if placement.kind == "compose":
        files |= compose.render(config, placement, files) | docs.render(config, placement)
    return dict(sorted(files.items()))
