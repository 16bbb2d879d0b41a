"""Tokens of a turn."""

from typing import Any

from pipecat.metrics.metrics import LLMUsageMetricsData
from pipecat.observers.base_observer import FramePushed

from pipecat_lgtm.bridge.conversation import Conversation
from pipecat_lgtm.contract import attributes as a


def usage(call: Conversation, data: FramePushed, _at: float) -> None:
    """Add the tokens a MetricsFrame states to the open turn: gross of the prompt cache, whoever the provider."""
    frame: Any = data.frame
    for one in frame.data:
        if not isinstance(one, LLMUsageMetricsData) or one.value.total_tokens <= 0:
            continue
        call.model = one.model or call.model
        if call.turn is not None:
            call.turn.tokens += one.value.total_tokens
            call.turn.prompt_tokens += one.value.prompt_tokens
            call.turn.set(a.TURN_TOKENS.name, call.turn.tokens)
