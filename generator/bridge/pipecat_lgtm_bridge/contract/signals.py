"""Values of the label `signal` of `pipecat_breaches_total`: what was beyond its bound in a conversation."""

from pipecat_lgtm_bridge.contract import labels

TTFW = "ttfw"
E2E = "e2e"
ERROR = "error"
TOKENS = "tokens"
SILENCE = "silence"
UNANSWERED = "unanswered"
CONFIDENCE = "confidence"
WER = "wer"
JITTER = "jitter"
PACKET_LOSS = "packet_loss"
JITTER_BUFFER = "jitter_buffer"
AUDIO_SILENT = "audio_silent"
TASK = "task"
INTENT = "intent"
QUALITY = "quality"
PII = "pii"
OFF_SCRIPT = "off_script"
FRUSTRATION = "frustration"
REPETITION = "repetition"
REFUSED = "refused"

FROM_EVENTS = (
    SILENCE, UNANSWERED, REPETITION, CONFIDENCE, WER, PACKET_LOSS, JITTER, JITTER_BUFFER, AUDIO_SILENT, TASK, INTENT,
    QUALITY,
)  # fmt: skip
"""Those told by events, not by spans: all services share what may be held of them at once."""

FROM_BOTH = (ERROR,)
"""Those told by spans and by events: only the event of a failure says in which stage it was."""

FROM_SPANS = (
    *((signal, severity) for signal in (TTFW, E2E, *labels.STAGES, TOKENS) for severity in ("warning", "critical")),
    (ERROR, "critical"), (PII, "critical"), (OFF_SCRIPT, "warning"), (FRUSTRATION, "warning"),
)  # fmt: skip
"""Those of spans, with the severities they can have: each pair has places of its own for trace ids."""

BREACH_FAMILIES = {f"breaches_{signal}_{severity}": (signal, severity) for signal, severity in FROM_SPANS}
"""Values of `signal` of the overflow counter for trace ids, which overflow by design."""
