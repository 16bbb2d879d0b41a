"""Images from nothing but the native programs, under the very names and with the layout of the upstream ones.

No registry can be reached from a test machine. What differs from upstream is what is not there: no shell, no user
list, no certificates. What compose relies on is there: the entry point, the user, declared volumes, and Prometheus'
folder that belongs to nobody. The Python image is made of the Python that runs the tests: its standard library and the
shared libraries of both.
"""

import io
import json
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from daemon import Docker

from pipecat_lgtm.config import Config

_NOBODY = 65534


@dataclass(frozen=True)
class _Image:
    engine: str
    programs: dict[str, str]
    user: str
    volumes: tuple[str, ...] = ()
    entry: bool = True


_IMAGES = (
    _Image("caddy", {"caddy": "usr/bin/caddy"}, "0", entry=False),
    _Image("otelcol", {"otelcol": "otelcol-contrib"}, "10001"),
    _Image("prometheus", {"prometheus": "bin/prometheus", "promtool": "bin/promtool"}, "nobody", ("prometheus",)),
    _Image("alertmanager", {"alertmanager": "bin/alertmanager", "amtool": "bin/amtool"}, "nobody", ("alertmanager",)),
    _Image("tempo", {"tempo": "tempo"}, "10001:10001"),
    _Image("loki", {"loki": "usr/bin/loki"}, "10001"),
)


_LEFT_OUT = re.compile(
    r"(^|/)(site-packages|dist-packages|tests?|idlelib|tkinter|lib2to3|ensurepip|__pycache__|config-[^/]*)$"
)
_LIBRARY = re.compile(r"(?:=> |^\t)(/\S+)", re.MULTILINE)


def build(docker: Docker, config: Config, engine_bin: Callable[[str], Path]) -> None:
    """Make the image of every engine, and of Python."""
    docker.run("import", "-", config.versions.image("python"), stdin=_python())
    for image in _IMAGES:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for volume in image.volumes:
                folder = tarfile.TarInfo(volume)
                folder.type, folder.mode, folder.uid, folder.gid = tarfile.DIRTYPE, 0o775, _NOBODY, _NOBODY
                tar.addfile(folder)
            for program, path in image.programs.items():
                tar.add(engine_bin(program), path)
        entry = next(iter(image.programs.values()))
        changes = [f"ENTRYPOINT {json.dumps([f'/{entry}'])}"] if image.entry else []
        changes += [f"USER {image.user}"]
        changes += [f"VOLUME /{volume}" for volume in image.volumes]
        options = [word for change in changes for word in ("--change", change)]
        docker.run("import", *options, "-", config.versions.image(image.engine), stdin=archive.getvalue())


def _python() -> bytes:
    program, library = Path(sys.executable).resolve(), Path(sysconfig.get_path("stdlib"))
    binaries = [program, *(one for one in library.glob("lib-dynload/*.so") if "tkinter" not in one.name)]
    said = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, check=True).stdout
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", dereference=True) as tar:
        tar.add(program, "usr/local/bin/python3")
        tar.add(library, f"usr/local/lib/{library.name}", filter=_wanted)
        for path in map(Path, set(_LIBRARY.findall(said))):
            # The loader is named by its path; what it loads is looked for in /usr/lib, wherever it is here.
            tar.add(path, str(path)[1:] if path.name.startswith("ld-") else f"usr/lib/{path.name}")
    return archive.getvalue()


def _wanted(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if _LEFT_OUT.search(entry.name) else entry
