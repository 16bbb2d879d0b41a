"""What is known to go wrong before anything is ended; on running stacks: stack/test_supervision.py."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pipecat_lgtm.config import load
from pipecat_lgtm.engines.state import Draining, State, default_folder
from pipecat_lgtm.errors import ConfigError, EngineError
from pipecat_lgtm.ops import preflight, stacks
from rendered import EVERYTHING


class _Usage(NamedTuple):
    free: int


def test_all_at_once() -> None:
    """One error names everything that is wrong, and what to do about the first of it."""

    def found(*faults: str) -> Iterator[tuple[str, str]]:
        yield from ((fault, f"mend {fault}") for fault in faults)

    preflight.require(found(), found())
    with pytest.raises(EngineError) as caught:
        preflight.require(found("a", "b"), found(), found("c"))

    assert ("a\n  b\n  c", "mend a") == (caught.value.message, caught.value.hint)


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little room for the queues is told by the folder that is there, before anything is written."""
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda _: _Usage(free=3 * 1024**2 + 5))
    found = list(preflight.disk(tmp_path / "not" / "there"))

    assert [
        (
            f"{tmp_path}: 3 MiB free on its disk; 256 MiB are needed to start",
            "make room, or give a folder on another disk with --state-dir",
        )
    ] == found


def test_files_and_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file and every variable that a config names has to be there; the variables only for the collector."""
    monkeypatch.delenv("VENDOR_TOKEN", raising=False)
    config = load(EVERYTHING).config
    variable = ("exporters: the environment variable VENDOR_TOKEN is not set", "`export VENDOR_TOKEN=…`")
    found = list(preflight.secrets(config, ["collector"]))

    assert "network.auth.token_file: /srv/secrets/tokens: No such file or directory" == found[0][0]
    assert variable == found[-1]
    assert variable not in list(preflight.secrets(config, ["loki"]))


@pytest.mark.parametrize(("mode", "unreadable"), [(0o600, True), (0o640, True), (0o644, False)])
def test_readable_in_containers(tmp_path: Path, mode: int, *, unreadable: bool) -> None:
    """A secret that only its owner may read cannot be read by the user of the containers."""
    file = tmp_path / "secret"
    file.touch()
    file.chmod(mode)

    assert unreadable == preflight.unreadable_by(preflight.NOBODY, file)
    if os.geteuid() == 0:
        os.chown(file, 65534, 65534)
        assert not preflight.unreadable_by(preflight.NOBODY, file)


@pytest.fixture
def states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of this user's states, which has none."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "states"))
    return tmp_path / "states" / "pipecat-lgtm"


def _running(name: str, source: str = "") -> State:
    state = State(default_folder(name), "docker", name=name, source=source, ports=[9090, 4317])
    state.save()
    return state


def test_which_stack_is_meant(states: Path, tmp_path: Path) -> None:
    """The state directory says which; else the config, by its name; else the one that runs; else the shipped one."""
    (tmp_path / "mine").mkdir()
    config = tmp_path / "mine" / "stack.yaml"
    config.write_text("")
    assert states == stacks.running().folder
    _running("mine", str(config))
    assert states / "stacks" / "mine" == stacks.running().folder
    assert states / "stacks" / "mine" == stacks.running(config).folder
    assert tmp_path == stacks.running(config, tmp_path).folder
    _running("pipecat-lgtm")
    assert states / "stacks" / "mine" == stacks.running(config).folder
    with pytest.raises(EngineError) as caught:
        stacks.running()

    assert f"2 stacks run: pipecat-lgtm (the shipped stack.yaml), mine ({config})" == caught.value.message


@pytest.mark.parametrize("now", ["name: renamed", "thresolds: {}", "{", None])
def test_what_was_started_with_a_file_is_found_by_it(states: Path, tmp_path: Path, now: str | None) -> None:
    """A stack is found by its stack.yaml also when that has another name since, is not valid any more, or is gone."""
    config = tmp_path / "stack.yaml"
    _running("mine", str(config))
    if now is not None:
        config.write_text(now)

    assert states / "stacks" / "mine" == stacks.running(config).folder


def test_a_file_that_nothing_was_started_with(states: Path, tmp_path: Path) -> None:  # noqa: ARG001 - sets the environment
    """Where nothing was started with a stack.yaml, what is wrong with it is said."""
    config = tmp_path / "stack.yaml"
    config.write_text("thresolds: {}")
    _running("mine", str(tmp_path / "another.yaml"))
    with pytest.raises(ConfigError, match="unknown key"):
        stacks.running(config)


def test_what_is_in_the_way(states: Path, tmp_path: Path) -> None:  # noqa: ARG001 - sets the environment
    """Another stack is in the way if it has a port of this one, or runs from the same state directory."""
    other = tmp_path / "stack.yaml"
    other.write_text("{name: other, network: {ports: {prometheus: 1, otlp_grpc: 2}}}")
    shipped, apart = load(None).config, load(other).config
    mine = _running("mine")

    assert [mine] == stacks.in_the_way(shipped, None, State(default_folder()))
    assert [] == stacks.in_the_way(apart, other, State(default_folder("other")))
    assert [mine] == stacks.in_the_way(apart, other, mine), "from the same state directory"
    assert [] == stacks.in_the_way(shipped.model_copy(update={"name": "mine"}), None, mine), "that is the same one"


def test_draining_is_kept(tmp_path: Path) -> None:
    """How a collector is drained comes back with the state, whatever stack.yaml says by then."""
    how = Draining("127.0.0.1", 1, "127.0.0.1", 2, "pem", "/token", "http://127.0.0.1:3", 5.0, 15.0)
    State(tmp_path, "native", draining=how).save()

    assert how == stacks.running(None, tmp_path).draining
