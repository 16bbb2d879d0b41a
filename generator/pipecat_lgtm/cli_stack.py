"""Verbs about a running stack: up, down, status, logs."""

import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from pipecat_lgtm.cli_shared import (
    BinDirOption,
    ConfigOption,
    JsonOption,
    ReplaceOption,
    StateOption,
    err,
    out,
    plain,
    print_json,
    print_signs,
    progress,
)
from pipecat_lgtm.config import Config, load
from pipecat_lgtm.engines.build import Watch
from pipecat_lgtm.engines.state import State, default_folder, locked
from pipecat_lgtm.engines.state import load as load_state
from pipecat_lgtm.errors import CheckFailed, EngineError
from pipecat_lgtm.ops import docker as docker_stack
from pipecat_lgtm.ops import native as native_stack
from pipecat_lgtm.ops import parts, queue_files, signposts, stacks

app = typer.Typer()

_LOG_LINES = 100
_TAIL_LINES = 12
_FOLLOW_SECONDS = 0.2


@app.command()
def up(
    config: ConfigOption = None,
    state_dir: StateOption = None,
    bin_dir: BinDirOption = None,
    *,
    docker: Annotated[
        bool, typer.Option("--docker/--native", help="Containers, or processes built with Go (default).")
    ] = False,
    replace: ReplaceOption = False,
) -> None:
    """Start the stack and leave it running; of one that runs, start again what changed: `pipecat-lgtm up`."""
    loaded = load(config).config
    folder = stacks.folder(loaded, state_dir)
    _note_earlier(folder)
    with locked(folder):
        state = load_state(folder)
        not_otherwise(state, "docker" if docker else "native")
        with progress() as watch:
            start = starting(loaded, config, state, bin_dir, watch, replace=replace)
            if docker:
                password = docker_stack.up(start, state, watch)
            else:
                with closing(native_stack.up(start, state, watch)) as ready:
                    for part in ready:
                        err.print(f"[green]ready[/] {part:13} {signposts.address(loaded, part)}", highlight=False)
    if docker:
        out.print(f"Grafana's user admin has the password in {password}")
    print_signs(signposts.stack(loaded, docker=docker))


def _note_earlier(folder: Path) -> None:
    """Say where a stack of one's own has left its data, when it was called like the shipped one."""
    earlier = default_folder()
    if folder.parent.parent == earlier and not folder.exists() and (earlier / "stack.yaml").exists():
        err.print(
            f"[yellow]note[/] {earlier} has data of a stack of yours, of an earlier version; to go on with it give "
            "`name: pipecat-lgtm` in your stack.yaml",
            highlight=False,
        )


def starting(  # noqa: PLR0913 - what a start is
    loaded: Config, path: Path | None, state: State, bin_dir: Path | None, watch: Watch, *, replace: bool
) -> native_stack.Start:
    """Return what is to be started, once it is clear that other stacks of this user may end for it.

    Raises:
        EngineError: another one is in the way, and nobody says that it may end.
    """
    others = stacks.in_the_way(loaded, path, state)
    if others:
        _allow(loaded, others, replace=replace)
    elsewhere = [one for one in others if one is not state]
    return native_stack.Start(loaded, path, bin_dir, stacks.pids(elsewhere), lambda: stacks.end(elsewhere, watch))


def _allow(loaded: Config, others: list[State], *, replace: bool) -> None:
    said = f"{loaded.name} would replace {', '.join(one.described for one in others)}, which runs"
    if replace or (sys.stdin.isatty() and err.is_terminal and typer.confirm(f"{said}. End it?", err=True)):
        return
    raise EngineError(
        said, "end it with --replace, or run both: give yours another `name` and other `network.ports` in stack.yaml"
    )


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
def down(config: ConfigOption = None, state_dir: StateOption = None) -> None:
    """End what `up` started, without losing what the collector holds: `pipecat-lgtm down`."""
    folder = stacks.running(config, state_dir).folder
    with locked(folder):
        end(load_state(folder), drained=True)


def end(state: State, *, drained: bool) -> None:
    """End what runs; nothing happens if nothing does."""
    if not state.kind:
        err.print(f"nothing runs from {state.folder}")
        return
    with progress() as watch:
        if state.kind == "docker":
            docker_stack.down(state, watch)
            return
        for part in native_stack.down(state, watch, drained=drained):
            err.print(f"ended {part}", highlight=False)


