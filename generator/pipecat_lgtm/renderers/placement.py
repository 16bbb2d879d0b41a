"""Where each part of the stack listens and finds the others: in containers, or as processes of this machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipecat_lgtm.config import Config

Part = Literal["collector", "prometheus", "alertmanager", "tempo", "loki", "grafana", "sandbox"]


@dataclass(frozen=True)
class Placement:
    """One way to run the stack.

    Args:
        kind: compose (each part in a container of its own name) or native (processes on one address).
        address: what the parts bind to; in a container everything, as only published ports are reachable.
        root: folder of the parts' data; a container has its own.
    """

    kind: Literal["compose", "native"]
    address: str
    root: Path

    def host(self, part: Part) -> str:
        """Return the host name under which the others reach a part."""
        return part if self.kind == "compose" else self.address

    def data(self, part: Part) -> str:
        """Return the folder a part keeps its data in."""
        if self.kind == "native":
            return str(self.root / "data" / part)
        # Their images declare a volume: with another folder each container would leave an unnamed one behind.
        return f"/{part}" if part in {"prometheus", "alertmanager"} else f"/var/lib/{part}"

    def config(self, part: Part) -> str:
        """Return the folder a part finds its rendered files in."""
        return f"/etc/{part}" if self.kind == "compose" else str(self.root / "config" / part)


COMPOSE = Placement("compose", "0.0.0.0", Path("/"))  # noqa: S104 - inside a container; published on loopback


def native(config: Config, state_dir: Path) -> Placement:
    """Return the placement of processes on this machine, with all they own under a state directory."""
    return Placement("native", str(config.network.address), state_dir)
