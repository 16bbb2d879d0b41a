"""The machine: programs, and the files that stack.yaml names."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from pipecat_lgtm.config import Config
from pipecat_lgtm.engines.catalogue import ENGINES
from pipecat_lgtm.engines.docker import compose_command
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops import native, preflight
from pipecat_lgtm.ops.doctor.finding import Finding
from pipecat_lgtm.ops.engines import program, token


def findings(config: Config, state: State, bin_dir: Path | None) -> Iterator[Finding]:
    """Yield whether the stack can be started here, and whether its secrets can be read."""
    yield _programs(config, bin_dir)
    for note in config.versions.notes():
        key, _, says = note.partition(": ")
        yield Finding("machine", key, "look", says, "if something is odd, try the tested version first")
    for key, file in preflight.named_files(config):
        yield (_tokens(config, state) if key == "network.auth.token_file" else None) or _file(key, file, state)
    if config.network.is_clear:
        hint = "set network.tls, unless a VPN or a mesh encrypts it"
        yield Finding("machine", "network.insecure", "look", "tokens and what callers say are sent in clear", hint)


def _programs(config: Config, bin_dir: Path | None) -> Finding:
    missing = [ENGINES[program(part)] for part in native.to_build(config, bin_dir)]
    if not missing:
        return Finding("machine", "programs", "fine", "all are here")
    names, minutes = ", ".join(engine.name for engine in missing), sum(engine.minutes for engine in missing)
    if shutil.which("go"):
        hint = f"`pipecat-lgtm engines build` builds them (about {minutes:g} min on two cores), and so does `up`"
        return Finding("machine", "programs", "look", f"not here yet: {names}", hint)
    try:
        compose_command()
    except EngineError:
        hint = "install Go 1.21 or newer, or Docker with Compose v2"
        return Finding("machine", "programs", "wrong", f"not here: {names}; neither Go nor Docker is", hint)
    return Finding(
        "machine", "programs", "fine", "there is no Go to build them, but Docker: `pipecat-lgtm up --docker`"
    )


def _tokens(config: Config, state: State) -> Finding | None:
    """Return what is wrong with the file of the bots' tokens; a collector that runs keeps those it has read before."""
    try:
        token(config)
    except EngineError as error:
        kept = "; the collector still takes the tokens that it has read before" if state.kind else ""
        return Finding("machine", "network.auth.token_file", "wrong", f"{error.message}{kept}", error.hint)
    return None


def _file(key: str, file: Path, state: State) -> Finding:
    if fault := preflight.fault_of(file):
        return Finding("machine", key, "wrong", *fault)
    if state.kind == "docker" and preflight.unreadable_by(preflight.NOBODY, file):
        hint = f"let the containers read it: `chown 65534 {file}`"
        return Finding("machine", key, "wrong", f"{file}: not readable by the containers' user 65534", hint)
    return Finding("machine", key, "fine", f"{file} can be read")
