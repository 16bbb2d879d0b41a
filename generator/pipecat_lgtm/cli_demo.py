"""The verb demo: real calls on a provider with known delays, and whether the numbers come out right."""

from typing import Annotated

import typer
from rich.table import Table

from pipecat_lgtm.cli_shared import BinDirOption, ConfigOption, StateOption, out, print_signs, progress
from pipecat_lgtm.cli_stack import down, start
from pipecat_lgtm.config import load
from pipecat_lgtm.engines.state import default_folder
from pipecat_lgtm.engines.state import load as load_state
from pipecat_lgtm.ops import demo as demo_op
from pipecat_lgtm.ops import signposts
from pipecat_lgtm.sandbox.scenarios import SCENARIOS

app = typer.Typer()

_COLOURS = {"right": "green", "wrong": "red", "beyond bound": "yellow", "unseen": "cyan"}
_UNSEEN = "unseen: Pipecat's spans do not say that STT, TTS or a tool failed; the bridge does."


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
    loaded, wanted = load(config).config, demo_op.scenarios(scenario or [])
    before = load_state(state_dir or default_folder())
    was_running = bool(before.kind)
    try:
        state = before if before.kind == "docker" else start(config, state_dir, bin_dir, docker=False)
        with progress() as watch:
            outcome = demo_op.calls(loaded, count, wanted, watch, mode="spans-only" if spans_only else "bridge")
    except BaseException:
        if not was_running:
            down(state_dir)
        raise
    _print(outcome)
    print_signs(signposts.calls(loaded, outcome, docker=state.kind == "docker"))
    demo_op.judged(outcome)


def _print(outcome: demo_op.Outcome) -> None:
    calls = Table("call", "what it should show", "trace", box=None, header_style="bold")
    for call in outcome.ledger["calls"]:
        calls.add_row(call["scenario"], SCENARIOS[call["scenario"]].visible, call["trace_id"])
    out.print(calls)
    table = Table("signal", "measured", "emitted or injected", "bound", "verdict", header_style="bold")
    for row in outcome.rows:
        table.add_row(row.signal, row.measured, row.expected, row.bound, f"[{_COLOURS[row.verdict]}]{row.verdict}[/]")
    out.print(table)
    if any(row.verdict == "unseen" for row in outcome.rows):
        out.print(_UNSEEN, highlight=False)
