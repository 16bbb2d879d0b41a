"""The stack in containers, from a folder rendered into the state directory."""

import secrets
from pathlib import Path

from pipecat_lgtm import output
from pipecat_lgtm.config import Config
from pipecat_lgtm.engines.docker import compose
from pipecat_lgtm.engines.drain import Drain
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.renderers import render

_PASSWORD_BYTES = 18


def up(config: Config, config_path: Path | None, state: State) -> Path:
    """Render and start the stack; return the file that holds Grafana's admin password."""
    password = _password(state.folder)
    output.write(state.folder / "config", render(config))
    state.kind, state.config = "docker", str(config_path.resolve()) if config_path else ""
    state.save()
    environment = {
        "PIPECAT_LGTM_ADMIN_PASSWORD": password.read_text(encoding="utf-8").strip(),
        "PIPECAT_LGTM_NO_ADMIN": "false",
    }
    compose(state.folder / "config", ["up", "--detach", "--wait"], environment)
    return password


def down(config: Config, state: State) -> None:
    """End the stack, the collector drained; its data stays."""
    drain = Drain(f"{config.network.address}:{config.network.ports.otlp_grpc}", config.network.tls.cert_file)
    try:
        drain.hold()
        # Compose sends SIGTERM and waits the grace period; the held call lets the flush timers run meanwhile.
        compose(state.folder / "config", ["kill", "--signal", "SIGTERM", "collector"])
        drain.release_after(2 * config.collector.flush_interval + 2)
    except EngineError:
        pass
    compose(state.folder / "config", ["down"])
    state.forget()


def _password(folder: Path) -> Path:
    file = folder / "grafana-admin-password"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(_PASSWORD_BYTES) + "\n", encoding="utf-8")
    return file
