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
TOOL = "tool"
MATCHED = "matched"
DIRECTION = "direction"
SIDE = "side"
STATE = "state"
DIMENSION = "dimension"

LE = "le"
"""The bound of a bucket, on its series and on recordings of buckets."""

UNKNOWN = "unknown"
"""Every label has a value: a label that is empty on one series and absent on another reads as a reset."""

CALLERS_AUDIO = (("inbound", "bot"), ("outbound", "client"))
"""Which direction, on which side, carries the caller's voice."""

STAGES = ("stt", "llm", "tts")
TOKEN_TYPES = ("input", "output", "cache_read", "cache_creation", "reasoning", "audio_input", "audio_output")

BREACH_FAMILIES = ("breaches_warning", "breaches_critical")
"""Values of `signal` of the overflow counter for breaches, which overflow by design: a family a severity."""

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
