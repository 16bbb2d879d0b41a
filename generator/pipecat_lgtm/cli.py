"""The command line: parse, call ops, print, exit code; nothing else. Results go to stdout, progress to stderr.

Each group of verbs is a module `cli_<group>.py` with a typer `app`; here they become one command.
"""

import signal
import sys
from importlib.metadata import version
from typing import Annotated

import httpx
import typer

from pipecat_lgtm import (
    cli_alerts,
    cli_bench,
    cli_bridge,
    cli_content,
    cli_dashboards,
    cli_demo,
    cli_deploy,
    cli_engines,
    cli_files,
    cli_look,
    cli_quality,
    cli_routes,
    cli_stack,
    cli_webrtc,
)
from pipecat_lgtm.cli_shared import err, out, plain
from pipecat_lgtm.errors import INTERRUPTED, StackError

app = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
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
app.add_typer(cli_content.app, name="content")
app.add_typer(cli_dashboards.app)
app.add_typer(cli_webrtc.app)
app.add_typer(cli_quality.app)


def main() -> None:
    """Run the command line; what a user can meet becomes two lines and an exit code: 1, or 130 if interrupted."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        app()
    except StackError as error:
        _fail(error.message, error.hint)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}", "check the disk's free space, and that you may read and write there")
    except httpx.HTTPError as error:
        _fail(str(error) or type(error).__name__, "`pipecat-lgtm status` says what runs")
    except SystemExit as ended:
        if ended.code != INTERRUPTED:
            raise
        _fail("interrupted", "`pipecat-lgtm status` says what runs; the same command goes on where it was", INTERRUPTED)


def _fail(message: str, hint: str, code: int = 1) -> None:
    """Print an error as two lines, and end with an exit code."""
    err.quiet = False
    err.print(f"[bold red]error[/] {plain(message)}", highlight=False)
    err.print(f"  [bold]next[/] {plain(hint)}", highlight=False)
    sys.exit(code)


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
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes; results and errors.")] = False,
) -> None:
    err.quiet = quiet
