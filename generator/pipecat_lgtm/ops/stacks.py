"""Which stack a command is about, and which others are in its way."""

from collections.abc import Iterator
from pathlib import Path

from pipecat_lgtm.config import Config, load
from pipecat_lgtm.engines.build import Watch
from pipecat_lgtm.engines.state import State, default_folder, known, locked
from pipecat_lgtm.engines.state import load as load_state
from pipecat_lgtm.errors import ConfigError, EngineError
from pipecat_lgtm.ops import docker, native
from pipecat_lgtm.ops.parts import names


def folder(config: Config, state_dir: Path | None) -> Path:
    """Return where a stack keeps its state: where the user says, else by its name."""
    return state_dir or default_folder(config.name)


def running(config: Path | None = None, state_dir: Path | None = None) -> State:
    """Return the stack that a command which looks at a running one, or ends it, is about.

    That of `--state-dir`; else that of `--config`, by its name, or the one that was started with that file where it has
    another name since or is not valid any more; else the only one that runs; else the shipped one.

    Args:
        config: the user's stack.yaml.
        state_dir: the state directory.

    Raises:
        EngineError: several run, and nothing says which is meant.
        ConfigError: the config is not valid, and nothing was started with it.
    """
    if state_dir is not None:
        return load_state(state_dir)
    if config is not None:
        return _of(config)
    found = list(known())
    if len(found) > 1:
        raise EngineError(
            f"{len(found)} stacks run: {', '.join(one.described for one in found)}",
            "say which one with --config STACK.YAML, or with --state-dir",
        )
    return found[0] if found else load_state(default_folder())


def _of(config: Path) -> State:
    """Return the stack of a stack.yaml."""
    try:
        named = load_state(default_folder(load(config).config.name))
    except ConfigError:
        if (started := _started_with(config)) is None:
            raise
        return started
    return named if named.kind else _started_with(config) or named


def _started_with(config: Path) -> State | None:
    """Return the stack that was started with a stack.yaml, whatever its name was then."""
    return next((one for one in known() if one.source == str(config.resolve())), None)


def config_of(state: State, config: Path | None = None) -> Config:
    """Return the config to look at a stack with: the one given, else the one it runs with, else the shipped one."""
    if config is not None:
        return load(config).config
    return load(Path(state.config) if state.kind and state.config else None, state.name if state.kind else "").config


def in_the_way(config: Config, path: Path | None, state: State) -> list[State]:
    """Return the stacks that would have to end for another one to start.

    Args:
        config: of the one to start.
        path: of its stack.yaml; None for the shipped one.
        state: of its state directory, where another one may run.
    """
    source = "" if path is None else str(path.resolve())
    here = [state] if state.kind and (state.name, state.source) != (config.name, source) and _is_told(state) else []
    wanted = {one.port for one in native.listened(config, names(config))}
    others = [one for one in known() if one.folder.resolve() != state.folder.resolve()]
    return here + [one for one in others if wanted & _ports(one) and _alive(one)]


def pids(states: list[State]) -> frozenset[int]:
    """Return the pids of the native programs of some stacks."""
    return frozenset(one.pid for state in states for one in state.processes)


def end(states: list[State], watch: Watch) -> Iterator[str]:
    """End stacks that are replaced, drained; yield what has ended."""
    for state in states:
        with locked(state.folder):
            if state.kind == "docker":
                docker.down(state, watch)
            else:
                list(native.down(state, watch))
        yield state.described


def _is_told(state: State) -> bool:
    """Tell whether a state says which stack.yaml it was started with; older versions did not."""
    return bool(state.source) or not state.config


def _ports(state: State) -> set[int]:
    if state.ports:
        return set(state.ports)
    config = config_of(state)
    return {one.port for one in native.listened(config, names(config))}


def _alive(state: State) -> bool:
    return state.kind == "docker" or any(one.process() is not None for one in state.processes)
