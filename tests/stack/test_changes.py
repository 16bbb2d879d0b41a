"""Changes of stack.yaml on a running native stack: exactly the parts concerned start again, and nothing is lost."""

import copy
import hashlib
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import feeder
import pytest
from harness import QUICK_COLLECTOR, poll
from stacks import EngineBin, Stack, grown

import yamls
from changes import ALL, CHANGES, make
from pipecat_lgtm.config import load
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.engines.state import load as load_state
from pipecat_lgtm.ops import native, parts

pytestmark = [
    pytest.mark.stack,
    # A part is meant to outlive the command that started it.
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]

AT_ONCE = 7
"""So many changes that concern the collector are applied at once: it takes seconds of CPU to check and to start."""

ASKED_ONLY = ("network.address", "network.auth", "thresholds.preset")
"""Changes after which the test could not reach the stack any more, or another change is not valid."""

OLD_KEYS = {"kind", "config", "processes"}
OLD_PROCESS_KEYS = {"name", "pid", "started", "log", "grace"}


class Driven:
    """A stack that is started and changed as `up` does it, in this process."""

    def __init__(self, folder: Path, engine_bin: EngineBin) -> None:
        for name in ("otelcol", "prometheus", "alertmanager", "tempo", "loki"):
            engine_bin(name)
        self.folder, self.at = folder, folder / "state"
        self.config = Stack(folder, engine_bin, QUICK_COLLECTOR).config
        self.data: dict[str, Any] = yamls.load((folder / "stack.yaml").read_text())
        self.first = copy.deepcopy(self.data)
        self.began, self.sent = time.time(), feeder.Sent()

    @property
    def state(self) -> State:
        """What the state directory says."""
        return load_state(self.at)

    def pids(self) -> dict[str, int]:
        """Return the pid of every part that runs."""
        return {one.name: one.pid for one in self.state.processes if one.process() is not None}

    def up(self, change: str = "") -> set[str]:
        """Apply a change on top of all before; return the parts that run as another process now, or not any more."""
        self.write(change)
        path, before = self.folder / "stack.yaml", self.pids()
        self.config = load(path).config
        start = native.Start(self.config, path)
        with closing(native.up(start, self.state, lambda _what, _elapsed: None)) as ready:
            list(ready)
        after = self.pids()
        return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}

    def write(self, change: str = "") -> None:
        """Write a stack.yaml with a change on top of all before, and go on without applying it."""
        make(change, self.data)
        (self.folder / "stack.yaml").write_text(yamls.dump(self.data))

    def asked(self, change: str) -> set[str]:
        """Return the parts of which `status` says that they run another config, if this change alone were made."""
        kept, path = copy.deepcopy(self.data), self.folder / "stack.yaml"
        text = path.read_text()
        self.write(change)
        differ = {one.name for one in parts.seen(self.state) if one.differs}
        self.data = kept
        path.write_text(text)
        return differ

    def feed(self) -> None:
        """Send some spans, and note what must be counted from the stack's first start on."""
        seed = self.sent.turns
        self.sent += feeder.feed(self.config.network.ports.otlp_http, [feeder.payload(20, seed)], rounds=1)

    def until_counted(self) -> None:
        """Wait until all that was ever sent is counted, once."""
        turns = self.sent.turns
        poll(f"{turns} turns", lambda: grown(self.config, "pipecat_turns_total", self.began) == turns)

    def conditions(self) -> set[tuple[str, bool]]:
        """Return what `status` says of the parts: their condition, and whether stack.yaml has another config."""
        return {(one.condition, one.differs) for one in parts.seen(self.state)}


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Driven]:
    """A native stack that runs, ended afterwards."""
    made = Driven(tmp_path_factory.mktemp("driven"), engine_bin)
    try:
        assert made.up() == ALL
        yield made
    finally:
        list(native.down(made.state, lambda _what, _elapsed: None, drained=False))


def test_only_what_is_concerned_starts_again(driven: Driven) -> None:
    """Each change starts again exactly the parts that read it; what was fed right before each of them is counted."""
    elsewhere = [name for name, (_, concerned) in CHANGES.items() if "collector" not in concerned]
    for name in elsewhere:
        change, concerned = CHANGES[name]
        driven.feed()
        assert (name, concerned) == (name, driven.asked(change))
        assert (name, concerned) == (name, driven.up(change))
        assert {("ready", False)} == driven.conditions()

    driven.until_counted()


def test_changes_of_the_collector(driven: Driven) -> None:
    """`status` names exactly the parts of each change; several at once start again what one of them concerns."""
    driven.data = copy.deepcopy(driven.first)
    driven.up()
    names = [name for name, (_, concerned) in CHANGES.items() if "collector" in concerned]
    for first in range(0, len(names), AT_ONCE):
        together = names[first : first + AT_ONCE]
        for name in together:
            assert (name, CHANGES[name][1]) == (name, driven.asked(CHANGES[name][0]))
        concerned = set[str]()
        for name in together:
            if name not in ASKED_ONLY:
                driven.write(CHANGES[name][0])
                concerned |= CHANGES[name][1]
        driven.feed()
        assert (together, concerned) == (together, driven.up())
        assert {("ready", False)} == driven.conditions()

    driven.until_counted()


def test_what_hangs_starts_again(driven: Driven, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is alive and does not answer is not ready; `up` starts it again, and nothing else."""
    monkeypatch.setattr(native, "_HUNG_SECONDS", 1.0)
    os.kill(driven.pids()["tempo"], signal.SIGSTOP)

    assert ("not ready", False) in driven.conditions()
    assert {"tempo"} == driven.up()
    assert {("ready", False)} == driven.conditions()


def test_what_an_older_version_started_is_taken_over(driven: Driven) -> None:
    """With the state that an older version has written everything starts again once, drained, on the same data."""
    kept = json.loads(driven.state.file.read_text())
    kept = {key: value for key, value in kept.items() if key in OLD_KEYS}
    kept["processes"] = [{key: one[key] for key in OLD_PROCESS_KEYS} for one in kept["processes"]]
    driven.state.file.write_text(json.dumps(kept))
    driven.feed()

    assert ALL == driven.up()
    driven.until_counted()


def test_a_copy_is_restored(driven: Driven) -> None:
    """A state directory that was copied after `down` goes on at another place, with all that was counted before."""
    driven.feed()
    list(native.down(driven.state, lambda _what, _elapsed: None))
    restored = driven.folder / "restored"
    shutil.move(driven.folder / "state", restored)
    driven.at = restored

    assert driven.up() == {one.name for one in driven.state.processes}
    driven.until_counted()


def test_one_of_two_stacks_goes(driven: Driven, tmp_path: Path, engine_bin: EngineBin) -> None:
    """Two stacks run at once; what one counted stays byte for byte when the other ends and its state is removed."""
    other = Driven(tmp_path, engine_bin)
    try:
        assert other.up() == ALL
        other.feed()
        other.until_counted()
        driven.until_counted()
        list(native.down(other.state, lambda _what, _elapsed: None))
        kept = _contents(other.at)

        list(native.down(driven.state, lambda _what, _elapsed: None))
        shutil.rmtree(driven.at)

        assert kept == _contents(other.at)
        assert other.up() == ALL
        other.until_counted()
    finally:
        list(native.down(other.state, lambda _what, _elapsed: None, drained=False))


def _contents(folder: Path) -> dict[str, str]:
    """Return a digest of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
