"""The command line: parse, call ops, print, exit code; nothing else. Results go to stdout, progress to stderr."""

import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pipecat_lgtm import output
from pipecat_lgtm.config import Config, load
from pipecat_lgtm.engines.docker import compose
from pipecat_lgtm.engines.resolve import find_program
from pipecat_lgtm.engines.state import State, default_folder
from pipecat_lgtm.engines.state import load as load_state
from pipecat_lgtm.errors import CheckFailed, OutputError, StackError
from pipecat_lgtm.ops import demo as demo_op
from pipecat_lgtm.ops import docker as docker_stack
from pipecat_lgtm.ops import native as native_stack
from pipecat_lgtm.ops import settings
from pipecat_lgtm.ops.engines import manifest_for
from pipecat_lgtm.ops.validate import validate as run_validators
from pipecat_lgtm.renderers import render as render_files

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="An OpenTelemetry Collector and Grafana stack for Pipecat voice agents.",
)
config_app = typer.Typer(no_args_is_help=True, help="Look at the config.")
app.add_typer(config_app, name="config")
out, err = Console(soft_wrap=True), Console(stderr=True, soft_wrap=True)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Your stack.yaml; without it the shipped one.")]


def main() -> None:
    """Run the command line; a StackError becomes two lines and exit code 1, an interruption leaves nothing behind."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app()
    except StackError as error:
        err.print(f"[bold red]error[/] {_plain(error.message)}", highlight=False)
        err.print(f"  [bold]next[/] {_plain(error.hint)}", highlight=False)
        sys.exit(1)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer's callback
    if wanted:
        out.print(version("pipecat-lgtm"))
        raise typer.Exit


@app.callback()
def _root(
    *,
    _shown: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where your stack.yaml shall be.")]) -> None:
    """Start a stack of your own: `pipecat-lgtm init my-stack`."""
    out.print(
        f"wrote {settings.init(folder)}; edit it, then: pipecat-lgtm render --config {folder}/stack.yaml --out {folder}"
    )


@config_app.command()
def schema() -> None:
    """Print the JSON Schema of stack.yaml: `pipecat-lgtm config schema > stack.schema.json`."""
    sys.stdout.write(settings.schema() + "\n")


@config_app.command()
def show(config: ConfigOption = None) -> None:
    """Print every value in force and where it came from: `pipecat-lgtm config show`."""
    table = Table("key", "value", "from", box=None, header_style="bold")
    for key, value, origin in settings.rows(load(config)):
        table.add_row(key, _plain(value), origin)
    out.print(table)


@app.command()
def render(
    config: ConfigOption = None,
    folder: Annotated[Path, typer.Option("--out", help="Where to.")] = Path(),
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; print the diff and fail if there is any.")
    ] = False,
) -> None:
    """Render every file of the stack: `pipecat-lgtm render --config my-stack/stack.yaml --out my-stack`."""
    loaded = load(config)
    if (
        config is not None
        and (folder / "generator" / "pipecat_lgtm").is_dir()
        and config.resolve() != (folder / "stack.yaml").resolve()
    ):
        raise OutputError(
            f"{folder.resolve()}: is the distribution's own repository", "give your own folder with --out"
        )
    files = render_files(loaded.config)
    if check:
        if difference := output.diff(folder, files):
            sys.stdout.write(difference)
            raise CheckFailed(
                "the rendered files are not what stack.yaml renders",
                "run `make render` (or `pipecat-lgtm render`) and commit the result",
            )
        err.print(f"{len(files)} files are as rendered")
        return
    changes = output.write(folder, files)
    for verb, paths in (("added", changes.added), ("changed", changes.changed), ("removed", changes.removed)):
        for path in paths:
            out.print(f"{verb} {path}")
    err.print(f"{len(files)} files rendered" if changes else f"{len(files)} files, all unchanged")


@app.command()
def validate(
    folder: Annotated[Path, typer.Argument(help="Holds rendered files.")] = Path(),
    bin_dir: Annotated[Path | None, typer.Option(help="Where the programs are; else PATH and the cache.")] = None,
    *,
    require_all: Annotated[bool, typer.Option("--require-all", help="Fail if a validator could not run.")] = False,
) -> None:
    """Run each program's own validator on its rendered file: `pipecat-lgtm validate my-stack`."""
    colours = {"passed": "green", "failed": "red", "not run": "yellow"}
    verdicts: Counter[str] = Counter()
    for check in run_validators(
        folder, lambda name: find_program(name, manifest_for(name, load(None).config), bin_dir)
    ):
        verdicts[check.verdict] += 1
        out.print(
            f"[{colours[check.verdict]}]{check.verdict:8}[/] {check.name}: {_plain(check.command)}",
            highlight=False,
        )
        if check.detail:
            out.print(f"         {_plain(check.detail)}", highlight=False)
    if verdicts["failed"]:
        raise CheckFailed(
            f"{verdicts['failed']} of {verdicts.total()} validators refused their file", "see the lines above"
        )
    if require_all and verdicts["not run"]:
        raise CheckFailed(
            f"{verdicts['not run']} of {verdicts.total()} validators could not run",
            "build the programs first: `pipecat-lgtm up --native`",
        )


