"""What is read: log lines, a trace, a sentence."""

from grafanalib import core as g

from pipecat_lgtm.dashboards.panels.card import Card
from pipecat_lgtm.dashboards.panels.targets import source, targets
from pipecat_lgtm.dashboards.panels.visual import Visual, words
from pipecat_lgtm.queries import Query


def lines(card: Card, query: Query, *, oldest_first: bool = False) -> g.Logs:
    """Return log lines, newest first or in their order; a line opens to all its fields and to its trace."""
    return g.Logs(
        **words(card),
        dataSource=source("loki"),
        targets=targets([query]),
        showTime=True,
        wrapLogMessages=True,
        enableLogDetails=True,
        sortOrder="Ascending" if oldest_first else "Descending",
        extraJson={"options": {"showLogContextToggle": False}},
    )


def note(card: Card, text: str) -> Visual:
    """Return a panel of text, in Markdown, which says once what concerns several panels."""
    return Visual(**words(card), kind="text", options={"code": {}, "content": text, "mode": "markdown"})


def trace(card: Card, query: Query) -> Visual:
    """Return the waterfall of one trace."""
    return Visual(
        **words(card),
        kind="traces",
        dataSource=source("tempo"),
        targets=targets([query]),
    )
