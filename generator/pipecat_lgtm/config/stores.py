"""Where metrics, traces and logs are kept: in this stack, or in stores elsewhere, with what opens them."""

import ipaddress
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, HttpUrl, model_validator

from pipecat_lgtm.config.base import Section
from pipecat_lgtm.config.secrets import Address, Host, SecretFile, Username, VariableName

Tenant = Annotated[str, Field(pattern=r"^[A-Za-z0-9!_.*'()-]{1,150}$")]
"""As Mimir, Loki and Tempo take it in X-Scope-OrgID."""


class Login(Section):
    """How a store elsewhere knows us: a user with a password, or a token; its authority, and whose data it is."""

    username: Username | None
    password_file: SecretFile | None
    password_variable: VariableName | None
    token_file: SecretFile | None
    token_variable: VariableName | None
    ca_file: SecretFile | None
    tenant: Tenant | None

    @model_validator(mode="after")
    def _one_way(self) -> "Login":
        for what in ("password", "token"):
            if getattr(self, f"{what}_file") is not None and getattr(self, f"{what}_variable") is not None:
                raise ValueError(f"{what}_file and {what}_variable are two places for one secret; give one of them")
        if (self.username is None) != (not self.has_password):
            raise ValueError("username and a password belong together: give username and password_file, or neither")
        if self.has_password and self.has_token:
            raise ValueError("a store takes a password or a token; give one of them")
        return self

    @property
    def has_password(self) -> bool:
        """A user and a password are shown."""
        return self.password_file is not None or self.password_variable is not None

    @property
    def has_token(self) -> bool:
        """A bearer token is shown."""
        return self.token_file is not None or self.token_variable is not None

    @property
    def is_given(self) -> bool:
        """Anything of it is set."""
        return any(value is not None for _, value in self)


class Store(Section):
    """A store; without address it runs in this stack."""

    url: Address | None
    login: Login

    @model_validator(mode="after")
    def _elsewhere(self) -> "Store":
        if self.url is None and self.login.is_given:
            raise ValueError("login is for a store elsewhere, and this one runs in this stack; give url, or no login")
        return self

    @property
    def addresses(self) -> Iterator[HttpUrl]:
        """All that the login is shown to."""
        if self.url is not None:
            yield self.url

    @property
    def is_clear(self) -> bool:
        """Whether a password or token would cross the network without TLS."""
        return (self.login.has_password or self.login.has_token) and any(map(_in_clear, self.addresses))


class PrometheusStore(Store):
    """A remote one takes samples by remote write, at an address of its own."""

    write_url: Address | None

    @model_validator(mode="after")
    def _both(self) -> "PrometheusStore":
        if (self.url is None) != (self.write_url is None):
            raise ValueError("url and write_url (of remote write) belong together; give both or none")
        for what in ("password_variable", "token_variable"):
            if getattr(self.login, what) is not None:
                instead = what.replace("variable", "file")
                raise ValueError(f"login.{what}: Prometheus reads secrets from files only; give {instead}")
        return self

    @property
    def addresses(self) -> Iterator[HttpUrl]:
        """All that the login is shown to."""
        yield from (one for one in (self.url, self.write_url) if one is not None)


class TempoStore(Store):
    """Tempo also has an OTLP/gRPC address."""

    otlp_endpoint: Host | None

    @model_validator(mode="after")
    def _both(self) -> "TempoStore":
        if (self.url is None) != (self.otlp_endpoint is None):
            raise ValueError("url and otlp_endpoint belong together; give both or none")
        return self


class Stores(Section):
    """Where metrics, traces and logs are kept."""

    prometheus: PrometheusStore
    tempo: TempoStore
    loki: Store

    @property
    def in_clear(self) -> list[str]:
        """The stores that a secret is sent to without TLS."""
        return [name for name, store in self if store.is_clear]


def _in_clear(address: HttpUrl) -> bool:
    host = str(address.host).strip("[]")
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return address.scheme == "http" and not here
