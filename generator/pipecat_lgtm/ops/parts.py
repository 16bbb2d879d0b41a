"""What a running part is: its rendered files, arguments, program and environment, comparable by fingerprint."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipecat_lgtm.config import Config, load
from pipecat_lgtm.engines.catalogue import ENGINES
from pipecat_lgtm.engines.process import Running, silence
from pipecat_lgtm.engines.resolve import cache_folder
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.errors import ConfigError
from pipecat_lgtm.ops.engines import GUARD, HEARTBEAT, NOTIFICATIONS, PYTHON, manifest_of, program
from pipecat_lgtm.renderers import Placement, native, render, resources
from pipecat_lgtm.renderers.collector.edge import secret_variables
from pipecat_lgtm.renderers.fingerprint import digest, fingerprint, read_by
from pipecat_lgtm.renderers.flags import FLAGS

METRICS = ("collector", "prometheus")
"""What serves metrics; it starts first, behind the guard."""

ORDER = (GUARD, *METRICS, "alertmanager", NOTIFICATIONS, "tempo", "loki", HEARTBEAT)
"""Traces and logs wait in the collector's queue until their stores are up."""

ENDING = (*ORDER[1:], GUARD)
"""The collector first, which is drained: Prometheus says through the guard that it has read everything."""


@dataclass(frozen=True)
class Part:
    """One part of a native stack as a config wants it.

    Args:
        name: of the part.
        arguments: of its program.
        fingerprint: of its files, its arguments, its program's version and its settings.
        settings: environment variables that it runs with, unless they have another value here.
        variables: names of the environment variables it reads.
    """

    name: str
    arguments: tuple[str, ...]
    fingerprint: str
    settings: dict[str, str]
    variables: tuple[str, ...]

    @property
    def environment(self) -> str:
        """Digest of the values its variables have here; empty where it reads none, or none is set."""
        values = {name: os.environ[name] for name in self.variables if name in os.environ}
        return digest(repr(sorted(values.items()))) if values else ""


def names(config: Config) -> list[str]:
    """Return the parts that run here; neither a Tempo or Loki elsewhere nor a Python program without use."""
    absent = {name for name in ("tempo", "loki") if getattr(config.stores, name).url is not None}
    absent |= set() if config.routing.unheard else {NOTIFICATIONS}
    absent |= set() if config.quality.heartbeat.targets else {HEARTBEAT}
    return [part for part in ORDER if part not in absent]


def wanted(config: Config, placement: Placement, files: dict[str, str]) -> dict[str, Part]:
    """Return every part of a native stack by name.

    Args:
        config: the stack.
        placement: as processes of this machine.
        files: what it renders for them.
    """
    return {name: _part(name, config, placement, files) for name in names(config)}


def _part(name: str, config: Config, placement: Placement, files: dict[str, str]) -> Part:
    arguments = tuple(FLAGS[name](config, placement))
    version = config.versions.python
    if name not in PYTHON:
        engine = ENGINES[program(name)]
        version = cache_folder(engine, manifest_of(engine, config)).name
    read = tuple(secret_variables(config)) if name == "collector" else ()
    settings = resources.settings(config, name)
    return Part(name, arguments, fingerprint(read_by(name, files), arguments, version, settings), settings, read)


@dataclass(frozen=True)
class Seen:
    """A part of a native stack as it is now.

    Args:
        name: of the part.
        condition: ready; not ready; ended; missing: it was never started, or is forgotten.
        running: what was started; None if it is missing.
        silence: why it is not ready.
        differs: it runs another config than stack.yaml has now.
    """

    name: str
    condition: str
    running: Running | None
    silence: str = ""
    differs: bool = False


def seen(state: State) -> Iterator[Seen]:
    """Yield every part that should run, as it is now."""
    now = _on_disk(state)
    processes = {one.name: one for one in state.processes}
    for name in sorted({*processes, *state.parts}, key=ORDER.index):
        if (running := processes.get(name)) is None:
            yield Seen(name, "missing", None)
        elif running.process() is None:
            yield Seen(name, "ended", running)
        else:
            said = silence(running.ready_url) if running.ready_url else ""
            differs = now is not None and not same(running, now.get(name))
            yield Seen(name, "not ready" if said else "ready", running, said, differs)


def same(running: Running, part: Part | None) -> bool:
    """Tell whether a process runs what a part is now; a variable that is not set here is not compared."""
    if part is None or running.fingerprint != part.fingerprint:
        return False
    return not part.environment or running.environment == part.environment


def config_on_disk(state: State) -> Config | None:
    """Return the user's stack.yaml as it is now; None where it is not known, gone or not valid any more."""
    found = _read(state)
    return found if isinstance(found, Config) else None


def fault_on_disk(state: State) -> ConfigError | None:
    """Return why the stack.yaml that a stack was started with is not valid any more; None if it is, or is gone."""
    found = _read(state)
    return found if isinstance(found, ConfigError) else None


def _read(state: State) -> Config | ConfigError | None:
    source = Path(state.source) if state.source else None
    if (source is None and state.config) or (source is not None and not source.exists()):
        return None
    try:
        return load(source, state.name).config
    except ConfigError as error:
        return error


def _on_disk(state: State) -> dict[str, Part] | None:
    """Return the parts as the user's stack.yaml wants them now; None where that is not known."""
    config = config_on_disk(state)
    if config is None:
        return None
    placement = native(config, state.folder.resolve())
    return wanted(config, placement, render(config, placement))
