"""The dashboards, by uid."""

from collections.abc import Callable
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.dashboards import core, latency

DASHBOARDS: dict[str, Callable[[Config], dict[str, Any]]] = {
    core.UID: core.core,
    latency.UID: latency.latency,
}
