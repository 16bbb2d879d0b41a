"""The verbs bridge …: what a bot needs to be observed."""

from typing import Annotated

import typer
from rich.table import Table

from pipecat_lgtm import bridge
from pipecat_lgtm.cli_shared import out, plain, progress
from pipecat_lgtm.ops.bench import bridge as bridge_bench

app = typer.Typer(no_args_is_help=True, help="Observe a bot.")


@app.callback()
def _group() -> None:
    pass


@app.command()
def path() -> None:
    """Print the file that attaches the bridge: `export PIPECAT_SETUP_FILES=$(pipecat-lgtm bridge path)`."""
    out.print(str(bridge.path()), highlight=False)


@app.command()
def bench(
    rounds: Annotated[int, typer.Option(min=1, help="How often a bot without and one with the bridge run.")] = 3,
    calls: Annotated[int, typer.Option(min=2, help="Calls of each in a round, four at a time.")] = 8,
) -> None:
    """Measure what the bridge costs a bot, in CPU and latency: `pipecat-lgtm bridge bench`."""
    with progress() as watch:
        report = bridge_bench.run(rounds, calls, watch)
    table = Table(*report.columns, title=plain(report.title), title_justify="left", header_style="bold")
    for row in report.rows:
        table.add_row(*row)
    out.print(table)
    for note in report.notes:
        out.print(note, highlight=False)
