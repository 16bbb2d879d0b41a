"""Who is told about an alert, how soon, how often, and when not."""

from itertools import chain
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from pipecat_lgtm.config.base import Section
from pipecat_lgtm.config.patterns import Re2
from pipecat_lgtm.config.receivers import KINDS, Receiver
from pipecat_lgtm.config.units import Seconds

Severity = Literal["critical", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
LabelName = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]
Clock = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
_SOON = 0.5
"""Alertmanager looks at a group only every group_interval: a reminder due in between comes that much late."""


class Policy(Section):
    """What a severity means.

    `notify` names receivers; `acknowledge` is the deadline in the message, after which it comes again.
    """

    notify: tuple[str, ...]
    acknowledge: Seconds
    group_wait: Seconds
    group_interval: Seconds

    @model_validator(mode="after")
    def _punctual(self) -> "Policy":
        if self.group_interval > _SOON * self.acknowledge:
            raise ValueError(
                f"group_interval, {self.group_interval:g} s, is more than half of acknowledge, {self.acknowledge:g} s: "
                "Alertmanager looks at a group only every group_interval, so the reminder would come late"
            )
        return self


class Policies(Section):
    """The routing table."""

    critical: Policy
    warning: Policy
    info: Policy

    def of(self, severity: Severity) -> Policy:
        """Return the policy of a severity."""
        policy: Policy = getattr(self, severity)
        return policy


class Route(Section):
    """Other receivers for some alerts; a severity it does not name goes the ordinary way.

    `match` holds anchored RE2 patterns by label. With `also`, the ordinary receivers are told as well.
    """

    name: Name
    match: Annotated[dict[LabelName, Re2], Field(min_length=1)]
    notify: Annotated[dict[Severity, tuple[str, ...]], Field(min_length=1)]
    also: bool = False

    @field_validator("match")
    @classmethod
    def _without_severity(cls, value: dict[str, str]) -> dict[str, str]:
        if "severity" in value:
            raise ValueError("severity is not matched here; give it as a key of notify")
        return value


class Maintenance(Section):
    """A window that comes again, in which some severities are not told."""

    name: Name
    weekdays: tuple[Weekday, ...] = ()
    days_of_month: tuple[Annotated[int, Field(ge=-31, le=31)], ...] = ()
    start: Clock = "00:00"
    end: Clock = "24:00"
    timezone: str = "UTC"
    severities: Annotated[tuple[Severity, ...], Field(min_length=1)] = ("warning", "info")

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("give a time zone of the IANA list, for example Europe/Vienna") from error
        return value

    @model_validator(mode="after")
    def _forward(self) -> "Maintenance":
        if self.start >= self.end:
            raise ValueError(f"start ({self.start}) is not before end ({self.end}); over midnight takes two windows")
        if 0 in self.days_of_month:
            raise ValueError("days_of_month are 1 to 31, or -1 to -31 from the month's end")
        return self


class Heartbeat(Section):
    """Where the always firing Watchdog goes: a service outside that pages when it no longer comes."""

    webhook: str | None
    every: Seconds


class Inhibition(Section):
    """What mutes what."""

    critical_mutes_warning: bool
    store_down_mutes_computed: bool
    ttfw_mutes_stages: bool
    ttfw_mutes_e2e: bool


class Routing(Section):
    """Alertmanager's whole routing."""

    severities: Policies
    group_by: Annotated[tuple[LabelName, ...], Field(min_length=1)]
    receivers: dict[Name, Receiver]
    routes: tuple[Route, ...]
    maintenance: tuple[Maintenance, ...]
    heartbeat: Heartbeat
    snapshot_interval: Seconds
    inhibition: Inhibition

    @model_validator(mode="after")
    def _all_known(self) -> "Routing":
        for severity in SEVERITIES:
            self._known(f"severities.{severity}.notify", self.severities.of(severity).notify)
            if self.receivers and severity != "info" and not self.told(self.severities.of(severity).notify):
                raise ValueError(
                    f"severities.{severity}.notify reaches nobody: it names "
                    f"{', '.join(self.severities.of(severity).notify) or 'nothing'}; "
                    f"receivers are {', '.join(self.receivers)}"
                )
        for route in self.routes:
            for severity, names in route.notify.items():
                self._known(f"routes.{route.name}.notify.{severity}", names, configured=True)
        named = {"routes": [one.name for one in self.routes], "maintenance": [one.name for one in self.maintenance]}
        for section, all_names in named.items():
            if twice := {name for name in all_names if all_names.count(name) > 1}:
                raise ValueError(f"{section}: {', '.join(sorted(twice))} is given twice")
        if self.heartbeat.webhook is not None:
            found = self.receivers.get(self.heartbeat.webhook)
            if found is None or found.webhook is None:
                raise ValueError(f"heartbeat.webhook: {self.heartbeat.webhook!r} is no webhook under receivers")
        return self

    def _known(self, key: str, names: tuple[str, ...], *, configured: bool = False) -> None:
        known = set(chain(self.receivers, () if configured else KINDS))
        if unknown := [name for name in names if name not in known]:
            raise ValueError(
                f"{key}: there is no receiver {unknown[0]!r}; receivers are {', '.join(self.receivers) or 'none'}"
            )

    @property
    def unheard(self) -> tuple[Severity, ...]:
        """Severities of which nobody outside is told, though somebody should be; info may name nobody on purpose."""
        policies = {severity: self.severities.of(severity) for severity in SEVERITIES}
        return tuple(
            severity
            for severity, policy in policies.items()
            if not self.told(policy.notify) and (policy.notify or severity != "info")
        )

    def told(self, names: tuple[str, ...]) -> dict[str, Receiver]:
        """Return the receivers of these names that are configured."""
        return {name: self.receivers[name] for name in names if name in self.receivers}
