"""Images from nothing but the native programs, under the very names and with the layout of the upstream ones.

No registry can be reached from a test machine. What differs from upstream is what is not there: no shell, no user
list, no certificates. What compose relies on is there: the entry point, the user, declared volumes, and Prometheus'
folder that belongs to nobody.
"""

import io
import json
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


_IMAGES = (
    _Image("otelcol", {"otelcol": "otelcol-contrib"}, "10001"),
    _Image("prometheus", {"prometheus": "bin/prometheus", "promtool": "bin/promtool"}, "nobody", ("prometheus",)),
    _Image("alertmanager", {"alertmanager": "bin/alertmanager", "amtool": "bin/amtool"}, "nobody", ("alertmanager",)),
    _Image("tempo", {"tempo": "tempo"}, "10001:10001"),
    _Image("loki", {"loki": "usr/bin/loki"}, "10001"),
)


def build(docker: Docker, config: Config, engine_bin: Callable[[str], Path]) -> None:
    """Make the image of every engine."""
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
        changes = [f"ENTRYPOINT {json.dumps([f'/{entry}'])}", f"USER {image.user}"]
        changes += [f"VOLUME /{volume}" for volume in image.volumes]
        options = [word for change in changes for word in ("--change", change)]
        docker.run("import", *options, "-", config.versions.image(image.engine), stdin=archive.getvalue())
