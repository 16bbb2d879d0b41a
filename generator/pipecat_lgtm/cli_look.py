"""Verbs that look at everything at once: doctor, top."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.live import Live
from rich.table import Column, Table

from pipecat_lgtm.cli_shared import BinDirOption, ConfigOption, StateOption, out, plain
from pipecat_lgtm.config import Config, load
from pipecat_lgtm.engines.state import default_folder
from pipecat_lgtm.engines.state import load as load_state
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops import doctor as doctor_op
from pipecat_lgtm.ops import top as top_op
from pipecat_lgtm.ops.alerts import address
from pipecat_lgtm.ops.deploy.prometheus import Prometheus
from pipecat_lgtm.rules.recordings import usual

app = typer.Typer()

_VERDICTS = {"fine": "[green]fine [/]", "look": "[yellow]look [/]", "wrong": "[bold red]wrong[/]"}
_COLOURS = {"critical": "bold red", "warning": "yellow", "info": "cyan"}


@app.command()
def doctor(config: ConfigOption = None, state_dir: StateOption = None, bin_dir: BinDirOption = None) -> None:
    """Check everything, from the programs to what bots send, and say what to do: `pipecat-lgtm doctor`.

    Exit code 1 if something is wrong; what is only worth a look does not count.
    """
    state = load_state(state_dir or default_folder())
    kept = Path(state.config) if state.config else None
    wrong = 0
    for one in doctor_op.findings(load(config or kept).config, state, bin_dir):
        wrong += one.verdict == "wrong"
        out.print(f"{_VERDICTS[one.verdict]} {one.area:8}{plain(one.what)}: {plain(one.says)}", highlight=False)
        if one.hint:
            out.print(f"{'':14}[dim]→ {plain(one.hint)}[/]", highlight=False)
    if wrong:
        raise CheckFailed(f"{wrong} wrong", "begin with the first of them: the others may follow from it")


@app.command()
def top(
    url: Annotated[str | None, typer.Option("--url", help="A running Prometheus, else the configured one.")] = None,
    config: ConfigOption = None,
    interval: Annotated[float, typer.Option(min=1, help="Seconds between two looks.")] = 5,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print the table and end.")] = False,
) -> None:
    """Show every bot right now, those in trouble first, until Ctrl-C: `pipecat-lgtm top`."""
    loaded = load(config).config
    server = Prometheus(url or address(loaded))
    try:
        first = _table(loaded, top_op.bots(server, usual(loaded)))
    except CheckFailed as error:
        if url is not None:
            raise
        raise CheckFailed(error.message, "start the stack with `pipecat-lgtm up`, or give --url") from error
    if once or not out.is_terminal:
        out.print(first)
        return
    with suppress(KeyboardInterrupt), Live(first, console=out, screen=True, auto_refresh=False) as screen:
        while True:
            time.sleep(interval)
            try:
                first = _table(loaded, top_op.bots(server, usual(loaded)))
            except CheckFailed as error:
                first.caption = plain(error.message)
            screen.update(first, refresh=True)


def _table(config: Config, bots: list[top_op.Bot]) -> Table:
    bounds = config.thresholds
    table = Table(
        Column("bot", no_wrap=True), "environment", *(Column(name, justify="right") for name in _NUMBERS), "slowest",
        "firing", box=None, header_style="bold", caption=None if bots else "no bot has sent anything yet",
    )  # fmt: skip
    for bot in bots:
        table.add_row(
            plain(bot.service),
            plain(bot.environment),
            _number(bot.calls, "{:.0f}"),
            _number(bot.turns, "{:.1f}"),
            _number(bot.ttfw, "{:.2f} s", top_op.grade(bot.ttfw, bounds.ttfw.p95)),
            _number(bot.e2e, "{:.2f} s", top_op.grade(bot.e2e, bounds.e2e.p95)),
            _number(bot.errors, "{:.1%}", top_op.grade(bot.errors, bounds.error_ratio)),
            _slowest(config, bot),
            ", ".join(_coloured(name, severity) for severity, name in bot.alerts),
        )
    return table


_NUMBERS = ("calls", "turns/min", "TTFW P95", "end to end P95", "errors")


def _slowest(config: Config, bot: top_op.Bot) -> str:
    if bot.slowest is None:
        return "-"
    stage, seconds = bot.slowest
    return f"{stage} " + _number(seconds, "{:.2f} s", top_op.grade(seconds, config.thresholds.stage(stage)))


def _number(value: float | None, form: str, severity: str = "") -> str:
    return "-" if value is None else _coloured(form.format(value), severity)


def _coloured(text: str, severity: str) -> str:
    return f"[{_COLOURS[severity]}]{plain(text)}[/]" if severity in _COLOURS else plain(text)
