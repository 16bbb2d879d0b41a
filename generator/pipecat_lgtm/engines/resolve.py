"""Where a program is: `--bin-dir`, a matching version on PATH, the cache; else nowhere, and it is to be built."""

import hashlib
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pipecat_lgtm.engines.catalogue import BUILDER, Engine, engine_of


@dataclass(frozen=True)
class Resolved:
    """An engine's programs and where they were found."""

    engine: Engine
    programs: dict[str, Path]
    origin: str


def cache_root() -> Path:
    """Return the folder of built engines."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "pipecat-lgtm" / "engines"


def cache_folder(engine: Engine, manifest: str) -> Path:
    """Return the folder of one build: its name changes with everything that goes into it.

    Args:
        engine: what is built.
        manifest: the collector's builder.yaml; nothing for the others.
    """
    parts = [file.read_bytes() for file in engine.sources]
    parts += [
        engine.tags.encode(),
        manifest.encode(),
        BUILDER.encode(),
        platform.system().encode(),
        platform.machine().encode(),
    ]
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]
    return cache_root() / f"{engine.name}-{engine.version}-{digest}"


def locate(engine: Engine, manifest: str, bin_dir: Path | None = None) -> Resolved | None:
    """Return an engine's programs without building, or None."""
    if bin_dir is not None and (found := _all_in(engine, bin_dir)):
        return Resolved(engine, found, f"--bin-dir {bin_dir}")
    on_path = {name: Path(path) for name in engine.programs if (path := shutil.which(name))}
    if len(on_path) == len(engine.programs) and all(_is_version(path, engine.version) for path in on_path.values()):
        return Resolved(engine, on_path, "PATH")
    folder = cache_folder(engine, manifest)
    if found := _all_in(engine, folder):
        return Resolved(engine, found, str(folder))
    return None


def find_program(name: str, manifest: str, bin_dir: Path | None = None) -> Path | None:
    """Return one program without building, or None."""
    if bin_dir is not None and (bin_dir / name).is_file():
        return bin_dir / name
    resolved = locate(engine_of(name), manifest, bin_dir)
    return resolved.programs[name] if resolved else None


def _all_in(engine: Engine, folder: Path) -> dict[str, Path] | None:
    found = {name: folder / name for name in engine.programs}
    return found if all(os.access(path, os.X_OK) for path in found.values()) else None


def _is_version(path: Path, version: str) -> bool:
    for flag in ("--version", "-version", "version"):
        try:
            done = subprocess.run([str(path), flag], capture_output=True, text=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
        if version in done.stdout + done.stderr:
            return True
    return False
