"""The routing tree as data: Alertmanager's file and `pipecat-lgtm routes` are both made of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.receivers import Receiver
from pipecat_lgtm.config.routing import SEVERITIES, Maintenance, Policy, Routing, Severity
from pipecat_lgtm.rules.stack import WATCHDOG
from pipecat_lgtm_bridge.contract import labels

HEARTBEAT = "heartbeat"
FALLBACK: Severity = "warning"
"""How an alert is told whose severity is none of ours: somebody else's rule, or a mistake in one."""


@dataclass(frozen=True)
class Matcher:
    """One condition on a label: equal, or with `pattern` an anchored RE2 pattern."""

    label: str
    value: str
    pattern: bool = False

    def __str__(self) -> str:
        """Return it the way Alertmanager reads it."""
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.label}{"=~" if self.pattern else "="}"{escaped}"'

    def holds(self, given: Mapping[str, str]) -> bool:
        """Tell whether it holds for a set of labels; a label that is not there is empty, as for Alertmanager."""
        value = given.get(self.label, "")
        if self.pattern:
            return re.fullmatch(self.value, value, re.ASCII) is not None
        return value == self.value


@dataclass(frozen=True)
class Node:
    """One route.

    Args:
        receiver: name of the group of places that are told.
        told: the configured places by name; none means that the alert is only shown.
        policy: timings; the heartbeat's are its own.
        matchers: all must hold.
        mutes: maintenance windows in which it is silent.
        goes_on: later routes are looked at too.
        kept: as nobody is told who should be, the notification log keeps it.
    """

    receiver: str
    told: dict[str, Receiver]
    policy: Policy
    matchers: tuple[Matcher, ...] = ()
    mutes: tuple[Maintenance, ...] = ()
    goes_on: bool = False
    children: tuple["Node", ...] = ()
    kept: bool = False

    def matching(self, given: Mapping[str, str]) -> list["Node"]:
        """Return the routes that an alert takes: Alertmanager's depth-first search, this one if no child matches."""
        if not all(matcher.holds(given) for matcher in self.matchers):
            return []
        found: list[Node] = []
        for child in self.children:
            below = child.matching(given)
            found += below
            if below and not child.goes_on:
                break
        return found or [self]


def tree(config: Config) -> Node:
    """Return the root of the routing tree."""
    routing = config.routing
    children = (_heartbeat(routing), *_extra(routing), *(_ordinary(routing, severity) for severity in SEVERITIES))
    policy = routing.severities.of(FALLBACK)
    return Node(FALLBACK, routing.told(policy.notify), policy, children=children, kept=FALLBACK in routing.unheard)


def _heartbeat(routing: Routing) -> Node:
    heartbeat = routing.heartbeat
    told = {heartbeat.webhook: routing.receivers[heartbeat.webhook]} if heartbeat.webhook else {}
    # Half of the interval is always over when Alertmanager looks at the group again: it is sent at every look.
    policy = Policy.model_construct(
        notify=tuple(told), acknowledge=heartbeat.every / 2, group_wait=0.0, group_interval=heartbeat.every
    )
    return Node(HEARTBEAT, told, policy, (Matcher(labels.ALERTNAME, WATCHDOG),))


def _extra(routing: Routing) -> list[Node]:
    return [
        Node(
            f"{route.name}-{severity}",
            routing.told(names),
            routing.severities.of(severity),
            (
                Matcher(labels.SEVERITY, severity),
                *(Matcher(label, pattern, pattern=True) for label, pattern in route.match.items()),
            ),
            _mutes(routing, severity),
            goes_on=route.also,
        )
        for route in routing.routes
        for severity, names in route.notify.items()
    ]


def _ordinary(routing: Routing, severity: Severity) -> Node:
    policy = routing.severities.of(severity)
    matchers = (Matcher(labels.SEVERITY, severity),)
    told, kept = routing.told(policy.notify), severity in routing.unheard
    return Node(severity, told, policy, matchers, _mutes(routing, severity), kept=kept)


def _mutes(routing: Routing, severity: Severity) -> tuple[Maintenance, ...]:
    return tuple(window for window in routing.maintenance if severity in window.severities)
