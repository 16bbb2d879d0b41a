"""What `alerts list` and `alerts explain` say: the rules in force, and what a running Prometheus knows about them."""

import difflib
from dataclasses import dataclass
from pathlib import Path

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.errors import ConfigError
from pipecat_lgtm.ops import access
from pipecat_lgtm.ops.deploy.prometheus import Prometheus, Sample
from pipecat_lgtm.queries import conditions, offenders
from pipecat_lgtm.renderers.runbooks import floor, judged_over
from pipecat_lgtm.rules.alerts import alerts
from pipecat_lgtm.rules.annotations import bound_text
from pipecat_lgtm.rules.baselines import READY
from pipecat_lgtm.rules.model import Alert
from pipecat_lgtm.rules.sources import source_of
from pipecat_lgtm_bridge.contract import labels

SHOWN = 10
"""Offenders shown."""
_MILLISECONDS = 1000
_WHOLE = 1000
"""From this number on there are no digits after the point."""


@dataclass(frozen=True)
class Offender:
    """One conversation beyond a bound."""

    service: str
    severity: str
    turns: int
    trace_id: str
    conversation_id: str


@dataclass(frozen=True)
class Now:
    """What a running Prometheus says about an alert.

    Args:
        values: of its signal, by the labels of each series.
        states: of the alert, by its labels.
        unready: series that have too little history for a baseline, by labels.
        offenders: gravest first.
    """

    values: list[tuple[str, str]]
    states: list[tuple[str, str]]
    unready: list[str]
    offenders: list[Offender]


COLUMNS = ("alert", "severity", "beyond", "over", "held for", "samples")


def rows(config: Config) -> list[tuple[str, ...]]:
    """Return name, severity, condition, window, hold and floor of every alert."""
    return [
        (
            one.name,
            one.severity + (" (escalated)" if labels.ESCALATED in dict(one.labels) else ""),
            condition(one),
            judged_over(config, one),
            format_seconds(one.hold) if one.hold else "at once",
            floor(one),
        )
        for one in alerts(config)
    ]


def condition(one: Alert) -> str:
    """Return a bound with its direction."""
    if one.bound.unit == "none":
        return "any"
    direction = "at least" if one.bound.inclusive else "below" if one.signal.low_is_bad else "above"
    return f"{direction} {bound_text(one.bound)}"


def named(config: Config, name: str) -> list[Alert]:
    """Return the rules of an alert, one for each severity.

    Raises:
        ConfigError: there is no such alert.
    """
    every = list(alerts(config))
    found = [one for one in every if one.name == name]
    if not found:
        close = difflib.get_close_matches(name, {one.name for one in every}, n=1)
        guess = f"; did you mean {close[0]!r}?" if close else ""
        raise ConfigError(f"{name}: there is no such alert{guess}", "`pipecat-lgtm alerts list` names them")
    return found


def facts(config: Config, one: Alert) -> list[tuple[str, str]]:
    """Return what is fixed about a rule, as pairs."""
    return [
        ("beyond", f"{condition(one)}  ({one.bound.key})"),
        ("source", source_of(config, one.bound)),
        ("held for", format_seconds(one.hold) if one.hold else "at once"),
        ("over", judged_over(config, one)),
        ("samples", floor(one)),
        ("query", one.query.expr),
    ]


def address(config: Config) -> str:
    """Return where the configured Prometheus answers."""
    if config.stores.prometheus.url is not None:
        return str(config.stores.prometheus.url)
    return f"http://{config.network.inside_host}:{config.network.ports.prometheus}"


def server(
    config: Config, url: str | None = None, token_file: Path | None = None, pid: int | None = None
) -> Prometheus:
    """Return the configured Prometheus, or one that was named.

    Args:
        config: the stack.
        url: of another one; the login of the configured one is shown to no other address.
        token_file: holds a bearer token, where it wants one.
        pid: of its process, to be reloaded by SIGHUP instead of HTTP.

    Raises:
        CheckFailed: a file or variable of its login holds nothing that can be shown.
    """
    own = address(config)
    if token_file is not None:
        shown = access.bearer(token_file)
    elif url is None or url.rstrip("/") == own.rstrip("/"):
        shown = access.of(config, "prometheus")
    else:
        shown = access.NONE
    return Prometheus(url or own, shown, pid)


def now(server: Prometheus, one: Alert) -> Now:
    """Return what a running Prometheus says.

    Raises:
        CheckFailed: none answers there.
    """
    signal = one.signal
    values = [(_told(sample), _shown(one, sample)) for sample in server.samples(signal.judged.name)]
    states = [
        (_told(sample, "alertname", "alertstate"), sample.metric.get("alertstate", ""))
        for sample in server.samples(conditions.states(one.name).expr)
    ]
    unready = []
    for name, own in ((part.name, dict(part.labels)) for part in signal.support):
        if name == READY:
            which = conditions.unready(READY, own[labels.SIGNAL])
            unready += [_told(sample, labels.SIGNAL) for sample in server.samples(which.expr)]
    found: list[Offender] = []
    if signal.breaches:
        query = offenders.recent(signal.breaches, format_seconds(signal.window))
        found = [_offender(sample) for sample in server.samples(query.expr)]
        found.sort(key=lambda each: (each.severity != "critical", -each.turns))
    return Now(values, states, unready, found[:SHOWN])


def _told(sample: Sample, *without: str) -> str:
    left = {key: value for key, value in sample.metric.items() if key not in {"__name__", *without}}
    return ", ".join(f"{key}={value}" for key, value in sorted(left.items())) or "all"


def _shown(one: Alert, sample: Sample) -> str:
    value, unit = sample.value[1], one.signal.judged.query.unit
    if unit == "seconds":
        return f"{value:.2f} s" if value >= 1 else f"{value * _MILLISECONDS:.0f} ms"
    if unit == "ratio":
        return f"{value * 100:.2f} %"
    return f"{value:.0f}" if abs(value) >= _WHOLE else f"{value:.4g}"


def _offender(sample: Sample) -> Offender:
    metric = sample.metric
    return Offender(
        metric.get(labels.SERVICE_NAME, ""),
        metric.get(labels.SEVERITY, ""),
        round(sample.value[1]),
        metric.get(labels.TRACE_ID, ""),
        metric.get(labels.CONVERSATION_ID, ""),
    )