StateOption = Annotated[Path | None, typer.Option("--state-dir", help="Where the stack keeps its data, logs and pids.")]


@contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    """Show what goes on: one line that changes on a terminal, a line each ten seconds elsewhere."""
    if err.is_terminal:
        with err.status("") as status:
            yield lambda what, elapsed: status.update(f"{_plain(what)} ({elapsed:.0f} s)")
        return
    shown: dict[str, float] = {}

    def line(what: str, elapsed: float) -> None:
        head = what.split(":", 1)[0]
        now = time.monotonic()
        if now - shown.get(head, 0.0) >= _QUIET_SECONDS:
            shown[head] = now
            err.print(f"  {_plain(what)} ({elapsed:.0f} s)", highlight=False)

    yield line


_QUIET_SECONDS = 10.0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _start(config: Path | None, state_dir: Path | None, bin_dir: Path | None, *, docker: bool) -> State:
    loaded, state = load(config), load_state(state_dir or default_folder())
    if docker:
        password = docker_stack.up(loaded.config, config, state)
        out.print(f"Grafana's user admin has the password in {password}")
        return state
    with _progress() as watch:
        for part in native_stack.up(loaded.config, config, state, bin_dir, watch):
            err.print(f"[green]ready[/] {part}", highlight=False)
    return state


@app.command()
def up(
    config: ConfigOption = None,
    state_dir: StateOption = None,
    bin_dir: Annotated[Path | None, typer.Option(help="Programs to prefer over PATH, cache and building.")] = None,
    *,
    docker: Annotated[
        bool, typer.Option("--docker/--native", help="Containers, or processes built with Go (default).")
    ] = False,
) -> None:
    """Start the stack and leave it running: `pipecat-lgtm up`."""
    loaded = load(config).config
    _start(config, state_dir, bin_dir, docker=docker)
    _where_next(loaded, docker=docker)


def _where_next(config: Config, *, docker: bool) -> None:
    address, ports = config.network.address, config.network.ports
    out.print(
        f"bots send OTLP to  http://{address}:{ports.otlp_http} (HTTP) or {address}:{ports.otlp_grpc} (gRPC)",
        highlight=False,
    )
    out.print(f"metrics            http://{address}:{ports.prometheus}", highlight=False)
    out.print(f"alerts             http://{address}:{ports.alertmanager}", highlight=False)
    out.print(f"traces             http://{address}:{ports.tempo}/api/search (Tempo's API)", highlight=False)
    out.print(f"logs               http://{address}:{ports.loki} (Loki's API)", highlight=False)
    if docker:
        out.print(f"dashboards         http://{address}:{ports.grafana}", highlight=False)
    else:
        out.print(
            "dashboards         need Grafana: `pipecat-lgtm up --docker`, or import grafana/dashboards into yours",
            highlight=False,
        )
    out.print("end it with        pipecat-lgtm down", highlight=False)


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
    with _progress() as watch:
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


@app.command()
def demo(
    count: Annotated[int, typer.Option("--calls", min=1, help="How many calls.")] = 9,
    scenario: Annotated[list[str] | None, typer.Option(help="Repeatable; all in turn by default.")] = None,
    config: ConfigOption = None,
    state_dir: StateOption = None,
    bin_dir: Annotated[Path | None, typer.Option(help="Programs to prefer.")] = None,
) -> None:
    """Start the stack if needed, place real calls, hold the numbers against the injected ones: `pipecat-lgtm demo`."""
    loaded = load(config).config
    before = load_state(state_dir or default_folder())
    was_running = bool(before.kind)
    try:
        state = before if before.kind == "docker" else _start(config, state_dir, bin_dir, docker=False)
        with _progress() as watch:
            outcome = demo_op.calls(loaded, count, scenario or [], watch)
    except BaseException:
        if not was_running:
            down(state_dir)
        raise
    table = Table("signal", "measured", "injected or emitted", "bound", "verdict", header_style="bold")
    colours = {"right": "green", "wrong": "red", "beyond bound": "yellow"}
    for row in outcome.rows:
        table.add_row(row.signal, row.measured, row.injected, row.bound, f"[{colours[row.verdict]}]{row.verdict}[/]")
    out.print(table)
    for call in outcome.ledger["calls"]:
        out.print(
            f"{call['scenario']:13} trace {call['trace_id']}  conversation {call['conversation_id']}",
            highlight=False,
        )
    _where_next(loaded, docker=state.kind == "docker")
    demo_op.judged(outcome)
