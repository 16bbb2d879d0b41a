"""The machine: programs, and the files that stack.yaml names."""

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from pipecat_lgtm.config import Config
from pipecat_lgtm.engines.docker import compose_command
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops import building, native
from pipecat_lgtm.ops.doctor.finding import Finding
from pipecat_lgtm.ops.engines import program


def findings(config: Config, state: State, bin_dir: Path | None) -> Iterator[Finding]:
    """Yield whether the stack can be started here, and whether its secrets can be read."""
    yield _programs(config, bin_dir)
    for key, file in named_files(config):
        yield _file(key, file, state)


def _programs(config: Config, bin_dir: Path | None) -> Finding:
    needed = {program(part) for part in native.parts(config)}
    missing = [
        engine
        for engine, where in building.found(config, bin_dir)
        if where is None and needed.intersection(engine.programs)
    ]
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


def named_files(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, Path]]:
    """Yield every file that a config names, with its key."""
    for name, value in section:
        yield from _files_in(value, f"{prefix}{name}")


def _files_in(value: object, key: str) -> Iterator[tuple[str, Path]]:
    match value:
        case Path():
            yield key, value
        case BaseModel():
            yield from named_files(value, f"{key}.")
        case dict():
            for name, one in value.items():
                yield from _files_in(one, f"{key}.{name}")
        case list() | tuple():
            for number, one in enumerate(value):
                yield from _files_in(one, f"{key}.{number}")


def _file(key: str, file: Path, state: State) -> Finding:
    try:
        empty = not file.read_bytes().strip()
    except OSError as error:
        return Finding("machine", key, "wrong", f"{file}: {error.strerror}", "make it, or let this user read it")
    if empty:
        return Finding("machine", key, "wrong", f"{file}: is empty", "write the secret into it")
    if state.kind == "docker" and not file.stat().st_mode & stat.S_IROTH:
        hint = f"let the containers read it: `chown 65534 {file}`"
        return Finding("machine", key, "look", f"{file}: perhaps not readable by the containers' user 65534", hint)
    return Finding("machine", key, "fine", f"{file} can be read")
