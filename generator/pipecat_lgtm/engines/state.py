"""What runs, on disk, so that another command finds it."""

import contextlib
import fcntl
import json
import os
import shlex
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipecat_lgtm.config.load import SHIPPED_NAME
from pipecat_lgtm.engines.process import Running
from pipecat_lgtm.errors import EngineError

_OTHERS = "stacks"


def default_folder(name: str = SHIPPED_NAME) -> Path:
    """Return the state directory of this user's stack of a name."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    shipped = Path(base) / "pipecat-lgtm"
    return shipped if name == SHIPPED_NAME else shipped / _OTHERS / name


@dataclass(frozen=True)
class Draining:
    """How to drain a collector: as it was started, whatever stack.yaml says meanwhile.

    Args:
        host: of the bots' entrance.
        port: of OTLP/gRPC there.
        intake_host: of the collector's internal receiver.
        intake_port: of the same.
        certificate: PEM of the entrance's certificate; empty without TLS.
        token_file: holds the bots' tokens; empty where none is asked for.
        prometheus: base address of what scrapes it.
        flush_interval: of the collector, seconds.
        scrape_interval: of Prometheus at the collector, seconds.
    """

    host: str
    port: int
    intake_host: str
    intake_port: int
    certificate: str
    token_file: str
    prometheus: str
    flush_interval: float
    scrape_interval: float


@dataclass
class State:
    """The stack of one state directory.

    Args:
        folder: the state directory.
        kind: native, docker, or empty if nothing runs.
        config: a copy of the user's stack.yaml, empty for the shipped one.
        processes: native ones.
        name: of the stack.
        source: path of the user's stack.yaml, empty for the shipped one.
        parts: names of all that should run.
        ports: they listen on.
        draining: of the collector; None where an older version has started it.
    """

    folder: Path
    kind: str = ""
    config: str = ""
    processes: list[Running] = field(default_factory=list)
    name: str = SHIPPED_NAME
    source: str = ""
    parts: list[str] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    draining: Draining | None = None

    @property
    def file(self) -> Path:
        """Where the state is kept."""
        return self.folder / "state.json"

    @property
    def described(self) -> str:
        """The stack's name and where its config is, for messages."""
        return f"{self.name} ({self.source or 'the shipped stack.yaml'})"

    def begin(self, kind: str, config: Path | None, name: str = SHIPPED_NAME) -> None:
        """Note what is being started, and keep its config: while it runs the user may change or remove the file."""
        kept = self.folder / "stack.yaml"
        if config is not None:
            text = config.read_bytes()
            self.folder.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(text)
        if config is None:
            self.source = ""
        elif not self.source or config.resolve() != kept.resolve():
            self.source = str(config.resolve())
        self.kind, self.name, self.config = kind, name, "" if config is None else str(kept)

    def save(self) -> None:
        """Write the state, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        data = {
            "kind": self.kind,
            "name": self.name,
            "config": self.config,
            "source": self.source,
            "parts": self.parts,
            "ports": self.ports,
            "draining": asdict(self.draining) if self.draining else None,
            "processes": [asdict(one) for one in self.processes],
        }
        handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".state.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(data, file, indent=1)
            Path(temporary).replace(self.file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def forget(self) -> None:
        """Say that nothing runs any more."""
        self.kind, self.processes = "", []
        self.file.unlink(missing_ok=True)


_OURS = frozenset({"config", "data", "logs", "lock", "state.json", "stack.yaml", "grafana-admin-password", _OTHERS})
_TIGHTENED = ("data", "logs", "lock", "state.json", "stack.yaml")
_OF_OTHERS = 0o077
"""Of a mode: what everybody but the owner may."""


def close(folder: Path) -> None:
    """Let nobody but this user look into a state directory, also one that an earlier version has left open.

    One that holds something else beside the state keeps its own mode; what is ours in it is closed.

    Raises:
        EngineError: it, or something of ours in it, belongs to somebody else.
    """
    found = {one.name for one in folder.iterdir()}
    ours = [(folder / one).resolve() for one in _TIGHTENED if one in found]
    for path in (folder, *ours):
        if (owner := path.stat().st_uid) != os.geteuid():
            raise EngineError(
                f"{path}: belongs to the user with the id {owner}",
                "give a folder of your own with --state-dir, or run as that user",
            )
    try:
        for path in ours:
            if path.stat().st_mode & _OF_OTHERS:
                for below in path.rglob("*"):
                    _close(below)
                _close(path)
        if found <= _OURS:
            _close(folder)
    except PermissionError as error:
        raise EngineError(
            f"{error.filename}: others may read it, and this user may not change that",
            "give it to this user (`chown`), or give a folder of your own with --state-dir",
        ) from error


def _close(path: Path) -> None:
    mode = path.lstat().st_mode
    if mode & _OF_OTHERS and not stat.S_ISLNK(mode):
        path.chmod(stat.S_IMODE(mode) & ~_OF_OTHERS)


@contextlib.contextmanager
def _private() -> Iterator[None]:
    """Let what this process and those it starts make be this user's alone."""
    before = os.umask(_OF_OTHERS)
    try:
        yield
    finally:
        os.umask(before)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let only one command change what runs from a state directory; what it makes is this user's alone.

    Raises:
        EngineError: another one is at it, or the directory belongs to somebody else.
    """
    with _private(), _locked(folder):
        yield


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    close(folder)
    with (folder / "lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise EngineError(
                f"{folder}: `{file.read() or 'pipecat-lgtm'}` starts or ends a stack there",
                "wait for it, or end it with Ctrl-C",
            ) from error
        file.truncate(0)
        file.write(f"{shlex.join(['pipecat-lgtm', *sys.argv[1:]])} (pid {os.getpid()})")
        file.flush()
        yield
        file.truncate(0)


def load(folder: Path) -> State:
    """Return the state of a directory; an empty one if nothing was started there.

    What an older version has written lacks what is kept now: its parts then count as started with another config.

    Raises:
        EngineError: the file is not ours.
    """
    state = State(folder)
    try:
        data = json.loads(state.file.read_text(encoding="utf-8"))
        state.kind, state.config = data["kind"], data["config"]
        state.processes = [Running(**one) for one in data["processes"]]
        state.name, state.source = data.get("name", SHIPPED_NAME), data.get("source", "")
        state.parts, state.ports = data.get("parts", []), data.get("ports", [])
        state.draining = Draining(**data["draining"]) if data.get("draining") else None
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError) as error:
        raise EngineError(
            f"{state.file}: is not a state of this program", "end the engines by hand, then remove that file"
        ) from error
    return state


def known() -> Iterator[State]:
    """Yield this user's stacks that were started from state directories of their own.

    Raises:
        EngineError: a state is not ours.
    """
    base = default_folder()
    for file in (base / "state.json", *sorted((base / _OTHERS).glob("*/state.json"))):
        state = load(file.parent)
        if state.kind:
            yield state
