"""What latency, error and usage alerts look at; each function takes a window in seconds."""

from dataclasses import replace

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.contract import labels, signals
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.contract.types import Metric
from pipecat_lgtm.queries import levels, promql
from pipecat_lgtm.queries.histograms import Histogram
from pipecat_lgtm.rules import recordings
from pipecat_lgtm.rules.model import Recording, Signal
from pipecat_lgtm.rules.recordings import is_native, recorded

COMMON = labels.COMMON
BY_PROVIDER = (labels.STAGE, labels.PROVIDER)


def turn_latency(config: Config, metric: Metric, breach: str, seconds: float) -> Signal:
    """Return the P95 of TTFW or E2E."""
    window = format_seconds(seconds)
    return Signal(
        recordings.quantile(config, metric, 0.95, window),
        COMMON,
        recordings.counted(config, metric, window),
        seconds,
        (breach,),
        support=(recordings.buckets(config, metric, window),),
    )


def turn_share(  # noqa: PLR0913, PLR0917 - the parts of a signal
    config: Config, metric: Metric, breach: str, severity: str, bound: float, seconds: float
) -> Signal:
    """Return the share of turns beyond the bound of a severity."""
    value = recordings.share(config, metric, severity, bound, format_seconds(seconds))
    return replace(turn_latency(config, metric, breach, seconds), value=value)


def stage_latency(config: Config, stage: str, seconds: float) -> Signal:
    """Return the P95 TTFB of a stage, per provider."""
    window, native = format_seconds(seconds), is_native(config)
    return Signal(
        Recording(
            recorded("stage_ttfb_seconds_by_provider", "p95", window),
            promql.quantile(m.STAGE_TTFB, 0.95, window, *BY_PROVIDER, native=native),
        ),
        (*COMMON, *BY_PROVIDER),
        Recording(
            recorded("stage_ttfb_by_provider", "increase", window),
            promql.increase(m.STAGE_TTFB, window, *BY_PROVIDER, native=native),
        ),
        seconds,
        (stage,),
    )


def stage_share(config: Config, stage: str, bound: float, seconds: float) -> Signal:
    """Return the share of a stage's requests beyond its bound."""
    window, native = format_seconds(seconds), is_native(config)
    whole = stage_latency(config, stage, seconds)
    value = Recording(
        recorded(f"{stage}_ttfb_seconds_by_provider", "beyond_warning", window),
        promql.share_beyond(m.STAGE_TTFB, bound, window, *BY_PROVIDER, matching={labels.STAGE: stage}, native=native),
    )
    return Signal(value, whole.labels, whole.samples, seconds, (stage,))


def remainder(config: Config, seconds: float) -> Signal:
    """Return the P95 of what no stage accounts for: the pipeline itself and the way out."""
    window = format_seconds(seconds)
    own = (labels.CONTRIBUTION,)
    parts = Histogram(
        m.TURN_CONTRIBUTION, window, own, is_native(config), ((labels.CONTRIBUTION, "pipeline|output_transport"),)
    )
    return Signal(
        Recording(recorded("turn_remainder_seconds", "p95", window), levels.quantile(parts, 0.95)),
        (*COMMON, *own),
        Recording(recorded("turns_with_remainder", "increase", window), levels.counted(parts)),
        seconds,
        (signals.TTFW,),
    )


def conversation_failures(seconds: float) -> Signal:
    """Return the share of ended conversations in which a component failed."""
    window = format_seconds(seconds)
    return Signal(
        Recording(recorded("conversation_failures", "ratio", window), promql.conversation_failure_ratio(window)),
        COMMON,
        Recording(recorded("conversations", "increase", window), promql.increase(m.CONVERSATIONS, window)),
        seconds,
        (signals.ERROR,),
    )


def stage_errors(config: Config, seconds: float) -> Signal:
    """Return failures of a stage per request."""
    requests, failures, attempts, ratio = recordings.attempts(config, format_seconds(seconds))
    own = (*COMMON, labels.STAGE)
    return Signal(ratio, own, attempts, seconds, (signals.ERROR,), support=(requests, failures))


def tokens_per_turn(config: Config, seconds: float) -> Signal:
    """Return LLM tokens of a turn."""
    window = format_seconds(seconds)
    return Signal(
        Recording(
            recorded("tokens_per_turn", "mean", window), promql.tokens_per_turn(window, native=is_native(config))
        ),
        COMMON,
        turns(seconds),
        seconds,
        (signals.TOKENS,),
    )


def turns(seconds: float) -> Recording:
    """Return the number of turns in a window."""
    window = format_seconds(seconds)
    return Recording(recorded("turns", "increase", window), promql.increase(m.TURNS, window))
