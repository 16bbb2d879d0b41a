"""The stack in containers, from a folder rendered into the state directory."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipecat_lgtm import output
from pipecat_lgtm.config import Config, load
from pipecat_lgtm.engines import ports
from pipecat_lgtm.engines.build import Watch
from pipecat_lgtm.engines.docker import (
    Container,
    active_services,
    compose,
    compose_command,
    containers,
    processors,
)
from pipecat_lgtm.engines.interrupt import uninterrupted
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.errors import StackError
from pipecat_lgtm.ops import preflight
from pipecat_lgtm.ops.engines import drain_of, draining, scraped
from pipecat_lgtm.ops.native import Start
from pipecat_lgtm.ops.parts import config_on_disk
from pipecat_lgtm.renderers import render
from pipecat_lgtm.renderers.collector.edge import secret_variables
from pipecat_lgtm.renderers.compose import CONFIG_LABEL
from pipecat_lgtm.renderers.text import from_yaml

_PASSWORD_BYTES = 18
_READY_SECONDS = 300
"""For all to be healthy, the images pulled."""
_FILE = "docker-compose.yml"


def up(start: Start, state: State, watch: Watch) -> Path:
    """Render and start the stack, and start again what runs otherwise; return the file of Grafana's admin password.

    Raises:
        EngineError: there is no Docker, something stands in the way, or the stack did not become healthy. The files are
            as before then, and what ran before is started again.
    """
    compose_command()  # before anything is written
    config = start.config
    files = render(config)
    services = from_yaml(files[_FILE])["services"]
    running = _known(config, state)
    _check(start, state, files, running)
    password = _password(state.folder)
    environment = {
        "PIPECAT_LGTM_ADMIN_PASSWORD": password.read_text(encoding="utf-8").strip(),
        "PIPECAT_LGTM_NO_ADMIN": "false",
        **({"PIPECAT_LGTM_CPUS": "1"} if processors() == 1 else {}),
    }
    folder, before = state.folder / "config", output.current(state.folder / "config")
    kind, how = state.kind, draining(config)
    try:
        for what in start.end_others():
            watch(f"ended {what}", 0.0)
        if any(one.service == "collector" and _differs(one, services) for one in running):
            _drain(config, state, running, watch)
        if kind and state.name != config.name:
            compose(folder, ["down"], _placeholders(config))
        output.write(folder, files)
        # A missing variable is Compose's to complain of, with its name.
        compose(folder, _UP, environment)
    except BaseException:
        if kind:
            with uninterrupted():
                output.write(folder, before)
                compose(folder, _UP, environment | _placeholders(config))
        raise
    state.begin("docker", start.path, config.name)
    active = active_services(folder, environment)
    state.parts = [name for name, service in services.items() if service["restart"] != "no" and name in active]
    state.ports, state.draining = _published(services), how
    state.save()
    return password


_UP = ["up", "--detach", "--wait", "--wait-timeout", str(_READY_SECONDS), "--remove-orphans"]


def down(state: State, watch: Watch) -> None:
    """End the stack, the collector drained; its data stays."""
    config = config_of(state)
    _drain(config, state, parts(config, state), watch)
    compose(state.folder / "config", ["down"], _placeholders(config))
    state.forget()


def config_of(state: State) -> Config:
    """Return the config that a state directory's stack was started with."""
    return load(Path(state.config) if state.config else None, state.name).config


def parts(config: Config, state: State) -> list[Container]:
    """Return what runs, and what should and does not."""
    return containers(state.folder / "config", _placeholders(config), CONFIG_LABEL)


def outdated(state: State, found: list[Container]) -> set[str]:
    """Return the services whose containers run another config than stack.yaml has now."""
    config = config_on_disk(state)
    if config is None:
        return set()
    services = from_yaml(render(config)[_FILE])["services"]
    return {one.service for one in found if _differs(one, services)}


