"""What runs, on disk, so that another command finds it."""

import contextlib
import fcntl
import json
import os
import shlex
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipecat_lgtm.engines.process import Running
from pipecat_lgtm.errors import EngineError


def default_folder() -> Path:
    """Return the state directory of this user."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "pipecat-lgtm"


@dataclass
class State:
    """The stack of one state directory.

    Args:
        folder: the state directory.
        kind: native, docker, or empty if nothing runs.
        config: a copy of the user's stack.yaml, empty for the shipped one.
        processes: native ones.
    """

    folder: Path
    kind: str = ""
    config: str = ""
    processes: list[Running] = field(default_factory=list)

    @property
    def file(self) -> Path:
        """Where the state is kept."""
        return self.folder / "state.json"

    def begin(self, kind: str, config: Path | None) -> None:
        """Note what is being started, and keep its config: while it runs the user may change or remove the file."""
        self.kind, self.config = kind, ""
        if config is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            kept = self.folder / "stack.yaml"
            kept.write_bytes(config.read_bytes())
            self.config = str(kept)

    def save(self) -> None:
        """Write the state, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        data = {
            "kind": self.kind,
            "config": self.config,
            "processes": [asdict(one) for one in self.processes],
        }
        handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".state.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(data, file, indent=1)
        Path(temporary).replace(self.file)

    def forget(self) -> None:
        """Say that nothing runs any more."""
        self.kind, self.processes = "", []
        self.file.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let only one command change what runs from a state directory.

    Raises:
        EngineError: another one is at it.
    """
    folder.mkdir(parents=True, exist_ok=True)
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

    Raises:
        EngineError: the file is not ours.
    """
    state = State(folder)
    try:
        data = json.loads(state.file.read_text(encoding="utf-8"))
        state.kind, state.config = data["kind"], data["config"]
        state.processes = [Running(**one) for one in data["processes"]]
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError) as error:
        raise EngineError(
            f"{state.file}: is not a state of this program", "end the engines by hand, then remove that file"
        ) from error
    return state
