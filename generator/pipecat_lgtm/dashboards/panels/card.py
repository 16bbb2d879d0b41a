"""What every panel states: the question it answers, and what to do if it is red."""

from dataclasses import dataclass
from typing import Any

from pipecat_lgtm.contract.types import Feed

Panel = Any
"""A panel of grafanalib, which has no types."""

NO_BRIDGE = "Only the bridge feeds this: start the bot with PIPECAT_SETUP_FILES=$(pipecat-lgtm bridge path)"
NO_CALLS = "Nothing in this time range for this selection"


@dataclass(frozen=True)
class Card:
    """The words and the identity of one panel.

    Args:
        id: stable within its dashboard; links and alerts name it.
        title: what is shown.
        question: the question it answers, in plain words.
        cure: what to do if it is red or unusual.
        feed: what the bot must run for it to have data.
        empty: what stands in place of an empty graph; by default by feed.
    """

    id: int
    title: str
    question: str
    cure: str
    feed: Feed = "spans"
    empty: str = ""

    @property
    def description(self) -> str:
        """Return the panel's description."""
        note = {"bridge": " Only the bridge feeds this panel.", "both": " With the bridge exact.", "spans": ""}
        return f"{self.question} {self.cure}{note[self.feed]}"

    @property
    def no_value(self) -> str:
        """Return what is shown instead of an empty graph."""
        if self.feed == "bridge":
            return f"{self.empty}. {NO_BRIDGE}" if self.empty else NO_BRIDGE
        return self.empty or NO_CALLS
