"""The command line: parse, call ops, print, exit code; nothing else. Results go to stdout, progress to stderr.

Each group of verbs is a module `cli_<group>.py` with a typer `app`; here they become one command.
"""

import signal
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from pipecat_lgtm import (
    cli_alerts,
    cli_bench,
    cli_bridge,
    cli_dashboards,
    cli_demo,
    cli_deploy,
    cli_engines,
    cli_files,
    cli_look,
    cli_routes,
    cli_stack,
    cli_webrtc,
)
from pipecat_lgtm.cli_shared import err, out, plain
from pipecat_lgtm.errors import StackError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a fault of ours is shown as Python shows it
    help="An OpenTelemetry Collector and Grafana stack for Pipecat voice agents.",
)
app.add_typer(cli_files.app)
app.add_typer(cli_alerts.app, name="alerts")
app.add_typer(cli_routes.app)
app.add_typer(cli_deploy.app, name="deploy")
app.add_typer(cli_engines.app, name="engines")
app.add_typer(cli_stack.app)
app.add_typer(cli_look.app)
app.add_typer(cli_demo.app)
app.add_typer(cli_bridge.app, name="bridge")
app.add_typer(cli_bench.app, name="bench")
app.add_typer(cli_dashboards.app)
app.add_typer(cli_webrtc.app)


def main() -> None:
    """Run the command line; a StackError becomes two lines and exit code 1, an interruption leaves nothing behind."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        app()
    except StackError as error:
        err.print(f"[bold red]error[/] {plain(error.message)}", highlight=False)
        err.print(f"  [bold]next[/] {plain(error.hint)}", highlight=False)
        sys.exit(1)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer's callback
    if wanted:
        out.print(version("pipecat-lgtm"))
        raise typer.Exit


@app.callback()
def _root(
    *,
    _shown: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
