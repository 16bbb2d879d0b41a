"""Every metric, once. Design: the collector makes all of them; bots make none."""

from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract.types import Feed, Metric, MetricKind

_STAGE = (labels.STAGE, labels.PROVIDER, labels.MODEL)
_WHO = (labels.PROVIDER, labels.MODEL)


def _metric(  # noqa: PLR0913, PLR0917 - a table row
    name: str, kind: MetricKind, unit: str, own: tuple[str, ...], feed: Feed, brief: str, producer: str = ""
) -> Metric:
    return Metric(f"pipecat.{name}", kind, unit, own, feed, brief, producer)


# fmt: off
# Made from Pipecat's spans
TURN_TTFW = _metric("turn.ttfw", "histogram", "s", (), "both", "End of user speech to first audible word; without the bridge to the first audio byte.")
TURN_TTFW_APPROXIMATE = _metric("turn.ttfw_approximate", "histogram", "s", (), "bridge", "The same where no VAD tells when speech ended: too short by what the service, the STT or the turn strategy waited.")
TURNS_MEASURED = _metric("turns.measured", "counter", "{turn}", (labels.KNOWN,), "both", "Ended turns by how their time to first word is known, or why it is not.")
TURN_E2E = _metric("turn.e2e", "histogram", "s", (), "both", "End of user speech to reply fully processed; without the bridge it ends at first audio.")
TURN_DURATION = _metric("turn.duration", "histogram", "s", (), "spans", "The whole turn, talking included.")
TURNS = _metric("turns", "counter", "{turn}", (labels.INTERRUPTED,), "both", "Ended turns; interrupted is `unknown` where spans alone cannot tell.")
CONVERSATIONS = _metric("conversations", "counter", "{conversation}", (labels.OUTCOME,), "both", "Ended conversations.")
CONVERSATION_DURATION = _metric("conversation.duration", "histogram", "s", (), "spans", "The whole call.")
STAGE_TTFB = _metric("stage.ttfb", "histogram", "s", _STAGE, "spans", "Time to first byte of a stage, false values removed.")
STAGE_REQUESTS = _metric("stage.requests", "counter", "{request}", (*_STAGE, labels.STATUS), "spans", "Requests to a stage: ok, error, interrupted, or unknown.")
STAGE_ERRORS = _metric("stage.errors", "counter", "{error}", (*_STAGE, labels.CATEGORY), "both", "Failures of a stage, each once.")
TOKENS = _metric("tokens", "counter", "{token}", (*_WHO, labels.TYPE), "spans", "LLM tokens.")
TURN_TOKENS = _metric("turn.tokens", "histogram", "{token}", (), "bridge", "LLM tokens of one turn.")
TTS_CHARACTERS = _metric("tts.characters", "counter", "{character}", _WHO, "both", "Characters sent to TTS; without the bridge what Pipecat's spans say, failed and cut text included.")
STT_AUDIO = _metric("stt.audio", "counter", "s", _WHO, "spans", "Audio sent to STT.")
HTTP_CLIENT_DURATION = _metric("http.client.duration", "histogram", "s", (labels.SERVER_ADDRESS, labels.METHOD, labels.STATUS_CLASS), "spans", "Outgoing HTTP calls of the bot.")
BREACHES = _metric("breaches", "counter", "{turn}", (labels.SIGNAL, labels.SEVERITY, *labels.TOLD_APART, labels.DIRECTION, labels.SIDE, labels.DIMENSION, labels.TRACE_ID, labels.CONVERSATION_ID), "both", "Turns beyond a bound or failed, with the labels that their alerts have; few live series, expiring; feeds alert annotations only.")
AFFECTED = _metric("conversations.affected", "gauge", "{conversation}", (labels.SIGNAL, labels.SEVERITY, labels.WINDOW, *labels.TOLD_APART), "spans", "Conversations with a turn above a threshold, or failed, within the last `window`; `warning` includes `critical`. Exact, without ids. A label is `all` where they were counted whatever its value.")
COMPLIANCE_FINDINGS = _metric("compliance.findings", "counter", "{finding}", (labels.KIND,), "spans", "Protected data found in what was said.")
FRUSTRATION_MARKERS = _metric("frustration.markers", "counter", "{marker}", (labels.KIND,), "spans", "Callers asking again, complaining or wanting a human.")
VALUES_REFUSED = _metric("values.refused", "counter", "{value}", (labels.SIGNAL, labels.REASON), "spans", "Values kept out of the metrics, by reason: nothing is dropped in silence.")
RECORDS_CUT = _metric("records.cut", "counter", "{record}", (labels.SIGNAL,), "both", "Spans and log records of which something was dropped, by an SDK or by the collector, because there was too much of it: attributes, those of its scope, resource or events, events, the end of a line.")
SERIES_OVERFLOWED = _metric("series.overflowed", "counter", "{value}", (labels.SIGNAL, *labels.TOLD_APART), "spans", "Values counted without their labels because a limit of `cardinality` was reached.")

