"""What can be known to go wrong before anything that runs is ended."""

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import BaseModel

from pipecat_lgtm import output
from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_bytes
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops import access
from pipecat_lgtm.ops.engines import token
from pipecat_lgtm.ops.validate import Find, validate
from pipecat_lgtm.renderers.collector.edge import secret_variables

LEAST_FREE = 256 * 1024**2
"""Bytes on the disk of the state directory: below this the queues and write-ahead logs fill it within minutes."""


def named_files(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, Path]]:
    """Yield every file that a config names, with its key."""
    for name, value in section:
        yield from _files_in(value, f"{prefix}{name}")


def _files_in(value: object, key: str) -> Iterator[tuple[str, Path]]:
    match value:
        case Path():
            yield key, value
        case BaseModel():
            yield from named_files(value, f"{key}.")
        case dict():
            for name, one in value.items():
                yield from _files_in(one, f"{key}.{name}")
        case list() | tuple():
            for number, one in enumerate(value):
                yield from _files_in(one, f"{key}.{number}")


def fault_of(file: Path) -> tuple[str, str] | None:
    """Return what is wrong with a secret file, and what to do; None if it can be used."""
    try:
        empty = not file.read_bytes().strip()
    except OSError as error:
        return f"{file}: {error.strerror}", "make it, or let this user read it"
    return (f"{file}: is empty", "write the secret into it") if empty else None


NOBODY, GRAFANA = (65534, 65534), (472, 0)
"""User and group of the containers, and those of Grafana's."""


def unreadable_by(who: tuple[int, int], file: Path) -> bool:
    """Tell whether a user of the containers may not read a file."""
    (user, group), found = who, file.stat()
    if found.st_uid == user:
        return not found.st_mode & stat.S_IRUSR
    if found.st_gid == group:
        return not found.st_mode & stat.S_IRGRP
    return not found.st_mode & stat.S_IROTH


def secrets(config: Config, parts: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with files and variables that a config names for some parts, and what to do about it."""
    for key, file in named_files(config):
        if fault := fault_of(file):
            yield f"{key}: {fault[0]}", fault[1]
        elif key.startswith("stores.") and not key.endswith(".ca_file"):
            if said := access.fault_of(_text(file), is_expanded="grafana" in parts):
                yield f"{key}: {file}: {said}", "write the secret alone into it, on one line"
        elif key == "network.auth.token_file":
            for message, hint in complaint(lambda: token(config)):
                yield f"{key}: {message}", hint
    for variable, key in secret_variables(config).items() if "collector" in parts else ():
        if not os.environ.get(variable):
            yield f"{key}: the environment variable {variable} is not set", f"`export {variable}=…`"


def _text(file: Path) -> str:
    """Return what a secret file holds, without the end of its line; what is no text is not printable either."""
    return file.read_text(encoding="utf-8", errors="surrogateescape").strip()


def disk(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield that the disk of a folder, which may not be there yet, has too little room."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(there).free
    if free < LEAST_FREE:
        # Whole MiB: bytes tell nobody anything here.
        yield (
            f"{there}: {free // 1024**2} MiB free on its disk; {format_bytes(LEAST_FREE)} are needed to start",
            "make room, or give a folder on another disk with --state-dir",
        )


def configs(files: dict[str, str], parts: Collection[str], find: Find) -> Iterator[tuple[str, str]]:
    """Yield what the engines' own validators say against the rendered files of some parts."""
    with tempfile.TemporaryDirectory(prefix="pipecat-lgtm-check-") as scratch, ThreadPoolExecutor(2) as pool:
        output.write(Path(scratch), files)
        checks = pool.map(lambda part: list(validate(Path(scratch), find, part)), sorted(parts))
        for check in (one for found in checks for one in found):
            if check.verdict == "failed":
                yield f"{check.name}: `{check.command}` refuses it:\n    {check.detail}", "change stack.yaml"


def require(*faults: Iterator[tuple[str, str]]) -> None:
    """Make sure that nothing is wrong.

    Raises:
        EngineError: names all that is, and what to do about the first of it.
    """
    found = [one for source in faults for one in source]
    if found:
        raise EngineError("\n  ".join(message for message, _ in found), found[0][1])


def complaint(check: Callable[[], object]) -> Iterator[tuple[str, str]]:
    """Yield the error of a check instead of raising it."""
    try:
        check()
    except EngineError as error:
        yield error.message, error.hint
