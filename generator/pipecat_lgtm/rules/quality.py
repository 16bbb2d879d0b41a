"""Alerts about whether the agent is any good: silence, hearing, outcomes, judges, compliance, frustration, uptime."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.alerts import BURN_RATE
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.queries import Query, conditions, traceql
from pipecat_lgtm.rules import baselines, rare
from pipecat_lgtm.rules import network_signals as signals
from pipecat_lgtm.rules.build import LOW_TRAFFIC, Row, alert, levels
from pipecat_lgtm.rules.model import Alert, Bound, BoundUnit, Signal
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract import signals as s

_DASHBOARD = "pipecat-quality"


def _calls(_: float) -> Query:
    return traceql.calls()


def alerts(config: Config) -> Iterator[Alert]:
    """Return the alerts."""
    yield from _heard(config)
    for row, key, unit in _evaluated(config):
        for severity, bound in levels(key, getattr(config.thresholds, key), unit):
            yield alert(config, row, severity, bound, window=config.alerts.quality_window)
    yield from _repeated(config)
    yield from _found(config)
    yield from _uptime(config)


def _heard(config: Config) -> Iterator[Alert]:
    bounds, provider = config.thresholds, f"{{{{ $labels.{labels.PROVIDER} }}}}"
    silence = Row(
        "PipecatSilenceLong",
        signals.silent_turns,
        "{service}: long silences per turn: {value} (bound {bound})",
        f"Nobody spoke for longer than {bounds.long_silence:.10g} s (`thresholds.silence`) in mid-conversation: the "
        "bot did not answer, or the caller was not heard. A silence in which the caller waits counts while it lasts.",
        "pipecat-conversations",
        _calls,
    )
    for severity, bound in levels("silent_turns", bounds.silent_turns, "ratio"):
        yield alert(config, silence, severity, bound)
    yield from _unanswered(config)
    confidence = Row(
        "PipecatSttConfidenceLow",
        signals.confidence,
        f"{{service}}: {provider} is {{value}} sure of what callers say (mean, bound {{bound}})",
        "The bot acts on words that were hardly understood. Look at the audio first (network dashboard), then at "
        "language, vocabulary and model.",
        _DASHBOARD,
        _calls,
    )
    for severity, bound in levels("stt_confidence", bounds.stt_confidence, "ratio"):
        yield alert(config, confidence, severity, bound, hold=config.alerts.confidence_hold)


def _unanswered(config: Config) -> Iterator[Alert]:
    row = Row(
        "PipecatSpeechUnanswered",
        partial(signals.unanswered, config),
        "{service}: {value} of what callers say is never answered (bound {bound})",
        "The caller spoke, and the bot said nothing before the caller spoke again, hung up, or had waited for 10 s. "
        "Without a transcript the STT is deaf, with one the bot had no reply: the panel shows which.",
        "pipecat-conversations",
        traceql.unanswered,
    )
    few = replace(
        row,
        name=f"PipecatSpeechUnanswered{LOW_TRAFFIC}",
        summary="{service}: {value} times in few calls what a caller said was never answered",
        description="This bot has too few turns for shares, so what was not answered is counted over hours.",
    )
    yield from _with_low_traffic(config, "unanswered_speech", row, few, signals.unanswered_speech)


def _with_low_traffic(config: Config, key: str, row: Row, few: Row, counted: rare.Ask) -> Iterator[Alert]:
    """Return the alerts of a ratio at its thresholds, and that of services with too few turns for it, if it has any."""
    given = list(levels(key, getattr(config.thresholds, key), "ratio"))
    yield from (alert(config, row, severity, bound) for severity, bound in given)
    if given:
        yield rare.companion(config, few, given[0][1], counted)


def _evaluated(config: Config) -> Iterator[tuple[Row, str, BoundUnit]]:
    yield (
        Row(
            "PipecatTaskCompletionLow",
            partial(signals.share_of, m.TASK_OUTCOMES, "task_completion", labels.OUTCOME, "completed", s.TASK),
            "{service}: callers get done what they called for in {value} of the cases (bound {bound})",
            "The bot's own record of outcomes. Compare with releases, prompts and tools that changed.",
            _DASHBOARD, _calls,
        ),
        "task_completion", "ratio",
    )  # fmt: skip
    yield (
        Row(
            "PipecatWerDrift",
            partial(baselines.word_errors, config),
            f"{{service}}: {{{{ $labels.{labels.PROVIDER} }}}} gets {{value}} more words wrong (bound {{bound}})",
            "Word error rate against the service's own past, in points. Needs reference transcripts.",
            _DASHBOARD, _calls,
        ),
        "wer_drift", "ratio",
    )  # fmt: skip
    yield (
        Row(
            "PipecatJudgeScoreDropped",
            partial(baselines.judged, config),
            f"{{service}}: {{{{ $labels.{labels.DIMENSION} }}}} is judged {{value}} lower than usual (bound {{bound}})",
            "The mean score against the service's own past, by the same judge, model and prompt. Read the worst "
            "conversations before rolling back.",
            _DASHBOARD, _calls,
        ),
        "judge_drop", "ratio",
    )  # fmt: skip
    yield (
        Row(
            "PipecatIntentMatchLow",
            partial(signals.share_of, m.INTENTS, "intent_match", labels.MATCHED, "true", s.INTENT),
            "{service}: an intent is recognised in {value} of the cases (bound {bound})",
            "Callers ask for what the bot does not know, or it mishears them.",
            _DASHBOARD, _calls,
        ),
        "intent_match", "ratio",
    )  # fmt: skip
    yield (
        Row(
            "PipecatFrustrationHigh",
            signals.frustration,
            "{service}: {value} frustration markers per turn (bound {bound})",
            "Callers ask again, complain or want a human.",
            _DASHBOARD,
            lambda _: traceql.spoken(a.FRUSTRATION_PREFIX, tuple(config.content.frustration)),
        ),
        "frustration", "ratio",
    )  # fmt: skip


def _repeated(config: Config) -> Iterator[Alert]:
    """Return the only alert about signals of conversations.

    What else they tell has no bound that holds for all: how many callers hang up early depends on who calls whom, how
    many raise their voice on microphones too, and how many have to be asked again on what they are asked for.
    """
    row = Row(
        "PipecatRepetitionHigh",
        signals.repetitions,
        "{service}: {value} repetitions per turn (bound {bound})",
        "Callers ask for the same again, the bot asks what was answered, or gives the same reply three times: it does "
        "not understand, or does not remember. The panel of signals shows which.",
        _DASHBOARD,
        _calls,
    )
    few = replace(
        row,
        name=f"PipecatRepetitionHigh{LOW_TRAFFIC}",
        summary="{service}: {value} times in few calls something was said over and over",
        description="This bot has too few turns for shares, so repetitions are counted over hours.",
    )
    yield from _with_low_traffic(config, "repetitions", row, few, signals.repeated)


def _found(config: Config) -> Iterator[Alert]:
    kind = f"{{{{ $labels.{labels.KIND} }}}}"
    table = (
        (
            "PipecatPiiDisclosed", "pii_findings", config.alerts.pii_kinds, s.PII,
            f"{{service}}: {{value}} times {kind} was said in a conversation",
            "Protected data was spoken. The stores hold it masked (content.mode); what a recording of the call or the "
            "bot's own log files hold is another matter.",
        ),
        (
            "PipecatOffScript", "off_script", ("off_script",), s.OFF_SCRIPT,
            "{service}: the bot left its script {value} times",
            "Quality evaluation found answers the script does not allow.",
        ),
    )  # fmt: skip
    for name, key, kinds, breach, summary, description in table:
        row = Row(
            name,
            partial(signals.findings, kinds, key, breach),
            summary,
            description,
            _DASHBOARD,
            lambda _, kinds=kinds: traceql.spoken(a.FINDING_PREFIX, kinds),  # type: ignore[misc]
        )
        for severity, given in levels(key, getattr(config.thresholds, key), "count"):
            bound = replace(given, inclusive=True)
            yield alert(
                config, row, severity, bound, window=config.alerts.quality_window, condition=partial(_at_least, bound)
            )


def _at_least(bound: Bound, signal: Signal, floor: int) -> Query:  # noqa: ARG001 - findings need no floor
    return conditions.at_least(signal.value.name, bound.value)


def _uptime(config: Config) -> Iterator[Alert]:
    target = config.thresholds.uptime.target
    if target is None:
        return
    for rate in config.alerts.burn_rates:
        burnt = rate.factor * (1 - target)
        long, short = format_seconds(rate.long), format_seconds(rate.short)
        row = Row(
            BURN_RATE,
            partial(_burn, config, rate.short),
            f"{{service}}: {{value}} of the synthetic calls of the last {long} failed: the error budget burns "
            f"{rate.factor:g} times too fast",
            f"Judged over {long} and {short} at once, so that it neither waits long nor lingers. "
            "Synthetic calls see what a caller sees: place one yourself.",
            "pipecat-quality",
            lambda _: traceql.failed(),
            labels=((labels.BURN_WINDOW, long),),
        )
        bound = Bound("thresholds.uptime.target", burnt, "ratio")
        yield alert(
            config,
            row,
            rate.severity,
            bound,
            window=rate.long,
            hold=rate.hold,
            floor=rate.min_samples,
            condition=partial(_burning, bound),
        )


def _burn(config: Config, short: float, long: float) -> Signal:
    whole = signals.synthetic_failures(config.alerts.synthetic_services, long)
    brief = signals.synthetic_failures(config.alerts.synthetic_services, short)
    return Signal(whole.value, whole.labels, whole.samples, long, whole.breaches, support=(brief.value,))


def _burning(bound: Bound, signal: Signal, floor: int) -> Query:
    samples = signal.samples.name if signal.samples else ""
    return conditions.burning(signal.value.name, signal.support[0].name, bound.value, samples, floor)
