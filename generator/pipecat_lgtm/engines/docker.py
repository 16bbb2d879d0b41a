"""Docker Compose: whether it is there, and running it."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pipecat_lgtm.errors import EngineError


@dataclass(frozen=True)
class Container:
    """One container of a project.

    Args:
        service: of the compose file.
        state: running, exited, restarting, …
        health: healthy, unhealthy, starting; empty without a health check.
        exit_code: of its last end.
    """

    service: str
    state: str
    health: str
    exit_code: int

    @property
    def well(self) -> bool:
        """Tell whether it does what it should; what prepares a volume should have ended."""
        if self.state == "exited":
            return self.exit_code == 0 and self.service.startswith("init")
        return self.state == "running" and self.health != "unhealthy"


def compose_command() -> list[str]:
    """Return how Docker Compose is called here.

    Raises:
        EngineError: it or its daemon is not there.
    """
    docker = shutil.which("docker")
    if docker is not None and _works([docker, "info"]):
        if _works([docker, "compose", "version"]):
            return [docker, "compose"]
        if standalone := shutil.which("docker-compose"):
            return [standalone]
    raise EngineError(
        "docker: no running Docker with Compose found",
        "start Docker (Compose v2 comes with it), or use `pipecat-lgtm up --native`, which needs only Go",
    )


def _works(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def compose(folder: Path, arguments: list[str], environment: dict[str, str], *, capture: bool = False) -> str:
    """Run Docker Compose in a rendered folder and return what it printed; by default that goes to the terminal.

    Raises:
        EngineError: there is no Docker, or Compose failed.
    """
    done = subprocess.run(
        [*compose_command(), *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE if capture else None,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise EngineError(
            f"docker compose {' '.join(arguments)}: exit code {done.returncode}",
            f"see its output above; the files are in {folder}",
        )
    return done.stdout or ""


def containers(folder: Path, environment: dict[str, str]) -> list[Container]:
    """Return the containers of a rendered folder's project, ended ones too."""
    found = []
    for line in compose(folder, ["ps", "--all", "--format", "json"], environment, capture=True).splitlines():
        one = json.loads(line)
        found.append(Container(one["Service"], one["State"], one.get("Health", ""), int(one.get("ExitCode", 0))))
    return sorted(found, key=lambda one: one.service)
