"""Where each part of the stack listens and finds the others: in containers, or as processes of this machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.network import as_host

Part = Literal[
    "guard", "collector", "prometheus", "alertmanager", "notifications", "queues", "tempo", "loki", "grafana",
    "sandbox", "heartbeat",
]  # fmt: skip

SOCKETS = "sockets"
"""Folder of a native stack's state directory."""


@dataclass(frozen=True)
class Placement:
    """One way to run the stack.

    Args:
        kind: compose (each part in a container of its own name) or native (processes on one address).
        address: what the parts bind to; in a container everything, as only published ports are reachable.
        entrance: what the bots' entrance binds to.
        root: folder of the parts' data; a container has its own.
    """

    kind: Literal["compose", "native"]
    address: str
    entrance: str
    root: Path

    def host(self, part: Part) -> str:
        """Return the host name under which the others reach a part."""
        return part if self.kind == "compose" else as_host(self.address)

    @property
    def loopback(self) -> str:
        """The address under which a part reaches itself."""
        return "127.0.0.1" if self.kind == "compose" else self.address

    def listen(self, port: int) -> str:
        """Return host and port of what a part listens on."""
        return f"{as_host(self.address)}:{port}"

    def inner(self, port: int) -> str:
        """Return host and port of what only the guard and Prometheus talk to."""
        return f"{as_host(self.loopback)}:{port}"

    def socket(self, part: Part) -> str:
        """Return the Unix socket that a part listens on, without the port that Tempo and Loki put behind it.

        Natively it is a file in a folder of this user's alone, which every part finds from the state directory that it
        runs in: the whole path of a socket has 107 bytes at most. In containers it is a name in the network that the
        guard and the stores share, and no file: what is killed leaves nothing that keeps it from starting again.
        """
        return f"{SOCKETS}/{part}" if self.kind == "native" else f"@{part}"

    @property
    def secrets(self) -> Path | None:
        """The folder of what Prometheus and Alertmanager want to be shown natively, of this user's alone.

        In containers nobody but the guard reaches them.
        """
        return self.root / "secrets" if self.kind == "native" else None

    def data(self, part: Part) -> str:
        """Return the folder a part keeps its data in."""
        if self.kind == "native":
            return str(self.root / "data" / part)
        if part == "guard":
            return "/data"
        # Their images declare a volume: with another folder each container would leave an unnamed one behind.
        return f"/{part}" if part in {"prometheus", "alertmanager"} else f"/var/lib/{part}"

    def config(self, part: Part) -> str:
        """Return the folder a part finds its rendered files in."""
        return f"/etc/{part}" if self.kind == "compose" else str(self.root / "config" / part)


_ANY = "0.0.0.0"  # noqa: S104 - inside a container; published on loopback
COMPOSE = Placement("compose", _ANY, _ANY, Path("/"))


def native(config: Config, state_dir: Path) -> Placement:
    """Return the placement of processes on this machine, with all they own under a state directory.

    Stores ask nobody for a token: they stay on loopback, also where bots of other machines are let in.
    """
    return Placement("native", config.network.inside, str(config.network.address), state_dir)
