"""What network, speech and quality alerts look at; fed by the bridge, the browser module or quality evaluation."""

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.contract import labels, signals
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Metric
from pipecat_lgtm.queries import levels, promql
from pipecat_lgtm.queries.histograms import Histogram
from pipecat_lgtm.queries.query import Unit
from pipecat_lgtm.rules.model import Recording, Signal
from pipecat_lgtm.rules.recordings import BURN_GROUP, is_native, recorded
from pipecat_lgtm.rules.signals import COMMON, turns

_HOUR = 3600
_LINE = (labels.DIRECTION, labels.SIDE)


def _what(metric: Metric) -> str:
    return metric.prometheus.removeprefix("pipecat_")


def line_p95(config: Config, metric: Metric, breach: str, seconds: float) -> Signal:
    """Return the P95 of a WebRTC report's value, per side and direction."""
    window = format_seconds(seconds)
    values = Histogram(metric, window, _LINE, is_native(config))
    return Signal(
        Recording(recorded(_what(metric), "p95", window), levels.quantile(values, 0.95)),
        (*COMMON, *_LINE),
        Recording(recorded(_what(metric), "increase", window), levels.counted(values)),
        seconds,
        (breach,),
    )


def means(  # noqa: PLR0913, PLR0917 - the parts of a signal
    config: Config, metric: Metric, own: tuple[str, ...], unit: Unit, breach: str, seconds: float, *, low: bool = False
) -> Signal:
    """Return the mean of a histogram's values."""
    window = format_seconds(seconds)
    values = Histogram(metric, window, own, is_native(config))
    return Signal(
        Recording(recorded(_what(metric), "mean", window), levels.mean(values, unit)),
        (*COMMON, *own),
        Recording(recorded(_what(metric), "increase", window), levels.counted(values)),
        seconds,
        (breach,),
        low_is_bad=low,
    )


def packet_loss(config: Config, seconds: float) -> Signal:
    """Return the mean packet loss per side and direction."""
    return means(config, m.WEBRTC_PACKET_LOSS, _LINE, "ratio", signals.PACKET_LOSS, seconds)


def confidence(config: Config, seconds: float) -> Signal:
    """Return the mean STT confidence per provider."""
    return means(config, m.STT_CONFIDENCE, (labels.PROVIDER,), "ratio", signals.CONFIDENCE, seconds, low=True)


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
        Histogram(m.WEBRTC_AUDIO_LEVEL, window, _LINE, is_native(config), tuple(zip(_LINE, voice, strict=True)))
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


def silent_turns(config: Config, seconds: float) -> Signal:
    """Return silences beyond their bound, per turn."""
    window, bounds = format_seconds(seconds), config.thresholds.silence
    bound = next(value for value in (bounds.warning, bounds.critical, *bounds.values()) if value is not None)
    return Signal(
        Recording(
            recorded("silent_turns", "share", window), levels.silent_turns(bound, window, native=is_native(config))
        ),
        COMMON,
        turns(seconds),
        seconds,
        (signals.SILENCE,),
    )


def share_of(  # noqa: PLR0913, PLR0917 - the parts of a signal
    metric: Metric, what: str, label: str, value: str, breach: str, seconds: float
) -> Signal:
    """Return the share of a counter that has a label value, and should."""
    window = format_seconds(seconds)
    return Signal(
        Recording(recorded(what, "ratio", window), levels.share(metric, window, of={label: value})),
        COMMON,
        Recording(recorded(_what(metric), "increase", window), promql.increase(metric, window)),
        seconds,
        (breach,),
        low_is_bad=True,
    )


def findings(kinds: tuple[str, ...], what: str, breach: str, seconds: float) -> Signal:
    """Return how many compliance findings of some kinds there were."""
    window = format_seconds(seconds)
    query = levels.grown(m.COMPLIANCE_FINDINGS, window, labels.KIND, kind="|".join(kinds))
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
    window, among = format_seconds(seconds), {labels.SERVICE_NAME: pattern}
    bad, group = {labels.OUTCOME: "failed|abandoned"}, BURN_GROUP if seconds > _HOUR else ""
    ratio, calls = (
        recorded(*name, window) for name in (("synthetic_failures", "ratio"), ("synthetic_calls", "increase"))
    )
    return Signal(
        Recording(ratio, levels.share(m.CONVERSATIONS, window, of=bad, among=among), group=group),
        COMMON,
        Recording(calls, levels.grown(m.CONVERSATIONS, window, **among), group=group),
        seconds,
        (signals.ERROR,),
    )
