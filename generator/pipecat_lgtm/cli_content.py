"""Verbs of content protection: content measure, content show."""

from typing import Annotated

import typer

from pipecat_lgtm.cli_bench import show as show_report
from pipecat_lgtm.cli_shared import BinDirOption, ConfigOption, out, plain, progress
from pipecat_lgtm.config import load
from pipecat_lgtm.ops import content

app = typer.Typer(no_args_is_help=True, help="Look at what content protection hides, and what it leaves.")


@app.callback()
def _root() -> None:
    """Keep `content` a group of verbs."""


@app.command()
def measure(
    *,
    missed: Annotated[bool, typer.Option("--missed", help="Also print each text that is not as it should be.")] = False,
    config: ConfigOption = None,
    bin_dir: BinDirOption = None,
) -> None:
    """Precision and recall of every kind, on a labelled set: `pipecat-lgtm content measure`."""
    loaded = load(config).config
    with progress() as watch:
        results = content.measure(loaded, content.rows(), bin_dir, watch)
    show_report(content.report(results))
    if missed:
        for one in results:
            if not (one.hidden or one.intact) or (one.row.hidden and not one.hidden):
                out.print(plain(f"{one.row.kind}\t{one.row.language}\t{one.row.text}\t{one.stored}"), highlight=False)


@app.command()
def show() -> None:
    """Print the labelled set, a text a line: `pipecat-lgtm content show`."""
    for row in content.rows():
        what = "secret" if row.hidden else "look-alike"
        out.print(plain(f"{what}\t{row.kind}\t{row.language}\t{row.text}"), highlight=False, soft_wrap=True)
