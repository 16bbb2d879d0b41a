"""One row per alert: how a service that is well behaves, how one that is not, and what the reader is told then."""

from collections.abc import Callable
from dataclasses import dataclass, field

from feeds import Phase, Series, counter, gauge, histogram

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Metric

Feed = Callable[[Config, dict[str, str], list[Phase]], Series]
NEW = "new: there was no value 10 minutes ago"


@dataclass(frozen=True)
class Told:
    """What a severity's reader is told at the check.

    Args:
        value: of the bad phase.
        summary: whole.
        trend: whole.
        labels: of this severity alone.
    """

    value: float
    summary: str
    trend: str
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One alert name.

    Args:
        feed: the series of a service in phases.
        good: the value of a service that is well; not beyond any bound, and next to it where it can be.
        told: by severity.
        labels: of the alert besides the service's.
        breach: `signal` of its offenders; none for alerts about the monitoring.
        count: events per step; enough for the floor.
        few: events per step of a service under the floor.
        before, bad, check: steps until it gets bad, of that, and from its begin to the check.
        step: seconds.
        service: whether its series belong to a service.
        floor: whether a floor guards it.
        worse: how many times as many events a bad step has.
    """

    feed: Feed
    good: float
    told: dict[str, Told]
    labels: dict[str, str] = field(default_factory=dict)
    breach: str = ""
    count: float = 5
    few: float = 0.5
    before: int = 40
    bad: int = 60
    check: int = 40
    step: int = 15
    service: bool = True
    floor: bool = True
    worse: float = 1


def hist(metric: Metric, **labels: str) -> Feed:
    """Return a feed of one histogram."""
    return lambda config, service, phases: histogram(config, metric, service | labels, phases)


def per_turn(metric: Metric, **labels: str) -> Feed:
    """Return a feed of turns, and of a counter that grows by `value` with each."""

    def feed(_: Config, service: dict[str, str], phases: list[Phase]) -> Series:
        grown = [Phase(one.steps, 0, one.count * one.value) for one in phases]
        turns = counter(m.TURNS.prometheus, service | {"interrupted": "false"}, phases)
        return turns | counter(metric.prometheus, service | labels, grown)

    return feed


def shares(metric: Metric, label: str, of: str, rest: str, also: dict[str, str] | None = None) -> Feed:
    """Return a feed of a counter of which the share `value` has one label value, the rest another."""

    def feed(_: Config, service: dict[str, str], phases: list[Phase]) -> Series:
        own = service | (also or {})
        counted = [Phase(one.steps, 0, one.count * one.value) for one in phases]
        others = [Phase(one.steps, 0, one.count * (1 - one.value)) for one in phases]
        return counter(metric.prometheus, own | {label: of}, counted) | counter(
            metric.prometheus, own | {label: rest}, others
        )

    return feed


def stage_errors(_: Config, service: dict[str, str], phases: list[Phase]) -> Series:
    """Return requests to a language model of which the share `value` failed."""
    own = service | {"stage": "llm", "provider": "openai", "model": "gpt-4.1"}
    requests = counter(m.STAGE_REQUESTS.prometheus, own | {"status": "ok"}, phases)
    failed = [Phase(one.steps, 0, one.count * one.value) for one in phases]
    return requests | counter(m.STAGE_ERRORS.prometheus, own | {"category": "server"}, failed)


def tokens(config: Config, service: dict[str, str], phases: list[Phase]) -> Series:
    """Return turns of `value` tokens each."""
    turns = counter(m.TURNS.prometheus, service | {"interrupted": "false"}, phases)
    return turns | histogram(config, m.TURN_TOKENS, service, phases)


def coverage(config: Config, service: dict[str, str], phases: list[Phase]) -> Series:
    """Return language model requests of which the share `value` has a TTFB."""
    own = service | {"stage": "llm", "provider": "openai", "model": "gpt-4.1"}
    requests = counter(m.STAGE_REQUESTS.prometheus, own | {"status": "ok"}, phases)
    timed = [Phase(one.steps, 0.2, one.count * one.value) for one in phases]
    return requests | histogram(config, m.STAGE_TTFB, own, timed)


def silences(config: Config, service: dict[str, str], phases: list[Phase]) -> Series:
    """Return turns of which the share `value` was followed by a silence of 8 s, and each by one of 5 s."""
    turns = counter(m.TURNS.prometheus, service | {"interrupted": "false"}, phases)
    long = [Phase(one.steps, 8.0, one.count * one.value) for one in phases]
    made = histogram(config, m.SILENCE, service, long)
    return turns | made


def audio(config: Config, service: dict[str, str], phases: list[Phase]) -> Series:
    """Return reports of the caller's audio, and of the bot's, which may be silent."""
    voice = histogram(config, m.WEBRTC_AUDIO_LEVEL, service | {"direction": "inbound", "side": "bot"}, phases)
    mute = [Phase(one.steps, 0, one.count) for one in phases]
    return voice | histogram(config, m.WEBRTC_AUDIO_LEVEL, service | {"direction": "outbound", "side": "bot"}, mute)


def counter_of(name: str, **labels: str) -> Feed:
    """Return a feed of a counter that grows by `count` a step."""
    return lambda _, service, phases: counter(name, service | labels, phases)


def counted(name: str, **labels: str) -> Feed:
    """Return a feed of a counter that grows by `value` a step."""
    return lambda _, service, phases: counter(
        name, service | labels, [Phase(one.steps, 0, one.value) for one in phases]
    )


def level(name: str, **labels: str) -> Feed:
    """Return a feed of a gauge."""
    return lambda _, service, phases: gauge(name, service | labels, phases)


def queue(_: Config, service: dict[str, str], phases: list[Phase]) -> Series:
    """Return the collector's queue, filled to the share `value`."""
    own = service | {"exporter": "otlp/tempo", "data_type": "traces"}
    size = [Phase(one.steps, 20000 * one.value, 0) for one in phases]
    full = [Phase(one.steps, 20000, 0) for one in phases]
    return gauge("otelcol_exporter_queue_size", own, size) | gauge("otelcol_exporter_queue_capacity", own, full)


