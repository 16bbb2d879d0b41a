"""Runs the sandbox's bot against a receiver, in this or another environment."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipecat_lgtm.ops.provider import provider

_GENERATOR = Path(__file__).parents[2] / "generator"
SOURCES = f"{_GENERATOR}:{_GENERATOR / 'bridge'}"
"""PYTHONPATH of an environment in which neither the generator nor the bridge is installed."""


@dataclass
class Placed:
    """Calls that have ended.

    Args:
        ledger: what the bot itself emitted.
        stdout: what it wrote there.
        stderr: and there, without the progress.
    """

    ledger: dict[str, Any]
    stdout: str
    stderr: str


def place(
    folder: Path,
    otlp: str,
    *scenarios: str,
    mode: str = "bridge",
    concurrency: int = 20,
    python: str = sys.executable,
    env: dict[str, str] | None = None,
    seconds: float = 120,
) -> Placed:
    """Place one call of each scenario and wait for their end."""
    ledger = folder / "ledger.json"
    with provider() as url:
        argv = [
            python, "-m", "pipecat_lgtm.sandbox", "calls", "--otlp", otlp, "--provider", url, "--mode", mode,
            "--ledger", str(ledger), "--calls", str(len(scenarios)), "--concurrency", str(concurrency),
            *(f"--scenario={name}" for name in scenarios),
        ]  # fmt: skip
        done = subprocess.run(
            argv, env={**os.environ, "PYTHONPATH": SOURCES, **(env or {})}, capture_output=True, text=True,
            timeout=seconds, check=False,
        )  # fmt: skip
    other = "\n".join(line for line in done.stderr.splitlines() if not line.startswith("{"))
    assert done.returncode == 0, other[-3000:]
    return Placed(json.loads(ledger.read_text()), done.stdout, other)
