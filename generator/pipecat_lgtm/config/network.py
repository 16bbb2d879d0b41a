"""Where things listen, and who may talk to them."""

from typing import Annotated

from pydantic import Field, IPvAnyAddress, model_validator

from pipecat_lgtm.config.base import Section
from pipecat_lgtm.config.secrets import Host, SecretFile

Port = Annotated[int, Field(ge=1, le=65535)]


def as_host(address: str) -> str:
    """Return an IP address as the host of an address: IPv6 in brackets."""
    return f"[{address}]" if ":" in address else address


class Ports(Section):
    """TCP ports on this machine."""

    otlp_grpc: Port
    otlp_http: Port
    collector_health: Port
    collector_metrics: Port
    collector_pipecat: Port
    collector_breaches: Port
    collector_intake: Port
    guard: Port
    prometheus: Port
    prometheus_inner: Port
    alertmanager: Port
    alertmanager_inner: Port
    notifications: Port
    tempo: Port
    tempo_otlp: Port
    tempo_grpc: Port
    loki: Port
    loki_grpc: Port
    grafana: Port
    sandbox: Port
    heartbeat: Port

    @model_validator(mode="after")
    def _distinct(self) -> "Ports":
        seen: dict[int, str] = {}
        for name, port in self.model_dump().items():
            if port in seen:
                raise ValueError(f"{seen[port]} and {name} are both {port}")
            seen[port] = name
        return self


class Auth(Section):
    """Who may send telemetry."""

    token_file: SecretFile | None


class Tls(Section):
    """The OTLP receiver's certificate."""

    cert_file: SecretFile | None
    key_file: SecretFile | None

    @model_validator(mode="after")
    def _both(self) -> "Tls":
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together; give both or none")
        return self


class Network(Section):
    """Addresses, ports, authentication and TLS."""

    address: IPvAnyAddress
    ports: Ports
    auth: Auth
    tls: Tls
    cors_origins: tuple[Host, ...]
    insecure: bool

    @property
    def inside(self) -> str:
        """Where all but the bots' entrance listens: always loopback."""
        return str(self.address) if self.address.is_loopback else "127.0.0.1"

    @property
    def inside_host(self) -> str:
        """The same, as the host of an address."""
        return as_host(self.inside)

    @property
    def entrance_host(self) -> str:
        """The host under which this machine reaches the bots' entrance."""
        return as_host(self.inside if self.address.is_unspecified else str(self.address))

    @property
    def scheme(self) -> str:
        """Of the bots' entrance over HTTP."""
        return "https" if self.tls.cert_file else "http"

    @property
    def entrance(self) -> str:
        """The same with its scheme: `http://host` or `https://host`."""
        return f"{self.scheme}://{self.entrance_host}"

    @property
    def is_clear(self) -> bool:
        """Whether tokens and what callers say cross the network without TLS."""
        return not self.address.is_loopback and self.tls.cert_file is None

    @model_validator(mode="after")
    def _guarded(self) -> "Network":
        if not self.address.is_loopback and self.auth.token_file is None:
            raise ValueError(
                f"address {self.address} is reachable from other machines, but auth.token_file is not set; "
                "set it, or listen on 127.0.0.1"
            )
        if self.is_clear and not self.insecure:
            raise ValueError(
                f"address {self.address} is reachable from other machines, but tls is not set: tokens and what callers "
                "say would cross the network in clear; set tls, or say insecure: true where something else encrypts it"
            )
        return self
