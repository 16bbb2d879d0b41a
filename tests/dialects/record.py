"""Records what a Pipecat release really emits: `python tests/dialects/record.py 0.0.68 1.14.0 …` (needs network).

For each release: a virtual environment with exactly that release (kept in ~/.cache/pipecat-lgtm/dialects), the
sandbox's provider, and `pipeline.py` run by that environment's Python.
The result is `tests/fixtures/dialects/pipecat-<release>.json`, with `--realtime` `realtime-<release>.json`:
a list of ExportTraceServiceRequest in OTLP/JSON, as they would go over the wire. Nothing is cleaned but the host name.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures" / "dialects"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pipecat-lgtm" / "dialects"


def environment(release: str) -> Path:
    """Return the Python of a release's own environment, made if needed."""
    folder = CACHE / release
    python = folder / "bin" / "python"
    stamp = folder / ".complete"
    if not stamp.exists():
        venv.create(folder, with_pip=True, clear=True)
        wanted = [f"pipecat-ai[openai,tracing]=={release}", "aiohttp", "opentelemetry-sdk"]
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)
        stamp.touch()
    return python


@contextlib.contextmanager
def provider() -> Iterator[str]:
    """Run the sandbox's provider; yield its base address."""
    argv = [sys.executable, "-m", "pipecat_lgtm.sandbox", "provider"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert child.stderr is not None
            yield f"http://127.0.0.1:{json.loads(child.stderr.readline())['port']}"
        finally:
            child.terminate()


def record(release: str, *, realtime: bool) -> Path:
    """Record one release and return the fixture."""
    target = FIXTURES / f"{'realtime' if realtime else 'pipecat'}-{release}.json"
    script = HERE / ("realtime.py" if realtime else "pipeline.py")
    with provider() as url:
        subprocess.run(
            [str(environment(release)), str(script), url, str(target)],
            check=True,
            env=os.environ | {"HOSTNAME": "recorder"},
        )
    return target


def main() -> None:
    """Record the releases named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("releases", nargs="+")
    parser.add_argument("--realtime", action="store_true")
    arguments = parser.parse_args()
    FIXTURES.mkdir(parents=True, exist_ok=True)
    for release in arguments.releases:
        sys.stdout.write(f"{record(release, realtime=arguments.realtime)}\n")


if __name__ == "__main__":
    main()
