"""How a wait feels, in words and colours; the bounds come from the config."""

from pipecat_lgtm.config import Config
from pipecat_lgtm.dashboards.panels.palette import ACCEPTABLE, BAD, GOOD, INFO


def experience(config: Config) -> tuple[list[float], dict[str, tuple[str, str]], str]:
    """Return the upper edges of all bands but the last in seconds, the bands' words by number, and all in a sentence."""
    bounds = config.thresholds.ttfw.p95
    natural = config.dashboards.natural
    acceptable = max(natural, bounds.target or bounds.warning or natural)
    noticeable = max(acceptable, bounds.critical or acceptable)
    edges = [natural, acceptable, noticeable]
    names = (("natural", GOOD), ("acceptable", INFO), ("noticeable", ACCEPTABLE), ("frustrating", BAD))
    words = (
        f"Natural to {natural:g} s, acceptable to {acceptable:g} s, noticeable to {noticeable:g} s, then frustrating."
    )
    return edges, {str(number): name for number, name in enumerate(names)}, words
