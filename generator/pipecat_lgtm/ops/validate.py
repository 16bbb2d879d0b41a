"""Runs each program's own validator on its rendered file, and our linter on the dashboards; says which ran."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from pipecat_lgtm.dashboards.lint import lint
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.renderers.text import from_yaml

Find = Callable[[str], Path | None]
_DEADLINE_SECONDS = 120
_SHOWN_LINES = 10
_ENVIRONMENT = {"GOGC": "400"}
"""Of a validator: for the seconds that it lives its garbage need not be collected often."""
_MOUNTED, _VARIABLE = re.compile(r"/run/secrets/([A-Za-z0-9_-]+)"), re.compile(r"\$\{env:([A-Za-z0-9_]+)\}")
"""What only those who start a program have: files of secrets in a container, and variables with secrets."""
_DASHBOARDS = "grafana/dashboards/*.json"
_SOURCES = "grafana/provisioning/datasources/*.yaml"


@dataclass(frozen=True)
class Check:
    """One validator's verdict."""

    name: str
    command: str
    verdict: Literal["passed", "failed", "not run"]
    detail: str


@dataclass(frozen=True)
class _Plan:
    name: str
    program: str
    arguments: tuple[str, ...]
    pattern: str
    lint: bool = False
    starting: bool = False


_PLANS = (
    _Plan("guard", "caddy", ("validate", "--config={file}"), "guard/guard.json"),
    _Plan("collector", "otelcol", ("validate", "--config={file}"), "collector/config.yaml"),
    _Plan("prometheus config", "promtool", ("check", "config", "{file}"), "prometheus/prometheus.yml"),
    _Plan(
        "prometheus rules",
        "promtool",
        ("check", "rules", "--lint=all", "--lint-fatal", "{file}"),
        "prometheus/rules/*.yml",
        lint=True,
    ),
    _Plan("alertmanager", "amtool", ("check-config", "{file}"), "alertmanager/alertmanager.yml"),
    _Plan("notification log", "python", ("-I", "{file}", "--check"), "notifications/notifications.py"),
    _Plan("queue files", "python", ("-I", "{file}", "--check"), "queues/queues.py"),
    _Plan(
        "heartbeat",
        "python",
        ("-m", "pipecat_lgtm", "heartbeat", "--check", "--config={file}"),
        "heartbeat/stack.yaml",
        starting=True,  # elsewhere neither its scenarios nor its extra need be there
    ),
    _Plan("tempo", "tempo", ("-config.verify=true", "-config.file={file}"), "tempo/tempo.yaml"),
    _Plan("loki", "loki", ("-verify-config", "-config.file={file}"), "loki/loki.yaml"),
    _Plan("compose", "docker-compose", ("-f", "{file}", "config", "--quiet", "--no-interpolate"), "docker-compose.yml"),
)


def validate(folder: Path, find: Find, part: str = "") -> Iterator[Check]:
    """Yield the verdict of every validator on a rendered folder, as it comes.

    Args:
        folder: holds the rendered files.
        find: returns a program by name, or None where there is none.
        part: whose files alone are looked at, and only for what keeps it from starting; all by default.

    Raises:
        CheckFailed: the folder holds no rendered file at all.
    """
    if part:
        plans = [plan for plan in _PLANS if plan.pattern.startswith(f"{part}/") and not plan.lint]
    else:
        plans = [plan for plan in _PLANS if not plan.starting]
    found = [(plan, file) for plan in plans for file in sorted(folder.glob(plan.pattern))]
    dashboards = [] if part else sorted(folder.glob(_DASHBOARDS))
    if not found and not dashboards:
        raise CheckFailed(f"{folder}: holds no rendered file", "render first: `pipecat-lgtm render --out DIR`")
    with tempfile.TemporaryDirectory(prefix="pipecat-lgtm-validate-") as scratch:
        for plan, file in found:
            yield _run(plan, file, file.relative_to(folder), find, Path(scratch))
    if dashboards:
        yield _linted(dashboards, folder.glob(_SOURCES))


def _linted(dashboards: list[Path], sources: Iterable[Path]) -> Check:
    """Hold the dashboards against what Grafana loads without a word and shows wrong."""
    try:
        boards = [json.loads(file.read_text(encoding="utf-8")) for file in dashboards]
        provisioned = [from_yaml(file.read_text(encoding="utf-8")) for file in sources]
    except (ValueError, yaml.YAMLError) as error:
        return Check("dashboards", _DASHBOARDS, "failed", str(error))
    stores = [source for one in provisioned for source in one["datasources"]]
    faults = [str(fault) for fault in lint(boards, stores)]
    return Check("dashboards", _DASHBOARDS, "failed" if faults else "passed", _cut(faults))


def _run(plan: _Plan, file: Path, name: Path, find: Find, scratch: Path) -> Check:
    program = Path(sys.executable) if plan.program == "python" else find(plan.program)
    command = [plan.program, *(argument.format(file=name) for argument in plan.arguments)]
    prefix: list[str] = []
    if program is None and plan.program == "docker-compose" and (docker := shutil.which("docker")):
        program, prefix = Path(docker), ["compose"]
    if program is None:
        return Check(plan.name, " ".join(command), "not run", f"no program {plan.program} found")
    readable = _readable(plan, file, scratch)
    unset = dict.fromkeys(_VARIABLE.findall(readable.read_text(encoding="utf-8")), "set-when-it-is-started")
    argv = [str(program), *prefix, *(argument.format(file=readable) for argument in plan.arguments)]
    environment = {**_ENVIRONMENT, **unset, **os.environ}
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=_DEADLINE_SECONDS, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        return Check(plan.name, " ".join(command), "not run", f"no answer in {_DEADLINE_SECONDS} s")
    verdict: Literal["passed", "failed"] = "passed" if done.returncode == 0 else "failed"
    return Check(plan.name, " ".join(command), verdict, _said(done) if verdict == "failed" else "")


def _said(done: subprocess.CompletedProcess[str]) -> str:
    return _cut([line for line in (done.stderr + done.stdout).splitlines() if line.strip()])


def _cut(lines: list[str]) -> str:
    more = [f"… and {len(lines) - _SHOWN_LINES} lines more"] if len(lines) > _SHOWN_LINES else []
    return "\n".join([*lines[:_SHOWN_LINES], *more])


def _readable(plan: _Plan, file: Path, scratch: Path) -> Path:
    """Return the file to check; where it names secrets that are mounted elsewhere, a copy points at empty ones."""
    if plan.name not in {"collector", "prometheus config"}:
        return file
    text = file.read_text(encoding="utf-8")
    mounted = set(_MOUNTED.findall(text))
    if not mounted:
        return file
    (scratch / "secrets").mkdir(exist_ok=True)
    copy = scratch / file.name
    copy.write_text(text.replace("/run/secrets/", f"{scratch}/secrets/"), encoding="utf-8")
    for name in mounted:
        (scratch / "secrets" / name).touch()
    return copy
