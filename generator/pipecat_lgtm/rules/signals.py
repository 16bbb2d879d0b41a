"""What latency, error and usage alerts look at; each function takes a window in seconds."""

from dataclasses import replace

from pipecat_lgtm.config import Config, buckets
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.queries import levels, promql, steps
from pipecat_lgtm.queries.expr import among, equal
from pipecat_lgtm.queries.histograms import Histogram
from pipecat_lgtm.rules import recordings
from pipecat_lgtm.rules.model import Recording, Signal
from pipecat_lgtm.rules.recordings import recorded
from pipecat_lgtm_bridge.contract import labels, signals
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Metric

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
        buckets=tuple(buckets.latency(config)),
    )


def turn_share(  # noqa: PLR0913, PLR0917 - the parts of a signal
    config: Config, metric: Metric, breach: str, severity: str, bound: float, seconds: float
) -> Signal:
    """Return the share of turns beyond the bound of a severity."""
    value = recordings.share(config, metric, severity, bound, format_seconds(seconds))
    return replace(turn_latency(config, metric, breach, seconds), value=value, buckets=())


def slow_turns(metric: Metric, bound: float, step: steps.Step, every: str) -> steps.Counts:
    """Return how many turns there were in a step, recorded as `every`, and how many above a bound."""
    return steps.values(Histogram(metric, step.length, COMMON), bound, step, every)


def stage_latency(config: Config, stage: str, seconds: float) -> Signal:
    """Return the P95 TTFB of a stage, per provider."""
    window = format_seconds(seconds)
    return Signal(
        Recording(
            recorded("stage_ttfb_seconds_by_provider", "p95", window),
            promql.quantile(m.STAGE_TTFB, 0.95, window, *BY_PROVIDER),
        ),
        (*COMMON, *BY_PROVIDER),
        _answered(window),
        seconds,
        (stage,),
        buckets=tuple(buckets.latency(config)),
    )


def _answered(window: str) -> Recording:
    """Return the requests of all stages, per provider, that have a TTFB."""
    return Recording(
        recorded("stage_ttfb_by_provider", "increase", window),
        promql.increase(m.STAGE_TTFB, window, *BY_PROVIDER),
    )


def stage_share(stage: str, bound: float, seconds: float) -> Signal:
    """Return the share of a stage's requests beyond its bound."""
    window = format_seconds(seconds)
    answered = _answered(window)
    value = Recording(
        recorded(f"{stage}_ttfb_seconds_by_provider", "beyond_warning", window),
        promql.share_beyond(
            m.STAGE_TTFB,
            bound,
            window,
            *BY_PROVIDER,
            matchers=(equal(labels.STAGE, stage),),
            samples=answered.name,
        ),
    )
    return Signal(value, (*COMMON, *BY_PROVIDER), answered, seconds, (stage,))


def slow_requests(stage: str, bound: float, step: steps.Step, every: str) -> steps.Counts:
    """Return how many requests to a stage were answered in a step, recorded as `every`, and how many late."""
    which = (equal(labels.STAGE, stage),)
    return steps.values(Histogram(m.STAGE_TTFB, step.length, (*COMMON, *BY_PROVIDER), which), bound, step, every)


def remainder(config: Config, seconds: float) -> Signal:
    """Return the P95 of what no stage accounts for: the pipeline itself and the way out."""
    window = format_seconds(seconds)
    own = (labels.CONTRIBUTION,)
    which = (among(labels.CONTRIBUTION, "pipeline", "output_transport"),)
    parts = Histogram(m.TURN_CONTRIBUTION, window, (*COMMON, *own), which)
    return Signal(
        Recording(recorded("turn_remainder_seconds", "p95", window), levels.quantile(parts, 0.95)),
        (*COMMON, *own),
        Recording(recorded("turns_with_remainder", "increase", window), levels.counted(parts)),
        seconds,
        (signals.TTFW,),
        buckets=tuple(buckets.latency(config)),
    )


def conversation_failures(seconds: float) -> Signal:
    """Return the share of ended conversations in which a component failed."""
    ended, share = recordings.conversation_failures(format_seconds(seconds))
    return Signal(share, COMMON, ended, seconds, (signals.ERROR,))


def failed_conversations(step: steps.Step, _: str) -> steps.Counts:
    """Return how many conversations ended in a step, and in how many a component failed."""
    failed = equal(labels.OUTCOME, "failed")
    return steps.Counts(steps.events(m.CONVERSATIONS, step, failed), steps.events(m.CONVERSATIONS, step))


def stage_errors(config: Config, seconds: float) -> Signal:
    """Return failures of a stage per request."""
    requests, failures, attempts, ratio = recordings.attempts(config, format_seconds(seconds))
    own = (*COMMON, labels.STAGE)
    return Signal(ratio, own, attempts, seconds, (signals.ERROR,), support=(requests, failures))


def tokens_per_turn(seconds: float) -> Signal:
    """Return LLM tokens of a turn."""
    every, tokens = recordings.tokens_per_turn(format_seconds(seconds))
    return Signal(tokens, COMMON, every, seconds, (signals.TOKENS,))


def turns(seconds: float) -> Recording:
    """Return the number of turns in a window."""
    return recordings.turns(format_seconds(seconds))
