"""docs/: the contract as a table people read, the alerts and their runbooks."""

from pipecat_lgtm.config import Config
from pipecat_lgtm.renderers import runbooks
from pipecat_lgtm.renderers.collector import protect_drop, sums
from pipecat_lgtm.renderers.placement import Placement
from pipecat_lgtm.renderers.text import TEMPLATES
from pipecat_lgtm_bridge.contract import attributes, dialects, events, labels, metrics
from pipecat_lgtm_bridge.contract.types import Attribute

_OF_ALERTS = (events.NOTIFICATION_LABEL, events.NOTIFICATION_ANNOTATION)


def render(config: Config, placement: Placement) -> dict[str, str]:  # noqa: ARG001 - all have one signature
    """Return docs/telemetry.md, docs/alerts.md and docs/runbooks."""
    written = [value for value in vars(attributes).values() if isinstance(value, Attribute)]
    text = TEMPLATES.get_template("telemetry.md.j2").render(
        config=config,
        metrics=metrics.METRICS,
        common=labels.COMMON,
        attributes=[one for one in written if one.name.startswith("pipecat.")],
        events=events.EVENTS,
        notification=events,
        stored=[one for one in protect_drop.allowed(sums.spoken(config)) if not one.startswith(_OF_ALERTS)],
        renames=(*dialects.STAGE_RENAMES, *dialects.USAGE_RENAMES, *dialects.TURN_RENAMES),
        providers=dialects.PROVIDER_NAMES,
    )
    return {"docs/telemetry.md": text, **runbooks.files(config)}
