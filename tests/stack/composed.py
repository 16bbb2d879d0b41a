"""Stacks in the containers of a test's own Docker daemon."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon import Docker
from harness import free_config

from pipecat_lgtm import output
from pipecat_lgtm.config import Config
from pipecat_lgtm.renderers import render

LEFT_OUT = "services:\n  grafana:\n    profiles: [left-out]\n"
"""Grafana cannot be built here; Compose reads this file by itself beside docker-compose.yml."""


@dataclass(frozen=True)
class Composed:
    """A state directory whose stack runs in containers."""

    docker: Docker
    folder: Path
    config: Config

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a verb of pipecat-lgtm on the state directory."""
        argv = [sys.executable, "-m", "pipecat_lgtm", *arguments, "--state-dir", str(self.folder)]
        return subprocess.run(argv, capture_output=True, text=True, env=self.docker.env, check=False)

    def compose(self, *arguments: str) -> str:
        """Run `docker compose` as a person would, in the rendered folder."""
        return self.docker.run("compose", "--project-directory", str(self.folder / "config"), *arguments)

    def up(self) -> None:
        """Start by `up --docker`; fail with what it said."""
        done = self.command("up", "--docker", "--config", str(self.folder / "stack.yaml"))
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"password in {self.folder / 'grafana-admin-password'}" in done.stdout

    def containers(self) -> dict[str, str]:
        """Return the id of every service's container; what prepares a volume and ends is not among them."""
        lines = self.compose("ps", "--format", "{{.Service}} {{.ID}}").splitlines()
        return dict(line.split() for line in lines)


def rendered(docker: Docker, folder: Path, overrides: dict[str, Any]) -> Composed:
    """Return a stack that is rendered on free ports and not started."""
    folder.mkdir(exist_ok=True)
    config = free_config(folder, overrides)
    output.write(folder / "config", render(config))
    (folder / "config" / "docker-compose.override.yml").write_text(LEFT_OUT)
    return Composed(docker, folder, config)
