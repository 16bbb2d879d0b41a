"""Events: OTLP log records with `event.name`. The collector makes metrics of the bridge's."""

from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract.types import Attribute, Event

EVENT_NAME = Attribute("event.name", "string", "", "Which event a log record is.")

CATEGORY = Attribute("pipecat.error.category", "string", "", "Pipecat's ErrorCategory.")
USABLE = Attribute("pipecat.error.usable", "bool", "", "The processor can go on.")
SECONDS = Attribute("pipecat.seconds", "double", "s", "The duration the event states.")
PHASE = Attribute("pipecat.startup.phase", "string", "", "`pipeline` or `transport`.")
CONFIDENCE = Attribute("pipecat.confidence", "double", "1", "0 to 1.")
OUTCOME = Attribute("pipecat.outcome", "string", "", "completed, failed, escalated or abandoned.")
MATCHED = Attribute("pipecat.intent.matched", "bool", "", "An intent was recognised.")
DIRECTION = Attribute("pipecat.webrtc.direction", "string", "", "inbound or outbound.")
SIDE = Attribute("pipecat.webrtc.side", "string", "", "bot or client.")
PACKET_LOSS = Attribute("pipecat.webrtc.packet_loss_ratio", "double", "1", "Since the last report.")
JITTER = Attribute("pipecat.webrtc.jitter_seconds", "double", "s", "")
RTT = Attribute("pipecat.webrtc.rtt_seconds", "double", "s", "")
JITTER_BUFFER = Attribute("pipecat.webrtc.jitter_buffer_seconds", "double", "s", "")
AUDIO_LEVEL = Attribute("pipecat.webrtc.audio_level_ratio", "double", "1", "0 to 1.")
NACKS = Attribute("pipecat.webrtc.nacks", "int", "{nack}", "Since the last report.")
STATE = Attribute("pipecat.webrtc.state", "string", "", "Of the connection, on a change.")
CPU = Attribute("pipecat.process.cpu_ratio", "double", "1", "1 = one core.")
MEMORY = Attribute("pipecat.process.memory_bytes", "int", "By", "Resident set.")
EVALUATION_NAME = Attribute(
    "gen_ai.evaluation.name", "string", "", "What is judged: task_completion, response_relevance, tone_accuracy, …"
)
EVALUATION_SCORE = Attribute("gen_ai.evaluation.score.value", "double", "1", "0 to 1.")
EVALUATION_LABEL = Attribute("gen_ai.evaluation.score.label", "string", "", "The verdict in a word: pass, fail, …")
EVALUATION_EXPLANATION = Attribute("gen_ai.evaluation.explanation", "string", "", "Why.", content=True)
ERROR_TYPE = Attribute("error.type", "string", "", "Why there is no score: timeout, rate_limit, …")
QUALITY_SOURCE = Attribute("pipecat.quality.source", "string", "", "Who judges: judge, policy, heartbeat or human.")
JUDGE_MODEL = Attribute("pipecat.quality.judge.model", "string", "", "The model that judges.")
PROMPT_VERSION = Attribute("pipecat.quality.judge.prompt_version", "string", "", "Of what that model is asked.")
SCORE_REFUSED = Attribute("pipecat.quality.refused", "string", "", "Why a score is kept out of the metrics.")
WER = Attribute("pipecat.stt.wer_ratio", "double", "1", "Against a reference transcript.")
WER_SOURCE = Attribute(
    "pipecat.stt.wer.source", "string", "",
    "Where the reference comes from: script (a synthetic call's), reference (a second STT), confidence.",
)  # fmt: skip
SUBSTITUTIONS = Attribute("pipecat.stt.wer.substitutions", "int", "{word}", "Other words than were said.")
DELETIONS = Attribute("pipecat.stt.wer.deletions", "int", "{word}", "Words that were said and not understood.")
INSERTIONS = Attribute("pipecat.stt.wer.insertions", "int", "{word}", "Words that nobody said.")
NORMALISER = Attribute("pipecat.stt.wer.normaliser", "string", "", "What makes spellings of one word the same.")
TTS_CHARACTERS = Attribute("pipecat.tts.characters", "int", "{character}", "Sent to synthesis, as the service states.")
PIPECAT_VERSION = Attribute("pipecat.version", "string", "", "Pipecat's release.")
INTERRUPTIONS = Attribute("pipecat.conversation.interruptions", "int", "{interruption}", "Real ones.")
SAMPLED = Attribute(
    "pipecat.conversation.sampled",
    "bool",
    "",
    "Stated only if false: the call's spans and counted events are not sent.",
)
SILENCE_ONGOING = Attribute(
    "pipecat.silence.ongoing", "bool", "", "It lasts, and has lasted `pipecat.seconds` by now; false: it is over."
)
SILENCE_STATED = Attribute(
    "pipecat.silence.stated_seconds", "double", "s",
    "How long the same silence was when it was stated before; 0 the first time. An event is the one to count for a "
    "threshold that lies between this and `pipecat.seconds`.",
)  # fmt: skip
UNANSWERED_REASON = Attribute(
    "pipecat.unanswered_speech.reason", "string", "",
    "no_transcript (the STT gave no words for it), no_reply (the bot said nothing).",
)  # fmt: skip
SIGNAL_KIND = Attribute(
    "pipecat.conversation.signal.kind", "string", "",
    "repeated_request (the caller asks for the same again), repeated_question (the bot asks what was answered), "
    "reply_loop (the same reply three times), early_hangup (the caller leaves during a reply or within 3 s of it), "
    "raised_voice (8 dB above the call's begin), reprompt (the bot asks an idle caller).",
)  # fmt: skip
INTENT_NAME = Attribute("pipecat.intent.name", "string", "", "What the caller wanted.", content=True)
DECISION_SELECTED = Attribute("pipecat.decision.selected", "string", "", "The option taken.", content=True)
DECISION_OPTIONS = Attribute("pipecat.decision.options", "string[]", "", "All that were evaluated.", content=True)
DECISION_REJECTED = Attribute("pipecat.decision.rejected", "string[]", "", "Those not taken, and why.", content=True)
DECISION_RATIONALE = Attribute("pipecat.decision.rationale", "string", "", "Why the selected one.", content=True)
DECISION_CONFIDENCE = Attribute("pipecat.decision.confidence", "double", "1", "0 to 1.")
DECISION_THRESHOLD = Attribute("pipecat.decision.threshold", "double", "1", "The confidence that was needed.")
DROPPED_SIGNAL = Attribute("pipecat.bridge.signal", "string", "", "spans, logs or conversation_signals.")
DROPPED_REASON = Attribute(
    "pipecat.bridge.reason", "string", "",
    "full (no room), expired (tried for 10 minutes), refused (by the collector, for good), broken (the "
    "connection to the collector breaks on it alone), too_large, invalid (cannot be encoded), failed (a signal of a "
    "conversation could not be judged).",
)  # fmt: skip
CUT = Attribute("pipecat.bridge.cut", "int", "{character}", "How large a span or log record was whose texts were cut.")
DROPPED_COUNT = Attribute("pipecat.bridge.dropped", "int", "{item}", "How many, since the last report.")
QUEUE = Attribute("pipecat.queue", "string", "", "Exporter and signal of a queue of the collector.")
NOTIFICATION_STATUS = Attribute("pipecat.notification.status", "string", "", "firing or resolved.")
NOTIFICATION_RECEIVER = Attribute("pipecat.notification.receiver", "string", "", "Alertmanager's receiver.")
NOTIFICATION_STARTED = Attribute("pipecat.notification.started", "string", "", "Since when the alert fires.")

