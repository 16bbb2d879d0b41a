"""Puts our rules into a running Prometheus, or takes them away: all of them loaded and healthy, or nothing changed."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import parse_seconds
from pipecat_lgtm.errors import CheckFailed, StackError
from pipecat_lgtm.ops.deploy.owned import Files, Folder, deployed, rules_of
from pipecat_lgtm.ops.deploy.prometheus import Group, Prometheus, until
from pipecat_lgtm.output import Changes
from pipecat_lgtm.renderers import COMPOSE, prometheus

_RULES = "prometheus/rules/"
_PROMTOOL_SECONDS = 60
_SPARE_SECONDS = 10.0


@dataclass(frozen=True)
class Deployed:
    """What a deploy did.

    Args:
        changes: to our files.
        groups: of ours that are loaded and healthy now.
        rules: in them.
        checked: promtool has checked the files.
    """

    changes: Changes
    groups: int
    rules: int
    checked: bool


def wanted(config: Config) -> Files:
    """Return the rule files of a config as they are deployed."""
    rendered = prometheus.render(config, COMPOSE)
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
    server.require_sound()
    _parsed(server, files)
    patience = max(deadline, _SPARE_SECONDS + 1.5 * _longest_interval(files))
    try:
        if changes:
            folder.become(files)
            server.reload(deadline)
        groups = _verified(server, files, set(before) | set(files), patience)
    except BaseException as error:
        if changes:
            _roll_back(folder, before, server, deadline, error)
        raise
    return Deployed(changes, len(groups), sum(len(group.rules) for group in groups), promtool is not None)


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


def _parsed(server: Prometheus, files: Files) -> None:
    """Ask the server's own parser: it may be older than promtool."""
    for name, text in files.items():
        for key, rule in rules_of(text).items():
            if said := server.complaint(rule["expr"]):
                raise CheckFailed(
                    f"{name}: {' '.join(key)}: {server.url} cannot read its expression: {said}; nothing was touched",
                    "use a Prometheus that can, or mend stack.yaml",
                )


def _verified(server: Prometheus, files: Files, names: set[str], deadline: float) -> list[Group]:
    """Return our loaded groups once they are exactly the expected ones and each has been evaluated without error."""
    expected = _expected(files)
    problem = "nothing was asked yet"
    for _ in until(deadline):
        ours = {group.key: group for group in server.groups() if group.key[0] in names}
        if errors := [error for group in ours.values() for error in group.errors]:
            raise CheckFailed(f"{server.url}: a rule fails when it is evaluated: {'; '.join(errors)}", "mend that rule")
        if not (problem := _difference(expected, ours)):
            return list(ours.values())
    patterns = ", ".join(server.rule_files()) or "nothing"
    raise CheckFailed(
        f"{server.url}: after {deadline:g} s {problem}",
        f"does its rule_files ({patterns}) reach --rules-dir? A longer --timeout helps only a slow one",
    )


def _longest_interval(files: Files) -> float:
    groups = (group for text in files.values() for group in yaml.safe_load(text)["groups"])
    return max((parse_seconds(group["interval"]) for group in groups if "interval" in group), default=0.0)


def _expected(files: Files) -> dict[tuple[str, str], tuple[str, ...]]:
    return {
        (name, group["name"]): tuple(rule.get("record") or rule["alert"] for rule in group["rules"])
        for name, text in files.items()
        for group in yaml.safe_load(text)["groups"]
    }


def _difference(expected: dict[tuple[str, str], tuple[str, ...]], ours: dict[tuple[str, str], Group]) -> str:
    if missing := expected.keys() - ours.keys():
        return f"it has not loaded {', '.join('/'.join(key) for key in sorted(missing))}"
    if extra := ours.keys() - expected.keys():
        return f"it still has {', '.join('/'.join(key) for key in sorted(extra))}"
    if other := [key for key, rules in expected.items() if ours[key].rules != rules]:
        return f"it has other rules in {', '.join('/'.join(key) for key in other)}"
    if late := [key for key, group in ours.items() if not group.evaluated]:
        return f"it has not evaluated {', '.join('/'.join(key) for key in sorted(late))}"
    return ""


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
