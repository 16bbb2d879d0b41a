"""What an alert says besides its values: what it means, what it is judged on, and which dashboard shows it.

Written by hand, under the windows of `held.SHORTENED`: what the generator makes is held against it.
"""

import re
from dataclasses import dataclass

HOLDS = {"info": 600, "warning": 120, "critical": 60}
"""Seconds that a condition must last (`alerts.hold`)."""


@dataclass(frozen=True)
class Said:
    """What all severities of an alert have in common, and what each rests on.

    Args:
        dashboard: uid.
        means: the description, but its last sentence.
        judged: by severity, its last sentence.
        hold: seconds, where it is not the severity's.
        windows: by severity, what stands before `means`.
    """

    dashboard: str
    means: str
    judged: dict[str, str]
    hold: int | None = None
    windows: dict[str, str] | None = None

    def description(self, severity: str) -> str:
        """Return the whole of it."""
        return f"{(self.windows or {}).get(severity, '')}{self.means} {self.judged[severity]}"

    def holds(self, severity: str) -> int:
        """Return the seconds that the condition must last."""
        return HOLDS[severity] if self.hold is None else self.hold

    def seconds(self, severity: str) -> int:
        """Return what the value is taken over; 0: it is a state."""
        over = re.match(r"Judged over (\d+)([mh])", self.judged[severity])
        return int(over[1]) * {"m": 60, "h": 3600}[over[2]] if over else 0


_WINDOW, _HOURS, _NOW = (
    "Judged over 5m, on at least 20 samples",
    "Judged over 30m, if no 5m of them had 20 samples",
    "Judged as it is",
)


def _bound(judged: str, key: str, *severities: str) -> dict[str, str]:
    return {severity: f"{judged}; bound: {key}.{severity} in stack.yaml." for severity in severities}