LEAST_SILENCE = 1.0
"""Seconds; a silence in mid-conversation that is not longer is not stated: turns have one each."""

LONG_SILENCE = 5.0
"""Seconds; a longer silence is stated while it lasts too, and is kept whatever the thresholds are."""

ERROR = Event("pipecat.error", (CATEGORY, a.STAGE, a.PROVIDER, a.MODEL, USABLE), "A component failed.", content=True)
INTERRUPTION = Event("pipecat.interruption", (), "The caller spoke while the bot was speaking.")
SILENCE = Event(
    "pipecat.silence",
    (SECONDS, SILENCE_ONGOING, SILENCE_STATED),
    "Nobody spoke for over 1 s in mid-conversation: at its end; while the caller waits also at 5, 10, 15, 20, 30, 60, "
    "120 and 300 s. The collector leaves out those up to 5 s, or up to the least bound of `silence` if that is less.",
)
UNANSWERED_SPEECH = Event(
    "pipecat.unanswered_speech",
    (SECONDS, UNANSWERED_REASON),
    "The caller spoke and the bot did not: within 10 s (a tool's time apart), before the caller spoke again, or hung "
    "up after 5 s.",
)
CONVERSATION_SIGNAL = Event(
    "pipecat.conversation.signal",
    (SIGNAL_KIND, SECONDS),
    "A sign that the call goes badly, from what both sides say and how; it holds no text.",
)
TRANSCRIPTION = Event("pipecat.transcription", (CONFIDENCE, a.PROVIDER, a.MODEL), "A final transcript.")
CONVERSATION_START = Event("pipecat.conversation.start", (PIPECAT_VERSION, SAMPLED), "A call begins.")
CONVERSATION_END = Event(
    "pipecat.conversation.end",
    (SECONDS, a.CONVERSATION_TURNS, a.CONVERSATION_ERRORS, INTERRUPTIONS, a.CONVERSATION_UNANSWERED,
     a.CONVERSATION_FAILED, a.CONVERSATION_OUTCOME, SAMPLED),
    "How a call went.",
)  # fmt: skip
HEARTBEAT = Event("pipecat.conversation.heartbeat", (SAMPLED,), "A live call, every 10 s.")
STARTUP = Event("pipecat.startup", (PHASE, SECONDS), "A start-up phase ended.")
WEBRTC = Event(
    "pipecat.webrtc",
    (DIRECTION, SIDE, PACKET_LOSS, JITTER, RTT, JITTER_BUFFER, AUDIO_LEVEL, NACKS, STATE),
    "A WebRTC report, every 5 s.",
)
PROCESS = Event("pipecat.process", (CPU, MEMORY), "A sample of the bot process.")
TASK_OUTCOME = Event("pipecat.outcome", (OUTCOME,), "What the bot says it achieved.")
INTENT = Event("pipecat.intent", (MATCHED, INTENT_NAME), "An intent was looked for.", content=True)
DECISION = Event(
    "pipecat.decision",
    (DECISION_SELECTED, DECISION_OPTIONS, DECISION_REJECTED, DECISION_RATIONALE, DECISION_CONFIDENCE,
     DECISION_THRESHOLD),
    "What the bot decided and why.",
    content=True,
)  # fmt: skip
DROPPED = Event(
    "pipecat.bridge.dropped", (DROPPED_SIGNAL, DROPPED_REASON, DROPPED_COUNT), "Telemetry that could not be sent."
)
SYNTHESIS = Event("pipecat.synthesis", (TTS_CHARACTERS, a.PROVIDER, a.MODEL), "Text was sent to synthesis.")
EVALUATION = Event(
    "gen_ai.evaluation.result",
    (EVALUATION_NAME, EVALUATION_SCORE, EVALUATION_LABEL, EVALUATION_EXPLANATION, ERROR_TYPE, QUALITY_SOURCE,
     JUDGE_MODEL, PROMPT_VERSION),
    "A score, in the context of the span that it is about: a turn's or a conversation's.",
    content=True,
)  # fmt: skip
WORD_ERRORS = Event(
    "pipecat.stt.wer",
    (WER, WER_SOURCE, SUBSTITUTIONS, DELETIONS, INSERTIONS, NORMALISER, a.PROVIDER, a.MODEL),
    "A transcript compared with a reference.",
)
NOTIFICATION = Event(
    "pipecat.notification",
    (NOTIFICATION_STATUS, NOTIFICATION_RECEIVER, NOTIFICATION_STARTED),
    "An alert that somebody would be told of, had somebody been configured; from the notification log.",
)

