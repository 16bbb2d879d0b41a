"""The messages' texts: Alertmanager's templates, rendered from ours with the deadlines of the config in them."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.routing import SEVERITIES
from pipecat_lgtm.renderers.text import HEADER
from pipecat_lgtm.rules.alerts import alerts
from pipecat_lgtm_bridge.contract import annotations, labels

FILE = "templates/pipecat.tmpl"

_ENVIRONMENT = Environment(
    loader=PackageLoader("pipecat_lgtm.renderers"),
    undefined=StrictUndefined,
    # Alertmanager's own templates are full of {{ }}.
    variable_start_string="[[",
    variable_end_string="]]",
    block_start_string="[%",
    block_end_string="%]",
    comment_start_string="[#",
    comment_end_string="#]",
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 - a template for Alertmanager, which escapes where it writes HTML
)


def render(config: Config) -> str:
    """Return templates/pipecat.tmpl."""
    deadlines = {severity: said(config.routing.severities.of(severity).acknowledge) for severity in SEVERITIES}
    return _ENVIRONMENT.get_template("pipecat.tmpl.j2").render(
        header=HEADER,
        deadlines=deadlines,
        texts=annotations.TEXTS,
        links=annotations.LINKS,
        labels=labels,
        apart="|".join(_apart(config)),
    )


def _apart(config: Config) -> list[str]:
    """Return the labels in which the alerts of one message can differ."""
    every = {label for alert in alerts(config) for label in (*alert.signal.labels, *dict(alert.labels))}
    return sorted(every - {*config.routing.group_by, labels.ESCALATED})


def said(seconds: float) -> str:
    """Return a duration as people say it: `5 min`, `24 h`, `90 s`."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
