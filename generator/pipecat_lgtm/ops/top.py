"""What `top` shows: every bot right now, the ones in trouble first."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipecat_lgtm.config.thresholds import Bounds
from pipecat_lgtm.ops.deploy.prometheus import Prometheus
from pipecat_lgtm.queries import live
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.rules.recordings import latency_name, recorded
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m

_MINUTE = 60
_GRAVITY = {"critical": 0, "warning": 1, "info": 2}
_Key = tuple[str, str]


@dataclass
class Bot:
    """A service in one environment; None where nothing is known.

    Args:
        service: its name.
        environment: its deployment environment.
        calls: going on.
        turns: ended per minute.
        ttfw: P95 time to first word, seconds.
        e2e: P95 end to end, seconds.
        slowest: the slowest stage and its P95 TTFB, seconds.
        errors: failures per request of the stage that fails most.
        alerts: that fire, as (severity, name), gravest first; each name once, as people are told of the gravest only.
    """

    service: str
    environment: str
    calls: float | None = None
    turns: float | None = None
    ttfw: float | None = None
    e2e: float | None = None
    slowest: tuple[str, float] | None = None
    errors: float | None = None
    alerts: list[tuple[str, str]] = field(default_factory=list)


def bots(server: Prometheus, window: str) -> list[Bot]:
    """Return every bot that is known of, gravest first.

    Args:
        server: is asked.
        window: of the recordings, as their names have it.

    Raises:
        CheckFailed: no Prometheus answers.
    """
    found: dict[_Key, Bot] = {}

    def of(metric: dict[str, str]) -> Bot:
        key = (metric.get(labels.SERVICE_NAME, ""), metric.get(labels.ENVIRONMENT, ""))
        return found.setdefault(key, Bot(*key))

    for name, query in _numbers(window).items():
        for metric, value in _ask(server, query):
            setattr(of(metric), name, value * _MINUTE if name == "turns" else value)
    for metric, value in _ask(server, live.slowest_stage(latency_name(m.STAGE_TTFB, 0.95, window))):
        of(metric).slowest = (metric.get(labels.STAGE, ""), value)
    for metric, _ in _ask(server, live.firing()):
        of(metric).alerts.append((metric.get(labels.SEVERITY, ""), metric.get(labels.ALERTNAME, "")))
    for bot in found.values():
        named: dict[str, tuple[str, str]] = {}
        for alert in sorted(bot.alerts, key=lambda one: (_GRAVITY.get(one[0], len(_GRAVITY)), one[1])):
            named.setdefault(alert[1], alert)
        bot.alerts = list(named.values())
    return sorted(found.values(), key=_order)


def grade(value: float | None, bounds: Bounds[float]) -> str:
    """Return the severity of the bound that a value is beyond; nothing if it is beyond none."""
    beyond = [
        severity
        for severity in _GRAVITY
        if value is not None and (bound := getattr(bounds, severity)) is not None and value > bound
    ]
    return beyond[0] if beyond else ""


def _numbers(window: str) -> dict[str, Query]:
    return {
        "calls": live.active_calls(),
        "turns": live.value(recorded("turns", "rate", window), "per_second"),
        "ttfw": live.value(latency_name(m.TURN_TTFW, 0.95, window), "seconds"),
        "e2e": live.value(latency_name(m.TURN_E2E, 0.95, window), "seconds"),
        "errors": live.value(recorded("stage_errors", "ratio", window), "ratio"),
    }


def _ask(server: Prometheus, query: Query) -> Iterable[tuple[dict[str, str], float]]:
    for sample in server.samples(query.expr):
        yield sample.metric, sample.value[1]


def _order(bot: Bot) -> tuple[int, float, str, str]:
    worst = _GRAVITY.get(bot.alerts[0][0], len(_GRAVITY)) if bot.alerts else len(_GRAVITY) + 1
    return (worst, -(bot.ttfw or 0.0), bot.service, bot.environment)
