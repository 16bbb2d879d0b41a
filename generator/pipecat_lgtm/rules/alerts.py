"""All alerts, in the order of docs/alerts.md, and the recordings they need."""

import difflib
import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from pipecat_lgtm.config import Config
from pipecat_lgtm.errors import ConfigError
from pipecat_lgtm.rules import errors, escalation, latency, network, quality, recordings, stack, usage
from pipecat_lgtm.rules.build import LOW_TRAFFIC
from pipecat_lgtm.rules.model import Alert, Recording
from pipecat_lgtm.rules.recordings import BURN_GROUP, HISTORY_GROUP, LOW_TRAFFIC_GROUP

_RARE_ALERTS, _ESCALATIONS = "pipecat-alerts-low-traffic", "pipecat-alerts-escalation"

SUBJECTS: dict[str, Callable[[Config], Iterable[Alert]]] = {
    "latency": latency.alerts,
    "errors": errors.alerts,
    "usage": usage.alerts,
    "network": network.alerts,
    "quality": quality.alerts,
    "stack": stack.alerts,
}


def by_subject(config: Config) -> dict[str, list[Alert]]:
    """Return the alerts that are enabled, by subject; escalations are a subject of their own.

    Raises:
        ConfigError: `alerts.overrides` names an alert that does not exist.
    """
    return _made(_Same(config))


class _Same:
    """A config as a key of a cache: the same object, not an equal one. Configs are not changed once they are read."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.config is other.config

    def __hash__(self) -> int:
        return id(self.config)


@functools.lru_cache(maxsize=1)  # nine times in one rendering, which took most of its time
def _made(same: _Same) -> dict[str, list[Alert]]:
    config = same.config
    every = {subject: [_flavoured(config, one) for one in make(config)] for subject, make in SUBJECTS.items()}
    _known(config, {alert.name for alerts in every.values() for alert in alerts})
    enabled = {subject: [one for one in alerts if _enabled(config, one)] for subject, alerts in every.items()}
    warnings = (one for alerts in enabled.values() for one in alerts if one.severity == "warning")
    return enabled | {"escalation": [escalation.escalated(config, one) for one in warnings]}


def alerts(config: Config) -> Iterator[Alert]:
    """Return the alerts that are enabled."""
    for members in by_subject(config).values():
        yield from members


def recording_groups(config: Config) -> dict[str, list[Recording]]:
    """Return every recording once, by rule group: what panels draw, then what alerts need besides."""
    made = {
        group: [one.flavoured(native=config.alerts.native) for one in members]
        for group, members in recordings.groups(config).items()
    }
    known = {(one.name, one.labels) for members in made.values() for one in members}
    for subject, members in by_subject(config).items():
        for one in (one for alert in members for one in alert.signal.recordings):
            if (one.name, one.labels) not in known:
                known.add((one.name, one.labels))
                made.setdefault(one.group or f"pipecat-values-{subject}", []).append(one)
    # What looks back over hours is computed from the others.
    return dict(sorted(made.items(), key=lambda group: interval(config, group[0])))


def alert_groups(config: Config) -> dict[str, list[Alert]]:
    """Return the alerts by rule group; what looks back over hours is asked less often."""
    made: dict[str, list[Alert]] = {}
    for subject, members in by_subject(config).items():
        for one in members:
            slow = one.name.endswith(LOW_TRAFFIC)
            made.setdefault(_RARE_ALERTS if slow else f"pipecat-alerts-{subject}", []).append(one)
    return made


def interval(config: Config, group: str) -> float:
    """Return the seconds between two evaluations of a group."""
    slow = dict.fromkeys((BURN_GROUP, HISTORY_GROUP, _RARE_ALERTS), config.alerts.slow_interval)
    slow[LOW_TRAFFIC_GROUP] = recordings.low_traffic_step(config)
    # Whoever shortens the escalation wants it to be seen in time.
    slow[_ESCALATIONS] = min(config.alerts.slow_interval, config.alerts.escalate_after / 10)
    return max(config.alerts.interval, slow.get(group, 0.0))


def _flavoured(config: Config, alert: Alert) -> Alert:
    """Return an alert whose recordings read the kind of histogram that the store holds."""
    return replace(alert, signal=alert.signal.flavoured(native=config.alerts.native))


def _enabled(config: Config, alert: Alert) -> bool:
    own = config.alerts.overrides.get(alert.name)
    return own is None or own.enabled


def _known(config: Config, names: set[str]) -> None:
    for name in config.alerts.overrides:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            guess = f"; did you mean {close[0]!r}?" if close else ""
            raise ConfigError(
                f"alerts.overrides.{name}: there is no such alert{guess}", "`pipecat-lgtm alerts list` names them"
            )
