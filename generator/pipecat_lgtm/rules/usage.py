"""Alerts about what is used up: tokens per turn."""

from collections.abc import Iterator
from functools import partial

from pipecat_lgtm.config import Config
from pipecat_lgtm.queries import traceql
from pipecat_lgtm.rules import signals
from pipecat_lgtm.rules.build import Row, alert, levels
from pipecat_lgtm.rules.model import Alert
from pipecat_lgtm_bridge.contract import attributes as a


def alerts(config: Config) -> Iterator[Alert]:
    """Return the alerts."""
    row = Row(
        "PipecatTokensPerTurnHigh",
        signals.tokens_per_turn,
        "{service}: a turn takes {value} LLM tokens (mean, bound {bound})",
        "Input and output together. It costs money and time to first token: the whole conversation is sent each turn, "
        "so long calls, long prompts and tool results add up.",
        "pipecat-usage",
        partial(traceql.beyond, a.TOKENS_INPUT),
    )
    for severity, bound in levels("tokens_per_turn", config.thresholds.tokens_per_turn, "count"):
        yield alert(config, row, severity, bound)
