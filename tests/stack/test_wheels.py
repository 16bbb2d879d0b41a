"""Both wheels, each in an environment with nothing else of ours: what a bot installs, and what an operator installs."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from receiver import receiver

pytestmark = pytest.mark.stack

REPOSITORY = Path(__file__).parents[2]
REALTIME = REPOSITORY / "tests" / "dialects" / "realtime.py"
BARE = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both wheels, built from this repository as docs/bots.md says."""
    folder = tmp_path_factory.mktemp("wheels")
    for project in (REPOSITORY / "generator" / "bridge", REPOSITORY):
        _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(project))
    return folder


def _run(*argv: str, **env: str) -> str:
    done = subprocess.run(argv, env={**BARE, **env}, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def _installed(folder: Path, *packages: str) -> Path:
    """Return the programs of a fresh environment with packages."""
    venv.create(folder, with_pip=True)
    _run(str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *packages)
    return folder / "bin"


def test_a_bot_needs_the_bridge_alone(tmp_path: Path, wheels: Path) -> None:
    """Beside Pipecat the bridge's wheel brings all that a bot needs: a call arrives, without the generator."""
    (wheel,) = wheels.glob("pipecat_lgtm_bridge-*.whl")
    python = str(_installed(tmp_path / "bot", str(wheel), "pipecat-ai[openai,websockets-base]==1.14.0") / "python")
    listed = _run(python, "-m", "pip", "list", "--format", "freeze")
    with receiver() as received:
        setup = _run(python, "-m", "pipecat_lgtm_bridge")
        arguments = [str(REALTIME), "-", str(tmp_path / "spans.json")]
        _run(python, *arguments, PIPECAT_SETUP_FILES=setup, OTEL_EXPORTER_OTLP_ENDPOINT=received.url)

    assert ["pipecat-lgtm-bridge"] == [
        name for line in listed.splitlines() if (name := line.split("==")[0].split(" ")[0]).startswith("pipecat-lgtm")
    ]
    assert 1 == len(received.events("pipecat.conversation.end"))
    assert [] != received.named("turn")


def test_an_operator_needs_both(tmp_path: Path, wheels: Path) -> None:
    """The command line renders a whole stack, and names the bridge's file."""
    programs = _installed(tmp_path / "operator", *map(str, wheels.glob("*.whl")))
    _run(str(programs / "pipecat-lgtm"), "render", "--out", str(tmp_path / "stack"))

    assert (tmp_path / "stack" / "prometheus" / "rules").is_dir()
    assert Path(_run(str(programs / "pipecat-lgtm"), "bridge", "path")).is_file()
