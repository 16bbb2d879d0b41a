"""Who would be told about an alert, when, and why."""

import re
from dataclasses import dataclass

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.explain import did_you_mean
from pipecat_lgtm.config.receivers import Receiver
from pipecat_lgtm.config.routing import SEVERITIES, Maintenance
from pipecat_lgtm.errors import ConfigError
from pipecat_lgtm.renderers.alertmanager.inhibit import inhibitions
from pipecat_lgtm.renderers.alertmanager.messages import said
from pipecat_lgtm.renderers.alertmanager.tree import HEARTBEAT, Matcher, Node, tree
from pipecat_lgtm.rules.alerts import alerts

KEPT = "dashboard pipecat-stack, `pipecat-lgtm logs notifications`"
"""Where to read what nobody was told."""

_PAIR = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)=(.*)", re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """One route that an alert takes; all in words.

    Args:
        receiver: its name in alertmanager.yml.
        told: the places, or that nobody is.
        when: first message, changes, reminders.
        why: the conditions that matched.
        silent: maintenance windows.
        muted: what could mute it.
    """

    receiver: str
    told: str
    when: str
    why: str
    silent: tuple[str, ...]
    muted: tuple[str, ...]


def parse(pairs: list[str]) -> dict[str, str]:
    """Return labels from LABEL=VALUE arguments.

    Raises:
        ConfigError: one is no such pair, or a label is given twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        match = _PAIR.fullmatch(pair)
        if match is None:
            raise ConfigError(f"{pair}: is no LABEL=VALUE", "for example: severity=critical service_name=my-bot")
        if match[1] in found:
            raise ConfigError(f"{match[1]}: is given twice", "an alert has each label once")
        found[match[1]] = match[2]
    return found


def require_known(config: Config, given: dict[str, str]) -> None:
    """Make sure that an alert could have these labels.

    Raises:
        ConfigError: none has, or the severity is none of ours; with the closest that is.
    """
    carried = {label for one in alerts(config) for label in (*one.signal.labels, *dict(one.labels))}
    matched = {label for one in config.routing.routes for label in one.match}
    labels = {"alertname", "severity"} | carried | matched | set(config.routing.group_by)
    for label in given:
        if label not in labels:
            raise ConfigError(
                f"{label}: no alert has this label{did_you_mean(label, labels)}", f"labels: {', '.join(sorted(labels))}"
            )
    severity = given.get("severity", SEVERITIES[0])
    if severity not in SEVERITIES:
        raise ConfigError(
            f"severity={severity}: is none of ours{did_you_mean(severity, SEVERITIES)}",
            f"one of {', '.join(SEVERITIES)}",
        )


def routes(config: Config, given: dict[str, str]) -> list[Answer]:
    """Return every route that an alert with these labels takes, in Alertmanager's order."""
    muted = tuple(f"{one.why} ({_conditions(one.sources)})" for one in inhibitions(config) if one.could_mute(given))
    return [
        Answer(
            node.receiver,
            _told(node),
            _when(node, config),
            _conditions(node.matchers)
            or f"no route matches: its severity is none of ours, told like a {node.receiver}",
            tuple(window(one) for one in node.mutes),
            muted,
        )
        for node in tree(config).matching(given)
    ]


def unheard(config: Config) -> str:
    """Return a sentence that says so if nobody outside is told of alerts; nothing otherwise."""
    if not (severities := config.routing.unheard):
        return ""
    return (
        f"nobody outside, of {' and '.join(severities)}: the notification log keeps them ({KEPT}). "
        "To tell somebody: routing.receivers; stack.yaml has examples"
    )


def window(one: Maintenance) -> str:
    """Return a maintenance window in words."""
    days = [*one.weekdays, *(f"day {day} of the month" for day in one.days_of_month)]
    return f"{one.name}: {', '.join(days) or 'every day'} {one.start}-{one.end} {one.timezone}"


def _told(node: Node) -> str:
    if node.kept:
        return f"nobody outside: the notification log keeps it ({KEPT})"
    if not node.told:
        return "nobody; it is shown in Alertmanager and Grafana"
    return ", ".join(_place(name, place) for name, place in node.told.items())


def _place(name: str, place: Receiver) -> str:
    detail = (
        (place.slack and place.slack.channel)
        or (place.email and place.email.to)
        or (place.opsgenie and place.opsgenie.team)
    )
    return f"{name} ({place.kind}{f' {detail}' if detail else ''})"


def _when(node: Node, config: Config) -> str:
    policy = node.policy
    if node.receiver == HEARTBEAT:
        return f"at once, then every {said(policy.group_interval)}, always"
    return (
        f"{said(policy.group_wait)} after the first alert of a group ({', '.join(config.routing.group_by)}), "
        f"changes after {said(policy.group_interval)}, "
        f"again {said(policy.acknowledge)} later (the time to acknowledge) until silenced or resolved"
    )


def _conditions(matchers: tuple[Matcher, ...]) -> str:
    return ", ".join(str(matcher) for matcher in matchers)
