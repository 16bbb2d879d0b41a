"""Verbs about files: init, config, render, validate."""

import sys
import textwrap
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from pipecat_lgtm.cli_shared import BinDirOption, ConfigOption, err, out, plain
from pipecat_lgtm.config import load
from pipecat_lgtm.engines.resolve import find_program
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops import rendering, settings
from pipecat_lgtm.ops.engines import manifest_for
from pipecat_lgtm.ops.validate import validate as run_validators

app = typer.Typer()
config_app = typer.Typer(no_args_is_help=True, help="Look at the config.")
app.add_typer(config_app, name="config")


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where your stack.yaml shall be.")]) -> None:
    """Start a stack of your own: `pipecat-lgtm init my-stack`."""
    written = settings.init(folder)
    out.print(f"wrote {written}", highlight=False)
    err.print(
        f"edit it, then:\n"
        f"  pipecat-lgtm render --config {written} --out {folder}\n"
        f"  pipecat-lgtm validate {folder}\n"
        f"  pipecat-lgtm up --config {written}    (or `docker compose up -d` in {folder})",
        highlight=False,
    )


@config_app.command()
def schema() -> None:
    """Print the JSON Schema of stack.yaml: `pipecat-lgtm config schema > stack.schema.json`."""
    sys.stdout.write(settings.schema() + "\n")


@config_app.command()
def show(config: ConfigOption = None) -> None:
    """Print every value in force and where it came from: `pipecat-lgtm config show`."""
    for key, value, origin in settings.rows(load(config)):
        out.print(f"[bold]{key}[/]: {plain(value)}  [dim]# {plain(origin)}[/]", highlight=False)


@config_app.command()
def migrate(
    config: Annotated[Path, typer.Option("--config", help="Your stack.yaml, of an earlier version.")],
) -> None:
    """Print a stack.yaml of an earlier version anew: `pipecat-lgtm config migrate --config stack.yaml > new.yaml`."""
    found = settings.migrate(config)
    sys.stdout.write(found.text)
    for note in found.notes:
        err.print(plain(note), highlight=False)
    err.print(f"{found.copies} keys left out: they repeat the shipped stack.yaml", highlight=False)


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
    loaded = load(config).config
    files = rendering.rendered(loaded, config, folder)
    for note in loaded.versions.notes():
        err.print(f"[yellow]note[/] {note}", highlight=False)
    if check:
        sys.stdout.write(difference := rendering.difference(folder, files))
        rendering.require_none(difference)
        err.print(f"{len(files)} files are as rendered")
        return
    changes = rendering.write(folder, files)
    for verb, paths in (("added", changes.added), ("changed", changes.changed), ("removed", changes.removed)):
        for path in paths:
            out.print(f"{verb} {path}")
    for fault in rendering.missing(loaded):
        err.print(f"[yellow]note[/] {plain(fault)}; where the stack runs it must be there", highlight=False)
    err.print(f"{len(files)} files rendered" if changes else f"{len(files)} files, all unchanged")


@app.command()
def validate(
    folder: Annotated[Path, typer.Argument(help="Holds rendered files.")] = Path(),
    bin_dir: BinDirOption = None,
    *,
    require_all: Annotated[bool, typer.Option("--require-all", help="Fail if a validator could not run.")] = False,
) -> None:
    """Run each program's own validator on its rendered file: `pipecat-lgtm validate my-stack`."""
    colours = {"passed": "green", "failed": "red", "not run": "yellow"}
    verdicts: Counter[str] = Counter()
    shipped = load(None).config
    for check in run_validators(folder, lambda name: find_program(name, manifest_for(name, shipped), bin_dir)):
        verdicts[check.verdict] += 1
        out.print(
            f"[{colours[check.verdict]}]{check.verdict:8}[/] {check.name}: {plain(check.command)}",
            highlight=False,
        )
        if check.detail:
            out.print(textwrap.indent(plain(check.detail), "         "), highlight=False)
    err.print(", ".join(f"{verdicts[verdict]} {verdict}" for verdict in colours), highlight=False)
    if verdicts["failed"]:
        raise CheckFailed(
            f"{verdicts['failed']} of {verdicts.total()} validators refused their file", "see the lines above"
        )
    if require_all and verdicts["not run"]:
        raise CheckFailed(
            f"{verdicts['not run']} of {verdicts.total()} validators could not run",
            "build their programs: `pipecat-lgtm engines build`",
        )
