"""Verbs about a running stack: up, down, status, logs."""

import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from pipecat_lgtm.cli_shared import BinDirOption, ConfigOption, StateOption, err, out, print_signs, progress
from pipecat_lgtm.config import load
from pipecat_lgtm.engines.state import State, default_folder, locked
from pipecat_lgtm.engines.state import load as load_state
from pipecat_lgtm.errors import CheckFailed, EngineError
from pipecat_lgtm.ops import docker as docker_stack
from pipecat_lgtm.ops import native as native_stack
from pipecat_lgtm.ops import signposts

app = typer.Typer()

_LOG_LINES = 100
_TAIL_LINES = 12


@app.command()
def up(
    config: ConfigOption = None,
    state_dir: StateOption = None,
    bin_dir: BinDirOption = None,
    *,
    docker: Annotated[
        bool, typer.Option("--docker/--native", help="Containers, or processes built with Go (default).")
    ] = False,
) -> None:
    """Start the stack and leave it running: `pipecat-lgtm up`."""
    loaded, folder = load(config).config, state_dir or default_folder()
    with locked(folder):
        state = load_state(folder)
        not_otherwise(state, "docker" if docker else "native")
        if docker:
            password = docker_stack.up(loaded, config, state)
            out.print(f"Grafana's user admin has the password in {password}")
        else:
            with progress() as watch, closing(native_stack.up(loaded, config, state, bin_dir, watch)) as parts:
                for part in parts:
                    err.print(f"[green]ready[/] {part}", highlight=False)
    print_signs(signposts.stack(loaded, docker=docker))


def not_otherwise(state: State, kind: str) -> None:
    """Make sure that a stack of the other kind does not run from the same state directory.

    Raises:
        EngineError: it does.
    """
    if state.kind not in {"", kind}:
        raise EngineError(
            f"{state.folder}: a stack already runs from there, as {state.kind}",
            "end it first: `pipecat-lgtm down`, or give another --state-dir",
        )


@app.command()
def down(state_dir: StateOption = None) -> None:
    """End what `up` started, without losing what the collector holds: `pipecat-lgtm down`."""
    folder = state_dir or default_folder()
    with locked(folder):
        end(load_state(folder), drained=True)


def end(state: State, *, drained: bool) -> None:
    """End what runs; nothing happens if nothing does."""
    if not state.kind:
        err.print(f"nothing runs from {state.folder}")
        return
    config = load(Path(state.config) if state.config else None).config
    with progress() as watch:
        if state.kind == "docker":
            docker_stack.down(config, state, watch)
            return
        for part in native_stack.down(config, state, watch, drained=drained):
            err.print(f"ended {part}", highlight=False)


@app.command()
def status(state_dir: StateOption = None) -> None:
    """Show what runs; exit code 1 if something that should has ended: `pipecat-lgtm status`."""
    state = load_state(state_dir or default_folder())
    if not state.kind:
        out.print(f"nothing runs from {state.folder}")
        return
    ended = _docker_status(state) if state.kind == "docker" else _native_status(state)
    if ended:
        tails = "".join(f"\n  {name}:\n    {tail}" for name, tail in ended.items())
        raise CheckFailed(f"ended by themselves: {', '.join(ended)}{tails}", "start them again with `pipecat-lgtm up`")


def _native_status(state: State) -> dict[str, str]:
    ended = [one for one in state.processes if one.process() is None]
    for one in state.processes:
        out.print(
            f"{one.name:13} {'ended' if one in ended else 'runs'}  pid {one.pid}  log {one.log}",
            highlight=False,
        )
    return {one.name: one.tail() for one in ended}


def _docker_status(state: State) -> dict[str, str]:
    config = load(Path(state.config) if state.config else None).config
    parts = docker_stack.parts(config, state)
    for one in parts:
        if not one.service.startswith("init"):
            out.print(f"{one.service:13} {one.state}  {one.health}", highlight=False)
    return {
        one.service: docker_stack.log(config, state, one.service, _TAIL_LINES).rstrip().replace("\n", "\n    ")
        for one in parts
        if not one.well
    }


@app.command()
def logs(name: Annotated[str, typer.Argument(help="collector, prometheus, …")], state_dir: StateOption = None) -> None:
    """Print the end of a part's log: `pipecat-lgtm logs collector`."""
    state = load_state(state_dir or default_folder())
    if state.kind == "docker":
        config = load(Path(state.config) if state.config else None).config
        sys.stdout.write(docker_stack.log(config, state, name, _LOG_LINES))
        return
    file = state.folder / "logs" / f"{name}.log"
    if not file.exists():
        known = ", ".join(sorted(path.stem for path in file.parent.glob("*.log"))) or "none yet"
        raise CheckFailed(f"{name}: has no log in {file.parent}", f"logs there: {known}")
    sys.stdout.write("\n".join(file.read_text(errors="replace").splitlines()[-_LOG_LINES:]) + "\n")
