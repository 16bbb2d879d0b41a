"""Verbs that bring something into what you already run: deploy rules."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipecat_lgtm.cli_shared import BinDirOption, ConfigOption, err, out, plain
from pipecat_lgtm.config import load
from pipecat_lgtm.engines.resolve import find_program
from pipecat_lgtm.ops.deploy import rules as rules_op
from pipecat_lgtm.ops.deploy import target
from pipecat_lgtm.ops.deploy.owned import Folder
from pipecat_lgtm.ops.deploy.prometheus import Prometheus

app = typer.Typer(no_args_is_help=True, help="Bring rules into what you already run.")

DIFFERS = 3
"""Exit code of a look that found a difference; 1 is a failure, 2 a wrong command line."""


@app.command()
def rules(  # noqa: PLR0913 - one option each
    rules_dir: Annotated[Path | None, typer.Option(help="Folder that Prometheus' rule_files reach.")] = None,
    url: Annotated[str | None, typer.Option(help="Prometheus' base address, such as http://127.0.0.1:9090.")] = None,
    config: ConfigOption = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would change; exit code 3 if anything.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take our rules away again.")] = False,
    check_target: Annotated[
        bool, typer.Option("--check-target", help="Say what it lacks and which alerts stay silent; exit code 3 if any.")
    ] = False,
    pid: Annotated[int | None, typer.Option(help="Reload by SIGHUP to this process instead of over HTTP.")] = None,
    token_file: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Holds a bearer token.")] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for a reload and for every first evaluation.")] = 90,
    bin_dir: BinDirOption = None,
) -> None:
    """Put our rules into your Prometheus: `pipecat-lgtm deploy rules --rules-dir /etc/prometheus/rules --url http://…`.

    Exit codes: 0 done, or nothing would change; 1 failed, everything is as before; 2 wrong command line;
    3 with --dry-run: something would change, with --check-target: some alerts would stay silent.
    """
    files = {} if remove else rules_op.wanted(load(config).config)
    if check_target:
        _check_target(Prometheus(_given(url, "--url"), token_file, pid), rules_op.wanted(load(config).config))
        return
    folder = Folder(Path(_given(rules_dir, "--rules-dir")))
    if dry_run:
        if difference := folder.difference(files):
            sys.stdout.write(difference)
            raise typer.Exit(DIFFERS)
        err.print("nothing would change")
        return
    promtool = find_program("promtool", "", bin_dir) or shutil.which("promtool")
    done = rules_op.apply(
        folder, files, Prometheus(_given(url, "--url"), token_file, pid), Path(promtool) if promtool else None, timeout
    )
    for verb, names in (
        ("added", done.changes.added),
        ("changed", done.changes.changed),
        ("removed", done.changes.removed),
    ):
        for name in names:
            out.print(f"{verb} {folder.path / name}", highlight=False)
    if not done.checked:
        err.print("no promtool found: the rules were checked by Prometheus alone")
    err.print(f"{done.groups} groups with {done.rules} rules are loaded and healthy")


def _given(value: object, option: str) -> str:
    if value is None:
        raise typer.BadParameter(f"{option} is needed", param_hint=option)
    return str(value)


def _check_target(server: Prometheus, files: dict[str, str]) -> None:
    table = Table("metric", "there", "labels missing", "comes from", box=None, header_style="bold")
    for found in target.metrics(server):
        there = "[green]yes[/]" if found.present else "[red]no[/]"
        table.add_row(found.metric.prometheus, there, ", ".join(found.missing), found.feed)
    out.print(table)
    silent = target.silent(server, files)
    for one in silent:
        word = "[red]silent[/]" if one.wholly else "[yellow]may be silent[/]"
        out.print(f"{word} {plain(one.alert)}: lacks {', '.join(one.lacks)}", highlight=False)
    if not silent:
        out.print("every alert has what it reads")
        return
    raise typer.Exit(DIFFERS)
