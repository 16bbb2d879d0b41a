"""Verbs that bring something into what you already run: deploy rules, deploy dashboards."""

import os
import shutil
import sys
from collections import Counter
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipecat_lgtm.cli_shared import BinDirOption, ConfigOption, err, out, plain
from pipecat_lgtm.config import load
from pipecat_lgtm.engines.resolve import find_program
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops import alerts as alerts_op
from pipecat_lgtm.ops.dashboards import chosen
from pipecat_lgtm.ops.deploy import dashboards as dashboards_op
from pipecat_lgtm.ops.deploy import rules as rules_op
from pipecat_lgtm.ops.deploy import target
from pipecat_lgtm.ops.deploy.grafana import Grafana
from pipecat_lgtm.ops.deploy.owned import Folder
from pipecat_lgtm.ops.deploy.prometheus import Prometheus

app = typer.Typer(no_args_is_help=True, help="Bring rules and dashboards into what you already run.")

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
    loaded = load(config).config
    files = {} if remove else rules_op.wanted(loaded)
    server_of = partial(alerts_op.server, loaded, token_file=token_file, pid=pid)
    if check_target:
        _check_target(server_of(_given(url, "--url")), rules_op.wanted(loaded))
        return
    if rules_dir is None and url is not None:
        patterns = ", ".join(server_of(url).rule_files()) or "no rule_files"
        raise typer.BadParameter(f"--rules-dir is needed; {url} reads {patterns}", param_hint="--rules-dir")
    folder = Folder(Path(_given(rules_dir, "--rules-dir")))
    if dry_run:
        difference = folder.difference(files)
        sys.stdout.write(difference)
        if url is not None:
            server = server_of(url)
            rules_op.require_possible(server, files, reload=bool(difference))
            _tell_foreign(rules_op.foreign(server, files))
        if difference:
            raise typer.Exit(DIFFERS)
        err.print("nothing would change")
        return
    promtool = find_program("promtool", "", bin_dir) or shutil.which("promtool")
    done = rules_op.apply(folder, files, server_of(_given(url, "--url")), Path(promtool) if promtool else None, timeout)
    for verb, names in (
        ("added", done.changes.added),
        ("changed", done.changes.changed),
        ("removed", done.changes.removed),
    ):
        for name in names:
            out.print(f"{verb} {folder.path / name}", highlight=False)
    if not done.checked:
        err.print("no promtool found: the rules were checked by Prometheus alone")
    _tell_foreign(done.foreign)
    err.print(f"{done.groups} groups with {done.rules} rules are loaded and healthy")


def _tell_foreign(groups: list[str]) -> None:
    for group in groups:
        said = "of somebody else, under a name of ours; take it away: two rules write one series"
        err.print(f"[yellow]note[/] {plain(group)}: {said}", highlight=False)


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
    err.print(
        "a counter of failures is there only after the first one: what lacks nothing else waits, and is not blind"
    )
    raise typer.Exit(DIFFERS)


@app.command()
def dashboards(  # noqa: PLR0913, PLR0917 - one option each
    url: Annotated[str, typer.Option(help="Grafana's base address, such as https://grafana.example.com.")],
    token_file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Holds a service account's token; else GRAFANA_TOKEN does."),
    ] = None,
    folder: Annotated[str, typer.Option(help="Folder they belong in; made if it is not there.")] = "Pipecat",
    datasource: Annotated[
        list[str] | None, typer.Option(help="STORE=UID for prometheus, tempo or loki; repeatable; else the only one.")
    ] = None,
    dashboard: Annotated[list[str] | None, typer.Option(help="Uid; repeatable; all without it.")] = None,
    config: ConfigOption = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would change; exit code 3 if anything.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace or remove a dashboard even if a person changed it in Grafana.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take our dashboards away again; the folder stays.")] = False,
) -> None:
    """Put the dashboards into your Grafana: `pipecat-lgtm deploy dashboards --url https://… --token-file token`.

    Exit codes: 0 done, or nothing would change; 1 failed; 2 wrong command line; 3 with --dry-run: something would
    change, else: a dashboard was left alone because a person changed it.
    """
    boards = chosen(load(config).config, dashboard or [])
    server = Grafana(url, _token(token_file))
    place = server.folder(folder)
    if remove:
        steps = list(dashboards_op.removals(server, boards, overwrite=overwrite))
    else:
        sources = dashboards_op.mapped(server.datasources(), dict(_pair(one) for one in datasource or []))
        boards = {uid: dashboards_op.pointed(board, sources) for uid, board in boards.items()}
        steps = list(dashboards_op.steps(server, boards, place, overwrite=overwrite))
    done: Counter[str] = Counter(step.verb for step in steps)
    if not dry_run and done["create"] + done["update"] + done["replace"]:
        place = place or server.make_folder(folder)
    for step in steps:
        if not dry_run:
            dashboards_op.carry_out(server, step, place or "", version("pipecat-lgtm"))
        out.print(f"{step.verb:11} {step.uid}  {step.why}".rstrip(), highlight=False)
        if dry_run:
            sys.stdout.write(step.difference)
    if done["left alone"]:
        err.print("left alone: a person changed them in Grafana; look with --dry-run, or say --overwrite")
    if done["left alone"] or (dry_run and done.total() > done["unchanged"] + done["absent"]):
        raise typer.Exit(DIFFERS)


def _token(file: Path | None) -> str:
    token = file.read_text(encoding="utf-8").strip() if file else os.environ.get("GRAFANA_TOKEN", "")
    if not token:
        raise CheckFailed(
            "no token for Grafana", "give --token-file, or set GRAFANA_TOKEN, with a service account's token"
        )
    return token


def _pair(text: str) -> tuple[str, str]:
    store, equals, uid = text.partition("=")
    if not equals or store not in dashboards_op.STORES:
        raise typer.BadParameter(f"{text}: write prometheus=UID, tempo=UID or loki=UID", param_hint="--datasource")
    return store, uid
