"""The verbs bridge …: what a bot needs to be observed."""

import typer

import pipecat_lgtm_bridge as bridge
from pipecat_lgtm.cli_shared import out

app = typer.Typer(no_args_is_help=True, help="Observe a bot.")


@app.callback()
def _group() -> None:
    pass


@app.command()
def path() -> None:
    """Print the file that attaches the bridge: `export PIPECAT_SETUP_FILES=$(pipecat-lgtm bridge path)`."""
    out.print(str(bridge.path()), highlight=False)