def log(config: Config, state: State, name: str, lines: int, *, follow: bool = False) -> str:
    """Return the last lines a part has printed; with follow they and all later ones go to the terminal.

    Raises:
        EngineError: there is no such part.
    """
    arguments = ["logs", "--no-color", "--no-log-prefix", "--tail", str(lines), *(["--follow"] if follow else []), name]
    return compose(state.folder / "config", arguments, _placeholders(config), capture=not follow)


def _known(config: Config, state: State) -> list[Container]:
    """Return the containers of this state directory's folder, also those that a person started there by Compose."""
    if not (state.folder / "config" / _FILE).exists():
        return []
    return parts(config_of(state) if state.kind else config, state)


def _differs(container: Container, services: dict[str, dict[str, dict[str, str]]]) -> bool:
    wanted = services.get(container.service, {}).get("labels", {}).get(CONFIG_LABEL, "")
    return bool(wanted or container.config) and wanted != container.config


def _published(services: dict[str, dict[str, list[str]]]) -> list[int]:
    """Return the ports that services publish on this machine."""
    return sorted({int(port.rsplit(":", 1)[1]) for one in services.values() for port in one.get("ports", [])})


def _check(start: Start, state: State, files: dict[str, str], running: list[Container]) -> None:
    """Make sure that nothing known stands in the way.

    Raises:
        EngineError: with all that does.
    """
    config = start.config
    own = {port for one in running for port in one.ports}
    wanted = [
        ports.Wanted(key, port, str(config.network.address) if key.startswith("otlp_") else config.network.inside)
        for key, port in config.network.ports.model_dump().items()
        if port in _published(from_yaml(files[_FILE])["services"]) and port not in own
    ]
    preflight.require(
        preflight.complaint(lambda: ports.check(wanted, start.leaving)),
        preflight.secrets(config, ["collector", "grafana"]),
        _closed_files(config),
        preflight.disk(state.folder),
    )
    with tempfile.TemporaryDirectory(prefix="pipecat-lgtm-check-") as scratch:
        output.write(Path(scratch), files)
        compose(Path(scratch), ["config", "--quiet"], _placeholders(config))


def _closed_files(config: Config) -> Iterator[tuple[str, str]]:
    nobody = preflight.NOBODY[0]
    for key, file in preflight.named_files(config):
        if preflight.fault_of(file):
            continue
        if preflight.unreadable_by(preflight.NOBODY, file):
            yield f"{key}: {file}: not readable by the containers' user {nobody}", f"`chown {nobody} {file}`"
        elif key.startswith("stores.") and preflight.unreadable_by(preflight.GRAFANA, file):
            hint = f"`chown {nobody}:0 {file} && chmod 440 {file}`"
            yield f"{key}: {file}: not readable by Grafana's container, whose group is 0", hint


def _drain(config: Config, state: State, running: list[Container], watch: Watch) -> None:
    """End the collector, drained as it was started; whatever goes wrong with that must not keep it from ending."""
    try:
        how = state.draining or draining(config)
        published = {port for one in running if one.service == "collector" for port in one.ports}
        if not {how.port, how.intake_port} <= published:
            watch(f"collector: does not publish {how.port} and {how.intake_port}; it is ended without draining", 0.0)
            return
        drain = drain_of(how)
        drain.hold()
        # The held call keeps the collector from ending while its flush timers run; nothing restarts what was killed.
        compose(state.folder / "config", ["kill", "--signal", "SIGTERM", "collector"], _placeholders(config))
        drain.release_when(scraped(how, watch), watch)
    except StackError as error:
        watch(f"{error.message}: {error.hint}", 0.0)


def _placeholders(config: Config) -> dict[str, str]:
    """Return values for the variables without which Compose does not even read the file."""
    return {name: os.environ.get(name) or "not needed to look or to end" for name in secret_variables(config)}


def _password(folder: Path) -> Path:
    file = folder / "grafana-admin-password"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(_PASSWORD_BYTES) + "\n", encoding="utf-8")
    return file
