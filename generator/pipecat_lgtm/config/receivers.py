"""Where a notification can go; secrets are read from files by Alertmanager and never rendered."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, HttpUrl, model_validator

from pipecat_lgtm.config.base import Section
from pipecat_lgtm.config.secrets import Address, Host, SecretFile

KINDS = ("slack", "pagerduty", "webhook", "email", "opsgenie")
"""Also the names that the shipped severity table may use before anything is configured."""


class Slack(Section):
    """A Slack incoming webhook."""

    api_url_file: SecretFile
    channel: str | None = None


class PagerDuty(Section):
    """PagerDuty, Events API v2."""

    routing_key_file: SecretFile
    url: Address = HttpUrl("https://events.pagerduty.com/v2/enqueue")


class Webhook(Section):
    """Any HTTP endpoint; it gets Alertmanager's own JSON, version 4."""

    url: Address | None = None
    url_file: SecretFile | None = None
    bearer_token_file: SecretFile | None = None

    @model_validator(mode="after")
    def _one_url(self) -> "Webhook":
        if (self.url is None) == (self.url_file is None):
            raise ValueError("give either url, or url_file if the address holds a secret")
        return self


class Email(Section):
    """Mail over SMTP."""

    to: str
    sender: str
    smarthost: Annotated[Host, Field(pattern=r"^[^\s:]+:\d+$")]
    auth_username: str | None = None
    auth_password_file: SecretFile | None = None
    require_tls: bool = True

    @model_validator(mode="after")
    def _both(self) -> "Email":
        if (self.auth_username is None) != (self.auth_password_file is None):
            raise ValueError("auth_username and auth_password_file belong together; give both or none")
        return self


class Opsgenie(Section):
    """Opsgenie's alert API."""

    api_key_file: SecretFile
    api_url: Address = HttpUrl("https://api.opsgenie.com/")
    team: str | None = None


class Receiver(Section):
    """One place to tell; exactly one kind."""

    slack: Slack | None = None
    pagerduty: PagerDuty | None = None
    webhook: Webhook | None = None
    email: Email | None = None
    opsgenie: Opsgenie | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Receiver":
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(KINDS)} (given: {', '.join(given) or 'none'})")
        return self

    @property
    def kind(self) -> str:
        """Which kind it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    def secrets(self) -> dict[str, Path]:
        """Return its secret files by field."""
        section: Section = getattr(self, self.kind)
        return {
            name: value
            for name in type(section).model_fields
            if name.endswith("_file") and (value := getattr(section, name)) is not None
        }
