"""What looks at the collector's queue files: its program as it is, and the settings it reads."""

from dataclasses import asdict

from pipecat_lgtm.config import Config
from pipecat_lgtm.queues import Settings
from pipecat_lgtm.renderers.collector import edge
from pipecat_lgtm.renderers.placement import Placement
from pipecat_lgtm.renderers.text import program
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e

_NAMES = {
    "service": a.SERVICE_NAME.name,
    "event_name": e.EVENT_NAME.name,
    "event": e.QUEUE_DAMAGED.name,
    "scope": e.QUEUES_SCOPE,
    "queue": e.QUEUE.name,
}


def render(config: Config, placement: Placement) -> dict[str, str]:
    """Return the program and its settings for containers; natively `up` looks by itself."""
    return {} if placement.kind == "native" else program("queues", asdict(settings(config, placement)))


def settings(config: Config, placement: Placement) -> Settings:
    """Return what the program is given: where the queues are, the collector's entrance, the contract's names."""
    token_file, certificate_file = edge.shown(config, placement)
    return Settings(
        folder=edge.queue_folder(placement),
        collector=edge.logs_address(config, placement),
        token_file=token_file,
        certificate_file=certificate_file,
        service=e.QUEUES,
        names=_NAMES,
    )
