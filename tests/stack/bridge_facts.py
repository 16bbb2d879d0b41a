"""What a bot with the bridge tells besides its own calls: events that the sandbox has no occasion for."""

from typing import Any

import otlp

from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract.types import Attribute, Event


def _event(event: Event, trace_id: str, values: dict[Attribute, Any]) -> dict[str, Any]:
    return otlp.event(event.name, {one.name: value for one, value in values.items()}) | {"traceId": trace_id}


def events(trace_id: str) -> list[dict[str, Any]]:
    """Events of one call."""
    who = {a.PROVIDER: "deepgram", a.MODEL: "nova-3"}
    line = {e.PACKET_LOSS: 0.02, e.JITTER: 0.012, e.RTT: 0.08, e.JITTER_BUFFER: 0.06, e.NACKS: 3, e.AUDIO_LEVEL: 0.2}
    return [
        *(
            _event(e.WEBRTC, trace_id, {e.DIRECTION: direction, e.SIDE: side, **line})
            for direction, side in (("inbound", "bot"), ("outbound", "bot"), ("inbound", "client"))
        ),
        _event(e.WEBRTC, trace_id, {e.STATE: "connected"}),
        _event(e.STARTUP, trace_id, {e.PHASE: "transport", e.SECONDS: 0.4}),
        _event(e.PROCESS, trace_id, {e.CPU: 0.3, e.MEMORY: 200 * 1024**2}),
        _event(e.TRANSCRIPTION, trace_id, {e.CONFIDENCE: 0.9, **who}),
        _event(e.SILENCE, trace_id, {e.SECONDS: 5.6, e.SILENCE_ONGOING: True, e.SILENCE_STATED: 0.0}),
        _event(e.SILENCE, trace_id, {e.SECONDS: 7.0, e.SILENCE_ONGOING: False, e.SILENCE_STATED: 5.6}),
        _event(e.UNANSWERED_SPEECH, trace_id, {e.SECONDS: 3.1, e.UNANSWERED_REASON: "no_transcript"}),
        *(
            _event(e.CONVERSATION_SIGNAL, trace_id, {e.SIGNAL_KIND: kind, e.SECONDS: 1.0})
            for kind in ("repeated_request", "early_hangup", "raised_voice")
        ),
        _event(e.TASK_OUTCOME, trace_id, {e.OUTCOME: "completed"}),
        _event(e.TASK_OUTCOME, trace_id, {e.OUTCOME: "failed"}),
        _event(e.INTENT, trace_id, {e.MATCHED: True}),
        _event(e.DECISION, trace_id, {e.DECISION_SELECTED: "book_table"}),
        _event(
            e.EVALUATION,
            trace_id,
            {
                e.EVALUATION_NAME: "tone_accuracy",
                e.EVALUATION_SCORE: 0.9,
                e.QUALITY_SOURCE: "judge",
                e.JUDGE_MODEL: "gpt-4.1",
                e.PROMPT_VERSION: "3",
            },
        ),
        _event(e.WORD_ERRORS, trace_id, {e.WER: 0.08, **who}),
        _event(e.HEARTBEAT, trace_id, {}),
        _event(e.DROPPED, trace_id, {e.DROPPED_SIGNAL: "spans", e.DROPPED_REASON: "full", e.DROPPED_COUNT: 40}),
        _event(e.ERROR, trace_id, {e.CATEGORY: "server", a.STAGE: "tts", a.PROVIDER: "openai", e.USABLE: True}),
    ]


def spans() -> list[dict[str, Any]]:
    """Spans of an instrumented HTTP client, of models with a price and one without, of a caller who is not amused."""
    request = {"http.request.method": "POST", "server.address": "api.openai.com", "http.response.status_code": 200}
    priced = {"gen_ai.provider.name": "openai", "metrics.ttfb": 0.2}
    return [
        otlp.span("POST", request, kind=3),
        otlp.span("tts", priced | {"gen_ai.request.model": "tts-1", "metrics.character_count": 40, "text": "Hello."}),
        otlp.span("stt", priced | {"gen_ai.request.model": "whisper-1", "metrics.audio_seconds": 2.0,
                                   "transcript": "Can you repeat that?"}),
        otlp.stage("llm", gen_ai__request__model="home-made", gen_ai__usage__input_tokens=90),
        otlp.turn(),
        otlp.turn(None, pipecat__turn__latency="approximate", pipecat__ttfw_approximate_seconds=0.4),
        otlp.span("response", {"pipecat.ttfw_approximate_seconds": 0.4}),
        otlp.span("evaluation", {"pipecat.finding.off_script": 1}),
    ]  # fmt: skip
