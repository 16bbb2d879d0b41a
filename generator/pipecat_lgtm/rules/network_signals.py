"""What network, speech and quality alerts look at; fed by the bridge, the browser module or quality evaluation."""

from collections.abc import Callable

from pipecat_lgtm.config import Config, buckets
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.queries import health, levels, promql, steps
from pipecat_lgtm.queries.expr import among, equal, matching
from pipecat_lgtm.queries.histograms import Histogram
from pipecat_lgtm.queries.query import Query, Unit
from pipecat_lgtm.rules import recordings
from pipecat_lgtm.rules.model import Recording, Signal
from pipecat_lgtm.rules.recordings import BURN_GROUP, recorded
from pipecat_lgtm.rules.signals import COMMON, turns
from pipecat_lgtm_bridge.contract import labels, signals
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Metric

_HOUR = 3600
_LINE = (labels.DIRECTION, labels.SIDE)


def _what(metric: Metric) -> str:
    return metric.prometheus.removeprefix("pipecat_")


def line_p95(config: Config, metric: Metric, breach: str, seconds: float) -> Signal:
    """Return the P95 of a WebRTC report's value, per side and direction."""
    window = format_seconds(seconds)
    values = Histogram(metric, window, (*COMMON, *_LINE))
    return Signal(
        Recording(recorded(_what(metric), "p95", window), levels.quantile(values, 0.95)),
        (*COMMON, *_LINE),
        Recording(recorded(_what(metric), "increase", window), levels.counted(values)),
        seconds,
        (breach,),
        buckets=tuple(buckets.network(config)),
    )


def means(  # noqa: PLR0913 - the parts of a signal
    metric: Metric, own: tuple[str, ...], unit: Unit, breach: str, seconds: float, *, low: bool = False
) -> Signal:
    """Return the mean of a histogram's values."""
    window = format_seconds(seconds)
    values = Histogram(metric, window, (*COMMON, *own))
    return Signal(
        Recording(recorded(_what(metric), "mean", window), levels.mean(values, unit)),
        (*COMMON, *own),
        Recording(recorded(_what(metric), "increase", window), levels.counted(values)),
        seconds,
        (breach,),
        low_is_bad=low,
    )


def packet_loss(seconds: float) -> Signal:
    """Return the mean packet loss per side and direction."""
    return means(m.WEBRTC_PACKET_LOSS, _LINE, "ratio", signals.PACKET_LOSS, seconds)


def confidence(seconds: float) -> Signal:
    """Return the mean STT confidence per provider."""
    return means(m.STT_CONFIDENCE, (labels.PROVIDER,), "ratio", signals.CONFIDENCE, seconds, low=True)


def nack_rise(seconds: float) -> Signal:
    """Return retransmissions asked for, as a multiple of the hour before."""
    window, own = format_seconds(seconds), (labels.DIRECTION,)
    return Signal(
        Recording(recorded("webrtc_nacks", "rise", window), levels.rise(m.WEBRTC_NACKS, window, "1h", *own)),
        (*COMMON, *own),
        Recording(recorded("webrtc_nacks", "increase", window), promql.increase(m.WEBRTC_NACKS, window, *own)),
        seconds,
        (signals.PACKET_LOSS, signals.JITTER),
    )


def audio_silent(config: Config, seconds: float) -> Signal:
    """Return the share of reports with audio level 0 on the caller's voice."""
    window, least = format_seconds(seconds), min(config.histograms.ratio)
    voices = [
        Histogram(m.WEBRTC_AUDIO_LEVEL, window, (*COMMON, *_LINE), tuple(map(equal, _LINE, voice)))
        for voice in labels.CALLERS_AUDIO
    ]
    brief = f"Share of reports with an audio level of at most {least:g}."
    return Signal(
        Recording(
            recorded("webrtc_audio_silent", "share", window),
            levels.either("audio_silent", [levels.share_within(one, least, brief) for one in voices]),
        ),
        (*COMMON, *_LINE),
        Recording(
            recorded("webrtc_callers_audio", "increase", window),
            levels.either("callers_audio", [levels.counted(one) for one in voices]),
        ),
        seconds,
        (signals.AUDIO_SILENT,),
    )


