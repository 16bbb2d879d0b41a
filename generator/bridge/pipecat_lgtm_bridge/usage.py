"""Tokens of a turn, characters of a synthesis."""

from typing import Any

from pipecat.metrics.metrics import LLMUsageMetricsData, TTSUsageMetricsData
from pipecat.observers.base_observer import FramePushed

from pipecat_lgtm_bridge import emit
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.conversation import Conversation
from pipecat_lgtm_bridge.names import model_of, provider_of


def usage(call: Conversation, data: FramePushed, _at: float) -> None:
    """Add the tokens a MetricsFrame states to the open turn: gross of the prompt cache, whoever the provider.

    Characters are stated apart: a span has those of text that was never sent, too.
    """
    frame: Any = data.frame
    for one in frame.data:
        if isinstance(one, TTSUsageMetricsData) and one.value > 0:
            synthesis(call, data.source, one.model or model_of(data.source), one.value)
        elif isinstance(one, LLMUsageMetricsData) and one.value.total_tokens > 0:
            _add(call, one)


def synthesis(call: Conversation, service: object, model: str, characters: int) -> None:
    """Emit that a service was asked to speak a number of characters."""
    who = {a.PROVIDER.name: provider_of(service), a.MODEL.name: model}
    emit.event(call, e.SYNTHESIS, {e.TTS_CHARACTERS.name: characters, **who})


def _add(call: Conversation, one: LLMUsageMetricsData) -> None:
    call.model = one.model or call.model
    if call.turn is not None:
        call.turn.tokens += one.value.total_tokens
        call.turn.prompt_tokens += one.value.prompt_tokens
        call.turn.set(a.TURN_TOKENS.name, call.turn.tokens)
