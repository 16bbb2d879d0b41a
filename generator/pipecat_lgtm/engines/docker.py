"""Docker Compose: whether it is there, and running it."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipecat_lgtm.errors import EngineError


@dataclass(frozen=True)
class Container:
    """One container of a project.

    Args:
        service: of the compose file.
        state: running, exited, restarting, …
        health: healthy, unhealthy, starting; empty without a health check.
        exit_code: of its last end.
        config: the fingerprint it was created with; empty where it has none.
        ports: published on this machine.
    """

    service: str
    state: str
    health: str
    exit_code: int
    config: str = ""
    ports: tuple[int, ...] = ()

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


def processors() -> int:
    """Return how many CPUs the machine of the Docker daemon has; 0 if it does not say."""
    docker = shutil.which("docker")
    if docker is None:
        return 0
    done = subprocess.run([docker, "info", "--format", "{{.NCPU}}"], capture_output=True, text=True, check=False)
    return int(said) if (said := done.stdout.strip()).isdecimal() else 0


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


def containers(folder: Path, environment: dict[str, str], label: str) -> list[Container]:
    """Return the containers of a rendered folder's project, ended ones too.

    Args:
        folder: of the compose file.
        environment: what Compose needs to read it.
        label: that holds a container's fingerprint.
    """
    printed = compose(folder, ["ps", "--all", "--format", "json"], environment, capture=True)
    return sorted((_container(json.loads(line), label) for line in printed.splitlines()), key=lambda one: one.service)


def active_services(folder: Path, environment: dict[str, str]) -> list[str]:
    """Return the services that Compose would run in a rendered folder: what an override leaves out is not among them.

    Args:
        folder: of the compose file.
        environment: what Compose needs to read it.
    """
    return compose(folder, ["config", "--services"], environment, capture=True).split()


def _container(one: dict[str, Any], label: str) -> Container:
    labels = dict(pair.partition("=")[::2] for pair in str(one.get("Labels", "")).split(","))
    published = {int(port.get("PublishedPort", 0)) for port in one.get("Publishers") or []} - {0}
    return Container(
        one["Service"],
        one["State"],
        one.get("Health", ""),
        int(one.get("ExitCode", 0)),
        labels.get(label, ""),
        tuple(sorted(published)),
    )
