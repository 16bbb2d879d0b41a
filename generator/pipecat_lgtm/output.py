"""The only writer of rendered files: plan, diff, write, remove what is no longer rendered."""

import difflib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipecat_lgtm.errors import OutputError
from pipecat_lgtm.renderers.text import HEADER

OWNED = (
    "alertmanager",
    "collector",
    "docs/runbooks",
    "grafana",
    "guard",
    "heartbeat",
    "loki",
    "notifications",
    "prometheus",
    "queues",
    "tempo",
)
"""Folders that belong wholly to the generator: what it does not render there is removed."""
_LOOK = 0o055
"""Of a folder's mode: its group and everybody may look into it."""


@dataclass(frozen=True)
class Changes:
    """What writing would do; paths relative to the root."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        """Tell whether anything would change."""
        return bool(self.added or self.changed or self.removed)


def plan(root: Path, files: dict[str, str]) -> Changes:
    """Return what writing these files below a root would change.

    Raises:
        OutputError: an owned folder holds a file that no renderer wrote, or is a link to somewhere else.
    """
    _refuse_links(root, files)
    added, changed = [], []
    for path, text in files.items():
        current = _read(root / path)
        if current is None:
            added.append(path)
        elif current != text:
            changed.append(path)
    return Changes(tuple(sorted(added)), tuple(sorted(changed)), tuple(sorted(_orphans(root, files))))


def diff(root: Path, files: dict[str, str]) -> str:
    """Return the unified diff from what is on disk to what is rendered."""
    changes = plan(root, files)
    lines: list[str] = []
    for path in sorted((*changes.added, *changes.changed, *changes.removed)):
        before = _read(root / path) or ""
        after = files.get(path, "")
        lines += difflib.unified_diff(
            before.splitlines(keepends=True),
            after.splitlines(keepends=True),
            f"on disk/{path}",
            f"rendered/{path}",
        )
    return "".join(lines)


def write(root: Path, files: dict[str, str]) -> Changes:
    """Write the files below a root and remove orphans; nothing is touched unless everything can be planned.

    Raises:
        OutputError: a foreign file is in the way, or the disk refuses.
    """
    changes = plan(root, files)
    try:
        for path in (*changes.added, *changes.changed):
            replace(root / path, files[path])
        _open_folders(root, files)
        for path in changes.removed:
            (root / path).unlink()
            _remove_empty(root, (root / path).parent)
    except OSError as error:
        raise OutputError(
            f"{error.filename}: {error.strerror}",
            "check the folder's permissions and free space, then render again",
        ) from error
    return changes


def current(root: Path) -> dict[str, str]:
    """Return the rendered files that a root holds in its owned folders, and the compose file."""
    found = [path for owned in OWNED for path in (root / owned).rglob("*") if path.is_file()]
    found += [path for path in (root / "docker-compose.yml",) if path.is_file()]
    return {path.relative_to(root).as_posix(): text for path in found if (text := _read(path)) is not None}


def _refuse_links(root: Path, files: dict[str, str]) -> None:
    """Refuse folders below the root that are links: what is behind them is somebody else's."""
    parents = {folder for path in (*files, *(f"{owned}/file" for owned in OWNED)) for folder in Path(path).parents}
    for folder in sorted(parents - {Path()}):
        if (root / folder).is_symlink():
            raise OutputError(
                f"{root / folder}: is a link to {(root / folder).readlink()}; nothing is written through it",
                "replace it by a folder, or render with --out where it leads to",
            )


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"{path}: is not a rendered text file", "move it away, then render again") from error


def _orphans(root: Path, files: dict[str, str]) -> Iterator[str]:
    for folder in OWNED:
        for path in (root / folder).rglob("*"):
            relative = path.relative_to(root).as_posix()
            if path.is_dir() or relative in files:
                continue
            if not _is_ours(path):
                raise OutputError(
                    f"{path}: was not rendered, but is in a folder that belongs to the renderer",
                    "move it elsewhere, then render again",
                )
            yield relative


def _is_ours(path: Path) -> bool:
    text = _read(path) or ""
    return HEADER[:40] in text[:400] or ('"generated"' in text and path.suffix == ".json")


def replace(path: Path, text: str) -> None:
    """Write a file whole or not at all, readable for everybody."""
    _replace(path, text.encode(), 0o644)


def save(path: Path, data: bytes) -> None:
    """Write what a command makes for its user, whole or not at all; a device or a pipe is written to.

    Raises:
        OutputError: a link is in its place; what it leads to may be anywhere.
        OSError: the disk refuses.
    """
    if path.is_symlink():
        raise OutputError(
            f"{path}: is a link to {path.readlink()}; nothing is written through it", "remove it, or name another file"
        )
    if path.exists() and not (path.is_file() or path.is_dir()):
        path.write_bytes(data)
        return
    umask = os.umask(0)
    os.umask(umask)
    _replace(path, data, 0o666 & ~umask)


def _replace(path: Path, data: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _open_folders(root: Path, files: dict[str, str]) -> None:
    """Let everybody look into the folders of rendered files, whatever the umask: containers have their own user."""
    for folder in {parent for path in files for parent in Path(path).parents} - {Path()}:
        mode = (root / folder).stat().st_mode
        if mode & _LOOK != _LOOK:
            (root / folder).chmod(mode | _LOOK)


def _remove_empty(root: Path, folder: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
