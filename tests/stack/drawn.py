"""What panels got, told panel by panel; and what spans alone, or a stack that is minutes old, cannot give them."""

from pathlib import Path

from pipecat_lgtm.dashboards.panels.card import NO_BRIDGE
from pipecat_lgtm.ops.preview.run import Board

ARTIFACTS = Path(__file__).parents[2] / "artifacts"

HISTORY = "is compared with the past: the hour, or the week before"
BOX = "needs an id in the box"
FAULTLESS = "counts faults of the monitoring, and there are none"
PRICED = "counts models without a price only, or with one only"
BRIDGE = "one of several queries that only the bridge feeds"
SYNTHETIC = "needs the synthetic caller, which is a service of its own"
CLIENT = "needs an instrumented HTTP client"

BOTH_MODES = {
    ("pipecat-latency", 15, "A"): HISTORY,
    ("pipecat-conversation", 1, "A"): BOX,
    ("pipecat-network", 14, "A"): HISTORY,
    ("pipecat-quality", 5, "A"): HISTORY,
    ("pipecat-quality", 6, "A"): SYNTHETIC,
    ("pipecat-quality", 12, "A"): HISTORY,
    ("pipecat-quality", 23, "A"): "needs an evaluation of the calls, which comes later",
    ("pipecat-stack", 2, "A"): "lists firing alerts, and none has had the time to",
    ("pipecat-stack", 11, "A"): FAULTLESS,
    ("pipecat-stack", 13, "A"): FAULTLESS,
    ("pipecat-stack", 13, "B"): FAULTLESS,
    ("pipecat-stack", 21, "A"): FAULTLESS,
    ("pipecat-stack", 31, "A"): FAULTLESS,
    ("pipecat-stack", 31, "B"): FAULTLESS,
    ("pipecat-stack", 32, "A"): "counts messages, and nobody may have been told yet",
    ("pipecat-usage", 33, "A"): PRICED,
}
SPANS_ONLY = BOTH_MODES | {
    ("pipecat-usage", 5, "B"): BRIDGE,
    ("pipecat-usage", 31, "B"): PRICED,
    ("pipecat-usage", 31, "C"): PRICED,
    ("pipecat-usage", 32, "B"): PRICED,
    ("pipecat-usage", 32, "C"): PRICED,
    ("pipecat-errors", 12, "A"): CLIENT,
    ("pipecat-errors", 12, "B"): CLIENT,
    ("pipecat-errors", 13, "A"): CLIENT,
    ("pipecat-quality", 21, "B"): "counts frustrated callers, and there are none",
}
"""Queries without an answer, by dashboard, panel and letter, with the reason."""


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


def empty(boards: list[Board], *, bridge: bool) -> set[tuple[str, int, str]]:
    """Return the queries without an answer; without the bridge those of panels that say they need it do not count."""
    return {
        (board.data["uid"], drawn.panel["id"], one.ref)
        for board in boards
        for drawn in board.panels
        for one in drawn.answers
        if not one.count and (bridge or not needs_bridge(drawn.panel))
    }


def needs_bridge(panel: dict[str, object]) -> bool:
    """Tell whether a panel shows how to get the bridge in place of an empty graph."""
    return NO_BRIDGE in str(panel.get("fieldConfig"))
