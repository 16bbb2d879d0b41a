"""Verbs that measure: bench collector."""

from typing import Annotated, Literal

import typer
from rich.table import Table

from pipecat_lgtm.cli_shared import BinDirOption, ConfigOption, out, plain, progress
from pipecat_lgtm.config import load
from pipecat_lgtm.ops.bench import collector as collector_bench
from pipecat_lgtm.ops.bench.report import Report

app = typer.Typer(no_args_is_help=True, help="Measure what the stack costs, on this machine.")


@app.callback()
def _root() -> None:
    """Keep `bench` a group of verbs."""


@app.command()
def collector(
    payload: Annotated[
        Literal["A", "B"], typer.Option(help="A: 0.46 kB a span. B: 1.1 kB, with the conversation on llm spans.")
    ] = "B",
    spans: Annotated[int, typer.Option(min=400, help="Per rung and round.")] = 100_000,
    rounds: Annotated[int, typer.Option(min=1, help="How often every rung runs.")] = 3,
    config: ConfigOption = None,
    bin_dir: BinDirOption = None,
) -> None:
    """CPU per million spans, step by step against a bare collector: `pipecat-lgtm bench collector`."""
    loaded = load(config).config
    with progress() as watch:
        show(collector_bench.run(loaded, payload, (spans, rounds), bin_dir, watch))


def show(report: Report) -> None:
    """Print a benchmark's table and notes."""
    table = Table(*report.columns, title=plain(report.title), title_justify="left", header_style="bold")
    for row in report.rows:
        table.add_row(*(plain(cell) for cell in row))
    out.print(table)
    for note in report.notes:
        out.print(plain(note), highlight=False)
