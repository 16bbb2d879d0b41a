"""States over time, and where values lie over time."""

from grafanalib import core as g

from pipecat_lgtm.dashboards.panels.card import Card
from pipecat_lgtm.dashboards.panels.fields import Link, columns
from pipecat_lgtm.dashboards.panels.fields import words as value_words
from pipecat_lgtm.dashboards.panels.palette import NEUTRAL, UNITS
from pipecat_lgtm.dashboards.panels.targets import source, targets
from pipecat_lgtm.dashboards.panels.visual import Visual
from pipecat_lgtm.dashboards.panels.visual import words as title
from pipecat_lgtm.queries import Query


def states(
    card: Card, queries: list[Query], words: dict[str, tuple[str, str]], links: list[Link] | None = None
) -> g.StateTimeline:
    """Return a row of coloured spans of time per series.

    Args:
        card: its words.
        queries: of whole numbers, one per state, so that equal states in a row are one span.
        words: the text and the colour of each number.
        links: from a span to elsewhere.
    """
    # Grafana drops all mappings of a timeline that is coloured by thresholds, and writes these instead.
    defaults = {
        "color": {"mode": "fixed", "fixedColor": NEUTRAL},
        "links": links or [],
        "noValue": card.no_value,
        "unit": "short",
    }
    return g.StateTimeline(
        **title(card, queries),
        dataSource=source("prometheus"),
        targets=targets(queries),
        mappings=[value_words(words)],
        # Else the legend has the whole text for "no data" wherever a row has a gap.
        overrides=[columns(".*", noValue="nothing")],
        # In a span that is shorter than its word Grafana writes the beginning of it; the legend has all of them.
        showValue="never",
        extraJson={
            "fieldConfig": {"defaults": defaults},
            "options": {"legend": {"showLegend": True}, "tooltip": {"sort": "none"}},
        },
    )


def heatmap(card: Card, query: Query) -> Visual:
    """Return where the values of a histogram lie over time; the query counts them by `le`."""
    unit = UNITS[query.unit]
    return Visual(
        **title(card),
        kind="heatmap",
        dataSource=source("prometheus"),
        targets=targets([query], "heatmap", "1m"),
        defaults={"custom": {"scaleDistribution": {"type": "linear"}}, "unit": unit},
        options={
            "calculate": False,
            "cellGap": 1,
            "cellValues": {"unit": "short"},
            "color": {"exponent": 0.5, "fill": "dark-blue", "mode": "scheme", "reverse": False, "scale": "exponential",
                      "scheme": "Viridis", "steps": 64},
            "exemplars": {"color": "#D55E00"},
            "filterValues": {"le": 1e-9},
            "legend": {"show": True},
            "rowsFrame": {"layout": "auto"},
            "tooltip": {"mode": "single", "showColorScale": True, "yHistogram": True},
            "yAxis": {"axisPlacement": "left", "reverse": False, "unit": unit},
        },
    )  # fmt: skip
