"""Events: OTLP log records with `event.name`. The collector makes metrics of the bridge's."""

from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract.types import Attribute, Event

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
DIMENSION = Attribute("pipecat.quality.dimension", "string", "", "task_completion, response_relevance, tone_accuracy.")
SCORE = Attribute("pipecat.quality.score", "double", "1", "0 to 1.")
WER = Attribute("pipecat.stt.wer_ratio", "double", "1", "Against a reference transcript.")
TTS_CHARACTERS = Attribute("pipecat.tts.characters", "int", "{character}", "Sent to synthesis, as the service states.")
PIPECAT_VERSION = Attribute("pipecat.version", "string", "", "Pipecat's release.")
SLOW_TURNS = Attribute("pipecat.conversation.slow_turns", "int", "{turn}", "Turns whose first word came too late.")
INTERRUPTIONS = Attribute("pipecat.conversation.interruptions", "int", "{interruption}", "Real ones.")
INTENT_NAME = Attribute("pipecat.intent.name", "string", "", "What the caller wanted.")
DECISION_SELECTED = Attribute("pipecat.decision.selected", "string", "", "The option taken.")
DECISION_OPTIONS = Attribute("pipecat.decision.options", "string[]", "", "All that were evaluated.")
DECISION_REJECTED = Attribute("pipecat.decision.rejected", "string[]", "", "Those not taken, and why.")
DECISION_RATIONALE = Attribute("pipecat.decision.rationale", "string", "", "Why the selected one.")
DECISION_CONFIDENCE = Attribute("pipecat.decision.confidence", "double", "1", "0 to 1.")
DECISION_THRESHOLD = Attribute("pipecat.decision.threshold", "double", "1", "The confidence that was needed.")
DROPPED_SIGNAL = Attribute("pipecat.bridge.signal", "string", "", "spans or logs.")
DROPPED_COUNT = Attribute("pipecat.bridge.dropped", "int", "{item}", "How many, since the last report.")
NOTIFICATION_STATUS = Attribute("pipecat.notification.status", "string", "", "firing or resolved.")
NOTIFICATION_RECEIVER = Attribute("pipecat.notification.receiver", "string", "", "Alertmanager's receiver.")
NOTIFICATION_STARTED = Attribute("pipecat.notification.started", "string", "", "Since when the alert fires.")

ERROR = Event("pipecat.error", (CATEGORY, a.STAGE, a.PROVIDER, a.MODEL, USABLE), "A component failed.")
INTERRUPTION = Event("pipecat.interruption", (), "The caller spoke while the bot was speaking.")
SILENCE = Event("pipecat.silence", (SECONDS,), "Nobody spoke for over 5 s in mid-conversation.")
TRANSCRIPTION = Event("pipecat.transcription", (CONFIDENCE, a.PROVIDER, a.MODEL), "A final transcript.")
CONVERSATION_START = Event("pipecat.conversation.start", (PIPECAT_VERSION,), "A call begins.")
CONVERSATION_END = Event(
    "pipecat.conversation.end",
    (SECONDS, a.CONVERSATION_TURNS, a.CONVERSATION_ERRORS, SLOW_TURNS, INTERRUPTIONS, a.CONVERSATION_FAILED,
     a.CONVERSATION_OUTCOME),
    "How a call went.",
)  # fmt: skip
HEARTBEAT = Event("pipecat.conversation.heartbeat", (), "A live call, every 10 s.")
STARTUP = Event("pipecat.startup", (PHASE, SECONDS), "A start-up phase ended.")
WEBRTC = Event(
    "pipecat.webrtc",
    (DIRECTION, SIDE, PACKET_LOSS, JITTER, RTT, JITTER_BUFFER, AUDIO_LEVEL, NACKS, STATE),
    "A WebRTC report, every 5 s.",
)
PROCESS = Event("pipecat.process", (CPU, MEMORY), "A sample of the bot process.")
TASK_OUTCOME = Event("pipecat.outcome", (OUTCOME,), "What the bot says it achieved.")
INTENT = Event("pipecat.intent", (MATCHED, INTENT_NAME), "An intent was looked for.")
DECISION = Event(
    "pipecat.decision",
    (DECISION_SELECTED, DECISION_OPTIONS, DECISION_REJECTED, DECISION_RATIONALE, DECISION_CONFIDENCE,
     DECISION_THRESHOLD),
    "What the bot decided and why.",
)  # fmt: skip
DROPPED = Event("pipecat.bridge.dropped", (DROPPED_SIGNAL, DROPPED_COUNT), "Telemetry that could not be sent.")
SYNTHESIS = Event("pipecat.synthesis", (TTS_CHARACTERS, a.PROVIDER, a.MODEL), "Text was sent to synthesis.")
QUALITY = Event("pipecat.quality", (DIMENSION, SCORE), "A judge's score.")
WORD_ERRORS = Event("pipecat.stt.wer", (WER, a.PROVIDER, a.MODEL), "A transcript compared with a reference.")
NOTIFICATION = Event(
    "pipecat.notification",
    (NOTIFICATION_STATUS, NOTIFICATION_RECEIVER, NOTIFICATION_STARTED),
    "An alert that somebody would be told of, had somebody been configured; from the notification log.",
)

NOTIFICATION_LABEL, NOTIFICATION_ANNOTATION = "pipecat.alert.", "pipecat.annotation."
"""Prefixes of an alert's labels and annotations on that event."""

NOTIFICATIONS = "pipecat-notifications"
"""service.name of the notification log."""

EVENTS: tuple[Event, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Event))
