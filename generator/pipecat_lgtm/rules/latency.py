"""Alerts about waiting: time to first word, end to end, stages, what no stage accounts for."""

from collections.abc import Iterator
from functools import partial

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.queries import Query, conditions, traceql
from pipecat_lgtm.rules import rare, signals
from pipecat_lgtm.rules.baselines import regression
from pipecat_lgtm.rules.build import LOW_TRAFFIC, Row, alert, compared, levels
from pipecat_lgtm.rules.model import Alert, Bound, Signal
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract import signals as s
from pipecat_lgtm_bridge.contract.types import Metric

_FAST = "pipecat-latency"
_STAGE_NAMES = {"stt": "Speech recognition", "llm": "The language model", "tts": "Speech synthesis"}


def alerts(config: Config) -> Iterator[Alert]:
    """Return the alerts."""
    yield from _turns(config)
    yield from _stages(config)
    bounds = config.thresholds
    yield from (
        alert(config, _regression(config), severity, bound)
        for severity, bound in levels("stage_regression", bounds.stage_regression, "factor")
    )
    yield from (
        alert(config, _remainder(config), severity, bound)
        for severity, bound in levels("remainder.p95", bounds.remainder.p95, "seconds")
    )


def _turns(config: Config) -> Iterator[Alert]:
    rows = (
        (
            "Ttfw", "ttfw", m.TURN_TTFW, s.TTFW,
            "{service}: callers wait {value} for the first word (P95, bound {bound})",
            "5 of 100 turns take longer than that from the end of the caller's speech to the first audible word. "
            "Open trace_url and look for the widest stage; the latency dashboard splits the time by stage.",
        ),
        (
            "E2e", "e2e", m.TURN_E2E, s.E2E,
            "{service}: replies take {value} end to end (P95, bound {bound})",
            "5 of 100 turns take longer than that from the end of the caller's speech until the reply is fully "
            "processed. If the first word is in time, the reply is long or synthesis is slow.",
        ),
    )  # fmt: skip
    for part, key, metric, breach, summary, description in rows:
        bounds = getattr(config.thresholds, key).p95
        row = Row(
            f"Pipecat{part}High",
            partial(signals.turn_latency, config, metric, breach),
            summary,
            description,
            _FAST,
            traceql.slow_turns,
        )
        given = list(levels(f"{key}.p95", bounds, "seconds"))
        for severity, bound in given:
            beyond = partial(_whole_reply, bound) if breach == s.E2E else None
            yield alert(config, row, severity, bound, condition=beyond)
        if given:
            yield _few_turns(config, part, metric, breach, given[-1][1])


def _whole_reply(bound: Bound, signal: Signal, floor: int) -> Query:
    """Return the condition on end-to-end times that says which of them are but times to the first word."""
    return _marked(compared(signal, bound, (), floor), signal.window)


def _marked(condition: Query, seconds: float) -> Query:
    return conditions.first_audio(condition, format_seconds(seconds))


def _few_turns(config: Config, part: str, metric: Metric, breach: str, bound: Bound) -> Alert:
    what = "the first word" if breach == s.TTFW else "the whole reply"
    row = Row(
        f"Pipecat{part}High{LOW_TRAFFIC}",
        partial(signals.turn_share, config, metric, breach, bound.key.rpartition(".")[2], bound.value),
        f"{{service}}: {{value}} of few turns waited longer than {{bound}} for {what}",
        "This bot has too few turns for percentiles, so slow ones are counted over hours. "
        "Open trace_url: with so few, each can be looked at.",
        _FAST,
        traceql.slow_turns,
    )
    slow = partial(signals.slow_turns, metric, bound.value)
    if breach != s.E2E:
        return rare.companion(config, row, bound, slow)
    return rare.companion(config, row, bound, slow, lambda found: _marked(found, config.alerts.low_traffic.window))


def _stages(config: Config) -> Iterator[Alert]:
    for stage in labels.STAGES:
        title, who = stage.capitalize(), f"{{{{ $labels.{labels.PROVIDER} }}}}"
        search = partial(traceql.slow_stage, stage)
        row = Row(
            f"Pipecat{title}TtfbHigh",
            partial(signals.stage_latency, config, stage),
            f"{{service}}: {stage} of {who} takes {{value}} to its first byte (P95, bound {{bound}})",
            f"{_STAGE_NAMES[stage]} is late, and every later stage waits for it. Compare with the provider's status "
            "page and with other services on the same provider.",
            _FAST,
            search,
            ((labels.STAGE, stage),),
        )
        given = list(levels(f"{stage}_ttfb.p95", config.thresholds.stage(stage), "seconds"))
        yield from (alert(config, row, severity, bound) for severity, bound in given)
        if not given:
            continue
        bound = given[0][1]
        companion = Row(
            f"Pipecat{title}TtfbHigh{LOW_TRAFFIC}",
            partial(signals.stage_share, stage, bound.value),
            f"{{service}}: {{value}} of few {stage} requests to {who} took longer than {{bound}}",
            "This bot has too few requests for percentiles, so slow ones are counted over hours.",
            _FAST,
            search,
            ((labels.STAGE, stage),),
        )
        yield rare.companion(config, companion, bound, partial(signals.slow_requests, stage, bound.value))


def _regression(config: Config) -> Row:
    return Row(
        "PipecatStageRegressed",
        partial(regression, config),
        f"{{service}}: {{{{ $labels.{labels.STAGE} }}}} takes {{value}} times its usual time",
        "The stage is slower than this service is used to, whatever the bound: P95 TTFB against the median of its own "
        "past. Something changed: a release, a model, a prompt, a region, the provider.",
        _FAST,
        lambda _: traceql.calls(),
    )


def _remainder(config: Config) -> Row:
    return Row(
        "PipecatRemainderHigh",
        partial(signals.remainder, config),
        f"{{service}}: {{value}} of a turn go to {{{{ $labels.{labels.CONTRIBUTION} }}}} (P95, bound {{bound}})",
        "Time that no stage accounts for: the bot's own pipeline, or the way out to the caller. "
        "Needs the bridge. Usual reasons: a busy event loop, blocking code in a processor, a far-away region.",
        _FAST,
        traceql.slow_turns,
    )
