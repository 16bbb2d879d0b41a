"""Puts our rules into a running Prometheus, or takes them away: all of them loaded and healthy, or nothing changed."""

import fnmatch
import itertools
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import parse_seconds
from pipecat_lgtm.errors import CheckFailed, StackError
from pipecat_lgtm.ops.deploy.owned import Files, Folder, deployed, rules_of
from pipecat_lgtm.ops.deploy.prometheus import Group, Prometheus, Rule, until
from pipecat_lgtm.output import Changes
from pipecat_lgtm.renderers import COMPOSE, prometheus
from pipecat_lgtm.renderers.text import from_yaml

_RULES = "prometheus/rules/"
_PROMTOOL_SECONDS = 60
_SPARE_SECONDS = 10.0
_LOADED_SECONDS = 5.0


@dataclass(frozen=True)
class Deployed:
    """What a deploy did.

    Args:
        changes: to our files.
        groups: of ours that are loaded and healthy now.
        rules: in them.
        checked: promtool has checked the files.
        foreign: groups of somebody else that record or alert under a name of ours.
    """

    changes: Changes
    groups: int
    rules: int
    checked: bool
    foreign: list[str]


def wanted(config: Config) -> Files:
    """Return the rule files of a config as they are deployed, whatever format is rendered beside them."""
    alerts = config.alerts.model_copy(update={"format": "files"})
    rendered = prometheus.render(config.model_copy(update={"alerts": alerts}), COMPOSE)
    return deployed({path: text for path, text in rendered.items() if path.startswith(_RULES)})


def apply(folder: Folder, files: Files, server: Prometheus, promtool: Path | None, deadline: float) -> Deployed:
    """Make our rules these, verified through the API; on any failure everything is as before.

    Args:
        folder: of the server's rule files.
        files: all that shall be there of ours; none removes them.
        server: reads that folder.
        promtool: checks the files before anything is touched; without it the server's own check must do.
        deadline: seconds for a reload, and for every group's first evaluation where its interval is shorter.

    Raises:
        CheckFailed: with the reason, after rolling back.
    """
    changes, before = folder.plan(files), folder.ours()
    if promtool is not None:
        _check(promtool, files)
    require_possible(server, files, reload=bool(changes))
    expected = _expected(server, files)
    patience = max(deadline, _SPARE_SECONDS + 1.5 * _longest_interval(files))
    try:
        if changes:
            folder.become(files)
            server.reload(deadline)
        groups = _verified(server, expected, set(before) | set(files), patience)
    except BaseException as error:
        if changes:
            _roll_back(folder, before, server, deadline, error)
        raise
    count = sum(len(group.rules) for group in groups)
    return Deployed(changes, len(groups), count, promtool is not None, foreign(server, files))


def require_possible(server: Prometheus, files: Files, *, reload: bool = True) -> None:
    """Make sure that a deploy can succeed, as far as that is known before anything is touched.

    Args:
        server: to be deployed to.
        files: all that shall be there of ours.
        reload: something would change, so that it is to load its rules again.

    Raises:
        CheckFailed: it cannot.
    """
    server.require_sound()
    _reachable(server, files)
    if reload:
        server.require_reload()


def foreign(server: Prometheus, files: Files) -> list[str]:
    """Return the loaded groups that are not in our files and have a rule of a name of ours: two write one series."""
    ours = {key[1] for text in files.values() for key in rules_of(text)}
    return [
        f"{group.file}: {group.name}: {', '.join(names)}"
        for group in server.groups()
        if group.key[0] not in files and (names := sorted({rule.name for rule in group.rules} & ours))
    ]


def _check(promtool: Path, files: Files) -> None:
    with tempfile.TemporaryDirectory(prefix="pipecat-lgtm-rules-") as scratch:
        for name, text in files.items():
            (Path(scratch) / name).write_text(text, encoding="utf-8")
        argv = [str(promtool), "check", "rules", *(f"{scratch}/{name}" for name in files)]
        if not files:
            return
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_PROMTOOL_SECONDS, check=False)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).replace(f"{scratch}/", "").strip()
            raise CheckFailed(f"promtool refuses the rules; nothing was touched:\n{said}", "mend stack.yaml")


def _reachable(server: Prometheus, files: Files) -> None:
    """Make sure that some pattern of the server's `rule_files` can match our names, in whatever folder."""
    patterns = server.rule_files()
    names = [pattern.replace("\\", "/").rsplit("/", 1)[-1] for pattern in patterns]
    if unmatched := [file for file in files if not any(fnmatch.fnmatchcase(file, name) for name in names)]:
        raise CheckFailed(
            f"{server.url}: no pattern of its rule_files ({', '.join(patterns) or 'none'}) matches {unmatched[0]}; "
            "nothing was touched",
            "let its rule_files have a pattern such as /etc/prometheus/rules/*.yml, and reload it",
        )


