"""The verbs about alerts: list, explain."""

from typing import Annotated

import typer
from rich.table import Column, Table

from pipecat_lgtm.cli_shared import ConfigOption, JsonOption, StateOption, err, out, plain, print_json
from pipecat_lgtm.config import Config
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops import alerts as alerts_op
from pipecat_lgtm.ops import stacks
from pipecat_lgtm.rules.model import Alert

app = typer.Typer(no_args_is_help=True, help="Look at the alerts.")


@app.command("list")
def list_alerts(config: ConfigOption = None, state_dir: StateOption = None, *, as_json: JsonOption = False) -> None:
    """List every alert with its bound: `pipecat-lgtm alerts list`."""
    found = alerts_op.rows(stacks.config_of(stacks.running(config, state_dir), config))
    if as_json:
        print_json([dict(zip(alerts_op.COLUMNS, row, strict=True)) for row in found])
        return
    first, *others = alerts_op.COLUMNS
    table = Table(Column(first, no_wrap=True), *others, box=None, header_style="bold")
    for row in found:
        table.add_row(*(plain(text) for text in row))
    out.print(table)


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="Of the alert, as `alerts list` shows it.")],
    url: Annotated[str | None, typer.Option("--url", help="A running Prometheus, else the configured one.")] = None,
    config: ConfigOption = None,
    state_dir: StateOption = None,
) -> None:
    """Say where a bound comes from, what is asked, what is so now: `pipecat-lgtm alerts explain PipecatTtfwHigh`."""
    loaded = stacks.config_of(stacks.running(config, state_dir), config)
    rules = alerts_op.named(loaded, name)
    for one in rules:
        out.print(f"[bold]{name}[/] {one.severity}{' (escalated)' if dict(one.labels).get('escalated') else ''}")
        for what, text in alerts_op.facts(loaded, one):
            out.print(f"  {what:10}{plain(text)}", highlight=False)
    out.print(f"runbook     {loaded.runbook_url(name)}", highlight=False)
    _now(loaded, rules[0], url)


def _now(loaded: Config, one: Alert, url: str | None) -> None:
    where = url or alerts_op.address(loaded)
    try:
        now = alerts_op.now(alerts_op.server(loaded, url), one)
    except CheckFailed:
        if url is not None:
            raise
        err.print(f"[yellow]note[/] no Prometheus answers at {where}: nothing can be said about now", highlight=False)
        return
    out.print(f"now, at {where}", highlight=False)
    for labels, value in now.values:
        out.print(f"  {value:>10}  {plain(labels)}", highlight=False)
    if not now.values:
        out.print("  no value: nothing was measured in the window", highlight=False)
    for labels in now.unready:
        out.print(f"  not enough history for a baseline  {plain(labels)}", highlight=False)
    for labels, state in now.states:
        out.print(f"  {state:>10}  {plain(labels)}", highlight=False)
    for each in now.offenders:
        out.print(
            f"  {each.severity:>10}  trace {each.trace_id}  conversation {each.conversation_id}  {each.turns} turns"
            f"  {plain(each.service)}",
            highlight=False,
        )
    if one.signal.breaches and not now.offenders:
        out.print("  no offender is held", highlight=False)