# Made from the bridge's spans and events
TURN_CONTRIBUTION = _metric("turn.contribution", "histogram", "s", (labels.CONTRIBUTION, labels.OWNER), "bridge", "Parts of a turn's latency; they sum to it.")
TOOL_DURATION = _metric("tool.duration", "histogram", "s", (labels.TOOL, labels.STATUS), "bridge", "Tool calls.")
INTERRUPTIONS = _metric("interruptions", "counter", "{interruption}", (), "bridge", "Barge-ins while the bot was speaking.")
SILENCE = _metric("silence", "histogram", "s", (), "bridge", "Silences in mid-conversation over 5 s, or over the least bound of `silence` if that is less; at their end.")
SILENCES_LONG = _metric("silences.long", "counter", "{silence}", (), "bridge", "Silences longer than the threshold of `silence`; while the caller waits they count before they end.")
UNANSWERED_SPEECH = _metric("unanswered_speech", "counter", "{speech}", (labels.REASON,), "bridge", "How often the caller spoke and the bot did not.")
CONVERSATION_SIGNALS = _metric("conversation.signals", "counter", "{signal}", (labels.KIND,), "bridge", "Signs that a call goes badly, as the bridge notices them while it lasts.")
STT_CONFIDENCE = _metric("stt.confidence", "histogram", "1", _WHO, "bridge", "Confidence of final transcripts.")
HEARTBEATS = _metric("conversation.heartbeats", "counter", "{heartbeat}", (), "bridge", "One per live call every 10 s.")
STARTUP = _metric("startup", "histogram", "s", (), "bridge", "Pipeline start.")
TRANSPORT_CONNECT = _metric("transport.connect", "histogram", "s", (), "bridge", "Transport connect.")
TASK_OUTCOMES = _metric("task.outcomes", "counter", "{task}", (labels.OUTCOME,), "bridge", "What the bot says it achieved.", "a bot that calls `bridge.record_outcome`")
INTENTS = _metric("intents", "counter", "{intent}", (labels.MATCHED,), "bridge", "Intents, matched or not.", "a bot that calls `bridge.record_intent`")
WEBRTC_PACKET_LOSS = _metric("webrtc.packet_loss.ratio", "histogram", "1", (labels.DIRECTION, labels.SIDE), "bridge", "Packets lost.")
WEBRTC_JITTER = _metric("webrtc.jitter", "histogram", "s", (labels.DIRECTION, labels.SIDE), "bridge", "Jitter.")
WEBRTC_RTT = _metric("webrtc.rtt", "histogram", "s", (labels.DIRECTION, labels.SIDE), "bridge", "Round trip time.")
WEBRTC_JITTER_BUFFER = _metric("webrtc.jitter_buffer", "histogram", "s", (labels.DIRECTION, labels.SIDE), "bridge", "Delay in the jitter buffer.")
WEBRTC_AUDIO_LEVEL = _metric("webrtc.audio_level.ratio", "histogram", "1", (labels.DIRECTION, labels.SIDE), "bridge", "Audio level, 0 to 1.")
WEBRTC_NACKS = _metric("webrtc.nacks", "counter", "{nack}", (labels.DIRECTION,), "bridge", "Retransmissions asked for.")
WEBRTC_STATES = _metric("webrtc.states", "counter", "{change}", (labels.STATE,), "bridge", "Connection state changes.")
BRIDGE_DROPPED = _metric("bridge.dropped", "counter", "{item}", (labels.SIGNAL, labels.REASON), "bridge", "Spans, log records and signals of conversations that bots dropped, by reason.")
QUEUE_FILES_DAMAGED = _metric("queue.files_damaged", "counter", "{file}", (labels.QUEUE,), "stack", "Queue files of the collector that were damaged and set aside.")
PROCESS_CPU = _metric("process.cpu.ratio", "histogram", "1", (), "bridge", "CPU of a bot process, 1 = one core.")
PROCESS_MEMORY = _metric("process.memory", "histogram", "By", (), "bridge", "Memory of a bot process.")
QUALITY_SCORE = _metric("quality.score", "histogram", "1", labels.JUDGE, "scores", "Scores of turns and conversations, 0 to 1, by who judged.")
STT_WER = _metric("stt.wer.ratio", "histogram", "1", (labels.SOURCE, *_WHO), "heartbeat", "Word error rate against a reference.", "`pipecat-lgtm heartbeat`")
# fmt: on

METRICS: tuple[Metric, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
BY_PROMETHEUS_NAME = {metric.prometheus: metric for metric in METRICS}
