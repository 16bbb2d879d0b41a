"""Verbs that look at everything at once: doctor, top."""

import time
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import ConsoleDimensions, Group
from rich.live import Live
from rich.table import Column, Table
from rich.text import Text

from pipecat_lgtm.cli_shared import BinDirOption, ConfigOption, JsonOption, StateOption, keys, out, plain, print_json
from pipecat_lgtm.config import Config
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops import alerts as alerts_op
from pipecat_lgtm.ops import doctor as doctor_op
from pipecat_lgtm.ops import stacks
from pipecat_lgtm.ops import top as top_op
from pipecat_lgtm.ops.doctor.finding import Finding
from pipecat_lgtm.rules.recordings import usual

app = typer.Typer()

_VERDICTS = {"fine": "[green]fine [/]", "look": "[yellow]look [/]", "wrong": "[bold red]wrong[/]"}
_COLOURS = {"critical": "bold red", "warning": "yellow", "info": "cyan"}


@app.command()
def doctor(
    config: ConfigOption = None,
    state_dir: StateOption = None,
    bin_dir: BinDirOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Check everything, from the programs to what bots send, and say what to do: `pipecat-lgtm doctor`.

    Exit code 1 if something is wrong; what is only worth a look does not count.
    """
    state = stacks.running(config, state_dir)
    found: list[Finding] = []
    for one in doctor_op.findings(stacks.config_of(state, config), state, bin_dir):
        found.append(one)
        if not as_json:
            _show(one)
    if as_json:
        print_json([asdict(one) for one in found])
    wrong = sum(one.verdict == "wrong" for one in found)
    if wrong:
        raise CheckFailed(f"{wrong} wrong", "begin with the first of them: the others may follow from it")


def _show(one: Finding) -> None:
    out.print(f"{_VERDICTS[one.verdict]} {one.area:8}{plain(one.what)}: {plain(one.says)}", highlight=False)
    if one.hint:
        out.print(f"{'':14}[dim]→ {plain(one.hint)}[/]", highlight=False)


@app.command()
def top(
    url: Annotated[str | None, typer.Option("--url", help="A running Prometheus, else the configured one.")] = None,
    config: ConfigOption = None,
    state_dir: StateOption = None,
    interval: Annotated[float, typer.Option(min=1, help="Seconds between two looks.")] = 5,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print the table and end.")] = False,
) -> None:
    """Show every bot right now, those in trouble first, until q or Ctrl-C: `pipecat-lgtm top`."""
    loaded = stacks.config_of(stacks.running(config, state_dir), config)
    try:
        server = alerts_op.server(loaded, url)
        first = top_op.bots(server, usual(loaded))
    except CheckFailed as error:
        if url is not None:
            raise
        raise CheckFailed(error.message, "start the stack with `pipecat-lgtm up`, or give --url") from error
    if once or not out.is_terminal:
        out.print(_table(loaded, first, out.width))
        return
    head = f"[bold]pipecat-lgtm top[/]  {plain(loaded.name)} at {plain(server.url)}"
    with suppress(KeyboardInterrupt), keys() as pressed, Live(console=out, screen=True, auto_refresh=False) as screen:
        bots, said = first, ""
        while True:
            foot = f"[dim]every {interval:g} s, q ends[/]  {plain(said)}"
            screen.update(_screen(loaded, bots, f"{head}  {time.strftime('%X')}", foot, out.size), refresh=True)
            if pressed(interval):
                return
            try:
                bots, said = top_op.bots(server, usual(loaded)), ""
            except CheckFailed as error:
                said = error.message


def _screen(config: Config, bots: list[top_op.Bot], head: str, foot: str, size: ConsoleDimensions) -> Group:
    """Return what fills a terminal: header, as many bots as there is room for, and the keys."""
    room = max(1, size.height - _BESIDE_ROWS)
    more = f"[dim]and {len(bots) - room} more, in less trouble[/]" if len(bots) > room else ""
    lines = (head, _table(config, bots[:room], size.width), more, foot)
    return Group(*(_line(one) if isinstance(one, str) else one for one in lines))


def _line(text: str) -> Text:
    return Text.from_markup(text, overflow="ellipsis", end="\n")


def _table(config: Config, bots: list[top_op.Bot], width: int) -> Table:
    bounds, narrow = config.thresholds, width < _WIDE
    bot, firing = _NARROW if narrow else (None, None)
    columns = (
        Column("bot", no_wrap=True, max_width=bot),
        *(() if narrow else ("environment",)),
        *(Column(short if narrow else long, justify="right") for long, short in _NUMBERS.items()),
        Column("slowest", no_wrap=True),
        Column("firing", no_wrap=narrow, max_width=firing),
    )
    nothing = "no bot has sent anything yet"
    table = Table(*columns, box=None, header_style="bold", padding=(0, 1, 0, 0), caption=None if bots else nothing)
    for one in bots:
        table.add_row(
            plain(one.service),
            *(() if narrow else (plain(one.environment),)),
            _number(one.calls, "{:.0f}"),
            _number(one.turns, "{:.1f}"),
            _number(one.ttfw, "{:.2f} s", top_op.grade(one.ttfw, bounds.ttfw.p95)),
            _number(one.e2e, "{:.2f} s", top_op.grade(one.e2e, bounds.e2e.p95)),
            _number(one.errors, "{:.1%}", top_op.grade(one.errors, bounds.error_ratio)),
            _slowest(config, one),
            ", ".join(
                _coloured(name.removeprefix("Pipecat") if narrow else name, severity) for severity, name in one.alerts
            ),
        )
    return table


_NUMBERS = {
    "calls": "calls",
    "turns/min": "turns/m",
    "TTFW P95": "TTFW",
    "end to end P95": "e2e",
    "errors": "errors",
}
"""Columns, and how they are called where there is little room."""
_WIDE = 110
_NARROW = (16, 14)
"""Columns of a terminal, and of a bot's name and its alerts on a narrower one: 80 hold them all."""
_BESIDE_ROWS = 4


def _slowest(config: Config, bot: top_op.Bot) -> str:
    if bot.slowest is None:
        return "-"
    stage, seconds = bot.slowest
    return f"{stage} " + _number(seconds, "{:.2f} s", top_op.grade(seconds, config.thresholds.stage(stage)))


def _number(value: float | None, form: str, severity: str = "") -> str:
    return "-" if value is None else _coloured(form.format(value), severity)


def _coloured(text: str, severity: str) -> str:
    return f"[{_COLOURS[severity]}]{plain(text)}[/]" if severity in _COLOURS else plain(text)
