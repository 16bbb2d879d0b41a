"""Verbs that measure: bench collector, bench rules, bench queries, bench bridge."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipecat_lgtm.cli_shared import BinDirOption, ConfigOption, out, plain, progress
from pipecat_lgtm.config import Config, load
from pipecat_lgtm.engines.resolve import find_program
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops.bench import bridge as bridge_bench
from pipecat_lgtm.ops.bench import collector as collector_bench
from pipecat_lgtm.ops.bench import queries as queries_bench
from pipecat_lgtm.ops.bench import rules as rules_bench
from pipecat_lgtm.ops.bench.payload import Kind
from pipecat_lgtm.ops.bench.report import Report
from pipecat_lgtm.ops.engines import manifest_for

app = typer.Typer(no_args_is_help=True, help="Measure what the stack costs, on this machine.")


@app.callback()
def _root() -> None:
    """Keep `bench` a group of verbs."""


@app.command()
def collector(
    payload: Annotated[
        Kind,
        typer.Option(
            help="A: 0.46 kB a span. B: 1.1 kB, with the conversation on llm spans. C: 0.68 kB, whole calls, a quarter "
            "with the bridge. D: 6.1 kB, such calls with long dialogues."
        ),
    ] = "C",
    spans: Annotated[int, typer.Option(min=400, help="Per rung and round.")] = 100_000,
    rounds: Annotated[int, typer.Option(min=1, help="How often every rung runs.")] = 3,
    config: ConfigOption = None,
    bin_dir: BinDirOption = None,
) -> None:
    """CPU per million spans, step by step against a bare collector: `pipecat-lgtm bench collector`."""
    loaded = load(config).config
    with progress() as watch:
        show(collector_bench.run(loaded, payload, (spans, rounds), bin_dir, watch))


@app.command("rules")
def measure_rules(
    services: Annotated[int, typer.Option(min=1, help="How many bots report at once.")] = 200,
    config: ConfigOption = None,
    bin_dir: BinDirOption = None,
    pairs: Annotated[
        rules_bench.Pairs,
        typer.Option(help="Of 20 provider/model pairs a bot uses one a stage, every one, or both."),
    ] = "both",
) -> None:
    """CPU of one evaluation of all rules, with many bots: `pipecat-lgtm bench rules`."""
    loaded = load(config).config
    program = _program("prometheus", loaded, bin_dir)
    with progress() as watch:
        show(rules_bench.run(loaded, program, services, watch, pairs))


@app.command("queries")
def measure_queries(
    dashboard: Annotated[list[str] | None, typer.Option(help="Uid; repeatable; all without it.")] = None,
    services: Annotated[int, typer.Option(min=1, help="How many bots have data.")] = 50,
    hours: Annotated[float, typer.Option(min=1, help="Of data, a sample every 15 s.")] = 24,
    config: ConfigOption = None,
    bin_dir: BinDirOption = None,
) -> None:
    """Samples read and milliseconds of every panel, with many bots and a day of data: `pipecat-lgtm bench queries`."""
    loaded = load(config).config
    programs = [_program(name, loaded, bin_dir) for name in ("prometheus", "promtool")]
    with progress() as watch:
        show(queries_bench.run(loaded, programs[0], programs[1], dashboard or [], services, hours, watch))


@app.command()
def bridge(
    rounds: Annotated[int, typer.Option(min=1, help="How often a bot without and one with the bridge run.")] = 3,
    calls: Annotated[int, typer.Option(min=2, help="Calls of each in a round, four at a time.")] = 8,
) -> None:
    """CPU per call and latency per turn, with the bridge and without: `pipecat-lgtm bench bridge`."""
    with progress() as watch:
        show(bridge_bench.run(rounds, calls, watch))


def _program(name: str, config: Config, bin_dir: Path | None) -> Path:
    program = find_program(name, manifest_for(name, config), bin_dir)
    if program is None:
        raise EngineError(f"{name}: is not there", "`pipecat-lgtm engines build`, or name its folder with --bin-dir")
    return program


def show(report: Report) -> None:
    """Print a benchmark's table and notes."""
    table = Table(*report.columns, title=plain(report.title), title_justify="left", header_style="bold")
    for row in report.rows:
        table.add_row(*(plain(cell) for cell in row))
    out.print(table)
    for note in report.notes:
        out.print(plain(note), highlight=False)