_LLM = {"stage": "llm", "provider": "openai"}
_AGO = "against 10 minutes ago)"


def _stage(stage: str, provider: str, good: float, told: Told) -> Case:
    feed = hist(m.STAGE_TTFB, stage=stage, provider=provider, model="m")
    return Case(feed, good, {"warning": told}, {"stage": stage, "provider": provider}, stage)


# A service "bad" is judged while one at its bound ("well") and one with too few turns ("few") stay silent.
CASES: dict[str, Case] = {
    "PipecatTtfwHigh": Case(
        hist(m.TURN_TTFW), 0.8,
        {
            "warning": Told(
                1.0, "bad: callers wait 990ms for the first word (P95, bound 800 ms)", f"getting worse (+197.5ms {_AGO}"
            ),
            "critical": Told(
                1.4, "bad: callers wait 1.485s for the first word (P95, bound 1.2 s)", f"getting worse (+692.5ms {_AGO}"
            ),
        },
        breach="ttfw",
    ),
    "PipecatE2eHigh": Case(
        hist(m.TURN_E2E), 1.2,
        {
            "warning": Told(
                1.4, "bad: replies take 1.485s end to end (P95, bound 1.2 s)", f"getting worse (+295ms {_AGO}"
            ),
            "critical": Told(
                2.5, "bad: replies take 2.95s end to end (P95, bound 2 s)", f"getting worse (+1.76s {_AGO}"
            ),
        },
        breach="e2e",
    ),
    "PipecatSttTtfbHigh": _stage(
        "stt", "deepgram", 0.4,
        Told(
            0.45, "bad: stt of deepgram takes 495ms to its first byte (P95, bound 400 ms)",
            f"getting worse (+100ms {_AGO}",
        ),
    ),
    "PipecatLlmTtfbHigh": _stage(
        "llm", "openai", 1.0,
        Told(1.1, "bad: llm of openai takes 1.19s to its first byte (P95, bound 1 s)", f"getting worse (+200ms {_AGO}"),
    ),
    "PipecatTtsTtfbHigh": _stage(
        "tts", "cartesia", 0.4,
        Told(
            0.45, "bad: tts of cartesia takes 495ms to its first byte (P95, bound 400 ms)",
            f"getting worse (+100ms {_AGO}",
        ),
    ),
    "PipecatStageRegressed": Case(
        hist(m.STAGE_TTFB, **_LLM, model="gpt-4.1"), 0.2,
        {"warning": Told(0.45, "bad: llm takes 2.506 times its usual time", f"getting worse (+1.506 {_AGO}")},
        {"stage": "llm"}, "llm", before=240,
    ),
    "PipecatRemainderHigh": Case(
        hist(m.TURN_CONTRIBUTION, contribution="pipeline", owner="pipeline"), 0.2,
        {"warning": Told(
            0.3, "bad: 295ms of a turn go to pipeline (P95, bound 200 ms)", f"getting worse (+97.5ms {_AGO}"
        )},
        {"contribution": "pipeline"}, "ttfw",
    ),
    "PipecatErrorRateHigh": Case(
        shares(m.CONVERSATIONS, "outcome", "failed", "completed"), 0.0,
        {
            "warning": Told(
                0.04, "bad: a component failed in 4% of the conversations (bound 1 %)", f"getting worse (+4% {_AGO}"
            ),
            "critical": Told(
                0.2, "bad: a component failed in 20% of the conversations (bound 5 %)", f"getting worse (+20% {_AGO}"
            ),
        },
        breach="error",
    ),
    "PipecatErrorRateSustained": Case(
        shares(m.CONVERSATIONS, "outcome", "failed", "completed"), 0.0,
        {"critical": Told(
            0.04, "bad: a component failed in 4% of the conversations (bound 1 %)", f"getting worse (+4% {_AGO}"
        )},
        breach="error",
    ),
    "PipecatStageErrorRateHigh": Case(
        stage_errors, 0.0,
        {
            "warning": Told(0.04, "bad: 4% of the requests to llm fail (bound 1 %)", f"getting worse (+4% {_AGO}"),
            "critical": Told(0.2, "bad: 20% of the requests to llm fail (bound 5 %)", f"getting worse (+20% {_AGO}"),
        },
        {"stage": "llm"}, "error",
    ),
    "PipecatTokensPerTurnHigh": Case(
        tokens, 3000,
        {
            "warning": Told(
                4000, "bad: a turn takes 4000 LLM tokens (mean, bound 3000)", f"getting worse (+1000 {_AGO}"
            ),
            "critical": Told(
                9000, "bad: a turn takes 9000 LLM tokens (mean, bound 5000)", f"getting worse (+6000 {_AGO}"
            ),
        },
        breach="tokens",
    ),
    "PipecatJitterHigh": Case(
        hist(m.WEBRTC_JITTER, direction="inbound", side="bot"), 0.05,
        {"info": Told(
            0.08, "bad: jitter of 97.5ms (bot side, inbound; P95, bound 50 ms)", f"stabilizing (+0s {_AGO}"
        )},
        {"direction": "inbound", "side": "bot"}, "jitter", bad=140, check=100,
    ),
    "PipecatPacketLossHigh": Case(
        hist(m.WEBRTC_PACKET_LOSS, direction="inbound", side="client"), 0.009,
        {"warning": Told(
            0.04, "bad: 4% of the audio packets are lost (client side, inbound; bound 1 %)",
            f"getting worse (+3.1% {_AGO}",
        )},
        {"direction": "inbound", "side": "client"}, "packet_loss",
    ),
    "PipecatJitterBufferHigh": Case(
        hist(m.WEBRTC_JITTER_BUFFER, direction="inbound", side="bot"), 0.2,
        {"warning": Told(
            0.25, "bad: audio waits 295ms in the jitter buffer (bot side, inbound; P95, bound 200 ms)",
            f"getting worse (+97.5ms {_AGO}",
        )},
        {"direction": "inbound", "side": "bot"}, "jitter_buffer",
    ),
    "PipecatNacksRising": Case(
        counter_of(m.WEBRTC_NACKS.prometheus, direction="outbound"), 0,
        {"info": Told(
            0, "bad: 3.329 times the retransmissions of an hour ago (outbound)", f"getting worse (+0.2234 {_AGO}"
        )},
        {"direction": "outbound"}, "packet_loss", count=1, few=0.1, before=290, bad=80, check=50, worse=5,
    ),
    "PipecatAudioSilent": Case(
        audio, 0.3,
        {"warning": Told(
            0.0, "bad: no sound in 100% of the callers' audio reports (bot side, inbound; bound 90 %)",
            f"stabilizing (+0% {_AGO}",
        )},
        {"direction": "inbound", "side": "bot"}, "audio_silent", bad=100, check=80,
    ),
    "PipecatSilenceLong": Case(
        silences, 0.0,
        {"warning": Told(
            0.2, "bad: long silences in 20% of the turns (bound 5 %)", f"getting worse (+20% {_AGO}"
        )},
        breach="silence",
    ),
    "PipecatSttConfidenceLow": Case(
        hist(m.STT_CONFIDENCE, provider="deepgram", model="nova-3"), 0.7,
        {"warning": Told(
            0.5, "bad: deepgram is 50% sure of what callers say (mean, bound 70 %)", f"stabilizing (+0% {_AGO}"
        )},
        {"provider": "deepgram"}, "confidence", bad=140, check=100,
    ),
    "PipecatTaskCompletionLow": Case(
        shares(m.TASK_OUTCOMES, "outcome", "completed", "failed"), 0.76,
        {
            "warning": Told(
                0.7, "bad: callers get done what they called for in 70% of the cases (bound 75 %)",
                f"getting worse (-6% {_AGO}",
            ),
            "critical": Told(
                0.5, "bad: callers get done what they called for in 50% of the cases (bound 60 %)",
                f"getting worse (-26% {_AGO}",
            ),
        },
        breach="task",
    ),
    "PipecatIntentMatchLow": Case(
        shares(m.INTENTS, "matched", "true", "false"), 0.91,
        {"warning": Told(
            0.6, "bad: an intent is recognised in 60% of the cases (bound 90 %)", f"getting worse (-31% {_AGO}"
        )},
        breach="intent",
    ),
    "PipecatFrustrationHigh": Case(
        per_turn(m.FRUSTRATION_MARKERS, kind="complaint"), 0.04,
        {"warning": Told(
            0.2, "bad: 20% frustration markers per turn (bound 5 %)", f"getting worse (+16% {_AGO}"
        )},
        breach="frustration",
    ),
    "PipecatValuesRefused": Case(
        per_turn(m.VALUES_REFUSED, signal="e2e", reason="out_of_range"), 0.04,
        {"warning": Told(
            0.2, "bad: 20% values per turn were kept out of the metrics (bound 5 %)", f"getting worse (+16% {_AGO}"
        )},
    ),
    "PipecatSpansWithoutMetrics": Case(
        coverage, 0.6,
        {"warning": Told(
            0.2, "bad: only 20% of the LLM requests came with a time to first byte (bound 50 %)",
            f"getting worse (-40% {_AGO}",
        )},
    ),
    "PipecatTtfwHighLowTraffic": Case(
        hist(m.TURN_TTFW), 0.1,
        {"warning": Told(
            2.0, "bad: 10 of few turns waited longer than 1.2 s for the first word", f"stabilizing (+0% {_AGO}"
        )},
        {}, "ttfw", count=0.2, few=5, before=130, bad=70, check=60,
    ),
    "PipecatE2eHighLowTraffic": Case(
        hist(m.TURN_E2E), 0.1,
        {"warning": Told(
            3.0, "bad: 10 of few turns waited longer than 2 s for the whole reply", f"stabilizing (+0% {_AGO}"
        )},
        {}, "e2e", count=0.2, few=5, before=130, bad=70, check=60,
    ),
    "PipecatSttTtfbHighLowTraffic": Case(
        hist(m.STAGE_TTFB, stage="stt", provider="deepgram", model="m"), 0.1,
        {"warning": Told(
            2.0, "bad: 10 of few stt requests to deepgram took longer than 400 ms", f"stabilizing (+0% {_AGO}"
        )},
        {"stage": "stt", "provider": "deepgram"}, "stt", count=0.2, few=5, before=130, bad=70, check=60,
    ),
    "PipecatLlmTtfbHighLowTraffic": Case(
        hist(m.STAGE_TTFB, stage="llm", provider="openai", model="m"), 0.1,
        {"warning": Told(
            2.0, "bad: 10 of few llm requests to openai took longer than 1 s", f"stabilizing (+0% {_AGO}"
        )},
        {"stage": "llm", "provider": "openai"}, "llm", count=0.2, few=5, before=130, bad=70, check=60,
    ),
    "PipecatTtsTtfbHighLowTraffic": Case(
        hist(m.STAGE_TTFB, stage="tts", provider="cartesia", model="m"), 0.1,
        {"warning": Told(
            2.0, "bad: 10 of few tts requests to cartesia took longer than 400 ms", f"stabilizing (+0% {_AGO}"
        )},
        {"stage": "tts", "provider": "cartesia"}, "tts", count=0.2, few=5, before=130, bad=70, check=60,
    ),
    "PipecatErrorRateHighLowTraffic": Case(
        shares(m.CONVERSATIONS, "outcome", "failed", "completed"), 0.0,
        {"warning": Told(1.0, "bad: a component failed in 10 of few conversations", f"stabilizing (+0% {_AGO}")},
        {}, "error", count=0.2, few=5, before=130, bad=70, check=60,
    ),
    "PipecatWerDrift": Case(
        hist(m.STT_WER, provider="deepgram", model="nova-3"), 0.1,
        {
            "info": Told(0.13, "bad: deepgram gets 3% more words wrong (bound 2 %)", f"stabilizing (+0% {_AGO}"),
            "critical": Told(0.2, "bad: deepgram gets 10% more words wrong (bound 5 %)", f"stabilizing (+0% {_AGO}"),
        },
        {"provider": "deepgram"}, "wer", before=240, bad=80, check=65,
    ),
    "PipecatJudgeScoreDropped": Case(
        hist(m.QUALITY_SCORE, dimension="tone_accuracy"), 0.9,
        {"critical": Told(
            0.7, "bad: tone_accuracy is judged 22.22% lower than usual (bound 10 %)", f"getting worse (+22.22% {_AGO}"
        )},
        {"dimension": "tone_accuracy"}, "quality", before=240,
    ),
    "PipecatPiiDisclosed": Case(
        counted(m.COMPLIANCE_FINDINGS.prometheus, kind="card"), 0.0,
        {"critical": Told(0.2, "bad: 4 times card was said in a conversation", f"getting worse (+4 {_AGO}")},
        {"kind": "card"}, "pii", floor=False,
    ),
    "PipecatOffScript": Case(
        counted(m.COMPLIANCE_FINDINGS.prometheus, kind="off_script"), 0.0,
        {"warning": Told(0.2, "bad: the bot left its script 4 times", f"getting worse (+4 {_AGO}")},
        {"kind": "off_script"}, "off_script", floor=False,
    ),
    "PipecatUptimeBurnRate": Case(
        shares(m.CONVERSATIONS, "outcome", "failed", "completed"), 0.0,
        {
            "warning": Told(
                0.01,
                "bad: 1% of the synthetic calls of the last 20m failed: the error budget burns 3 times too fast",
                f"stabilizing (+0% {_AGO}", {"burn_window": "20m"},
            ),
            "critical": Told(
                0.2,
                "bad: 20% of the synthetic calls of the last 10m failed: the error budget burns 14.4 times too fast",
                f"stabilizing (+0% {_AGO}", {"burn_window": "10m"},
            ),
        },
        breach="error", few=0.1, before=100, bad=140, check=125,
    ),
    "PipecatSeriesOverflowed": Case(
        counted(m.SERIES_OVERFLOWED.prometheus, signal="latency"), 0.0,
        {"warning": Told(
            5, "bad: 100 values of latency were counted without their labels", f"getting worse (+100 {_AGO}"
        )},
        {"signal": "latency"}, floor=False,
    ),
    "PipecatCollectorRefusing": Case(
        counted("otelcol_receiver_refused_spans", receiver="otlp", transport="grpc"), 0.0,
        {"critical": Told(5, "The collector refuses telemetry (100 items)", f"getting worse (+100 {_AGO}")},
        {"receiver": "otlp"}, service=False, floor=False,
    ),
    "PipecatCollectorDropping": Case(
        counted("otelcol_exporter_enqueue_failed_log_records", exporter="otlp_http/loki"), 0.0,
        {"critical": Told(
            5, "The collector drops telemetry for otlp_http/loki (100 items)", f"getting worse (+100 {_AGO}"
        )},
        {"exporter": "otlp_http/loki"}, service=False, floor=False,
    ),
    "PipecatCollectorExportFailing": Case(
        counted("otelcol_exporter_send_failed_metric_points", exporter="otlp_http/prometheus"), 0.0,
        {"critical": Told(
            5, "otlp_http/prometheus refuses for good what the collector sends (100 items)",
            f"getting worse (+100 {_AGO}",
        )},
        {"exporter": "otlp_http/prometheus"}, service=False, floor=False,
    ),
    "PipecatCollectorQueueFilling": Case(
        queue, 0.5,
        {
            "warning": Told(
                0.6, "The collector's queue for otlp/tempo is 60% full (bound 50 %)", f"getting worse (+10% {_AGO}"
            ),
            "critical": Told(
                0.9, "The collector's queue for otlp/tempo is 90% full (bound 80 %)", f"getting worse (+40% {_AGO}"
            ),
        },
        {"exporter": "otlp/tempo"}, service=False, floor=False, check=39,
    ),
    "PipecatStoreDown": Case(
        level("up", job="tempo", instance="tempo:3200"), 1.0,
        {"critical": Told(0.0, "tempo does not answer", f"getting worse (+1 {_AGO}")},
        {"job": "tempo"}, service=False, floor=False, check=39,
    ),
    "PipecatCollectorDown": Case(
        level("up", job="collector", instance="collector:8888"), 1.0,
        {"critical": Told(0.0, "The collector does not answer", f"getting worse (+1 {_AGO}")},
        {"job": "collector"}, service=False, floor=False, check=39,
    ),
    "PipecatRuleEvaluationFailing": Case(
        counted("prometheus_rule_evaluation_failures_total", rule_group="/etc/rules.yml;pipecat-latency"), 0.0,
        {"critical": Told(
            1, "Rules of /etc/rules.yml;pipecat-latency fail (20 times)", f"getting worse (+20 {_AGO}"
        )},
        {"rule_group": "/etc/rules.yml;pipecat-latency"}, service=False, floor=False,
    ),
    "PipecatNotificationsFailing": Case(
        counted("alertmanager_notifications_failed_total", integration="slack", reason="serverError"), 0.0,
        {"critical": Told(1, "Notifications by slack fail (20 times)", f"getting worse (+20 {_AGO}")},
        {"integration": "slack"}, service=False, floor=False,
    ),
}  # fmt: skip
