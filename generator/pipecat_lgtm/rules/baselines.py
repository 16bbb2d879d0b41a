"""Signals held against their own past; with too little history they are silent and `pipecat:baseline:ready` is 0."""

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.queries import levels
from pipecat_lgtm.queries.histograms import Histogram
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.rules import recordings
from pipecat_lgtm.rules.model import Recording, Signal
from pipecat_lgtm.rules.recordings import HISTORY_GROUP, beside, recorded
from pipecat_lgtm_bridge.contract import labels, signals
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Metric

READY = "pipecat:baseline:ready"
REGRESSION, WER, JUDGE = "stage_ttfb", "stt_wer", "quality_score"


def history(config: Config, value: Recording, signal: str) -> tuple[Recording, Recording, Recording]:
    """Return the recordings of a value's past, of its baseline, and of whether there is one.

    The past is the value at fewer points: a query over days reads every sample of its series.
    """
    base = config.alerts.baseline
    window, offset, step = (format_seconds(one) for one in (base.window, base.offset, base.step))
    whole = format_seconds(base.window + base.offset)
    kept = beside(value.name, "_history")
    ready = levels.baseline_ready(kept, window, offset, step, whole, base.min_points)
    return (
        Recording(kept, levels.again(value.name, value.query.unit), group=HISTORY_GROUP),
        Recording(baseline_name(signal), levels.baseline(kept, window, offset, step), group=HISTORY_GROUP),
        Recording(READY, ready, ((labels.SIGNAL, signal),), group=HISTORY_GROUP),
    )


def baseline_name(signal: str) -> str:
    """Return the recorded name of a signal's baseline."""
    return f"pipecat:{signal}:baseline"


def regression(config: Config, seconds: float) -> Signal:
    """Return a stage's P95 TTFB as a multiple of its own baseline."""
    window, own = format_seconds(seconds), (labels.STAGE,)
    value = recordings.quantile(config, m.STAGE_TTFB, 0.95, window)
    past = history(config, value, REGRESSION)
    ratio = levels.against(value.name, baseline_name(REGRESSION), READY, REGRESSION, *own)
    return Signal(
        Recording(recorded("stage_ttfb", "baseline_ratio", window), ratio, group=value.group),
        (*labels.COMMON, *own),
        recordings.counted(config, m.STAGE_TTFB, window),
        seconds,
        labels.STAGES,
        support=(recordings.buckets(config, m.STAGE_TTFB, window), value, *past),
    )


def word_errors(config: Config, seconds: float) -> Signal:
    """Return by how many points word errors are above their own baseline, per provider."""
    name = recorded("stt_wer_ratio", "mean", format_seconds(seconds))
    ask = levels.points_above(name, baseline_name(WER), READY, WER, labels.PROVIDER)
    return _drift(config, m.STT_WER, (labels.PROVIDER,), seconds, name, ask, WER, signals.WER)


def judged(config: Config, seconds: float) -> Signal:
    """Return by what share scores are below their own baseline, by what is judged and by whom."""
    name = recorded("quality_score", "mean", format_seconds(seconds))
    ask = levels.drop(name, baseline_name(JUDGE), READY, JUDGE, *labels.JUDGE)
    return _drift(config, m.QUALITY_SCORE, labels.JUDGE, seconds, name, ask, JUDGE, signals.QUALITY)


def _drift(  # noqa: PLR0913, PLR0917 - the parts of a signal
    config: Config,
    metric: Metric,
    own: tuple[str, ...],
    seconds: float,
    name: str,
    ask: Query,
    signal: str,
    breach: str,
) -> Signal:
    window = format_seconds(seconds)
    values = Histogram(metric, window, (*labels.COMMON, *own))
    mean = Recording(name, levels.mean(values, "ratio"))
    return Signal(
        Recording(recorded(signal, "drift", window), ask),
        (*labels.COMMON, *own),
        Recording(recorded(signal, "increase", window), levels.counted(values)),
        seconds,
        (breach,),
        support=(mean, *history(config, mean, signal)),
    )
