"""Verbs for dashboards: preview, dashboards list, dashboards export."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipecat_lgtm.cli_shared import ConfigOption, err, out, progress
from pipecat_lgtm.config import load
from pipecat_lgtm.errors import CheckFailed, OutputError
from pipecat_lgtm.ops import dashboards as op
from pipecat_lgtm.ops.preview import run

app = typer.Typer()
dashboards_app = typer.Typer(no_args_is_help=True, help="Look at the dashboards as files.")
app.add_typer(dashboards_app, name="dashboards")


@app.command()
def preview(  # noqa: PLR0913 - one option each
    dashboard: Annotated[list[str] | None, typer.Option(help="Uid; repeatable; all without it.")] = None,
    file: Annotated[Path, typer.Option("--out", help="Where the page is written.")] = Path("artifacts/preview.html"),
    last: Annotated[str, typer.Option(help="How far back, as 15m or 6h; else each dashboard's own range.")] = "",
    var: Annotated[list[str] | None, typer.Option(help="NAME=VALUE of a dashboard variable; repeatable.")] = None,
    config: ConfigOption = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print what came back instead of drawing it.")] = False,
) -> None:
    """Draw the dashboards without Grafana, on one page: `pipecat-lgtm preview --dashboard pipecat-core`."""
    values = {}
    for one in var or []:
        name, equals, value = one.partition("=")
        if not equals:
            raise CheckFailed(f"--var {one}: is not NAME=VALUE", "write for example --var service=my-bot")
        values[name] = value
    with progress() as watch:
        made = run.boards(load(config).config, dashboard or [], last, values, watch)
    if as_json:
        sys.stdout.write(json.dumps(run.as_data(made), indent=1, ensure_ascii=False) + "\n")
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(run.as_html(made), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{file}: {error.strerror}", "choose a file you may write with --out") from error
    failed = [answer for board in made for drawn in board.panels for answer in drawn.answers if answer.error]
    out.print(f"wrote {file}: {sum(len(board.panels) for board in made)} panels")
    if failed:
        err.print(f"{len(failed)} queries failed; the page shows each at its panel. The first: {failed[0].error}")


@dashboards_app.command(name="list")
def list_all(config: ConfigOption = None) -> None:
    """List the dashboards and the question each answers: `pipecat-lgtm dashboards list`."""
    table = Table("uid", "title", "panels", "question", box=None, header_style="bold")
    for row in op.rows(load(config).config):
        table.add_row(*row)
    out.print(table)


@dashboards_app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where the JSON files are written.")],
    dashboard: Annotated[list[str] | None, typer.Option(help="Uid; repeatable; all without it.")] = None,
    config: ConfigOption = None,
    *,
    for_import: Annotated[
        bool, typer.Option("--import-form", help="As Grafana's import page wants it: it asks for each datasource.")
    ] = False,
) -> None:
    """Write the dashboards as JSON to import by hand: `pipecat-lgtm dashboards export my-folder`."""
    for path in op.export(load(config).config, folder, dashboard or [], for_import=for_import):
        out.print(f"wrote {path}")