QUEUE_DAMAGED = Event(
    "pipecat.queue.damaged", (QUEUE,), "A queue file of the collector was damaged and set aside; from what starts it."
)

NOTIFICATION_LABEL, NOTIFICATION_ANNOTATION = "pipecat.alert.", "pipecat.annotation."
"""Prefixes of an alert's labels and annotations on that event."""

NOTIFICATIONS = "pipecat-notifications"
"""service.name of the notification log."""

QUEUES = "pipecat-queues"
"""service.name of what looks at the collector's queue files."""

BRIDGE_SCOPE = "pipecat_lgtm_bridge"
"""Instrumentation scope of the bridge's events, and of the bot's log lines that it sends."""
BROWSER_SCOPE, NOTIFICATIONS_SCOPE = "pipecat-webrtc.js", "pipecat_lgtm.notifications"
QUEUES_SCOPE = "pipecat_lgtm.queues"
SCOPES = (BRIDGE_SCOPE, BROWSER_SCOPE, NOTIFICATIONS_SCOPE, QUEUES_SCOPE)
"""Of all that emit these events."""

CLOSED: dict[Attribute, tuple[str, ...]] = {
    CATEGORY: (
        "unknown", "authentication", "authorization", "invalid_request", "rate_limit", "quota", "connectivity",
        "server", "application",
    ),
    OUTCOME: ("completed", "failed", "escalated", "abandoned"),
    MATCHED: ("true", "false"),
    DIRECTION: ("inbound", "outbound"),
    SIDE: ("bot", "client"),
    STATE: ("new", "connecting", "connected", "disconnected", "failed", "closed"),
    UNANSWERED_REASON: (labels.NO_TRANSCRIPT, labels.NO_REPLY),
    DROPPED_SIGNAL: ("spans", "logs", "conversation_signals"),
    SIGNAL_KIND: labels.CONVERSATION_SIGNALS,
    QUALITY_SOURCE: labels.SOURCES,
    WER_SOURCE: ("script", "reference", "confidence"),
    DROPPED_REASON: ("full", "expired", "ended", "broken", "refused", "too_large", "invalid", "failed"),
    a.STAGE: (*labels.STAGES, "tool", "transport", "pipeline"),
}  # fmt: skip
"""What labels made of an event's attribute may be, besides `unknown`; all else is counted as `other`."""

EVENTS: tuple[Event, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Event))
