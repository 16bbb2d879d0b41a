"""Verbs for dashboards: preview, dashboards list, dashboards export."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipecat_lgtm import output
from pipecat_lgtm.cli_shared import ConfigOption, JsonOption, StateOption, err, out, plain, print_json, progress
from pipecat_lgtm.config import load
from pipecat_lgtm.errors import CheckFailed, OutputError
from pipecat_lgtm.ops import dashboards as op
from pipecat_lgtm.ops import shots as op_shots
from pipecat_lgtm.ops import stacks
from pipecat_lgtm.ops.preview import run

app = typer.Typer()
dashboards_app = typer.Typer(no_args_is_help=True, help="Look at the dashboards as files.")
app.add_typer(dashboards_app, name="dashboards")


@app.command()
def preview(  # noqa: PLR0913, PLR0917 - one option each
    dashboard: Annotated[list[str] | None, typer.Option(help="Uid; repeatable; all without it.")] = None,
    file: Annotated[Path, typer.Option("--out", help="Where the page is written.")] = Path("artifacts/preview.html"),
    last: Annotated[str, typer.Option(help="How far back, as 15m or 6h; else each dashboard's own range.")] = "",
    var: Annotated[list[str] | None, typer.Option(help="NAME=VALUE of a dashboard variable; repeatable.")] = None,
    config: ConfigOption = None,
    state_dir: StateOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Run every panel's queries without Grafana: `pipecat-lgtm preview --dashboard pipecat-core`."""
    loaded = stacks.config_of(stacks.running(config, state_dir), config)
    with progress() as watch:
        made = run.boards(loaded, dashboard or [], last, _values(var), watch)
    if as_json:
        print_json(run.as_data(made))
        run.failures(made)
        return
    try:
        output.save(file, run.as_html(made).encode())
    except OSError as error:
        raise OutputError(f"{file}: {error.strerror}", "choose a file you may write with --out") from error
    out.print(f"wrote {file}: {sum(len(board.panels) for board in made)} panels")
    if failed := run.failures(made):
        err.print(f"{len(failed)} queries failed; the page shows each at its panel. The first: {plain(failed[0])}")


def _values(var: list[str] | None) -> dict[str, str]:
    """Return the variables given as NAME=VALUE."""
    values = {}
    for one in var or []:
        name, equals, value = one.partition("=")
        if not equals:
            raise CheckFailed(f"--var {one}: is not NAME=VALUE", "write for example --var service=my-bot")
        values[name] = value
    return values


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


@dashboards_app.command()
def shots(  # noqa: PLR0913, PLR0917 - one option each
    grafana: Annotated[str, typer.Option(help="Base address of a running Grafana that has the dashboards.")],
    folder: Annotated[Path, typer.Option("--out", help="Where the pictures are written.")] = Path("artifacts/shots"),
    dashboard: Annotated[list[str] | None, typer.Option(help="Uid; repeatable; all without it.")] = None,
    last: Annotated[str, typer.Option(help="How far back, as 15m or 6h; else each dashboard's own range.")] = "",
    var: Annotated[list[str] | None, typer.Option(help="NAME=VALUE of a dashboard variable; repeatable.")] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="Holds a service account's token; else GRAFANA_TOKEN; else as a visitor."
        ),
    ] = None,
    browser: Annotated[str, typer.Option(help="The Chromium program; else the one on PATH.")] = "",
    config: ConfigOption = None,
) -> None:
    """Picture every dashboard, click every link: `pipecat-lgtm dashboards shots --grafana http://127.0.0.1:3000`."""
    uids = tuple(op.chosen(load(config).config, dashboard or []))
    token = token_file.read_text(encoding="utf-8").strip() if token_file else os.environ.get("GRAFANA_TOKEN", "")
    plan = op_shots.Shoot(grafana.rstrip("/"), folder, uids, last, tuple(_values(var).items()), token, browser)
    with progress() as watch:
        found = op_shots.shoot(plan, watch)
    out.print(f"wrote {len(found.pictures)} pictures to {folder}, clicked {found.links} links")
    for fault in found.faults:
        err.print(plain(fault), highlight=False)
    if found.faults:
        raise CheckFailed(f"{len(found.faults)} faults in {grafana}", f"look at the pictures in {folder}")
