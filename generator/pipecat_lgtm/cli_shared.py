"""What all verbs of the command line share: consoles, options, progress."""

import json
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

_WIDTH_IN_FILES = 140
"""Of a table that goes to a file or a pipe: whole ids, to be copied."""

out = Console(soft_wrap=True, width=None if sys.stdout.isatty() else _WIDTH_IN_FILES)
err = Console(stderr=True, soft_wrap=True)
"""Results, and progress."""

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Your stack.yaml; without it the shipped one.")]
StateOption = Annotated[Path | None, typer.Option("--state-dir", help="Where the stack keeps its data, logs and pids.")]
ReplaceOption = Annotated[
    bool, typer.Option("--replace", help="End another stack of yours that is in the way, without asking.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print it as JSON, for programs.")]
BinDirOption = Annotated[Path | None, typer.Option(help="Programs to prefer over PATH, cache and building.")]

_QUIET_SECONDS = 10.0


def print_json(data: object) -> None:
    """Print data for programs: the whole result, and nothing else, on stdout."""
    sys.stdout.write(json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def plain(text: str) -> str:
    """Return a text that rich prints as it is."""
    return text.replace("[", r"\[")


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """Show what goes on: one line that changes on a terminal, a line each ten seconds elsewhere."""
    if err.is_terminal:
        with err.status("") as status:
            yield lambda what, elapsed: status.update(f"{plain(what)} ({elapsed:.0f} s)")
        return
    shown: dict[str, float] = {}

    def line(what: str, elapsed: float) -> None:
        head = what.split(":", 1)[0]
        now = time.monotonic()
        if now - shown.get(head, 0.0) >= _QUIET_SECONDS:
            shown[head] = now
            err.print(f"  {plain(what)} ({elapsed:.0f} s)", highlight=False)

    yield line


@contextmanager
def keys() -> Iterator[Callable[[float], bool]]:
    """Give what waits for some seconds and tells whether q was pressed; without a keyboard it only waits."""
    if not sys.stdin.isatty():
        yield _waited
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield _pressed
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _waited(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def _pressed(seconds: float) -> bool:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        # A terminal that is gone reads as nothing.
        if select.select([sys.stdin], [], [], left)[0] and os.read(sys.stdin.fileno(), 1) in {b"q", b"Q", b""}:
            return True
    return False


def print_signs(signs: list[tuple[str, str]]) -> None:
    """Print what is where, aligned."""
    width = max(len(what) for what, _ in signs)
    for what, where in signs:
        out.print(f"{what:{width}}  {plain(where)}", highlight=False)