SAID: dict[str, Said] = {
    "PipecatTtfwHigh": Said(
        "pipecat-latency",
        "5 of 100 turns take longer than that from the end of the caller's speech to the first audible word. "
        "Open trace_url and look for the widest stage; the latency dashboard splits the time by stage.",
        _bound(_WINDOW, "thresholds.ttfw.p95", "warning", "critical"),
    ),
    "PipecatTtfwHighLowTraffic": Said(
        "pipecat-latency",
        "This bot has too few turns for percentiles, so slow ones are counted over hours. Open trace_url: "
        "with so few, each can be looked at.",
        {"warning": f"{_HOURS}; bound: thresholds.ttfw.p95.critical in stack.yaml."},
    ),
    "PipecatE2eHigh": Said(
        "pipecat-latency",
        "5 of 100 turns take longer than that from the end of the caller's speech until the reply is fully "
        "processed. If the first word is in time, the reply is long or synthesis is slow.",
        _bound(_WINDOW, "thresholds.e2e.p95", "warning", "critical"),
    ),
    "PipecatE2eHighLowTraffic": Said(
        "pipecat-latency",
        "This bot has too few turns for percentiles, so slow ones are counted over hours. Open trace_url: "
        "with so few, each can be looked at.",
        {"warning": f"{_HOURS}; bound: thresholds.e2e.p95.critical in stack.yaml."},
    ),
    "PipecatSttTtfbHigh": Said(
        "pipecat-latency",
        "Speech recognition is late, and every later stage waits for it. Compare with the provider's status "
        "page and with other services on the same provider.",
        _bound(_WINDOW, "thresholds.stt_ttfb.p95", "warning"),
    ),
    "PipecatSttTtfbHighLowTraffic": Said(
        "pipecat-latency",
        "This bot has too few requests for percentiles, so slow ones are counted over hours.",
        _bound(_HOURS, "thresholds.stt_ttfb.p95", "warning"),
    ),
    "PipecatLlmTtfbHigh": Said(
        "pipecat-latency",
        "The language model is late, and every later stage waits for it. Compare with the provider's status "
        "page and with other services on the same provider.",
        _bound(_WINDOW, "thresholds.llm_ttfb.p95", "warning"),
    ),
    "PipecatLlmTtfbHighLowTraffic": Said(
        "pipecat-latency",
        "This bot has too few requests for percentiles, so slow ones are counted over hours.",
        _bound(_HOURS, "thresholds.llm_ttfb.p95", "warning"),
    ),
    "PipecatTtsTtfbHigh": Said(
        "pipecat-latency",
        "Speech synthesis is late, and every later stage waits for it. Compare with the provider's status "
        "page and with other services on the same provider.",
        _bound(_WINDOW, "thresholds.tts_ttfb.p95", "warning"),
    ),
    "PipecatTtsTtfbHighLowTraffic": Said(
        "pipecat-latency",
        "This bot has too few requests for percentiles, so slow ones are counted over hours.",
        _bound(_HOURS, "thresholds.tts_ttfb.p95", "warning"),
    ),
    "PipecatStageRegressed": Said(
        "pipecat-latency",
        "The stage is slower than this service is used to, whatever the bound: P95 TTFB against the median of"
        " its own past. Something changed: a release, a model, a prompt, a region, the provider.",
        _bound(_WINDOW, "thresholds.stage_regression", "warning"),
    ),
    "PipecatRemainderHigh": Said(
        "pipecat-latency",
        "Time that no stage accounts for: the bot's own pipeline, or the way out to the caller. Needs the "
        "bridge. Usual reasons: a busy event loop, blocking code in a processor, a far-away region.",
        _bound(_WINDOW, "thresholds.remainder.p95", "warning"),
    ),
    "PipecatErrorRateHigh": Said(
        "pipecat-errors",
        "Callers heard nothing, an apology, or the wrong thing. The dashboard names stage, provider and category.",
        _bound(_WINDOW, "thresholds.error_ratio", "warning", "critical"),
    ),
    "PipecatStageErrorRateHigh": Said(
        "pipecat-errors",
        "Seen at once, while the calls still run. Without the bridge only failures of the language model are known.",
        _bound(_WINDOW, "thresholds.error_ratio", "warning", "critical"),
    ),
    "PipecatErrorRateSustained": Said(
        "pipecat-errors",
        "Callers heard nothing, an apology, or the wrong thing. The dashboard names stage, provider and category.",
        _bound(_WINDOW, "thresholds.error_ratio_sustained", "critical"),
        hold=300,
    ),
    "PipecatErrorRateHighLowTraffic": Said(
        "pipecat-errors",
        "This bot has too few conversations for a share, so failed ones are counted over hours.",
        _bound(_HOURS, "thresholds.error_ratio", "warning"),
    ),
    "PipecatTokensPerTurnHigh": Said(
        "pipecat-usage",
        "Input and output together. It costs money and time to first token: the whole conversation is sent "
        "each turn, so long calls, long prompts and tool results add up.",
        _bound(_WINDOW, "thresholds.tokens_per_turn", "warning", "critical"),
    ),
    "PipecatJitterHigh": Said(
        "pipecat-network",
        "Packets arrive unevenly: the jitter buffer grows, and with it every answer's delay. Investigate; no page.",
        _bound(_WINDOW, "thresholds.webrtc_jitter", "info"),
    ),
    "PipecatPacketLossHigh": Said(
        "pipecat-network",
        "Callers hear gaps, or the bot mishears them. Speech recognition and turn detection suffer first.",
        _bound(_WINDOW, "thresholds.webrtc_packet_loss", "warning"),
    ),
    "PipecatJitterBufferHigh": Said(
        "pipecat-network",
        "That wait is part of every turn, on top of what the stages take.",
        _bound(_WINDOW, "thresholds.webrtc_jitter_buffer", "warning"),
    ),
    "PipecatNacksRising": Said(
        "pipecat-network",
        "Packets are asked for again more and more often: loss is on its way. Investigate; no page.",
        _bound(_WINDOW, "thresholds.nack_rise", "info"),
    ),
    "PipecatAudioSilent": Said(
        "pipecat-network",
        "The bot hears nothing: muted microphones, a track that is not sent, a wrong device or codec.",
        _bound(_WINDOW, "thresholds.audio_silent", "warning"),
    ),
    "PipecatSilenceLong": Said(
        "pipecat-conversations",
        "Nobody spoke for longer than 5 s (`thresholds.silence`) in mid-conversation: the bot did not answer, or "
        "the caller was not heard. A silence in which the caller waits counts while it lasts.",
        _bound(_WINDOW, "thresholds.silent_turns", "warning"),
    ),
    "PipecatSpeechUnanswered": Said(
        "pipecat-conversations",
        "The caller spoke, and the bot said nothing before the caller spoke again, hung up, or had waited for 10 s. "
        "Without a transcript the STT is deaf, with one the bot had no reply: the panel shows which.",
        _bound(_WINDOW, "thresholds.unanswered_speech", "warning", "critical"),
    ),
    "PipecatSpeechUnansweredLowTraffic": Said(
        "pipecat-conversations",
        "This bot has too few turns for shares, so what was not answered is counted over hours.",
        _bound(_HOURS, "thresholds.unanswered_speech", "warning"),
    ),
    "PipecatRepetitionHigh": Said(
        "pipecat-quality",
        "Callers ask for the same again, the bot asks what was answered, or gives the same reply three times: it does "
        "not understand, or does not remember. The panel of signals shows which.",
        _bound(_WINDOW, "thresholds.repetitions", "warning"),
    ),
    "PipecatRepetitionHighLowTraffic": Said(
        "pipecat-quality",
        "This bot has too few turns for shares, so repetitions are counted over hours.",
        _bound(_HOURS, "thresholds.repetitions", "warning"),
    ),
    "PipecatSttConfidenceLow": Said(
        "pipecat-quality",
        "The bot acts on words that were hardly understood. Look at the audio first (network dashboard), then"
        " at language, vocabulary and model.",
        _bound(_WINDOW, "thresholds.stt_confidence", "warning"),
        hold=600,
    ),
    "PipecatTaskCompletionLow": Said(
        "pipecat-quality",
        "The bot's own record of outcomes. Compare with releases, prompts and tools that changed.",
        _bound(_WINDOW, "thresholds.task_completion", "warning", "critical"),
    ),
    "PipecatWerDrift": Said(
        "pipecat-quality",
        "Word error rate against the service's own past, in points. Needs reference transcripts.",
        _bound(_WINDOW, "thresholds.wer_drift", "info", "critical"),
    ),
    "PipecatJudgeScoreDropped": Said(
        "pipecat-quality",
        "The mean score against the service's own past, by the same judge, model and prompt. Read the worst "
        "conversations before rolling back.",
        _bound(_WINDOW, "thresholds.judge_drop", "critical"),
    ),
    "PipecatIntentMatchLow": Said(
        "pipecat-quality",
        "Callers ask for what the bot does not know, or it mishears them.",
        _bound(_WINDOW, "thresholds.intent_match", "warning"),
    ),
    "PipecatFrustrationHigh": Said(
        "pipecat-quality",
        "Callers ask again, complain or want a human.",
        _bound(_WINDOW, "thresholds.frustration", "warning"),
    ),
    "PipecatPiiDisclosed": Said(
        "pipecat-quality",
        "Protected data was spoken. The stores hold it masked (content.mode); what a recording of the call or"
        " the bot's own log files hold is another matter.",
        _bound("Judged over 5m", "thresholds.pii_findings", "critical"),
    ),
    "PipecatOffScript": Said(
        "pipecat-quality",
        "Quality evaluation found answers the script does not allow.",
        _bound("Judged over 5m", "thresholds.off_script", "warning"),
    ),
    "PipecatUptimeBurnRate": Said(
        "pipecat-quality",
        "so that it neither waits long nor lingers. Synthetic calls see what a caller sees: place one yourself.",
        {
            "critical": "Judged over 10m, on at least 20 samples; bound: thresholds.uptime.target in stack.yaml.",
            "warning": "Judged over 20m, on at least 20 samples; bound: thresholds.uptime.target in stack.yaml.",
        },
        windows={"critical": "Judged over 10m and 2m at once, ", "warning": "Judged over 20m and 5m at once, "},
    ),
    "PipecatCollectorRefusing": Said(
        "pipecat-stack",
        "Bots try again, and in the end drop what they hold. The memory limit is reached, or a store is slow.",
        _bound("Judged over 5m", "alerts.hold", "critical"),
    ),
    "PipecatCollectorDropping": Said(
        "pipecat-stack",
        "Its queue is full: what is dropped is lost, and counts in panels are too low.",
        _bound("Judged over 5m", "alerts.hold", "critical"),
    ),
    "PipecatCollectorExportFailing": Said(
        "pipecat-stack",
        "Not an outage, which is waited out: the store says no. The collector's log has its reason.",
        _bound("Judged over 5m", "alerts.hold", "critical"),
    ),
    "PipecatValuesOverflowed": Said(
        "pipecat-stack",
        "Not all conversations that silences, hearing, network or outcomes put beyond a bound are held: what "
        "alerts name as affected is the least it can be. If sums find no place either, their counts are too "
        "low.",
        _bound("Judged over 5m", "alerts.hold", "warning"),
    ),
    "PipecatStoreDown": Said(
        "pipecat-stack",
        "What is computed from it is missing or old. The collector keeps telemetry on disk until the store is back.",
        _bound(_NOW, "alerts.hold", "critical"),
    ),
    "PipecatStoreNotReady": Said(
        "pipecat-stack",
        "It starts, ends, or hangs: what it is asked and sent waits. One that only starts is ready within a minute.",
        _bound(_NOW, "alerts.hold", "critical"),
    ),
    "PipecatCollectorDown": Said(
        "pipecat-stack",
        "No telemetry arrives. Bots keep a little and drop the rest; calls go on.",
        _bound(_NOW, "alerts.hold", "critical"),
    ),
    "PipecatHeartbeatDown": Said(
        "pipecat-stack",
        "Nothing is known of whether bots take calls: uptime and word errors stay as they were. It says nothing of "
        "the bots themselves.",
        _bound(_NOW, "alerts.hold", "warning"),
    ),
    "PipecatStoreDiscarding": Said(
        "pipecat-stack",
        "It answered 200, so nobody sends it again: these spans or lines are lost. The runbook says what each reason "
        "means.",
        _bound("Judged over 5m", "alerts.hold", "warning"),
    ),
    "PipecatRemoteWriteFailing": Said(
        "pipecat-stack",
        "They are lost. What arrives says so; if nothing does, PipecatRemoteWriteLate fires instead.",
        _bound("Judged over 5m", "alerts.hold", "critical"),
    ),
    "PipecatRemoteWriteLate": Said(
        "pipecat-stack",
        "What is older than the window of the rules is judged by none of them: all other alerts are blind. The agent "
        "does not run, cannot reach the store, or is refused: ask `pipecat-lgtm doctor` on its machine.",
        {"critical": "Judged as it is; bound: alerts.window in stack.yaml."},
    ),
    "PipecatRuleEvaluationFailing": Said(
        "pipecat-stack",
        "Alerts of that group are blind. Prometheus' rules page shows the error.",
        _bound("Judged over 5m", "alerts.hold", "critical"),
    ),
    "PipecatQueueFileDamaged": Said(
        "pipecat-stack",
        "It was set aside, so that the collector starts: what waited in it is in no store. `pipecat-lgtm status` names "
        "the file. Another one soon means that the disk fails.",
        _bound("Judged over 5m", "alerts.hold", "critical"),
    ),
    "PipecatRuleEvaluationMissed": Said(
        "pipecat-stack",
        "One evaluation takes longer than there is between two: alerts of that group come late, and sums over hours "
        "may miss what happened in between.",
        _bound("Judged over 5m", "alerts.hold", "warning"),
    ),
    "PipecatNotificationsFailing": Said(
        "pipecat-stack",
        "Somebody who should have been told was not.",
        _bound("Judged over 5m", "alerts.hold", "critical"),
    ),
    "PipecatCollectorQueueFilling": Said(
        "pipecat-stack",
        "A store is slow or away. At 100 % telemetry is lost.",
        _bound(_NOW, "thresholds.queue_fill", "warning", "critical"),
    ),
    "PipecatSeriesOverflowed": Said(
        "pipecat-stack",
        "A limit of `cardinality` is reached: totals stay right, breakdowns do not.",
        {"warning": "Judged over 5m; bound: cardinality.series_per_metric in stack.yaml."},
    ),
    "PipecatBridgeDropping": Said(
        "pipecat-stack",
        "They could not be sent in time, or were refused: what they would have counted is missing.",
        _bound("Judged over 5m", "alerts.hold", "warning"),
    ),
    "PipecatTelemetryMissing": Said(
        "pipecat-conversations",
        "Nobody calls, nobody can, or the bot sends nothing any more.",
        {"warning": "Judged over 1h; bound: alerts.telemetry_window in stack.yaml."},
    ),
    "PipecatSpansWithoutMetrics": Said(
        "pipecat-stack",
        "`enable_metrics` is off in the bot's PipelineParams, so its latencies are missing from panels and alerts.",
        _bound(_WINDOW, "thresholds.metrics_coverage", "warning"),
    ),
    "PipecatTtfwUnmeasured": Said(
        "pipecat-latency",
        "No VAD frame tells when the caller's speech ended: TTFW of these turns is in no percentile and no alert.",
        _bound(_WINDOW, "thresholds.ttfw_unmeasured", "info"),
    ),
    "PipecatValuesRefused": Said(
        "pipecat-stack",
        "Broken clocks, or a bot that writes text where a number belongs.",
        _bound(_WINDOW, "thresholds.values_refused", "warning"),
    ),
    "PipecatWatchdog": Said(
        "pipecat-stack",
        "Always firing. The outside heartbeat that receives it raises the alarm when it stays away.",
        {"info": "Judged as it is; bound: alerts.interval in stack.yaml."},
        hold=0,
    ),
}
