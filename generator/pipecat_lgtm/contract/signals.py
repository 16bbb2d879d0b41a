"""Values of the label `signal` of `pipecat_breaches_total`: what was beyond its bound in a conversation."""

TTFW = "ttfw"
E2E = "e2e"
ERROR = "error"
TOKENS = "tokens"
SILENCE = "silence"
CONFIDENCE = "confidence"
WER = "wer"
JITTER = "jitter"
PACKET_LOSS = "packet_loss"
JITTER_BUFFER = "jitter_buffer"
AUDIO_SILENT = "audio_silent"
REMAINDER = "remainder"
TASK = "task"
INTENT = "intent"
QUALITY = "quality"
PII = "pii"
OFF_SCRIPT = "off_script"
FRUSTRATION = "frustration"
REFUSED = "refused"

FROM_EVENTS = (
    SILENCE, CONFIDENCE, WER, PACKET_LOSS, JITTER, JITTER_BUFFER, AUDIO_SILENT, TASK, INTENT, QUALITY,
)  # fmt: skip
"""Those told by events, not by spans: all services share what may be held of them at once."""
