"""The verb about who is told: routes."""

from typing import Annotated

import typer

from pipecat_lgtm.cli_shared import ConfigOption, err, out, plain
from pipecat_lgtm.config import load
from pipecat_lgtm.ops import routes as routes_op

app = typer.Typer()


@app.command()
def routes(
    pairs: Annotated[list[str], typer.Argument(metavar="LABEL=VALUE…", help="The alert's labels.")],
    config: ConfigOption = None,
) -> None:
    """Show who would be told, when and why: `pipecat-lgtm routes severity=critical service_name=my-bot`."""
    loaded = load(config).config
    given = routes_op.parse(pairs)
    routes_op.require_known(loaded, given)
    for answer in routes_op.routes(loaded, given):
        out.print(f"[bold]{answer.receiver}[/]", highlight=False)
        rows = [("tells", answer.told), ("when", answer.when), ("why", answer.why)]
        rows += [("silent in", text) for text in answer.silent] + [("muted while", text) for text in answer.muted]
        for name, text in rows:
            out.print(f"  {name:12}{plain(text)}", highlight=False)
    if warning := routes_op.unheard(loaded):
        err.print(f"[yellow]note[/] {warning}", highlight=False)
