"""Runs each program's own validator on its rendered file, and says which ran."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipecat_lgtm.errors import CheckFailed

Find = Callable[[str], Path | None]
_DEADLINE_SECONDS = 120
_SHOWN_LINES = 10


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


_PLANS = (
    _Plan("collector", "otelcol", ("validate", "--config={file}"), "collector/config.yaml"),
    _Plan("prometheus config", "promtool", ("check", "config", "{file}"), "prometheus/prometheus.yml"),
    _Plan(
        "prometheus rules",
        "promtool",
        ("check", "rules", "--lint=all", "--lint-fatal", "{file}"),
        "prometheus/rules/*.yml",
    ),
    _Plan("alertmanager", "amtool", ("check-config", "{file}"), "alertmanager/alertmanager.yml"),
    _Plan("notification log", "python", ("-I", "{file}", "--check"), "notifications/notifications.py"),
    _Plan("tempo", "tempo", ("-config.verify=true", "-config.file={file}"), "tempo/tempo.yaml"),
    _Plan("loki", "loki", ("-verify-config", "-config.file={file}"), "loki/loki.yaml"),
    _Plan("compose", "docker-compose", ("-f", "{file}", "config", "--quiet", "--no-interpolate"), "docker-compose.yml"),
)


def validate(folder: Path, find: Find) -> Iterator[Check]:
    """Yield the verdict of every validator on a rendered folder, as it comes.

    Args:
        folder: holds the rendered files.
        find: returns a program by name, or None where there is none.

    Raises:
        CheckFailed: the folder holds no rendered file at all.
    """
    found = [(plan, file) for plan in _PLANS for file in sorted(folder.glob(plan.pattern))]
    if not found:
        raise CheckFailed(f"{folder}: holds no rendered file", "render first: `pipecat-lgtm render --out DIR`")
    with tempfile.TemporaryDirectory(prefix="pipecat-lgtm-validate-") as scratch:
        for plan, file in found:
            yield _run(plan, file, file.relative_to(folder), find, Path(scratch))


def _run(plan: _Plan, file: Path, name: Path, find: Find, scratch: Path) -> Check:
    program = Path(sys.executable) if plan.program == "python" else find(plan.program)
    command = [plan.program, *(argument.format(file=name) for argument in plan.arguments)]
    prefix: list[str] = []
    if program is None and plan.program == "docker-compose" and (docker := shutil.which("docker")):
        program, prefix = Path(docker), ["compose"]
    if program is None:
        return Check(plan.name, " ".join(command), "not run", f"no program {plan.program} found")
    readable = _readable(plan, file, scratch)
    argv = [str(program), *prefix, *(argument.format(file=readable) for argument in plan.arguments)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_DEADLINE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Check(plan.name, " ".join(command), "failed", f"no answer in {_DEADLINE_SECONDS} s")
    verdict: Literal["passed", "failed"] = "passed" if done.returncode == 0 else "failed"
    return Check(plan.name, " ".join(command), verdict, _said(done) if verdict == "failed" else "")


def _said(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    more = [f"… and {len(lines) - _SHOWN_LINES} lines more"] if len(lines) > _SHOWN_LINES else []
    return "\n".join([*lines[:_SHOWN_LINES], *more])


def _readable(plan: _Plan, file: Path, scratch: Path) -> Path:
    """Return the file to check; the collector's names secrets mounted elsewhere, so a copy points at empty ones."""
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
