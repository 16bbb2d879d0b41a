"""Verbs about a running stack: up, down, status, logs, demo."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipecat_lgtm.cli_shared import BinDirOption, ConfigOption, StateOption, err, out, print_signs, progress
from pipecat_lgtm.config import load
from pipecat_lgtm.engines.docker import compose
from pipecat_lgtm.engines.state import State, default_folder
from pipecat_lgtm.engines.state import load as load_state
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops import docker as docker_stack
from pipecat_lgtm.ops import native as native_stack
from pipecat_lgtm.ops import signposts

app = typer.Typer()


def start(config: Path | None, state_dir: Path | None, bin_dir: Path | None, *, docker: bool) -> State:
    """Start what does not run yet, saying what becomes ready; return the state."""
    loaded, state = load(config), load_state(state_dir or default_folder())
    if docker:
        password = docker_stack.up(loaded.config, config, state)
        out.print(f"Grafana's user admin has the password in {password}")
        return state
    with progress() as watch:
        for part in native_stack.up(loaded.config, config, state, bin_dir, watch):
            err.print(f"[green]ready[/] {part}", highlight=False)
    return state


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
    loaded = load(config).config
    start(config, state_dir, bin_dir, docker=docker)
    print_signs(signposts.stack(loaded, docker=docker))


@app.command()
def down(state_dir: StateOption = None) -> None:
    """End what `up` started, without losing what the collector holds: `pipecat-lgtm down`."""
    state = load_state(state_dir or default_folder())
    if not state.kind:
        err.print(f"nothing runs from {state.folder}")
        return
    config = load(Path(state.config) if state.config else None).config
    if state.kind == "docker":
        docker_stack.down(config, state)
        return
    with progress() as watch:
        for part in native_stack.down(config, state, watch):
            err.print(f"ended {part}", highlight=False)


@app.command()
def status(state_dir: StateOption = None) -> None:
    """Show what runs; exit code 1 if something that should has ended: `pipecat-lgtm status`."""
    state = load_state(state_dir or default_folder())
    if state.kind == "docker":
        compose(state.folder / "config", ["ps"])
        return
    ended = [one for one in state.processes if one.process() is None]
    for one in state.processes:
        out.print(
            f"{one.name:13} {'ended' if one in ended else 'runs'}  pid {one.pid}  log {one.log}",
            highlight=False,
        )
    if not state.processes:
        out.print(f"nothing runs from {state.folder}")
    if ended:
        tails = "".join(f"\n  {one.name}:\n    {one.tail()}" for one in ended)
        raise CheckFailed(
            f"ended by themselves: {', '.join(one.name for one in ended)}{tails}",
            "start them again with `pipecat-lgtm up`",
        )


@app.command()
def logs(name: Annotated[str, typer.Argument(help="collector, prometheus, …")], state_dir: StateOption = None) -> None:
    """Print the end of a part's log: `pipecat-lgtm logs collector`."""
    state = load_state(state_dir or default_folder())
    if state.kind == "docker":
        compose(state.folder / "config", ["logs", "--tail", "100", name])
        return
    file = state.folder / "logs" / f"{name}.log"
    if not file.exists():
        known = ", ".join(sorted(path.stem for path in file.parent.glob("*.log"))) or "none yet"
        raise CheckFailed(f"{name}: has no log in {file.parent}", f"logs there: {known}")
    sys.stdout.write("\n".join(file.read_text(errors="replace").splitlines()[-_LOG_LINES:]) + "\n")


_LOG_LINES = 100