@app.command()
def status(config: ConfigOption = None, state_dir: StateOption = None, *, as_json: JsonOption = False) -> None:
    """Show what runs; exit code 1 if a part has ended, is missing or is not ready: `pipecat-lgtm status`."""
    state = stacks.running(config, state_dir)
    found = _parts(state) if state.kind else []
    if as_json:
        stack = {"name": state.name, "kind": state.kind or None, "folder": str(state.folder)}
        print_json({**stack, "parts": [asdict(one) for one in found]})
    elif not found:
        out.print(f"nothing runs from {state.folder}")
    else:
        for one in found:
            out.print(f"{one.name:13} {one.condition}  {one.where}".rstrip(), highlight=False)
    if found and (fault := parts.fault_on_disk(state)):
        err.print(
            f"[yellow]note[/] not valid any more, and not what runs: {plain(fault.message)}",
            highlight=False,
        )
    if state.kind == "native" and (damaged := queue_files.kept(stacks.config_of(state), state)):
        said = plain(queue_files.said(damaged))
        err.print(f"[yellow]note[/] collector: {said}; {queue_files.RUNBOOK}", highlight=False)
    if differing := [one.name for one in found if one.differs]:
        source = state.source or "the shipped stack.yaml"
        err.print(
            f"[yellow]note[/] {', '.join(differing)}: not as {source} is now; `pipecat-lgtm up` applies it",
            highlight=False,
        )
    _require_ready(found)


def _require_ready(found: list["_Part"]) -> None:
    faults = [one for one in found if one.condition != "ready"]
    if faults:
        said = "; ".join(
            f"{heading}: {', '.join(one.name for one in faults if one.condition == condition)}"
            for condition, heading in _HEADINGS.items()
            if condition in {one.condition for one in faults}
        )
        tails = "".join(f"\n  {one.name}:\n    {one.detail}" for one in faults if one.detail)
        raise CheckFailed(f"{said}{tails}", "start them again with `pipecat-lgtm up`")


_HEADINGS = {"ended": "ended by themselves", "not ready": "not ready", "missing": "missing"}


@dataclass(frozen=True)
class _Part:
    """A part as `status` shows it.

    Args:
        name: of the part; in containers of its service.
        condition: ready; not ready; ended; missing.
        where: process and log, or what Docker says.
        detail: the end of its log where something is wrong.
        differs: it runs another config than stack.yaml has now.
    """

    name: str
    condition: str
    where: str = ""
    detail: str = ""
    differs: bool = False


def _parts(state: State) -> list[_Part]:
    return list(_containers(state) if state.kind == "docker" else _processes(state))


def _processes(state: State) -> Iterator[_Part]:
    for one in parts.seen(state):
        where = f"pid {one.running.pid}  log {one.running.log}" if one.running else ""
        told = [one.silence, one.running.tail() if one.running else ""] if one.condition != "ready" else []
        yield _Part(one.name, one.condition, where, "\n    ".join(filter(None, told)), one.differs)


def _containers(state: State) -> Iterator[_Part]:
    config = docker_stack.config_of(state)
    found = docker_stack.parts(config, state)
    outdated = docker_stack.outdated(state, found)
    for one in found:
        where, differs = f"{one.state}  {one.health}".rstrip(), one.service in outdated
        if one.well and one.health != "starting":
            if not one.service.startswith("init"):  # it was only to prepare a volume
                yield _Part(one.service, "ready", where, differs=differs)
            continue
        detail = docker_stack.log(config, state, one.service, _TAIL_LINES).rstrip().replace("\n", "\n    ")
        yield _Part(one.service, "not ready" if one.state == "running" else "ended", where, detail, differs)
    yield from (_Part(name, "missing") for name in state.parts if name not in {one.service for one in found})


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help="collector, prometheus, …")],
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many of the last lines.")] = _LOG_LINES,
    config: ConfigOption = None,
    state_dir: StateOption = None,
    *,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Print what comes, too, until Ctrl-C.")] = False,
) -> None:
    """Print the end of a part's log: `pipecat-lgtm logs collector`."""
    state = stacks.running(config, state_dir)
    if state.kind == "docker":
        sys.stdout.write(docker_stack.log(docker_stack.config_of(state), state, name, lines, follow=follow))
        return
    file = state.folder / "logs" / f"{name}.log"
    if not file.exists():
        known = ", ".join(sorted(path.stem for path in file.parent.glob("*.log"))) or "none yet"
        raise CheckFailed(f"{name}: has no log in {file.parent}", f"logs there: {known}")
    with file.open(errors="replace") as text, suppress(KeyboardInterrupt):
        sys.stdout.writelines(deque(text, maxlen=lines))
        while follow:
            sys.stdout.flush()
            sys.stdout.writelines(text)
            time.sleep(_FOLLOW_SECONDS)
