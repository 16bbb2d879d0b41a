"""Metric labels, and the keys that must never become one."""

SERVICE_NAME = "service_name"
ENVIRONMENT = "deployment_environment"
SERVICE_VERSION = "service_version"
"""Only where `cardinality.resource_labels` has service.version."""

COMMON = (SERVICE_NAME, ENVIRONMENT)

STAGE = "stage"
PROVIDER = "provider"
MODEL = "model"
STATUS = "status"
CATEGORY = "category"
INTERRUPTED = "interrupted"
OUTCOME = "outcome"
TYPE = "type"
KIND = "kind"
SIGNAL = "signal"
SEVERITY = "severity"
WINDOW = "window"
ALERTNAME = "alertname"
ESCALATED = "escalated"
BURN_WINDOW = "burn_window"
ENDS_AT = "ends_at"
"""Of an end-to-end alert, `FIRST_AUDIO` where no bridge says when the reply was processed: it is TTFW once more."""
FIRST_AUDIO = "first_audio"
REASON = "reason"
TRACE_ID = "trace_id"
CONVERSATION_ID = "conversation_id"
SERVER_ADDRESS = "server_address"
METHOD = "method"
STATUS_CLASS = "status_class"
CONTRIBUTION = "contribution"
OWNER = "owner"
CONTRIBUTIONS = (
    "transcription",
    "llm_inference",
    "speech_synthesis",
    "endpointing_wait",
    "function_handler",
    "turn_detection",
    "llm_tool_call",
    "pipeline",
    "sentence_aggregation",
    "output_transport",
    "first_request",
    "turn_completion",
    "waiting_for_user",
    "awaiting_speakable_text",
    "leading_silence",
)
"""Parts of a turn's latency, as Pipecat and the bridge call them; those that most turns have come first."""
TOOL = "tool"
MATCHED = "matched"
DIRECTION = "direction"
SIDE = "side"
STATE = "state"
QUEUE = "queue"
DIMENSION = "dimension"
"""What is judged."""
SOURCE = "source"
"""Of scores: who judges, one of `SOURCES`. Of word errors: where the reference comes from."""
SOURCES = ("judge", "policy", "heartbeat", "human")
JUDGE_MODEL = "judge_model"
PROMPT_VERSION = "prompt_version"
JUDGE = (DIMENSION, SOURCE, JUDGE_MODEL, PROMPT_VERSION)
"""Scores are held against those of the same judge: another model or prompt has another idea of good."""

KNOWN = "known"
"""Of a turn: how its time to first word is known, or why it is not."""
EXACT = "exact"
APPROXIMATE = "approximate"
NO_END_OF_SPEECH = "no_end_of_speech"
UNANSWERED = "unanswered"
NO_WORDS = "no_words"
NOTHING_SAID = "nothing_said"
BRIDGED = (EXACT, APPROXIMATE, NO_END_OF_SPEECH, UNANSWERED, NO_WORDS, NOTHING_SAID)
"""What the bridge states. Answered: the first three. Nothing to answer: the last two."""

NO_REPLY = "no_reply"
"""Why speech was not answered: the bot said nothing, though it heard words or needs none."""
NO_TRANSCRIPT = "no_transcript"
"""The same: the STT gave no words for it."""

REPEATED_REQUEST, REPEATED_QUESTION, REPLY_LOOP = "repeated_request", "repeated_question", "reply_loop"
EARLY_HANGUP, RAISED_VOICE, REPROMPT = "early_hangup", "raised_voice", "reprompt"
REPETITIONS = (REPEATED_REQUEST, REPEATED_QUESTION, REPLY_LOOP)
CONVERSATION_SIGNALS = (*REPETITIONS, EARLY_HANGUP, RAISED_VOICE, REPROMPT)
"""Kinds of signals that a call goes badly, as the bridge states them."""

LE = "le"
"""The bound of a bucket, on its series and on recordings of buckets."""

OTHER = "other"
"""What is not on the list of a label that has one, and what has passed a limit: counted together."""

UNKNOWN = "unknown"
"""Every label has a value: a label that is empty on one series and absent on another reads as a reset."""

TOLD_APART = (STAGE, PROVIDER, KIND)
"""By what the alerts about spans tell conversations apart, besides service and environment."""
ALL = "all"
"""Of a label of `TOLD_APART`: the conversations were counted whatever its value."""

CALLERS_AUDIO = (("inbound", "bot"), ("outbound", "client"))
"""Which direction, on which side, carries the caller's voice."""

STAGES = ("stt", "llm", "tts")
TOKEN_TYPES = ("input", "output", "cache_read", "cache_creation", "reasoning", "audio_input", "audio_output")

PER_CALL_KEYS = frozenset(
    {
        "conversation.id",
        "conversation_id",
        "enduser.id",
        "host.id",
        "host.name",
        "k8s.pod.name",
        "k8s.pod.uid",
        "process.pid",
        "service.instance.id",
        "session.id",
        "session_id",
        "span_id",
        "span.id",
        "thread.id",
        "trace_id",
        "trace.id",
        "transcript",
        "text",
        "input",
        "output",
        "turn.number",
        "user.id",
        "user_id",
        "container.id",
    }
)
"""Keys with a value per call, caller, host or utterance: as a label each would be a series per call."""