Key = tuple[str, str]
"""File name and group name."""


def _verified(
    server: Prometheus, expected: dict[Key, tuple[Rule, ...]], names: set[str], deadline: float
) -> list[Group]:
    """Return our loaded groups once they are exactly the expected ones and each has been evaluated without error.

    A reload is over when it is answered: what is not loaded soon after it will not be, however long one waits.
    """
    problem, began = "nothing was asked yet", time.monotonic()
    for _ in until(deadline):
        loaded = [group for group in server.groups() if group.key[0] in names]
        folders = sorted({group.folder for group in loaded}) or [""]
        problems, is_loaded = [], False
        for folder in folders:  # files of our names may also be in a folder that is not the one we write to
            ours = {group.key: group for group in loaded if group.folder == folder}
            if errors := [error for group in ours.values() for error in group.errors]:
                raise CheckFailed(
                    f"{server.url}: a rule fails when it is evaluated: {'; '.join(errors)}", "mend that rule"
                )
            said = _difference(server, expected, ours)
            is_loaded = is_loaded or not said
            if not (said := said or _late(ours)):
                return list(ours.values())
            problems.append(f"{said} ({folder})" if folder else said)
        problem = "; ".join(problems)
        if not is_loaded and time.monotonic() - began > _LOADED_SECONDS:
            break
    patterns = ", ".join(server.rule_files()) or "nothing"
    raise CheckFailed(
        f"{server.url}: after {time.monotonic() - began:.0f} s {problem}",
        f"does its rule_files ({patterns}) reach --rules-dir? A longer --timeout helps only a slow one",
    )


def _longest_interval(files: Files) -> float:
    groups = (group for text in files.values() for group in from_yaml(text)["groups"])
    return max((parse_seconds(group["interval"]) for group in groups if "interval" in group), default=0.0)


def _expected(server: Prometheus, files: Files) -> dict[Key, tuple[Rule, ...]]:
    """Return what is to be in force, its expressions as the server's own parser, perhaps an old one, writes them.

    Raises:
        CheckFailed: it cannot read one of them.
    """
    return {
        (name, group["name"]): tuple(_rule(server, f"{name}: {group['name']}", rule) for rule in group["rules"])
        for name, text in files.items()
        for group in from_yaml(text)["groups"]
    }


def _rule(server: Prometheus, where: str, raw: dict[str, Any]) -> Rule:
    name = raw.get("record") or raw["alert"]
    try:
        expr = server.formatted(str(raw["expr"]))
    except CheckFailed as error:
        raise CheckFailed(
            f"{where} {name}: {server.url} cannot read its expression: {error.message}; nothing was touched", error.hint
        ) from error
    texts = (
        tuple(sorted((key, str(value)) for key, value in raw.get(kind, {}).items()))
        for kind in ("labels", "annotations")
    )
    return Rule(name, expr, parse_seconds(raw.get("for", "0s")), tuple(texts))


def _difference(server: Prometheus, expected: dict[Key, tuple[Rule, ...]], ours: dict[Key, Group]) -> str:
    if missing := expected.keys() - ours.keys():
        return f"it has not loaded {', '.join('/'.join(key) for key in sorted(missing))}"
    if extra := ours.keys() - expected.keys():
        return f"it still has {', '.join('/'.join(key) for key in sorted(extra))}"
    other = (
        f"{'/'.join(key)} {found.name if found else wanted.name if wanted else ''}"
        for key, rules in expected.items()
        for wanted, found in itertools.zip_longest(rules, ours[key].rules)
        if wanted != (found and replace(found, expr=server.formatted(found.expr)))
    )
    if differs := next(other, ""):
        return f"it has another rule in {differs}"
    return ""


def _late(ours: dict[Key, Group]) -> str:
    late = sorted("/".join(key) for key, group in ours.items() if not group.evaluated)
    return f"it has not evaluated {', '.join(late)}" if late else ""


def _roll_back(folder: Folder, before: Files, server: Prometheus, deadline: float, error: BaseException) -> None:
    """Restore our files and have them loaded; an error that is ours says so in its message."""
    folder.become(before)
    try:
        server.reload(deadline)
        outcome = "rolled back: our files are as before, and loaded"
    except StackError as again:
        outcome = f"our files are as before, but could not be loaded again: {again.message}"
    if isinstance(error, StackError):
        raise type(error)(f"{error.message}\n{outcome}", error.hint) from error
