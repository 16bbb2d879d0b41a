"""Alert by situation: whether it fires, and what it says, written by hand; what `fires` does not name is silent."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MANY: dict[str, float] = dict.fromkeys(("burst", "back", "restart", "busy"), 0)
"""Where a share or percentile rests on enough samples, and is bad for as long as a warning must hold."""
SHARES: dict[str, float] = dict.fromkeys(MANY, 100) | {"back": 95}
"""The same of one counter's share in another, in percent. Prometheus stretches what it saw to the whole window, but no
counter below 0: where one was at 0 and the other was not, the share is too low by one scrape of the window."""
LASTING: dict[str, float] = {"busy": 0}
"""What must hold for longer than a burst is in the window."""
COUNTED: dict[str, float] = {
    "first": 1, "lone": 1, "two": 1, "burst": 30, "back": 30, "restart": 60, "quiet": 1, "shaken": 1, "busy": 100,
}  # fmt: skip
"""Where one is enough, and how many it says."""
FEW: dict[str, float] = {"quiet": 3, "shaken": 3}
"""Three bad ones of a bot that is never busy."""


@dataclass(frozen=True)
class Row:
    """What an alert does in each situation.

    Args:
        good, bad: values of an event, or of a state.
        says: by severity, the summary; {who} is the service, {n} the number in `fires`.
        fires: in which situations, with the number it says; several: at one look after the other, and at no later one.
        more: how many times as many events come when it is bad.
        state: it is about a state, not about events.
        stays: what is counted over hours is also said at the last look.
    """

    good: float
    bad: float
    says: dict[str, str]
    fires: Mapping[str, float | tuple[float, ...]] = field(default_factory=dict)
    more: float = 1
    state: bool = False
    stays: bool = False


APART = {
    "PipecatTelemetryMissing": "it compares days: `cases_stack._weeks` has a bot that stops, one that rests, a new one",
    "PipecatWatchdog": "it fires always",
    "PipecatRemoteWriteLate": "it is about the age of samples: `cases_stack._silent_agent`",
}
"""Alerts that none of these situations concerns."""


def _slow(stage: str, provider: str, between: str, bound: str) -> Row:
    text = f"{{who}}: {stage} of {provider} takes between {between} to its first byte (P95, bound {bound})"
    return Row(0.1, 3.0 if stage == "llm" else 0.5, {"warning": text}, MANY)


def _few(text: str, good: float, bad: float) -> Row:
    return Row(good, bad, {"warning": f"{{who}}: {text}"}, FEW, stays=True)


ROWS: dict[str, Row] = {
    "PipecatTtfwHigh": Row(
        0.5, 2.0,
        {
            "warning": "{who}: callers wait between 1.5 s and 2 s for the first word (P95, bound 800 ms)",
            "critical": "{who}: callers wait between 1.5 s and 2 s for the first word (P95, bound 1.2 s)",
        },
        MANY,
    ),
    "PipecatTtfwHighLowTraffic": _few("{n} of few turns waited longer than 1.2 s for the first word", 0.5, 2.0),
    "PipecatE2eHigh": Row(
        1.0, 5.0,
        {
            "warning": "{who}: replies take between 3 s and 5 s end to end (P95, bound 1.2 s)",
            "critical": "{who}: replies take between 3 s and 5 s end to end (P95, bound 2 s)",
        },
        MANY,
    ),
    "PipecatE2eHighLowTraffic": _few("{n} of few turns waited longer than 2 s for the whole reply", 1.0, 5.0),
    "PipecatSttTtfbHigh": _slow("stt", "deepgram", "400 ms and 500 ms", "400 ms"),
    "PipecatLlmTtfbHigh": _slow("llm", "openai", "2 s and 3 s", "1 s"),
    "PipecatTtsTtfbHigh": _slow("tts", "cartesia", "400 ms and 500 ms", "400 ms"),
    "PipecatSttTtfbHighLowTraffic": _few("{n} of few stt requests to deepgram took longer than 400 ms", 0.1, 0.5),
    "PipecatLlmTtfbHighLowTraffic": _few("{n} of few llm requests to openai took longer than 1 s", 0.1, 3.0),
    "PipecatTtsTtfbHighLowTraffic": _few("{n} of few tts requests to cartesia took longer than 400 ms", 0.1, 0.5),
    "PipecatStageRegressed": Row(
        # P95 of values in the bucket up to 200 ms is 197.5 ms, of those in the bucket up to 500 ms 495 ms.
        0.2, 0.5, {"warning": "{who}: llm takes 2.506 times its usual time"}, LASTING,
    ),
    "PipecatRemainderHigh": Row(
        0.1, 0.3,
        {"warning": "{who}: between 200 ms and 300 ms of a turn go to pipeline (P95, bound 200 ms)"},
        MANY,
    ),
    "PipecatErrorRateHigh": Row(
        0.0, 1.0,
        {
            "warning": "{who}: a component failed in 100% of the conversations (bound 1 %)",
            "critical": "{who}: a component failed in 100% of the conversations (bound 5 %)",
        },
        MANY,
    ),
    "PipecatErrorRateSustained": Row(
        0.0, 1.0, {"critical": "{who}: a component failed in 100% of the conversations (bound 1 %)"}, LASTING
    ),
    "PipecatErrorRateHighLowTraffic": _few("a component failed in {n} of few conversations", 0.0, 1.0),
    "PipecatStageErrorRateHigh": Row(
        0.0, 1.0,
        {
            "warning": "{who}: {n}% of the requests to llm fail (bound 1 %)",
            "critical": "{who}: {n}% of the requests to llm fail (bound 5 %)",
        },
        SHARES,
    ),
    "PipecatTokensPerTurnHigh": Row(
        1000, 9000,
        {
            "warning": "{who}: a turn takes 9000 LLM tokens (mean, bound 3000)",
            "critical": "{who}: a turn takes 9000 LLM tokens (mean, bound 5000)",
        },
        MANY,
    ),
    "PipecatJitterHigh": Row(
        0.01, 0.1,
        {"info": "{who}: jitter of between 50 ms and 100 ms (bot side, inbound; P95, bound 50 ms)"},
        LASTING,
    ),
    "PipecatPacketLossHigh": Row(
        0.001, 0.04, {"warning": "{who}: 4% of the audio packets are lost (client side, inbound; bound 1 %)"}, MANY
    ),
    "PipecatJitterBufferHigh": Row(
        0.05, 0.3,
        {
            "warning": "{who}: audio waits between 200 ms and 300 ms in the jitter buffer "
            "(bot side, inbound; P95, bound 200 ms)"
        },
        MANY,
    ),
    "PipecatNacksRising": Row(
        # Of the hour before, 13 min had 20 a scrape and 47 min had 5; then 19 and 41 min; then 29: too many.
        0, 0, {"info": "{who}: {n} times the retransmissions of the hour before (outbound)"},
        {"busy": (2.42, 2.047)}, more=4,
    ),
    "PipecatAudioSilent": Row(
        0.3, 0.0,
        {"warning": "{who}: no sound in {n}% of the callers' audio reports (bot side, inbound; bound 90 %)"},
        SHARES,
    ),
    "PipecatSilenceLong": Row(
        0.0, 1.0, {"warning": "{who}: long silences per turn: {n}% (bound 5 %)"}, SHARES
    ),
    "PipecatSpeechUnanswered": Row(
        0.0, 1.0,
        {
            "warning": "{who}: 100% of what callers say is never answered (bound 5 %)",
            "critical": "{who}: 100% of what callers say is never answered (bound 20 %)",
        },
        MANY,
    ),
    "PipecatSpeechUnansweredLowTraffic": _few("{n} times in few calls what a caller said was never answered", 0.0, 1.0),
    "PipecatRepetitionHigh": Row(0.0, 1.0, {"warning": "{who}: {n}% repetitions per turn (bound 10 %)"}, SHARES),
    "PipecatRepetitionHighLowTraffic": _few("{n} times in few calls something was said over and over", 0.0, 1.0),
    "PipecatSttConfidenceLow": Row(
        0.9, 0.5, {"warning": "{who}: deepgram is 50% sure of what callers say (mean, bound 70 %)"}, LASTING
    ),
    "PipecatTaskCompletionLow": Row(
        1.0, 0.0,
        {
            "warning": "{who}: callers get done what they called for in 0% of the cases (bound 75 %)",
            "critical": "{who}: callers get done what they called for in 0% of the cases (bound 60 %)",
        },
        MANY,
    ),
    "PipecatIntentMatchLow": Row(
        1.0, 0.0, {"warning": "{who}: an intent is recognised in 0% of the cases (bound 90 %)"}, MANY
    ),
    "PipecatFrustrationHigh": Row(
        0.0, 1.0, {"warning": "{who}: {n}% frustration markers per turn (bound 5 %)"}, SHARES
    ),
    "PipecatWerDrift": Row(
        0.1, 0.2,
        {
            "info": "{who}: deepgram gets 10% more words wrong (bound 2 %)",
            "critical": "{who}: deepgram gets 10% more words wrong (bound 5 %)",
        },
        LASTING,
    ),
    "PipecatJudgeScoreDropped": Row(
        0.9, 0.7, {"critical": "{who}: tone_accuracy is judged 22.22% lower than usual (bound 10 %)"}, LASTING
    ),
    "PipecatPiiDisclosed": Row(0, 1, {"critical": "{who}: {n} times card was said in a conversation"}, COUNTED),
    "PipecatOffScript": Row(0, 1, {"warning": "{who}: the bot left its script {n} times"}, COUNTED),
    "PipecatUptimeBurnRate": Row(
        0.0, 1.0,
        {
            "critical": "{who}: 100% of the synthetic calls of the last 10m failed: the error budget burns "
            "14.4 times too fast",
            "warning": "{who}: 100% of the synthetic calls of the last 12m failed: the error budget burns "
            "3 times too fast",
        },
        MANY,
    ),
    "PipecatSeriesOverflowed": Row(
        0, 1, {"warning": "{who}: {n} values of latency were counted without their labels"}, COUNTED
    ),
    "PipecatBridgeDropping": Row(0, 1, {"warning": "{who}: bots dropped {n} spans"}, COUNTED),
    "PipecatSpansWithoutMetrics": Row(
        1.0, 0.0,
        {"warning": "{who}: only 0% of the LLM requests came with a time to first byte (bound 50 %)"},
        MANY,
    ),
    "PipecatTtfwUnmeasured": Row(
        0.0, 1.0,
        {"info": "{who}: 100% of the answered turns have no exact time to first word (bound 20 %)"},
        LASTING,
    ),
    "PipecatValuesRefused": Row(
        0.0, 1.0, {"warning": "{who}: {n}% values per turn were kept out of the metrics (bound 5 %)"}, SHARES
    ),
    "PipecatCollectorRefusing": Row(0, 1, {"critical": "The collector refuses telemetry ({n} items)"}, COUNTED),
    "PipecatCollectorDropping": Row(
        0, 1, {"critical": "The collector drops telemetry for otlp_http/loki ({n} items)"}, COUNTED
    ),
    "PipecatCollectorExportFailing": Row(
        0, 1, {"critical": "otlp_http/prometheus refuses for good what the collector sends ({n} items)"}, COUNTED
    ),
    "PipecatQueueFileDamaged": Row(
        0, 1, {"critical": "The collector's queue file of otlp_grpc_tempo_traces was damaged ({n} times)"}, COUNTED
    ),
    "PipecatValuesOverflowed": Row(
        0, 1,
        {"warning": "The collector holds as many label sets as it may ({n} values of events and sums lost)"},
        COUNTED,
    ),
    "PipecatStoreDiscarding": Row(
        0, 1, {"warning": "tempo discards what it took: trace_too_large ({n} items)"}, COUNTED
    ),
    "PipecatRemoteWriteFailing": Row(
        0, 1, {"critical": "The remote store refuses for good what gateway-0:9090 sends ({n} samples)"}, COUNTED
    ),
    "PipecatRuleEvaluationFailing": Row(
        0, 1, {"critical": "Rules of /etc/rules.yml;pipecat-latency fail ({n} times)"}, COUNTED
    ),
    "PipecatRuleEvaluationMissed": Row(
        0, 1,
        {"warning": "Rules of /etc/rules.yml;pipecat-1h are not evaluated in time ({n} evaluations left out)"}, COUNTED,
    ),
    "PipecatNotificationsFailing": Row(0, 1, {"critical": "Notifications by slack fail ({n} times)"}, COUNTED),
    "PipecatCollectorQueueFilling": Row(
        0.1, 0.9,
        {
            "warning": "The collector's queue for otlp/tempo is 90% full (bound 50 %)",
            "critical": "The collector's queue for otlp/tempo is 90% full (bound 80 %)",
        },
        MANY, state=True,
    ),
    "PipecatStoreDown": Row(1, 0, {"critical": "tempo does not answer"}, MANY, state=True),
    "PipecatStoreNotReady": Row(1, 0, {"critical": "tempo answers, but is not ready"}, MANY, state=True),
    "PipecatCollectorDown": Row(1, 0, {"critical": "The collector does not answer"}, MANY, state=True),
    "PipecatHeartbeatDown": Row(
        1, 0, {"warning": "Nobody places synthetic calls: the heartbeat does not answer"}, MANY, state=True
    ),
}  # fmt: skip
