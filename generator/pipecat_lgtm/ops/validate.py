"""Runs each program's own validator on its rendered file, and says which ran."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipecat_lgtm.errors import CheckFailed

Find = Callable[[str], Path | None]
_DEADLINE_SECONDS = 120


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
    file: str


_RULES = ("check", "rules", "--lint=all", "--lint-fatal", "{file}")
_PLANS = (
    _Plan("collector", "otelcol", ("validate", "--config={file}"), "collector/config.yaml"),
    _Plan("prometheus config", "promtool", ("check", "config", "{file}"), "prometheus/prometheus.yml"),
    _Plan("recording rules", "promtool", _RULES, "prometheus/rules/recordings.yml"),
    _Plan("alert rules", "promtool", _RULES, "prometheus/rules/alerts.yml"),
    _Plan("alertmanager", "amtool", ("check-config", "{file}"), "alertmanager/alertmanager.yml"),
    _Plan("tempo", "tempo", ("-config.verify=true", "-config.file={file}"), "tempo/tempo.yaml"),
    _Plan("loki", "loki", ("-verify-config", "-config.file={file}"), "loki/loki.yaml"),
    _Plan("compose", "docker-compose", ("-f", "{file}", "config", "--quiet"), "docker-compose.yml"),
)


def validate(folder: Path, find: Find) -> Iterator[Check]:
    """Yield the verdict of every validator on a rendered folder, as it comes.

    Args:
        folder: holds the rendered files.
        find: returns a program by name, or None where there is none.

    Raises:
        CheckFailed: the folder holds no rendered file at all.
    """
    plans = [plan for plan in _PLANS if (folder / plan.file).exists()]
    if not plans:
        raise CheckFailed(f"{folder}: holds no rendered file", "render first: `pipecat-lgtm render --out DIR`")
    with tempfile.TemporaryDirectory(prefix="pipecat-lgtm-validate-") as scratch:
        for plan in plans:
            yield _run(plan, folder, find, Path(scratch))


def _run(plan: _Plan, folder: Path, find: Find, scratch: Path) -> Check:
    program = find(plan.program)
    command = [plan.program, *(argument.format(file=plan.file) for argument in plan.arguments)]
    prefix: list[str] = []
    if program is None and plan.program == "docker-compose" and (docker := shutil.which("docker")):
        program, prefix = Path(docker), ["compose"]
    if program is None:
        return Check(plan.name, " ".join(command), "not run", f"no program {plan.program} found")
    file = _readable(plan, folder, scratch)
    argv = [str(program), *prefix, *(argument.format(file=file) for argument in plan.arguments)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_DEADLINE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Check(plan.name, " ".join(command), "failed", f"no answer in {_DEADLINE_SECONDS} s")
    verdict: Literal["passed", "failed"] = "passed" if done.returncode == 0 else "failed"
    said = (done.stderr or done.stdout).strip()
    return Check(plan.name, " ".join(command), verdict, said if verdict == "failed" else "")


def _readable(plan: _Plan, folder: Path, scratch: Path) -> Path:
    """Return the file to check; the collector's names secrets mounted elsewhere, so a copy points at empty ones."""
    file = folder / plan.file
    if plan.program != "otelcol":
        return file
    text = file.read_text(encoding="utf-8")
    if "/run/secrets/" not in text:
        return file
    (scratch / "secrets").mkdir(exist_ok=True)
    copy = scratch / "config.yaml"
    copy.write_text(text.replace("/run/secrets/", f"{scratch}/secrets/"), encoding="utf-8")
    for name in ("otlp_tokens", "otlp_cert", "otlp_key"):
        (scratch / "secrets" / name).touch()
    return copy
