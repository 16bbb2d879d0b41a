"""Alerts about the monitoring itself, and about telemetry that stays away."""

from collections.abc import Callable, Iterator
from functools import partial

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.alerts import Severity
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.contract import labels
from pipecat_lgtm.queries import Query, conditions, health, traceql
from pipecat_lgtm.rules import recordings
from pipecat_lgtm.rules.build import Row, alert, levels
from pipecat_lgtm.rules.model import Alert, Bound, Recording, Signal
from pipecat_lgtm.rules.recordings import recorded
from pipecat_lgtm.rules.signals import COMMON, turns

WATCHDOG = "PipecatWatchdog"
_DASHBOARD = "pipecat-stack"
_NOW = 0.0
"""The window of a state that is read as it is."""


def _any(_: float) -> Query:
    return traceql.everything()


def alerts(config: Config) -> Iterator[Alert]:
    """Return the alerts."""
    for name, severity, signal, summary, description in _failures():
        row = Row(name, signal, summary, description, _DASHBOARD, _any)
        bound = Bound(f"alerts.hold.{severity}", 0, "none")
        yield alert(config, row, severity, bound, window=_NOW if name.endswith("Down") else None)
    for severity, bound in levels("queue_fill", config.thresholds.queue_fill, "ratio"):
        yield alert(config, _queue(), severity, bound, window=_NOW)
    yield from _services(config)
    watchdog = Row(
        WATCHDOG, _watchdog, "Alerts are evaluated and sent",
        "Always firing. The outside heartbeat that receives it raises the alarm when it stays away.", _DASHBOARD, _any,
    )  # fmt: skip
    yield alert(
        config, watchdog, "info", Bound("alerts.interval", 0, "none"), window=_NOW, hold=0.0,
        condition=lambda signal, _: conditions.present(signal.value.name),
    )  # fmt: skip


def _failures() -> Iterator[tuple[str, Severity, Callable[[float], Signal], str, str]]:
    yield (
        "PipecatCollectorRefusing", "critical",
        partial(_counted, "collector_refused", health.refused, ("receiver",)),
        "The collector refuses telemetry ({value} items)",
        "Bots try again, and in the end drop what they hold. The memory limit is reached, or a store is slow.",
    )  # fmt: skip
    yield (
        "PipecatCollectorDropping", "critical",
        partial(_counted, "collector_dropped", health.dropped, ("exporter",)),
        "The collector drops telemetry for {{ $labels.exporter }} ({value} items)",
        "Its queue is full: what is dropped is lost, and counts in panels are too low.",
    )  # fmt: skip
    yield (
        "PipecatCollectorExportFailing", "critical",
        partial(_counted, "collector_export_failed", health.export_failed, ("exporter",)),
        "{{ $labels.exporter }} refuses for good what the collector sends ({value} items)",
        "Not an outage, which is waited out: the store says no. The collector's log has its reason.",
    )  # fmt: skip
    yield (
        "PipecatValuesOverflowed", "warning",
        partial(_counted, "no_place", health.no_place, ()),
        "The collector holds as many label sets as it may ({value} values of events and sums lost)",
        "Not all conversations that silences, hearing, network or outcomes put beyond a bound are held: what alerts "
        "name as affected is the least it can be. If sums find no place either, their counts are too low.",
    )  # fmt: skip
    yield (
        "PipecatStoreDown", "critical", partial(_down, health.STORES),
        "{{ $labels.job }} does not answer",
        "What is computed from it is missing or old. The collector keeps telemetry on disk until the store is back.",
    )  # fmt: skip
    yield (
        "PipecatCollectorDown", "critical", partial(_down, "collector"),
        "The collector does not answer",
        "No telemetry arrives. Bots keep a little and drop the rest; calls go on.",
    )  # fmt: skip
    yield (
        "PipecatRuleEvaluationFailing", "critical",
        partial(_counted, "rule_failures", health.rule_failures, ("rule_group",)),
        "Rules of {{ $labels.rule_group }} fail ({value} times)",
        "Alerts of that group are blind. Prometheus' rules page shows the error.",
    )  # fmt: skip
    yield (
        "PipecatNotificationsFailing", "critical",
        partial(_counted, "notification_failures", health.notification_failures, ("integration",)),
        "Notifications by {{ $labels.integration }} fail ({value} times)",
        "Somebody who should have been told was not.",
    )  # fmt: skip


