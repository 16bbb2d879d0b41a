"""How a wait feels, in words and colours; the bounds come from the config."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.dashboards.panels.fields import from_to
from pipecat_lgtm.dashboards.panels.palette import ACCEPTABLE, BAD, GOOD, INFO


def experience(config: Config) -> tuple[list[dict[str, Any]], str]:
    """Return the value mappings of a time to first word, and the same in words."""
    bounds = config.thresholds.ttfw.p95
    natural = config.dashboards.natural
    acceptable = max(natural, bounds.target or bounds.warning or natural)
    noticeable = max(acceptable, bounds.critical or acceptable)
    edges = (0.0, natural, acceptable, noticeable, None)
    names = (("natural", GOOD), ("acceptable", INFO), ("noticeable", ACCEPTABLE), ("frustrating", BAD))
    mappings = [
        from_to(low, high, text, colour, index)
        for index, ((text, colour), low, high) in enumerate(zip(names, edges[:-1], edges[1:], strict=True))
        if low != high
    ]
    words = (
        f"Natural to {natural:g} s, acceptable to {acceptable:g} s, noticeable to {noticeable:g} s, then frustrating."
    )
    return mappings, words
