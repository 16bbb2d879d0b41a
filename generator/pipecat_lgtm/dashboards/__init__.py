"""The dashboards, by uid."""

from collections.abc import Callable
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.dashboards import (
    conversation,
    conversations,
    core,
    errors,
    latency,
    network,
    quality,
    stack,
    usage,
)

DASHBOARDS: dict[str, Callable[[Config], dict[str, Any]]] = {
    core.UID: core.core,
    latency.UID: latency.latency,
    conversations.UID: conversations.conversations,
    conversation.UID: conversation.conversation,
    usage.UID: usage.usage,
    errors.UID: errors.errors,
    network.UID: network.network,
    quality.UID: quality.quality,
    stack.UID: stack.stack,
}
