"""What is read: log lines, and a trace."""

from grafanalib import core as g

from pipecat_lgtm.dashboards.panels.card import Card
from pipecat_lgtm.dashboards.panels.targets import source, targets
from pipecat_lgtm.dashboards.panels.visual import Visual, words
from pipecat_lgtm.queries import Query


def lines(card: Card, query: Query) -> g.Logs:
    """Return log lines, newest first; a line opens to all its fields and to its trace."""
    return g.Logs(
        **words(card),
        dataSource=source("loki"),
        targets=targets([query]),
        showTime=True,
        wrapLogMessages=True,
        enableLogDetails=True,
        extraJson={"options": {"showLogContextToggle": False}, "fieldConfig": {"defaults": {"noValue": card.no_value}}},
    )


def trace(card: Card, query: Query) -> Visual:
    """Return the waterfall of one trace."""
    return Visual(
        **words(card),
        kind="traces",
        dataSource=source("tempo"),
        targets=targets([query]),
        defaults={"noValue": card.no_value},
    )
