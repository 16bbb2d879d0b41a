"""What panels got, told panel by panel; and which may be empty: the bridge's own, and faults in a healthy stack."""

import re
from pathlib import Path

from pipecat_lgtm.ops.preview.answers import Answer
from pipecat_lgtm.ops.preview.run import Board
from pipecat_lgtm_bridge.contract.metrics import METRICS

ARTIFACTS = Path(__file__).parents[2] / "artifacts"

Key = tuple[str, int, str]
"""A query: its dashboard's uid, its panel's id, its letter."""

ALARMED = ("conversations", "errors", "latency", "network", "quality", "usage")
"""Dashboards with a list of the alerts that fire."""
FAULTS: dict[Key, str] = {
    **{(f"pipecat-{name}", 90, "A"): "No alert fires for this selection" for name in ALARMED},
    ("pipecat-core", 3, "B"): "",
    ("pipecat-core", 3, "H"): "",
    ("pipecat-stack", 2, "A"): "No alert fires",
    ("pipecat-stack", 11, "A"): "Nothing has been refused",
    ("pipecat-stack", 13, "A"): "Nothing has been lost",
    ("pipecat-stack", 13, "B"): "Nothing has been lost",
    ("pipecat-stack", 21, "A"): "No limit of cardinality has been reached",
    ("pipecat-stack", 21, "B"): "No limit of cardinality has been reached",
    ("pipecat-stack", 29, "A"): "Nothing was cut",
    ("pipecat-stack", 31, "A"): "No rule and no message has failed",
    ("pipecat-stack", 31, "B"): "No rule and no message has failed",
    ("pipecat-stack", 32, "A"): "No message went out in this time range",
}
"""What has data only while something is wrong, which test_dashboards_faults makes happen; and what stands there
otherwise."""


ALONE: set[Key] = {
    *(("pipecat-latency", panel, ref) for panel in (1, 2) for ref in ("A", "C")),
    ("pipecat-latency", 4, "B"),
}
"""What is drawn where one service is chosen: P50 and P99, and the share above the lower threshold."""


def told(boards: list[Board]) -> str:
    """Return what each query of each panel got."""
    lines = []
    for board in boards:
        lines.append(f"{board.data['uid']}: {board.data['title']}")
        for drawn in board.panels:
            got = ", ".join(f"{one.ref} {one.error or one.count}" for one in drawn.answers)
            lines.append(f"  {drawn.panel['id']:>4}  {drawn.panel['title']:<60}  {got}")
    return "\n".join(lines)


def faults(boards: list[Board]) -> list[str]:
    """Return every query that a store refused or warned about."""
    return [
        f"{board.data['uid']} {drawn.panel['title']} {one.ref}: {one.error or one.warnings}: {one.expr}"
        for board in boards
        for drawn in board.panels
        for one in drawn.answers
        if one.error or one.warnings
    ]


def empty(boards: list[Board], *, bridge: bool) -> set[Key]:
    """Return the queries without an answer; without the bridge but those that only the bridge feeds."""
    return {
        (board.data["uid"], drawn.panel["id"], one.ref)
        for board in boards
        for drawn in board.panels
        for one in drawn.answers
        if not one.count and (bridge or not (needs_bridge(drawn.panel) or _of_bridge(one)))
    }


def instead(boards: list[Board]) -> dict[tuple[str, int], str]:
    """Return the text that stands in the place of each panel that has no data at all."""
    return {
        (board.data["uid"], drawn.panel["id"]): drawn.panel["fieldConfig"]["defaults"].get("noValue", "")
        for board in boards
        for drawn in board.panels
        if drawn.answers and not any(one.count for one in drawn.answers)
    }


def needs_bridge(panel: dict[str, object]) -> bool:
    """Tell whether a panel says that only the bridge, or another producer of events, feeds it."""
    return re.search(r"Only .+ feeds? this panel\.", str(panel.get("description", ""))) is not None


def _of_bridge(answer: Answer) -> bool:
    """Tell whether a query reads metrics that only the bridge feeds, and no others."""
    words = set(re.findall(r"\w+", re.sub(r"_(bucket|count|sum)\b", "", answer.expr)))
    return {"bridge"} == {metric.feed for metric in METRICS if metric.prometheus in words}
