"""Alerts about the monitoring itself, and about telemetry that stays away."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.alerts import Severity
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.queries import Query, conditions, health
from pipecat_lgtm.rules import recordings
from pipecat_lgtm.rules.build import Row, alert, levels
from pipecat_lgtm.rules.model import Alert, Bound, Recording, Signal
from pipecat_lgtm.rules.recordings import recorded
from pipecat_lgtm.rules.signals import COMMON, turns
from pipecat_lgtm_bridge.contract import heartbeat, labels

WATCHDOG = "PipecatWatchdog"
_DASHBOARD = "pipecat-stack"
_NOW = 0.0
"""The window of a state that is read as it is."""
_STATES = {"PipecatStoreDown", "PipecatStoreNotReady", "PipecatCollectorDown", "PipecatHeartbeatDown"}


def alerts(config: Config) -> Iterator[Alert]:
    """Return the alerts."""
    for name, severity, signal, summary, description in (*_failures(), *_heartbeat(config)):
        row = Row(name, signal, summary, description, _DASHBOARD)
        bound = Bound(f"alerts.hold.{severity}", 0, "none")
        yield alert(config, row, severity, bound, window=_NOW if name in _STATES else None)
    for severity, bound in levels("queue_fill", config.thresholds.queue_fill, "ratio"):
        yield alert(config, _queue(), severity, bound, window=_NOW)
    if config.stores.prometheus.write_url is not None:
        yield from _agents(config)
    yield from _services(config)
    watchdog = Row(
        WATCHDOG, _watchdog, "Alerts are evaluated and sent",
        "Always firing. The outside heartbeat that receives it raises the alarm when it stays away.", _DASHBOARD,
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
        _dropped,
        "The collector drops telemetry for {{ $labels.exporter }} ({value} items)",
        "Its queue is full: what is dropped is lost, and counts in panels are too low.",
    )  # fmt: skip
    yield (
        "PipecatCollectorExportFailing", "critical",
        _export_failed,
        "{{ $labels.exporter }} refuses for good what the collector sends ({value} items)",
        "Not an outage, which is waited out: the store says no. The collector's log has its reason.",
    )  # fmt: skip
    yield (
        "PipecatQueueFileDamaged", "critical",
        partial(_counted, "queue_files_damaged", health.queue_files_damaged, (labels.QUEUE,)),
        f"The collector's queue file of {{{{ $labels.{labels.QUEUE} }}}} was damaged ({{value}} times)",
        "It was set aside, so that the collector starts: what waited in it is in no store. `pipecat-lgtm status` names "
        "the file. Another one soon means that the disk fails.",
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
        "PipecatStoreNotReady", "critical", _not_ready,
        "{{ $labels.job }} answers, but is not ready",
        "It starts, ends, or hangs: what it is asked and sent waits. One that only starts is ready within a minute.",
    )  # fmt: skip
    yield (
        "PipecatCollectorDown", "critical", partial(_down, "collector"),
        "The collector does not answer",
        "No telemetry arrives. Bots keep a little and drop the rest; calls go on.",
    )  # fmt: skip
    yield (
        "PipecatStoreDiscarding", "warning",
        partial(_counted, "store_discarded", health.discarded, ("job", labels.REASON)),
        f"{{{{ $labels.job }}}} discards what it took: {{{{ $labels.{labels.REASON} }}}} ({{value}} items)",
        "It answered 200, so nobody sends it again: these spans or lines are lost. The runbook says what each reason "
        "means.",
    )  # fmt: skip
    yield (
        "PipecatRuleEvaluationFailing", "critical",
        partial(_counted, "rule_failures", health.rule_failures, ("rule_group",)),
        "Rules of {{ $labels.rule_group }} fail ({value} times)",
        "Alerts of that group are blind. Prometheus' rules page shows the error.",
    )  # fmt: skip
    yield (
        "PipecatRuleEvaluationMissed", "warning",
        partial(_counted, "rules_missed", health.rules_missed, ("rule_group",)),
        "Rules of {{ $labels.rule_group }} are not evaluated in time ({value} evaluations left out)",
        "One evaluation takes longer than there is between two: alerts of that group come late, and sums over hours "
        "may miss what happened in between.",
    )  # fmt: skip
    yield (
        "PipecatNotificationsFailing", "critical",
        partial(_counted, "notification_failures", health.notification_failures, ("integration",)),
        "Notifications by {{ $labels.integration }} fail ({value} times)",
        "Somebody who should have been told was not.",
    )  # fmt: skip


def _heartbeat(config: Config) -> Iterator[tuple[str, Severity, Callable[[float], Signal], str, str]]:
    if config.quality.heartbeat.targets:
        yield (
            "PipecatHeartbeatDown", "warning", partial(_down, heartbeat.JOB),
            "Nobody places synthetic calls: the heartbeat does not answer",
            "Nothing is known of whether bots take calls: uptime and word errors stay as they were. It says nothing of "
            "the bots themselves.",
        )  # fmt: skip


def _agents(config: Config) -> Iterator[Alert]:
    """Return the alerts on a Prometheus that only sends on: the store that it sends to evaluates them."""
    failing = Row(
        "PipecatRemoteWriteFailing",
        partial(_counted, "remote_unsent", health.unsent, ("instance",)),
        "The remote store refuses for good what {{ $labels.instance }} sends ({value} samples)",
        "They are lost. What arrives says so; if nothing does, PipecatRemoteWriteLate fires instead.",
        _DASHBOARD,
    )
    yield alert(config, failing, "critical", Bound("alerts.hold.critical", 0, "none"))
    late = Row(
        "PipecatRemoteWriteLate",
        lambda seconds: Signal(
            Recording("pipecat:remote_write:lateness", health.lateness()), ("instance",), None, seconds
        ),
        "The newest metrics of {{ $labels.instance }} are {value} old (bound {bound})",
        "What is older than the window of the rules is judged by none of them: all other alerts are blind. The agent "
        "does not run, cannot reach the store, or is refused: ask `pipecat-lgtm doctor` on its machine.",
        _DASHBOARD,
    )
    yield alert(config, late, "critical", Bound("alerts.window", config.alerts.window, "seconds"), window=_NOW)


def _counted(what: str, ask: Callable[[str], Query], by: tuple[str, ...], seconds: float) -> Signal:
    window = format_seconds(seconds)
    return Signal(Recording(recorded(what, "increase", window), ask(window)), by, None, seconds)


def _dropped(seconds: float) -> Signal:
    return _counted("collector_dropped", health.dropped, ("exporter",), seconds)


def _export_failed(seconds: float) -> Signal:
    by = ("exporter",)
    failed, dropped = _counted("collector_send_failed", health.send_failed, by, seconds).value, _dropped(seconds).value
    own = _counted("collector_export_failed", lambda _: health.export_failed(failed.name, dropped.name), by, seconds)
    return replace(own, support=(dropped, failed))


def _down(jobs: str, seconds: float) -> Signal:
    what = {"collector": "collector_down", heartbeat.JOB: "heartbeat_down"}.get(jobs, "store_down")
    return Signal(Recording(f"pipecat:{what}:state", health.down(jobs)), ("job",), None, seconds)


def _not_ready(seconds: float) -> Signal:
    return Signal(Recording("pipecat:store_not_ready:state", health.not_ready()), ("job",), None, seconds)


def _watchdog(seconds: float) -> Signal:
    return Signal(Recording("pipecat:watchdog:state", health.always()), (), None, seconds)


def _queue() -> Row:
    return Row(
        "PipecatCollectorQueueFilling",
        lambda seconds: Signal(Recording("pipecat:queue:fill", health.queue_fill()), ("exporter",), None, seconds),
        "The collector's queue for {{ $labels.exporter }} is {value} full (bound {bound})",
        "A store is slow or away. At 100 % telemetry is lost.",
        _DASHBOARD,
    )


def _services(config: Config) -> Iterator[Alert]:
    overflowed = Row(
        "PipecatSeriesOverflowed",
        partial(_counted, "series_overflow", health.overflow, (*COMMON, labels.SIGNAL)),
        "{service}: {value} values of {{ $labels.signal }} were counted without their labels",
        "A limit of `cardinality` is reached: totals stay right, breakdowns do not.",
        _DASHBOARD,
    )
    yield alert(config, overflowed, "warning", Bound("cardinality.series_per_metric", 0, "none"))
    dropped = Row(
        "PipecatBridgeDropping",
        partial(_counted, "bridge_dropped", health.bridge_dropped, (*COMMON, labels.SIGNAL)),
        "{service}: bots dropped {value} {{ $labels.signal }}",
        "They could not be sent in time, or were refused: what they would have counted is missing.",
        _DASHBOARD,
    )
    yield alert(config, dropped, "warning", Bound("alerts.hold.warning", 0, "none"))
    missing = Row(
        "PipecatTelemetryMissing",
        partial(_missed, config.alerts.min_samples),
        "{service}: no turn at all; at this time yesterday there were {value}",
        "Nobody calls, nobody can, or the bot sends nothing any more.",
        "pipecat-conversations",
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
    )
    for severity, bound in levels("metrics_coverage", config.thresholds.metrics_coverage, "ratio"):
        yield alert(config, unmeasured, severity, bound)
    inexact = Row(
        "PipecatTtfwUnmeasured",
        partial(_unmeasured, config),
        "{service}: {value} of the answered turns have no exact time to first word (bound {bound})",
        "No VAD frame tells when the caller's speech ended: TTFW of these turns is in no percentile and no alert.",
        "pipecat-latency",
    )
    for severity, bound in levels("ttfw_unmeasured", config.thresholds.ttfw_unmeasured, "ratio"):
        yield alert(config, inexact, severity, bound)
    refused = Row(
        "PipecatValuesRefused",
        _refused,
        "{service}: {value} values per turn were kept out of the metrics (bound {bound})",
        "Broken clocks, or a bot that writes text where a number belongs.",
        _DASHBOARD,
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


def _unmeasured(config: Config, seconds: float) -> Signal:
    answered, share = recordings.unmeasured(config, format_seconds(seconds))
    return Signal(share, COMMON, answered, seconds)


def _refused(seconds: float) -> Signal:
    window = format_seconds(seconds)
    return Signal(
        Recording(recorded("values_refused", "ratio", window), health.refused_per_turn(window)),
        COMMON,
        turns(seconds),
        seconds,
    )
