"""Events of the bridge: OTLP log records with `event.name`; the collector makes metrics of them."""

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

DECISION_SELECTED = Attribute("pipecat.decision.selected", "string", "", "The option taken.")

ERROR = Event("pipecat.error", (CATEGORY, a.STAGE, a.PROVIDER, a.MODEL, USABLE), "A component failed.")
INTERRUPTION = Event("pipecat.interruption", (), "The caller spoke while the bot was speaking.")
SILENCE = Event("pipecat.silence", (SECONDS,), "Nobody spoke for over 5 s in mid-conversation.")
TRANSCRIPTION = Event("pipecat.transcription", (CONFIDENCE, a.PROVIDER, a.MODEL), "A final transcript.")
HEARTBEAT = Event("pipecat.conversation.heartbeat", (), "A live call, every 10 s.")
STARTUP = Event("pipecat.startup", (PHASE, SECONDS), "A start-up phase ended.")
WEBRTC = Event(
    "pipecat.webrtc",
    (DIRECTION, SIDE, PACKET_LOSS, JITTER, RTT, JITTER_BUFFER, AUDIO_LEVEL, NACKS, STATE),
    "A WebRTC report, every 5 s.",
)
PROCESS = Event("pipecat.process", (CPU, MEMORY), "A sample of the bot process.")
TASK_OUTCOME = Event("pipecat.outcome", (OUTCOME,), "What the bot says it achieved.")
INTENT = Event("pipecat.intent", (MATCHED,), "An intent was looked for.")
DECISION = Event("pipecat.decision", (DECISION_SELECTED,), "The bot chose something.")
QUALITY = Event("pipecat.quality", (DIMENSION, SCORE), "A judge's score.")
WORD_ERRORS = Event("pipecat.stt.wer", (WER, a.PROVIDER, a.MODEL), "A transcript compared with a reference.")

EVENTS: tuple[Event, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Event))