def _counted(what: str, ask: Callable[[str], Query], by: tuple[str, ...], seconds: float) -> Signal:
    window = format_seconds(seconds)
    return Signal(Recording(recorded(what, "increase", window), ask(window)), by, None, seconds)


def _down(jobs: str, seconds: float) -> Signal:
    what = "collector_down" if jobs == "collector" else "store_down"
    return Signal(Recording(f"pipecat:{what}:state", health.down(jobs)), ("job",), None, seconds)


def _watchdog(seconds: float) -> Signal:
    return Signal(Recording("pipecat:watchdog:state", health.always()), (), None, seconds)


def _queue() -> Row:
    return Row(
        "PipecatCollectorQueueFilling",
        lambda seconds: Signal(Recording("pipecat:queue:fill", health.queue_fill()), ("exporter",), None, seconds),
        "The collector's queue for {{ $labels.exporter }} is {value} full (bound {bound})",
        "A store is slow or away. At 100 % telemetry is lost.",
        _DASHBOARD,
        _any,
    )


def _services(config: Config) -> Iterator[Alert]:
    overflowed = Row(
        "PipecatSeriesOverflowed",
        partial(_counted, "series_overflow", health.overflow, (*COMMON, labels.SIGNAL)),
        "{service}: {value} values of {{ $labels.signal }} were counted without their labels",
        "A limit of `cardinality` is reached: totals stay right, breakdowns do not.",
        _DASHBOARD,
        lambda _: traceql.calls(),
    )
    yield alert(config, overflowed, "warning", Bound("cardinality.series_per_metric", 0, "none"))
    missing = Row(
        "PipecatTelemetryMissing",
        partial(_missed, config.alerts.min_samples),
        "{service}: no turn at all; at this time yesterday there were {value}",
        "Nobody calls, nobody can, or the bot sends nothing any more.",
        "pipecat-conversations",
        lambda _: traceql.calls(),
    )  # fmt: skip
    yield alert(
        config, missing, "warning", Bound("alerts.telemetry_window", config.alerts.telemetry_window, "seconds"),
        window=config.alerts.telemetry_window, condition=lambda signal, _: conditions.present(signal.value.name),
    )  # fmt: skip
    unmeasured = Row(
        "PipecatSpansWithoutMetrics",
        partial(_coverage, config),
        "{service}: only {value} of the LLM requests came with a time to first byte (bound {bound})",
        "`enable_metrics` is off in the bot's PipelineParams, so its latencies are missing from panels and alerts.",
        _DASHBOARD,
        lambda _: traceql.calls(),
    )
    for severity, bound in levels("metrics_coverage", config.thresholds.metrics_coverage, "ratio"):
        yield alert(config, unmeasured, severity, bound)
    refused = Row(
        "PipecatValuesRefused",
        _refused,
        "{service}: {value} values per turn were kept out of the metrics (bound {bound})",
        "Broken clocks, or a bot that writes text where a number belongs.",
        _DASHBOARD,
        lambda _: traceql.calls(),
    )
    for severity, bound in levels("values_refused", config.thresholds.values_refused, "ratio"):
        yield alert(config, refused, severity, bound)


def _missed(floor: int, seconds: float) -> Signal:
    window = format_seconds(seconds)
    return Signal(
        Recording(recorded("missed_turns", "state", window), health.missed(window, floor)), COMMON, None, seconds
    )


def _coverage(config: Config, seconds: float) -> Signal:
    requests, share = recordings.coverage(config, format_seconds(seconds))
    return Signal(share, COMMON, requests, seconds, low_is_bad=True)


def _refused(seconds: float) -> Signal:
    window = format_seconds(seconds)
    return Signal(
        Recording(recorded("values_refused", "ratio", window), health.refused_per_turn(window)),
        COMMON,
        turns(seconds),
        seconds,
    )
