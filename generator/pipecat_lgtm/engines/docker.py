"""Docker Compose: whether it is there, and running it."""

import os
import shutil
import subprocess
from pathlib import Path

from pipecat_lgtm.errors import EngineError


def compose_command() -> list[str] | None:
    """Return how Docker Compose is called here, or None if it or its daemon is not there."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "info"], capture_output=True, check=False).returncode != 0:
        return None
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:
        return [docker, "compose"]
    standalone = shutil.which("docker-compose")
    return [standalone] if standalone else None


def compose(folder: Path, arguments: list[str], environment: dict[str, str] | None = None) -> None:
    """Run Docker Compose in a rendered folder; its output goes to the terminal.

    Raises:
        EngineError: there is no Docker, or Compose failed.
    """
    command = compose_command()
    if command is None:
        raise EngineError(
            "docker: no running Docker with Compose found",
            "start Docker (Compose v2 comes with it), or use `pipecat-lgtm up --native`, which needs only Go",
        )
    done = subprocess.run([*command, *arguments], cwd=folder, env={**os.environ, **(environment or {})}, check=False)
    if done.returncode != 0:
        raise EngineError(
            f"docker compose {' '.join(arguments)}: exit code {done.returncode}",
            f"see its output above; the files are in {folder}",
        )
