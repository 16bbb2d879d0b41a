"""Records what a Pipecat release really emits: `python tests/dialects/record.py 0.0.68 1.14.0 …` (needs network).

For each release: a virtual environment with exactly that release (kept in ~/.cache/pipecat-lgtm/dialects), the
sandbox's provider, and `pipeline.py` run by that environment's Python.
The result is `tests/fixtures/dialects/pipecat-<release>.json`, with `--realtime` `realtime-<release>.json`, with
`--openinference` (whose releases are those of openinference-instrumentation-pipecat) `openinference-<release>.json`:
a list of ExportTraceServiceRequest in OTLP/JSON, as they would go over the wire. Nothing is cleaned but the host name.
"""

import argparse
import os
import subprocess
import sys
import venv
from pathlib import Path

from pipecat_lgtm.ops.provider import provider

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures" / "dialects"
OPENINFERENCE_ON = "1.14.0"
"""The Pipecat release that OpenInference is recorded on."""
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pipecat-lgtm" / "dialects"


def environment(kind: str, release: str) -> Path:
    """Return the Python of a release's own environment, made if needed."""
    pipecat = OPENINFERENCE_ON if kind == "openinference" else release
    folder = CACHE / (f"{kind}-{release}" if kind == "openinference" else release)
    python = folder / "bin" / "python"
    stamp = folder / ".complete"
    if not stamp.exists():
        venv.create(folder, with_pip=True, clear=True)
        wanted = [f"pipecat-ai[openai,tracing]=={pipecat}", "aiohttp", "opentelemetry-sdk"]
        if kind == "openinference":
            wanted.append(f"openinference-instrumentation-pipecat=={release}")
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)
        stamp.touch()
    return python


def record(kind: str, release: str) -> Path:
    """Record one release and return the fixture."""
    target = FIXTURES / f"{kind}-{release}.json"
    script = HERE / ("realtime.py" if kind == "realtime" else "pipeline.py")
    options = ["--openinference"] if kind == "openinference" else []
    with provider() as url:
        subprocess.run(
            [str(environment(kind, release)), str(script), url, str(target), *options],
            check=True,
            env=os.environ | {"HOSTNAME": "recorder"},
        )
    return target


def main() -> None:
    """Record the releases named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("releases", nargs="+")
    kind = parser.add_mutually_exclusive_group()
    for name in ("realtime", "openinference"):
        kind.add_argument(f"--{name}", dest="kind", action="store_const", const=name, default="pipecat")
    arguments = parser.parse_args()
    FIXTURES.mkdir(parents=True, exist_ok=True)
    for release in arguments.releases:
        sys.stdout.write(f"{record(arguments.kind, release)}\n")


if __name__ == "__main__":
    main()
