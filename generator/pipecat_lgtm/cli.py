"""The command line: parse, call ops, print, exit code; nothing else. Results go to stdout, progress to stderr."""

import shutil
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pipecat_lgtm import output
from pipecat_lgtm.config import load
from pipecat_lgtm.errors import CheckFailed, OutputError, StackError
from pipecat_lgtm.ops import settings
from pipecat_lgtm.ops.validate import validate as run_validators
from pipecat_lgtm.renderers import render as render_files

app = typer.Typer(no_args_is_help=True, add_completion=False, help="An OpenTelemetry Collector and Grafana stack for Pipecat voice agents.")
config_app = typer.Typer(no_args_is_help=True, help="Look at the config.")
app.add_typer(config_app, name="config")
out, err = Console(soft_wrap=True), Console(stderr=True, soft_wrap=True)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Your stack.yaml; without it the shipped one.")]


def main() -> None:
    """Run the command line; a StackError becomes two lines and exit code 1."""
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
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,  # noqa: FBT002 - a flag
) -> None:
    pass


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where your stack.yaml shall be.")]) -> None:
    """Start a stack of your own: `pipecat-lgtm init my-stack`."""
    out.print(f"wrote {settings.init(folder)}; edit it, then: pipecat-lgtm render --config {folder}/stack.yaml --out {folder}")


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
    check: Annotated[bool, typer.Option("--check", help="Write nothing; print the diff and fail if there is any.")] = False,
) -> None:
    """Render every file of the stack: `pipecat-lgtm render --config my-stack/stack.yaml --out my-stack`."""
    loaded = load(config)
    if config is not None and (folder / "generator" / "pipecat_lgtm").is_dir() and config.resolve() != (folder / "stack.yaml").resolve():
        raise OutputError(f"{folder.resolve()}: is the distribution's own repository", "give your own folder with --out")
    files = render_files(loaded.config)
    if check:
        if difference := output.diff(folder, files):
            sys.stdout.write(difference)
            raise CheckFailed("the rendered files are not what stack.yaml renders", "run `make render` (or `pipecat-lgtm render`) and commit the result")
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
    for check in run_validators(folder, lambda name: _find(name, bin_dir)):
        verdicts[check.verdict] += 1
        out.print(f"[{colours[check.verdict]}]{check.verdict:8}[/] {check.name}: {_plain(check.command)}", highlight=False)
        if check.detail:
            out.print(f"         {_plain(check.detail)}", highlight=False)
    if verdicts["failed"]:
        raise CheckFailed(f"{verdicts['failed']} of {verdicts.total()} validators refused their file", "see the lines above")
    if require_all and verdicts["not run"]:
        raise CheckFailed(f"{verdicts['not run']} of {verdicts.total()} validators could not run", "build the programs first: `pipecat-lgtm up --native`")


def _find(name: str, bin_dir: Path | None) -> Path | None:
    if bin_dir is not None and (bin_dir / name).is_file():
        return bin_dir / name
    found = shutil.which(name)
    return Path(found) if found else None
