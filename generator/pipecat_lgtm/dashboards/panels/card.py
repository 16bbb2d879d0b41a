"""What every panel states: the question it answers, and what to do if it is red."""

from dataclasses import dataclass
from typing import Any

from pipecat_lgtm_bridge.contract.types import Feed

Panel = Any
"""A panel of grafanalib, which has no types."""

NO_BRIDGE = "No data in this time range: the bridge feeds this panel"
NO_REPORT = "No WebRTC report of the bridge"
WITH_BRIDGE = "Start the bot with PIPECAT_SETUP_FILES=$(pipecat-lgtm bridge path)."
"""How a bot gets the bridge."""
WITH_CALLS = "Name your bots under quality.heartbeat.targets in stack.yaml, then `pipecat-lgtm up` (docs/quality.md)."
"""How synthetic calls are placed."""
_BRIDGE = "the bridge"
NO_CALLS = "Nothing in this time range for this selection"


@dataclass(frozen=True)
class Card:
    """The words and the identity of one panel.

    Args:
        id: stable within its dashboard; links and alerts name it.
        title: what is shown.
        question: the question it answers, in plain words.
        cure: what to do if it is red or unusual.
        feed: what must run for it to have data.
        empty: what stands in place of an empty graph; by default by feed.
        producer: who states the events that a panel of feed `bridge` or `scores` reads.
    """

    id: int
    title: str
    question: str
    cure: str
    feed: Feed = "spans"
    empty: str = ""
    producer: str = _BRIDGE

    @property
    def description(self) -> str:
        """Return the panel's description."""
        how = f" {WITH_BRIDGE}" if self.producer == _BRIDGE else ""
        note = {
            "bridge": f" Only {self.producer} feeds this panel.{how}",
            "scores": f" Only {self.producer} feeds this panel.",
            "both": " With the bridge exact.",
            "heartbeat": f" Only synthetic calls feed this panel. {WITH_CALLS}",
            "spans": "",
        }
        return f"{self.question} {self.cure}{note[self.feed]}"

    @property
    def no_value(self) -> str:
        """Return what is shown instead of an empty graph."""
        return self.empty or (NO_BRIDGE if self.feed == "bridge" else NO_CALLS)
