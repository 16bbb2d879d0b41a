"""Where each part's program is called what, and at which address it says that it is ready."""

import sys
from collections.abc import Callable
from pathlib import Path

from pipecat_lgtm.config import Config
from pipecat_lgtm.engines.catalogue import ENGINES, Engine, engine_of
from pipecat_lgtm.engines.drain import Drain
from pipecat_lgtm.engines.resolve import locate
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.renderers.collector.builder import manifest

_DRAIN_MARGIN_SECONDS = 2.0
_GRACE_SECONDS = 30.0
_TEMPO_GRACE_SECONDS = 10.0
_PROGRAMS = {"collector": "otelcol"}
NOTIFICATIONS = "notifications"
"""The one part that is no engine: a Python program of this distribution, run by the Python that runs us."""


def program(part: str) -> str:
    """Return the name of a part's program."""
    return _PROGRAMS.get(part, part)


def found(part: str, config: Config, bin_dir: Path | None) -> Path | None:
    """Return where a part's program is; None if it is to be built."""
    if part == NOTIFICATIONS:
        return Path(sys.executable)
    engine = ENGINES[program(part)]
    resolved = locate(engine, manifest_of(engine, config), bin_dir)
    return resolved.programs[program(part)] if resolved else None


def _ready(port: str, path: str) -> Callable[[Config], str]:
    return lambda config: f"http://{config.network.inside_host}:{getattr(config.network.ports, port)}{path}"


READY: dict[str, Callable[[Config], str]] = {
    "collector": _ready("collector_health", "/"),
    "prometheus": _ready("prometheus", "/-/ready"),
    "alertmanager": _ready("alertmanager", "/-/ready"),
    NOTIFICATIONS: _ready("notifications", "/ready"),
    "tempo": _ready("tempo", "/ready"),
    "loki": _ready("loki", "/ready"),
}


def grace_seconds(part: str) -> float:
    """Return how long a part may take to end.

    Tempo 2.8 never ends within half a minute of a query: its request queue waits for a clean-up that no longer runs.
    All that matters, its write-ahead log, is closed in the first second.
    """
    return _TEMPO_GRACE_SECONDS if part == "tempo" else _GRACE_SECONDS


def drain_of(config: Config) -> Drain:
    """Return what holds the collector's entrance while it flushes.

    Raises:
        EngineError: the token or the certificate cannot be read.
    """
    network = config.network
    try:
        return Drain(f"{network.entrance_host}:{network.ports.otlp_grpc}", network.tls.cert_file, token(config))
    except OSError as error:
        raise EngineError(f"{error.filename}: {error.strerror}", "network.tls.cert_file must be readable") from error


def token(config: Config) -> str:
    """Return the first of the bots' tokens; nothing where none is asked for.

    Raises:
        EngineError: the file cannot be read, or is empty.
    """
    file = config.network.auth.token_file
    if file is None:
        return ""
    try:
        lines = file.read_text(encoding="utf-8").split()
    except OSError as error:
        raise EngineError(f"{file}: {error.strerror}", "network.auth.token_file must be readable") from error
    if not lines:
        raise EngineError(f"{file}: holds no token", "write one a line, for example of `openssl rand -hex 32`")
    return lines[0]


def drain_seconds(config: Config) -> float:
    """Return how long the collector's intake is closed before it ends: longer than a flush and an interval together."""
    return 2 * config.collector.flush_interval + _DRAIN_MARGIN_SECONDS


def manifest_of(engine: Engine, config: Config) -> str:
    """Return the collector's build manifest; nothing for the other engines, which need none."""
    return manifest(config) if engine.name == "otelcol" else ""


def manifest_for(name: str, config: Config) -> str:
    """Return the manifest that a program's engine is built from."""
    return manifest_of(engine_of(name), config)
