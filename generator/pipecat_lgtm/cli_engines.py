"""Verbs about the programs the stack runs: engines list, engines build, engines bom."""

import sys
from typing import Annotated

import typer

from pipecat_lgtm.cli_shared import BinDirOption, ConfigOption, err, out, progress
from pipecat_lgtm.config import load
from pipecat_lgtm.ops import bom as bom_op
from pipecat_lgtm.ops import building

app = typer.Typer(no_args_is_help=True, help="The programs the stack runs.")


@app.command(name="list")
def listed(config: ConfigOption = None, bin_dir: BinDirOption = None) -> None:
    """Show each program's version and where it is: `pipecat-lgtm engines list`."""
    for engine, where in building.found(load(config).config, bin_dir):
        origin = where.origin if where else f"not here; building it takes about {engine.minutes:g} min on two cores"
        out.print(f"{engine.name:13} {engine.version:8} {origin}", highlight=False)


@app.command()
def build(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all by default.")] = None,
    config: ConfigOption = None,
) -> None:
    """Build what is not here yet, so that nothing waits for it later: `pipecat-lgtm engines build`."""
    engines = building.chosen(names or [])
    with progress() as watch:
        for ready in building.built(load(config).config, engines, watch):
            err.print(f"[green]ready[/] {ready.engine.name} {ready.engine.version} ({ready.origin})", highlight=False)


@app.command()
def bom(config: ConfigOption = None) -> None:
    """Print what runs, with licences and modules, as CycloneDX JSON: `pipecat-lgtm engines bom > bom.json`."""
    sys.stdout.write(bom_op.bill(load(config).config) + "\n")
