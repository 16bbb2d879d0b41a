"""What `content.mode: drop` stores: the attributes that hold no words of callers, bots or prompts.

A span, an event or a log record keeps what is named here and every attribute of the contract that is not marked as
content; all else is taken away, known or not. A name belongs here if its values are numbers, flags, ids, names of
things that a developer chose, or words of a fixed list.
"""

import re
from functools import cache

from pipecat_lgtm_bridge.contract import annotations, attributes, dialects, events, labels
from pipecat_lgtm_bridge.contract.types import Attribute

PIPECAT = (
    "audio.is_muted", "audio.sample_rate", "conversation.end_reason", "conversation.type",
    dialects.OPENINFERENCE_LATENCY, "is_final", "language",
    "llm.messages_count", "metrics.model", "metrics.processor", "openinference.span.kind", "param.frequency_penalty",
    "param.max_completion_tokens", "param.max_tokens", "param.model", "param.presence_penalty", "param.seed",
    "param.temperature", "param.top_k", "param.top_p", "response.id", "service.model", "service.operation",
    "service.processing_time_seconds", "session.type", "settings.language", "settings.max_completion_tokens",
    "settings.max_tokens", "settings.model", "settings.sample_rate", "settings.temperature", "settings.voice", "stream",
    "stt.incomplete", "stt.minutes", "stt.time_to_last_transcription_seconds", "tool_call.function.name",
    "tool_call.id", "tool.call_id", "tool.name", "tts.voice_id", "turn.ended_by_conversation_end", "turn.type",
    "vad_enabled", "voice_id",
)  # fmt: skip
"""Written by Pipecat and by OpenInference on their own spans."""

LINES = (
    "correlation_id", "session_id", "turn_number", "trace_id", "span_id", "stt.confidence", "audio.silence_detected",
    "audio.barge_in", "audio.noise_level", "audio.overlap_detected", "turn.turn_duration_ms", "turn.interruption_count",
    "model.model_version", "model.prompt_tokens", "model.latency_ms", "decision.confidence", "decision.threshold",
)  # fmt: skip
"""Written by the bridge on the bot's log lines."""

CONVENTIONS = (
    "cloud.region", "code.column.number", "code.file.path", "code.filepath",
    "code.function", "code.function.name", "code.line.number", "code.lineno", "code.namespace", "db.namespace",
    "db.operation.name", "db.system", "db.system.name", "exception.escaped", "exception.type",
    "gen_ai.conversation.id", "gen_ai.operation.name", "gen_ai.output.type", "gen_ai.request.choice.count",
    "gen_ai.request.encoding_formats", "gen_ai.request.frequency_penalty", "gen_ai.request.max_completion_tokens",
    "gen_ai.request.max_tokens", "gen_ai.request.presence_penalty", "gen_ai.request.seed",
    "gen_ai.request.temperature", "gen_ai.request.top_k", "gen_ai.request.top_p", "gen_ai.response.finish_reasons",
    "gen_ai.response.id", "gen_ai.response.model", "gen_ai.system", "gen_ai.tool.type",
    "gen_ai.usage.audio.cache_read.input_tokens", "http.flavor", "http.host", "http.method",
    "http.request.body.size", "http.request.resend_count", "http.request_content_length",
    "http.response.body.size", "http.response_content_length", "http.route", "http.scheme", "http.status_code",
    "http.url", "log.iostream", "log.record.uid", "messaging.operation.name", "messaging.operation.type",
    "messaging.system", "net.peer.ip", "net.peer.name", "net.peer.port", "net.protocol.name", "net.protocol.version",
    "net.transport", "network.peer.address", "network.peer.port", "network.protocol.name", "network.protocol.version",
    "network.transport", "network.type", "otel.status_code", "peer.service", "process.pid", "rpc.grpc.status_code",
    "rpc.method", "rpc.response.status_code", "rpc.service", "rpc.system", "rpc.system.name", "server.port",
    "service.version", "telemetry.distro.name", "telemetry.distro.version", "telemetry.sdk.language",
    "telemetry.sdk.name", "telemetry.sdk.version", "thread.id", "thread.name", "url.full", "url.port", "url.scheme",
)  # fmt: skip
"""Of OpenTelemetry's semantic conventions, earlier names included."""

ADDRESSES = ("url.full", "http.url", "server.address", "net.peer.name", "http.host")
"""Of these only scheme, host and port stay: path and query may hold what somebody said, and the rest a password."""

WHOLE_ADDRESSES = ADDRESSES[:2]
"""Those that are nothing but an address; with another value they are taken away."""

_WORDS = re.compile(
    r"(?:^|[._-])(?:inputs?|outputs?|transcripts?|transcriptions?|utterances?|text|texts|prompts?|completions?|messages?|contents?|"
    r"arguments?|results?|parameters|instructions?|definitions?|description|rationale|selected|quer(?:y|ies)|statement|path|target|"
    r"fragment|stacktrace|body|alternatives|original|metadata|template|langfuse|traceloop|said|reply|response)(?:$|[._-])"
)
"""Parts of names under which dialects and vendors put what was said."""


@cache
def allowed() -> frozenset[str]:
    """Return the names of all attributes that are stored, but for what the collector notes by the config."""
    names = {one.name for one in _contract() if not one.content}
    texts = [value for name, value in vars(labels).items() if name.isupper() and isinstance(value, str)]
    names |= {events.NOTIFICATION_LABEL + label for label in texts}
    names |= {events.NOTIFICATION_ANNOTATION + annotation for annotation in annotations.ANNOTATIONS}
    return frozenset({*names, *PIPECAT, *LINES, *CONVENTIONS})


def may_hold_words(name: str) -> bool:
    """Return whether an attribute is content by the contract, or bears a name under which what was said is put."""
    content = {one.name for one in _contract() if one.content}
    return name in content or (name not in allowed() and _WORDS.search(name.lower()) is not None)


def _contract() -> list[Attribute]:
    return [one for module in (attributes, events) for one in vars(module).values() if isinstance(one, Attribute)]
