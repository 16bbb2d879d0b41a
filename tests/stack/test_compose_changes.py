"""Stacks in containers beside each other, and changes of stack.yaml on a running one."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import feeder
import images
import pytest
from composed import rendered
from daemon import Docker, docker
from harness import QUICK_COLLECTOR, poll
from stacks import EngineBin, grown

import yamls
from changes import CHANGES, DRIVEN, make

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

QUICK = QUICK_COLLECTOR | {"collector": {"flush_interval": "1 s", "scrape_interval": "1 s"}}
TURNS = 'pipecat_turns_total{service_name="bot"}'


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Docker]:
    """A Docker daemon with the images of all engines."""
    with docker(engine_bin("docker-compose")) as running:
        images.build(running, rendered(running, tmp_path_factory.mktemp("any"), {}).config, engine_bin)
        yield running


def test_exactly_what_a_change_concerns_is_created_anew(daemon: Docker, tmp_path: Path) -> None:
    """`up --docker` creates anew the containers that read what has changed; what was fed before is counted once."""
    stack = rendered(daemon, tmp_path / "changed", QUICK)
    data = yamls.load((stack.folder / "stack.yaml").read_text())
    began, sent = time.time(), feeder.Sent()
    try:
        stack.up()
        before = stack.containers()
        for name in DRIVEN:
            change, concerned = CHANGES[name]
            sent += feeder.feed(stack.config.network.ports.otlp_http, [feeder.payload(20, sent.turns)], rounds=1)
            make(change, data)
            (stack.folder / "stack.yaml").write_text(yamls.dump(data))
            stack.up()
            now = stack.containers()
            anew = {one for one in before.keys() | now.keys() if before.get(one) != now.get(one)}
            assert (name, concerned) == (name, anew)
            assert (name, 0) == (name, stack.command("status").returncode)
            before = now

        poll(f"{sent.turns} turns", lambda: grown(stack.config, TURNS, began) == sent.turns)
    finally:
        stack.compose("down", "--volumes")


def test_down_of_one_leaves_the_data_of_the_other(daemon: Docker, tmp_path: Path) -> None:
    """Two stacks run at once; `down -v` of one removes its volumes, and the other's are as they were, byte for byte."""
    first, second = (rendered(daemon, tmp_path / name, QUICK | {"name": name}) for name in ("first", "second"))
    try:
        for one in (first, second):
            one.compose("up", "--detach", "--wait", "--wait-timeout", "120")
        began = time.time()
        sent = feeder.feed(second.config.network.ports.otlp_http, [feeder.payload(20, 1)], rounds=1)
        poll(f"{sent.turns} turns", lambda: grown(second.config, TURNS, began) == sent.turns)
        # Tempo writes nothing before it is handed a trace, which may be later than Prometheus has counted its turns.
        every = {"alertmanager", "collector", "loki", "prometheus", "tempo"}
        poll("each engine to have written", lambda: every <= _written(daemon, "second"))
        second.compose("stop")
        kept = _volumes(daemon, "second")

        first.compose("down", "--volumes")

        assert {} == _volumes(daemon, "first")
        assert kept == _volumes(daemon, "second")
    finally:
        for one in (first, second):
            one.compose("down", "--volumes")


def _files(daemon: Docker, project: str) -> Iterator[tuple[str, Path, Path]]:
    """Each file in the volumes of a project: the volume's name, its folder, the file."""
    label = f"label=com.docker.compose.project={project}"
    for name in daemon.run("volume", "ls", "--quiet", "--filter", label).split():
        folder = Path(daemon.run("volume", "inspect", "--format", "{{.Mountpoint}}", name).strip())
        yield from ((name, folder, file) for file in sorted(folder.rglob("*")) if file.is_file())


def _written(daemon: Docker, project: str) -> set[str]:
    """Return the engines of a project that have written a file."""
    return {name.removeprefix(f"{project}_") for name, _, _ in _files(daemon, project)}


def _volumes(daemon: Docker, project: str) -> dict[str, str]:
    """Return {volume and path: digest} of all files in the volumes of a project."""
    return {
        f"{name}/{file.relative_to(folder)}": hashlib.sha256(file.read_bytes()).hexdigest()
        for name, folder, file in _files(daemon, project)
    }
