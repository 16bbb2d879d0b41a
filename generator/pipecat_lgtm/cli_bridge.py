"""The verbs bridge …: what a bot needs to be observed, and how far what is observed is right."""

from typing import Annotated

import typer
from rich.table import Table

import pipecat_lgtm_bridge as bridge
from pipecat_lgtm.cli_shared import JsonOption, out, print_json
from pipecat_lgtm.ops.signals import report

app = typer.Typer(no_args_is_help=True, help="Observe a bot.")


@app.callback()
def _group() -> None:
    pass


@app.command()
def path() -> None:
    """Print the file that attaches the bridge: `export PIPECAT_SETUP_FILES=$(pipecat-lgtm bridge path)`."""
    out.print(str(bridge.path()), highlight=False)


@app.command()
def signals(
    *,
    wrong: Annotated[bool, typer.Option("--wrong", help="Also name the dialogues it gets wrong.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Precision and recall of the signals, on the dialogues written for it: `pipecat-lgtm bridge signals`."""
    found = report.run()
    if as_json:
        print_json([row.values() for row in found.rows])
        return
    table = Table(title=f"Signals of conversations, on {found.dialogues} dialogues in {found.languages} languages")
    for column in ("signal", "dialogues with it", "found", "wrongly found", "missed", "precision", "recall"):
        table.add_column(column, justify="left" if column == "signal" else "right")
    for row in found.rows:
        table.add_row(*row.cells())
    out.print(table)
    for line in found.wrong if wrong else ():
        out.print(line, highlight=False, markup=False)
