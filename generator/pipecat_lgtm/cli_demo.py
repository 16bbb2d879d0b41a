"""The verb demo: real calls on a provider with known delays, and whether the numbers come out right."""

import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipecat_lgtm.cli_shared import BinDirOption, ConfigOption, StateOption, err, out, print_signs, progress
from pipecat_lgtm.cli_stack import end, starting
from pipecat_lgtm.config import Config
from pipecat_lgtm.engines.interrupt import uninterrupted
from pipecat_lgtm.engines.state import load as load_state
from pipecat_lgtm.engines.state import locked
from pipecat_lgtm.ops import comparing, parts, signposts, stacks
from pipecat_lgtm.ops import demo as demo_op
from pipecat_lgtm.ops import native as native_stack
from pipecat_lgtm.ops.placing import Mode, Placed
from pipecat_lgtm.sandbox.scenarios import SCENARIOS

app = typer.Typer()

_COLOURS = {"right": "green", "wrong": "red", "beyond bound": "yellow", "unseen": "cyan"}
_MEANINGS = {
    "beyond bound": "measured right, and slower than it should be: what an alert is for.",
    "unseen": "Pipecat's spans do not say that STT, TTS or a tool failed; the bridge does.",
    "wrong": "differs from what was emitted or injected; this should never be.",
}
_WIDTH = 110
"""Columns that the widest line needs."""


@app.command()
def demo(  # noqa: PLR0913 - the options of one verb
    count: Annotated[
        int | None, typer.Option("--calls", min=1, help="How many; one of each scenario by default.")
    ] = None,
    scenario: Annotated[list[str] | None, typer.Option(help=f"Repeatable, of: {', '.join(SCENARIOS)}.")] = None,
    config: ConfigOption = None,
    state_dir: StateOption = None,
    bin_dir: BinDirOption = None,
    *,
    spans_only: Annotated[bool, typer.Option("--spans-only", help="The bot runs without the bridge.")] = False,
) -> None:
    """Start the stack if needed, place real calls, hold the numbers against the injected ones: `pipecat-lgtm demo`."""
    demo_op.require_installed()
    wanted, running = demo_op.scenarios(scenario or []), stacks.running(config, state_dir)
    loaded = stacks.config_of(running, config)
    config, folder = config or (Path(running.config) if running.kind and running.config else None), running.folder
    began, was_running = time.monotonic(), bool(load_state(folder).kind)
    try:
        early = _start(loaded, config, folder, bin_dir, began)
        docker = load_state(folder).kind == "docker"
        with progress() as watch:
            mode: Mode = "spans-only" if spans_only else "bridge"
            conditions = comparing.Conditions(scraped=not docker, early=early)
            outcome = demo_op.calls(loaded, count, wanted, watch, mode=mode, conditions=conditions)
    except BaseException:
        if not was_running:
            with uninterrupted():
                end(load_state(folder), drained=False)
        raise
    _print(outcome)
    print_signs(signposts.calls(loaded, outcome, docker=docker))
    demo_op.judged(outcome)


def _start(loaded: Config, config: Path | None, folder: Path, bin_dir: Path | None, began: float) -> Placed | None:
    """Start the stack unless it runs; return the call placed while stores were still being built, if there was one."""
    early = None
    with locked(folder):
        state = load_state(folder)
        if state.kind == "docker":
            return None
        metrics = set(parts.METRICS) & set(parts.names(loaded))
        later = set(native_stack.to_build(loaded, bin_dir)) - metrics
        with progress() as watch:
            start = starting(loaded, config, state, bin_dir, watch, replace=False)
            with closing(native_stack.up(start, state, watch)) as ready:
                for part in ready:
                    _ready(f"{part:13} {signposts.address(loaded, part)}", began)
                    later.discard(part)
                    if later and early is None and metrics <= {one.name for one in state.processes}:
                        early = demo_op.first_call(loaded, watch)
                        left = " and ".join(sorted(later))
                        _ready(f"metrics flow: a first call's turns are counted; {left} to build", began)
    return early


def _ready(what: str, began: float) -> None:
    err.print(f"[green]ready[/] {what} [dim]({time.monotonic() - began:.0f} s)[/]", highlight=False)


def _print(outcome: demo_op.Outcome) -> None:
    calls = _table("call", "trace", "what it should show")
    for call in outcome.ledger["calls"]:
        calls.add_row(call["scenario"], call["trace_id"], SCENARIOS[call["scenario"]].visible)
    signals = _table("signal", "measured", "emitted or injected", "bound", "verdict")
    for row in outcome.rows:
        signals.add_row(row.signal, row.measured, row.expected, row.bound, f"[{_COLOURS[row.verdict]}]{row.verdict}[/]")
    for table in (calls, signals):
        # A line that is too long for the terminal is wrapped by it; a cell that is cut short helps nobody.
        out.print(table, width=max(out.width, _WIDTH), crop=False)
        out.print()
    verdicts = {row.verdict for row in outcome.rows}
    for verdict, meaning in _MEANINGS.items():
        if verdict in verdicts:
            out.print(f"{verdict}: {meaning}", highlight=False)
    out.print()


def _table(*columns: str) -> Table:
    made = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(column, no_wrap=True)
    return made
