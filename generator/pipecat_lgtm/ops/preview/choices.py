"""Grafana's variables, filled in as a reader's choice would."""

import re
from dataclasses import dataclass, field

from pipecat_lgtm.errors import CheckFailed

_ALL = ".+"
_LEAST_STEP = 15
_POINTS = 240
_SCRAPE_SECONDS = 15
_LAST = re.compile(r"^(\d+)(s|m|h|d)$")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> int:
    """Return the seconds of `now-6h` or `6h`.

    Raises:
        CheckFailed: it is neither.
    """
    match = _LAST.match(text.removeprefix("now-"))
    if match is None:
        raise CheckFailed(f"{text}: is no time range", "write for example 15m, 6h or 2d")
    return int(match[1]) * _SECONDS[match[2]]


@dataclass(frozen=True)
class Choices:
    """A time range and the values of variables.

    Args:
        start: Unix seconds.
        end: Unix seconds.
        values: by variable; all values where none is given.
    """

    start: float
    end: float
    values: dict[str, str] = field(default_factory=dict)

    def step(self, least: str = "") -> int:
        """Return the seconds between two points of a graph."""
        wanted = max(_LEAST_STEP, seconds(least) if least else 0)
        return max(wanted, int((self.end - self.start) / _POINTS / _LEAST_STEP + 0.999) * _LEAST_STEP)

    def fill(self, expr: str, least: str = "") -> str:
        """Return an expression with every variable replaced."""
        step = self.step(least)
        windows = {
            "__rate_interval": f"{max(step + _SCRAPE_SECONDS, 4 * _SCRAPE_SECONDS)}s",
            "__interval": f"{step}s",
            "__auto": f"{step}s",
            "__range": f"{int(self.end - self.start)}s",
        }
        every = dict.fromkeys(("environment", "service", "stage", "provider", "model", "level"), _ALL)
        trace = self.values.get("trace", "")
        known = every | {"short": trace.lstrip("0")} | {"trace": "", "conversation": ""} | self.values | windows
        return re.sub(r"\$(\w+)", lambda match: known.get(match[1], match[0]), expr)
