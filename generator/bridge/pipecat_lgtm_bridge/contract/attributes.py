"""Span and resource attributes, under their canonical names.

Canonical means: as Pipecat 1.14 writes it, or, for `pipecat.*`, as the bridge or the collector writes it.
Other spellings are in `dialects`.
"""

from pipecat_lgtm_bridge.contract.types import Attribute

# Resource
SERVICE_NAME = Attribute("service.name", "string", "", "The bot.")
ENVIRONMENT = Attribute("deployment.environment", "string", "", "Where it runs: development, production, …")
ENVIRONMENT_NAME = Attribute("deployment.environment.name", "string", "", "Its newer name; the same thing.")
INSTANCE_ID = Attribute("service.instance.id", "string", "", "The bot's host; stays in Tempo, never a label.")

# Conversation and turn
CONVERSATION_ID = Attribute("conversation.id", "string", "", "One call.")
SESSION_ID = Attribute("session.id", "string", "", "The caller's session, such as Pipecat Cloud's.")
TURN_NUMBER = Attribute("turn.number", "int", "", "From 1; the greeting is turn 1.")
TURN_DURATION = Attribute("turn.duration_seconds", "double", "s", "The turn, without its closing wait.")
TURN_LATENCY = Attribute("turn.user_bot_latency_seconds", "double", "s", "User stopped → first audio byte.")
TURN_WAS_INTERRUPTED = Attribute(
    "turn.was_interrupted", "bool", "", "True for barge-ins and for a call's last open turn."
)

# Stages
PROVIDER = Attribute("gen_ai.provider.name", "string", "", "Who serves the stage: openai, deepgram, …")
MODEL = Attribute("gen_ai.request.model", "string", "", "May gain a date suffix after a call's first reply.")
TTFB = Attribute("metrics.ttfb", "double", "s", "Time to first byte as the bot states it, traps included.")
CHARACTERS = Attribute("metrics.character_count", "int", "{character}", "Characters sent to TTS.")
AUDIO_SECONDS = Attribute("metrics.audio_seconds", "double", "s", "Audio sent to STT.")
TTS_INTERRUPTED = Attribute("tts.interrupted", "bool", "", "Synthesis was cut.")
RESPONSE_STATUS = Attribute("response.status", "string", "", "Of a realtime response; `failed` is an error.")
INPUT = Attribute("input", "string", "", "The whole conversation as JSON, on every llm span.", content=True)
OUTPUT = Attribute("output", "string", "", "The model's reply.", content=True)
TRANSCRIPT = Attribute("transcript", "string", "", "What the caller said.", content=True)
TEXT = Attribute("text", "string", "", "What the bot said.", content=True)
TOOLS = Attribute("tools", "string", "", "Tool definitions as JSON.", content=True)
TOOL_COUNT = Attribute("tool_count", "int", "{tool}", "How many tools the model was offered.")
SYSTEM_INSTRUCTIONS = Attribute("gen_ai.system_instructions", "string", "", "The prompt.", content=True)
TOKENS_INPUT = Attribute("gen_ai.usage.input_tokens", "int", "{token}", "Tokens in.")
TOKENS_OUTPUT = Attribute("gen_ai.usage.output_tokens", "int", "{token}", "Tokens out.")
TOKENS_CACHE_READ = Attribute("gen_ai.usage.cache_read.input_tokens", "int", "{token}", "Read from cache.")
TOKENS_CACHE_CREATION = Attribute("gen_ai.usage.cache_creation.input_tokens", "int", "{token}", "Written to cache.")
TOKENS_REASONING = Attribute("gen_ai.usage.reasoning.output_tokens", "int", "{token}", "Thinking.")
TOKENS_AUDIO_INPUT = Attribute("gen_ai.usage.audio.input_tokens", "int", "{token}", "Audio in.")
TOKENS_AUDIO_OUTPUT = Attribute("gen_ai.usage.audio.output_tokens", "int", "{token}", "Audio out.")

# Outgoing HTTP, as the ecosystem's instrumentations write them
SERVER_ADDRESS = Attribute("server.address", "string", "", "Host of an outgoing HTTP call.")
HTTP_METHOD = Attribute("http.request.method", "string", "", "Method of an outgoing HTTP call.")
HTTP_STATUS = Attribute("http.response.status_code", "int", "", "Status of an outgoing HTTP call.")

