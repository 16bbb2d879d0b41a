import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from loguru import logger

import pipecat_lgtm_bridge as bridge
from pipecat_lgtm_bridge import version

REPOSITORY = Path(__file__).parents[1]
GENERATORS = ("grafanalib", "jinja2", "typer", "rich", "yaml", "httpx", "psutil", "pipecat_lgtm")
"""What only the generator needs; Pipecat brings some of it, so these are looked for in the bridge's own imports."""


def _loaded(code: str) -> set[str]:
    script = f"{code}\nimport sys; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_takes_nothing_with_it() -> None:
    """Importing the bridge loads neither Pipecat nor OpenTelemetry nor anything of the generator."""
    loaded = _loaded("import pipecat_lgtm_bridge")

    assert set() == loaded & {"pipecat", "opentelemetry", "pydantic", *GENERATORS}
    assert {"pipecat_lgtm_bridge", "pipecat_lgtm_bridge.api", "pipecat_lgtm_bridge.guard"} == {
        one for one in loaded if one.startswith("pipecat_lgtm")
    }


def test_attaching_takes_only_names_with_it() -> None:
    """What attaching loads of this project is the bridge and the contract."""
    loaded = _loaded("import pipecat_lgtm_bridge.attaching, pipecat_lgtm_bridge.observer, pipecat_lgtm_bridge.logs")

    assert {"pipecat_lgtm_bridge"} == {one.split(".")[0] for one in loaded if one.startswith("pipecat_lgtm")}
    assert set() == loaded & {"grafanalib", "jinja2", "typer"}


def test_path_is_a_setup_file() -> None:
    """What `python -m pipecat_lgtm_bridge` prints is a file with both hooks that Pipecat looks for."""
    printed = subprocess.run(
        [sys.executable, "-m", "pipecat_lgtm_bridge"], capture_output=True, text=True, check=True
    ).stdout
    text = Path(printed.strip()).read_text()

    assert str(bridge.path()) == printed.strip()

    assert "async def setup_pipeline_worker(worker" in text
    assert "async def setup_worker_runner(" in text


@pytest.mark.parametrize(
    ("release", "is_too_old"),
    [("0.0.108", True), ("1.0.0", True), ("1.8.1", True), ("1.9.0", False), ("1.14.0", False), ("2.0.0rc1", False)],
)
def test_supported_releases(release: str, *, is_too_old: bool) -> None:
    """The bridge reads the public observers of Pipecat 1.9 and newer."""
    assert is_too_old == version.too_old(release)


def test_releases_in_the_docs() -> None:
    """The table of what goes with what says from which Pipecat on the bridge works, and up to which it is tested."""
    table = (REPOSITORY / "docs" / "running.md").read_text(encoding="utf-8")
    least = ".".join(str(one) for one in version.MINIMUM)
    newest = ".".join(metadata.version("pipecat-ai").split(".")[:2])

    assert f"| {least} to {newest} | spans are measured | everything |" in table


def test_older_release_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below 1.9 nothing is attached, and the log says what is needed and what works instead."""
    monkeypatch.setattr(version, "pipecat", lambda: "1.8.1")
    said: list[str] = []
    handler = logger.add(lambda message: said.append(message.record["message"]))
    worker = object()

    assert not bridge.attach(worker)
    logger.remove(handler)
    assert [
        "pipecat-lgtm: the bridge needs Pipecat 1.9 or newer and this is 1.8.1; the bot runs without it. "
        "Spans-only mode works on every release: enable_tracing=True and enable_metrics=True"
    ] == said


def test_what_is_no_worker_harms_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Attaching to something that is no pipeline worker raises nothing and is logged, once."""
    worker = object()

    assert bridge.attach(worker) is None
    assert bridge.attach(worker) is None
    assert 1 == len([one for one in caplog.records if "attach" in one.getMessage()])
