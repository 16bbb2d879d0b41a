"""docs/telemetry.md: the contract as a table people read."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import attributes, dialects, events, labels, metrics
from pipecat_lgtm.contract.types import Attribute
from pipecat_lgtm.renderers.placement import Placement

_ENVIRONMENT = Environment(
    loader=PackageLoader("pipecat_lgtm.renderers"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 - Markdown from our own data
)


def render(config: Config, placement: Placement) -> dict[str, str]:  # noqa: ARG001 - all have one signature
    """Return docs/telemetry.md."""
    written = [value for value in vars(attributes).values() if isinstance(value, Attribute)]
    text = _ENVIRONMENT.get_template("telemetry.md.j2").render(
        config=config,
        metrics=metrics.METRICS,
        common=labels.COMMON,
        attributes=[one for one in written if one.name.startswith("pipecat.")],
        events=events.EVENTS,
        renames=(*dialects.STAGE_RENAMES, *dialects.USAGE_RENAMES, *dialects.TURN_RENAMES),
        providers=dialects.PROVIDER_NAMES,
    )
    return {"docs/telemetry.md": text}
