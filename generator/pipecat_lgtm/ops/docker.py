"""The stack in containers, from a folder rendered into the state directory."""

import os
import secrets
from pathlib import Path

from pipecat_lgtm import output
from pipecat_lgtm.config import Config
from pipecat_lgtm.engines.build import Watch
from pipecat_lgtm.engines.docker import Container, compose, compose_command, containers
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops.engines import drain_of, drain_seconds
from pipecat_lgtm.renderers import render

_PASSWORD_BYTES = 18
_READY_SECONDS = 300
"""For all to be healthy, the images pulled."""


def up(config: Config, config_path: Path | None, state: State) -> Path:
    """Render and start the stack; return the file that holds Grafana's admin password.

    Raises:
        EngineError: there is no Docker, or the stack did not become healthy.
    """
    compose_command()  # before anything is written
    password = _password(state.folder)
    output.write(state.folder / "config", render(config))
    state.begin("docker", config_path)
    state.save()
    environment = {
        "PIPECAT_LGTM_ADMIN_PASSWORD": password.read_text(encoding="utf-8").strip(),
        "PIPECAT_LGTM_NO_ADMIN": "false",
    }
    # A missing variable is Compose's to complain of, with its name.
    arguments = ["up", "--detach", "--wait", "--wait-timeout", str(_READY_SECONDS), "--remove-orphans"]
    compose(state.folder / "config", arguments, environment)
    return password


def down(config: Config, state: State, watch: Watch) -> None:
    """End the stack, the collector drained; its data stays."""
    folder, environment = state.folder / "config", _placeholders(config)
    try:
        drain = drain_of(config)
        drain.hold()
        # The held call keeps the collector from ending while its flush timers run; nothing restarts what was killed.
        compose(folder, ["kill", "--signal", "SIGTERM", "collector"], environment)
        drain.release_after(drain_seconds(config), watch)
    except EngineError as error:
        watch(f"{error.message}: {error.hint}", 0.0)
    compose(folder, ["down"], environment)
    state.forget()


def parts(config: Config, state: State) -> list[Container]:
    """Return what runs, and what should and does not."""
    return containers(state.folder / "config", _placeholders(config))


def log(config: Config, state: State, name: str, lines: int) -> str:
    """Return the last lines a part has printed.

    Raises:
        EngineError: there is no such part.
    """
    arguments = ["logs", "--no-color", "--no-log-prefix", "--tail", str(lines), name]
    return compose(state.folder / "config", arguments, _placeholders(config), capture=True)


def _placeholders(config: Config) -> dict[str, str]:
    """Return values for the variables without which Compose does not even read the file."""
    variables = {variable for extra in config.exporters for variable in extra.headers.values()}
    return {variable: os.environ.get(variable) or "not needed to look or to end" for variable in variables}


def _password(folder: Path) -> Path:
    file = folder / "grafana-admin-password"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(_PASSWORD_BYTES) + "\n", encoding="utf-8")
    return file
