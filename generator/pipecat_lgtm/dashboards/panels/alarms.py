"""The alerts that fire now for the chosen services, above the panels."""

from pipecat_lgtm.dashboards.panels.card import Card
from pipecat_lgtm.dashboards.panels.fields import column, to_dashboard, words
from pipecat_lgtm.dashboards.panels.palette import ACCEPTABLE, BAD
from pipecat_lgtm.dashboards.panels.sheet import Line
from pipecat_lgtm.dashboards.panels.table import organised, table
from pipecat_lgtm.queries import scope
from pipecat_lgtm_bridge.contract import labels

_SEVERITIES = {"critical": ("critical", BAD), "warning": ("warning", ACCEPTABLE)}


def alarms(identity: int) -> Line:
    """Return a line with a row for each kind of alert that fires, and since when its condition holds."""
    rows = table(
        Card(
            identity,
            "Firing alerts",
            "Which alerts fire now for these services, and since when?",
            "Click one for the list with the services; its message has the runbook.",
            empty="No alert fires for this selection",
        ),
        [scope.firing()],
        transformations=[organised([labels.SEVERITY, labels.ALERTNAME], {"Value": "Since"}, ["Time"])],
        overrides=[
            column(
                "Severity",
                custom__width=80,
                custom__cellOptions={"type": "color-text"},
                mappings=[words(_SEVERITIES)],
            ),
            column("Alert", links=[to_dashboard("pipecat-stack", "Who has it")]),
            column("Since", unit="dateTimeFromNow", custom__width=140, custom__align="left"),
        ],
        # By the alphabet critical comes before warning.
        sort="Severity",
        least_first=True,
        header=False,
    )
    return Line(4, [rows])
