"""What emitters and earlier releases call things: old name → canonical name, as data.

Evidence: recordings of the named releases in tests/fixtures/dialects.
"""

from dataclasses import dataclass

from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract.types import Attribute


@dataclass(frozen=True)
class Rename:
    """One spelling of an attribute.

    Args:
        source: the name as emitted.
        target: the canonical attribute; it is filled only where it is absent, never added to.
        emitter: who writes the source.
        divisor: the source's value divided by this is in the target's unit.
        realtime: the emitter is speech-to-speech, whose spans are `llm_*`.
        stage: the only stage whose spans mean this by the name; empty: all.
        needs: the source is believed only where this attribute is present too; empty: always.
    """

    source: str
    target: Attribute
    emitter: str
    divisor: float = 1.0
    realtime: bool = False
    stage: str = ""
    needs: str = ""


PIPECAT = "pipecat"
PIPECAT_EARLY = "pipecat-before-1.2"
REALTIME = "pipecat-realtime"
REALTIME_TRANSCRIBED = "pipecat-realtime-transcribed"
ARTICLE = "article"
OPENINFERENCE = "openinference"

STAGE_SPAN = r"^(pipecat\.)?(stt|llm|tts)(_|$)"
REALTIME_RESPONSE = "llm_response"
REALTIME_OTHERS = ("llm_setup", "llm_request", "llm_tool_call", "llm_tool_result")
CONVERSATION_SPAN = "conversation"
TURN_SPANS = ("turn", "pipecat.conversation.turn")
TOOL_SPAN_PREFIX = "execute_tool "
RESPONSE_SPAN = "response"
CONTRIBUTION_SPAN_PREFIX = "contribution "
OPENINFERENCE_SCOPE = "openinference.instrumentation.pipecat"

STAGE_RENAMES = (
    Rename("gen_ai.system", a.PROVIDER, "Pipecat ≤ 0.0.106, OpenInference"),
    Rename("system", a.SYSTEM_INSTRUCTIONS, "Pipecat ≤ 0.0.106"),
    Rename("metrics.ttfb_ms", a.TTFB, "Pipecat 0.0.68: holds seconds in spite of its name"),
    Rename("gen_ai.usage.cache_read_input_tokens", a.TOKENS_CACHE_READ, "Pipecat ≤ 0.0.106"),
    Rename("gen_ai.usage.cache_creation_input_tokens", a.TOKENS_CACHE_CREATION, "Pipecat ≤ 0.0.106"),
    Rename("llm.provider", a.PROVIDER, "article names, OpenInference"),
    Rename("stt.provider", a.PROVIDER, "article names"),
    Rename("tts.provider", a.PROVIDER, "article names"),
    Rename("llm.model", a.MODEL, "article names"),
    Rename("stt.model", a.MODEL, "article names"),
    Rename("tts.model", a.MODEL, "article names"),
    Rename("llm.ttft_ms", a.TTFB, "article names", divisor=1000),
    Rename("stt.latency_ms", a.TTFB, "article names", divisor=1000),
    Rename("tts.synthesis_ms", a.TTFB, "article names", divisor=1000),
    Rename("stt.transcript", a.TRANSCRIPT, "article names"),
    Rename("stt.confidence", e.CONFIDENCE, "article names"),
    Rename("tts.characters", a.CHARACTERS, "article names"),
    Rename("llm.tokens", a.TOKENS_OUTPUT, "article names"),
    Rename("service.ttfb_seconds", a.TTFB, "OpenInference"),
    Rename("tts.character_count", a.CHARACTERS, "OpenInference"),
    Rename("input.value", a.TRANSCRIPT, "OpenInference", stage="stt"),
    Rename("output.value", a.OUTPUT, "OpenInference", stage="llm"),
    Rename("output.value", a.TEXT, "OpenInference", stage="tts"),
    Rename("llm.token_count.prompt", a.TOKENS_INPUT, "OpenInference"),
    Rename("llm.token_count.completion", a.TOKENS_OUTPUT, "OpenInference"),
    Rename("llm.token_count.prompt_details.cache_read", a.TOKENS_CACHE_READ, "OpenInference"),
    Rename("llm.token_count.prompt_details.cache_write", a.TOKENS_CACHE_CREATION, "OpenInference"),
    Rename("llm.token_count.completion_details.reasoning", a.TOKENS_REASONING, "OpenInference"),
)
"""Spans without a canonical provider are read by these."""

USAGE_RENAMES = (
    Rename("gen_ai.usage.reasoning_tokens", a.TOKENS_REASONING, "Pipecat 0.0.96 to 1.5"),
    Rename("tokens.prompt", a.TOKENS_INPUT, "Pipecat 0.0.69 to 1.5", realtime=True),
    Rename("tokens.completion", a.TOKENS_OUTPUT, "Pipecat 0.0.69 to 1.5", realtime=True),
)
"""LLM spans of releases that already have the canonical provider may still have these."""

OPENINFERENCE_LATENCY = "conversation.user_to_bot_latency"

TURN_RENAMES = (
    Rename("session.id", a.CONVERSATION_ID, "OpenInference"),
    # An unanswered turn repeats the last one's latency; one with an output was answered.
    Rename(OPENINFERENCE_LATENCY, a.TURN_LATENCY, "OpenInference", needs="output.value"),
    Rename("conversation.turn_number", a.TURN_NUMBER, "OpenInference"),
    Rename("conversation.turn_duration_seconds", a.TURN_DURATION, "OpenInference"),
    Rename("conversation.was_interrupted", a.TURN_WAS_INTERRUPTED, "OpenInference"),
)

PROVIDER_NAMES = {"az.ai.openai": "azure.ai.openai", "xai": "x_ai", "mistral": "mistral_ai"}
"""LLM provider names before 1.6 → after."""

NOT_A_VALUE = ("unknown", "NOT_GIVEN", "")
"""Text that stands where a model should."""

ERROR_CATEGORIES = (
    ("connectivity", r"(?i)(connect|timeout|timed out|unreachable|reset by peer)"),
    ("server", r"(?i)(InternalServerError|overloaded|error code: 5\d\d|status[ =:]*5\d\d)"),
    ("invalid_request", r"(?i)(BadRequest|UnprocessableEntity|NotFoundError|error code: 4(00|04|13|22))"),
    ("authorization", r"(?i)(PermissionDenied|forbidden|error code: 403)"),
    ("authentication", r"(?i)(AuthenticationError|unauthorized|invalid api key|error code: 401)"),
    ("rate_limit", r"(?i)(RateLimit|too many requests|error code: 429)"),
    ("quota", r"(?i)(insufficient_quota|quota exceeded|billing)"),
)
"""Pipecat's ErrorCategory from the status message, weakest sign first: the last match wins."""
