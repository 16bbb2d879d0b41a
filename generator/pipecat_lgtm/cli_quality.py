"""Verbs that measure whether the agent is any good: heartbeat."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipecat_lgtm.cli_shared import ConfigOption, err, out, plain
from pipecat_lgtm.config import load
from pipecat_lgtm.errors import StackError
from pipecat_lgtm.ops import heartbeat as op

if TYPE_CHECKING:
    from pipecat_lgtm.quality.calls import Done

app = typer.Typer()


@app.command()
def heartbeat(  # noqa: PLR0913 - the options
    config: ConfigOption = None,
    target: Annotated[list[str] | None, typer.Option(help="Name of a target; repeatable; all without it.")] = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Call everybody once; exit code 1 if a call is not ok.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Look whether everybody could be called; call nobody.")
    ] = False,
    listen: Annotated[str | None, typer.Option(help="Address of /metrics; that of the stack without it.")] = None,
    host: Annotated[str, typer.Option(help="Another name by which /metrics may be asked for.")] = "",
    otlp: Annotated[str | None, typer.Option(help="OTLP/HTTP address of the collector; that of the stack.")] = None,
) -> None:
    """Place synthetic calls into your bots, and say how they went: `pipecat-lgtm heartbeat --once`."""
    loaded = load(config).config
    if check:
        op.check(loaded, target or [])
        return
    place = op.Place(listen or loaded.network.inside, host, otlp)
    if not once:
        op.keep_on(loaded, target or [], place, _show)
        return
    if op.once(loaded, target or [], place, _show):
        raise typer.Exit(1)


def _show(what: "Done | StackError") -> None:
    if isinstance(what, StackError):
        err.print(f"[bold red]error[/] {plain(what.message)}", highlight=False)
        err.print(f"  [bold]next[/] {plain(what.hint)}", highlight=False)
        return
    said = f": {what.verdict.reason}" if what.verdict.reason else ""
    firsts = [f"{one.first_word:.2f} s" for one in what.facts.turns if one.first_word is not None]
    heard = f", first words after {', '.join(firsts)}" if firsts else ""
    rate = f", word error rate {what.errors.rate:.3f}" if what.errors.rate is not None else ""
    line = f"{what.target.name} {what.scenario}: {what.verdict.name}{said} ({what.seconds:.1f} s{heard}{rate})"
    out.print(plain(line), highlight=False)