# Tools
TOOL_NAME = Attribute("gen_ai.tool.name", "string", "", "The function called, on `execute_tool` spans.")
TOOL_CALL_ID = Attribute("gen_ai.tool.call.id", "string", "", "The model's id of that call.")

# Written by the collector
STAGE = Attribute("pipecat.stage", "string", "", "stt, llm or tts, whatever the span is called.")
DIALECT = Attribute("pipecat.dialect", "string", "", "Which emitter's meaning the span has; see docs/telemetry.md.")
STATUS = Attribute("pipecat.status", "string", "", "ok, error, interrupted, or unknown.")
TTFB_ACCEPTED = Attribute("pipecat.ttfb_seconds", "double", "s", "TTFB that no trap forbids to measure.")
TTFB_REFUSED = Attribute("pipecat.ttfb_refused", "string", "", "Why metrics.ttfb is kept out of the metrics.")
CUT = Attribute("pipecat.cut", "bool", "", "The line, or attributes of an event of the span, were cut to their limits.")
FINDING_PREFIX = "pipecat.finding."
FRUSTRATION_PREFIX = "pipecat.frustration."

# Written by the bridge on Pipecat's own spans, or on its own
BRIDGE = Attribute("pipecat.bridge.version", "string", "", "The bridge saw this span; it reports its errors.")
CANCELLED = Attribute("pipecat.cancelled", "bool", "", "The LLM request was cancelled before it ended.")
TTFW = Attribute("pipecat.ttfw_seconds", "double", "s", "User stopped → first audible word.")
TTFW_APPROXIMATE = Attribute(
    "pipecat.ttfw_approximate_seconds", "double", "s", "The same where no VAD tells when the user stopped: too short."
)
TTFW_SOURCE = Attribute(
    "pipecat.ttfw.source", "string", "", "Who says when the user stopped: vad, service, stt, transcript or turn."
)
TURN_MEASURED = Attribute(
    "pipecat.turn.latency", "string", "", "How the turn's latency is known, or why it is not; see docs/telemetry.md."
)
E2E = Attribute("pipecat.e2e_seconds", "double", "s", "User stopped → reply fully processed.")
TURN_TOKENS = Attribute("pipecat.turn.tokens", "int", "{token}", "LLM tokens of the turn.")
TURN_ERRORS = Attribute("pipecat.turn.errors", "int", "{error}", "Component failures in the turn.")
INTERRUPTED = Attribute("pipecat.interrupted", "bool", "", "The caller spoke while the bot was speaking.")
CONVERSATION_FAILED = Attribute("pipecat.conversation.failed", "bool", "", "Any component failed in the call.")
CONVERSATION_OUTCOME = Attribute("pipecat.conversation.outcome", "string", "", "completed, escalated, abandoned, …")
CONTRIBUTION = Attribute("pipecat.contribution", "string", "", "What a part of the latency was spent on.")
CONVERSATION_TURNS = Attribute("pipecat.conversation.turns", "int", "{turn}", "Turns begun.")
CONVERSATION_ERRORS = Attribute("pipecat.conversation.errors", "int", "{error}", "Component failures in the call.")
CONVERSATION_UNANSWERED = Attribute(
    "pipecat.conversation.unanswered", "int", "{speech}", "How often the caller spoke and the bot did not."
)
TURN_OF_PART = Attribute("pipecat.turn.number", "int", "", "The turn that a span of the bridge belongs to.")
OWNER = Attribute("pipecat.owner", "string", "", "Who owns that part: service, setting, bot, pipeline.")
OWNER_NAME = Attribute("pipecat.owner.name", "string", "", "Which service, setting or code that is.")

# Of synthetic calls
SYNTHETIC = Attribute(
    "pipecat.synthetic", "bool", "", "The caller is a machine that tests the bot: no metric is made of it."
)
VERDICT = Attribute("pipecat.heartbeat.verdict", "string", "", "How a synthetic call went, as its caller says.")
VERDICT_REASON = Attribute("pipecat.heartbeat.reason", "string", "", "Why, without a word of what was said.")

# Written by the bridge on log lines
LOG_TEMPLATE = Attribute(
    "pipecat.log.template", "string", "", "The line before its arguments are put in, where the bot logs with arguments."
)
