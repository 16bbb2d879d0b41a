"""Virtual environments of other Pipecat releases, kept in ~/.cache/pipecat-lgtm/bridge."""

import os
import subprocess
import venv
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pipecat-lgtm" / "bridge"
ALONGSIDE = ("opentelemetry-exporter-otlp-proto-http", "prometheus-client")
"""What the bridge needs beside Pipecat, and what the sandbox's command line does: nothing of the generator."""


def environment(name: str, *packages: str) -> str:
    """Return the Python of an environment, made if needed."""
    folder = CACHE / name
    python, stamp = folder / "bin" / "python", folder / ".complete"
    if not stamp.exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages, *ALONGSIDE], check=True)
        stamp.touch()
    return str(python)