def unanswered(config: Config, seconds: float) -> Signal:
    """Return the share of what callers say that is never answered."""
    answered, lost, said, share = recordings.unanswered(config, format_seconds(seconds))
    return Signal(share, COMMON, said, seconds, (signals.UNANSWERED,), support=(answered, lost))


def unanswered_speech(step: steps.Step, _: str) -> steps.Counts:
    """Return how often callers spoke in a step, and how often nobody answered."""
    lost = steps.events(m.UNANSWERED_SPEECH, step)
    return steps.Counts(lost, steps.either(steps.events(m.TURNS_MEASURED, step, health.ANSWERED), lost))


def repetitions(seconds: float) -> Signal:
    """Return repeated requests, questions and replies, per turn."""
    return _per_turn("repetitions", levels.repetitions_per_turn, signals.REPETITION, seconds)


def repeated(step: steps.Step, _: str) -> steps.Counts:
    """Return how often something was said again in a step, and how many turns there were."""
    return steps.Counts(steps.events(m.CONVERSATION_SIGNALS, step, levels.REPEATED), steps.events(m.TURNS, step))


def silent_turns(seconds: float) -> Signal:
    """Return long silences, per turn."""
    return _per_turn("silent_turns", levels.silent_turns, signals.SILENCE, seconds)


def _per_turn(what: str, level: Callable[[str], Query], breach: str, seconds: float) -> Signal:
    """Return how often something happens per turn; `level` takes a window."""
    window = format_seconds(seconds)
    return Signal(Recording(recorded(what, "share", window), level(window)), COMMON, turns(seconds), seconds, (breach,))


def share_of(  # noqa: PLR0913, PLR0917 - the parts of a signal
    metric: Metric, what: str, label: str, value: str, breach: str, seconds: float
) -> Signal:
    """Return the share of a counter that has a label value, and should."""
    window = format_seconds(seconds)
    return Signal(
        Recording(recorded(what, "ratio", window), levels.share(metric, window, equal(label, value))),
        COMMON,
        Recording(recorded(_what(metric), "increase", window), promql.increase(metric, window)),
        seconds,
        (breach,),
        low_is_bad=True,
    )


def findings(kinds: tuple[str, ...], what: str, breach: str, seconds: float) -> Signal:
    """Return how many compliance findings of some kinds there were."""
    window = format_seconds(seconds)
    query = levels.grown(m.COMPLIANCE_FINDINGS, window, labels.KIND, matchers=(among(labels.KIND, *kinds),))
    return Signal(
        Recording(recorded(what, "increase", window), query), (*COMMON, labels.KIND), None, seconds, (breach,)
    )


def frustration(seconds: float) -> Signal:
    """Return frustration markers per turn."""
    window = format_seconds(seconds)
    query = levels.markers_per_turn(window)
    return Signal(
        Recording(recorded("frustration", "share", window), query), COMMON, turns(seconds), seconds,
        (signals.FRUSTRATION,),
    )  # fmt: skip


def synthetic_failures(pattern: str, seconds: float) -> Signal:
    """Return the share of synthetic calls that failed or were abandoned."""
    window, whose = format_seconds(seconds), matching(labels.SERVICE_NAME, pattern)
    bad, group = among(labels.OUTCOME, "failed", "abandoned"), BURN_GROUP if seconds > _HOUR else ""
    ratio, calls = recorded("synthetic_failures", "ratio", window), recorded("synthetic_calls", "increase", window)
    return Signal(
        Recording(ratio, levels.share(m.CONVERSATIONS, window, bad, whose), group=group),
        COMMON,
        Recording(calls, levels.increase(m.CONVERSATIONS, window, whose), group=group),
        seconds,
        (signals.ERROR,),
    )
