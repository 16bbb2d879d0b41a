"""One thing that was looked at."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["fine", "look", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Args:
        area: machine, stack, alerts, bots or quality.
        what: it is.
        verdict: fine; look: works, but is perhaps not what you want; wrong: does not work.
        says: what is so.
        hint: what to do; empty where nothing is to be done.
    """

    area: Literal["machine", "stack", "alerts", "bots", "quality"]
    what: str
    verdict: Verdict
    says: str
    hint: str = ""
