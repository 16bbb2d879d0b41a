"""A warning nobody resolved becomes critical: the original's labels and annotations, and a label that says so."""

from dataclasses import replace

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.queries import conditions
from pipecat_lgtm.rules.model import Alert
from pipecat_lgtm_bridge.contract import labels


def escalated(config: Config, warning: Alert) -> Alert:
    """Return the critical alert that a warning becomes when it is still firing after `alerts.escalate_after`."""
    after = config.alerts.escalate_after
    query = conditions.escalated(warning.name, warning.query, warning.signal.labels, dict(warning.labels))
    lead = f"unresolved for {format_seconds(after)}: "
    return replace(
        warning,
        severity="critical",
        query=query,
        hold=after,
        labels=(*warning.labels, (labels.ESCALATED, "true")),
        annotations=warning.annotations | {"summary": lead + warning.annotations["summary"]},
    )
