"""Where each part's program is called what, and at which address it says that it is ready."""

import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx

from pipecat_lgtm import http
from pipecat_lgtm.config import Config
from pipecat_lgtm.config.secrets import tokens
from pipecat_lgtm.engines.catalogue import ENGINES, Engine, engine_of
from pipecat_lgtm.engines.drain import Drain, HeldCall, Watch
from pipecat_lgtm.engines.resolve import locate
from pipecat_lgtm.engines.state import Draining
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.renderers.collector.builder import manifest
from pipecat_lgtm.renderers.prometheus import BOTS

_DRAIN_MARGIN_SECONDS = 2.0
_GRACE_SECONDS = 30.0
_SHORT_GRACE_SECONDS = 10.0
GUARD = "guard"
"""What stands before the stores: without it none of them can be asked."""
_PROGRAMS = {"collector": "otelcol", GUARD: "caddy"}
NOTIFICATIONS = "notifications"
HEARTBEAT = "heartbeat"
PYTHON = (NOTIFICATIONS, HEARTBEAT)
"""The parts that are no engines: Python programs of this distribution, run by the Python that runs us."""


def program(part: str) -> str:
    """Return the name of a part's program."""
    return _PROGRAMS.get(part, part)


def found(part: str, config: Config, bin_dir: Path | None) -> Path | None:
    """Return where a part's program is; None if it is to be built."""
    if part in PYTHON:
        return Path(sys.executable)
    engine = ENGINES[program(part)]
    resolved = locate(engine, manifest_of(engine, config), bin_dir)
    return resolved.programs[program(part)] if resolved else None


def _ready(port: str, path: str) -> Callable[[Config], str]:
    return lambda config: f"http://{config.network.inside_host}:{getattr(config.network.ports, port)}{path}"


READY: dict[str, Callable[[Config], str]] = {
    GUARD: _ready("guard", "/ready"),
    "collector": _ready("collector_health", "/"),
    "prometheus": _ready("prometheus", "/-/ready"),
    "alertmanager": _ready("alertmanager", "/-/ready"),
    NOTIFICATIONS: _ready("notifications", "/ready"),
    HEARTBEAT: _ready("heartbeat", "/ready"),
    "tempo": _ready("tempo", "/ready"),
    "loki": _ready("loki", "/ready"),
}


def grace_seconds(part: str) -> float:
    """Return how long a part may take to end.

    Tempo 2.8 never ends within half a minute of a query: its request queue waits for a clean-up that no longer runs.
    All that matters, its write-ahead log, is closed in the first second. The collector never ends where its internal
    receiver was closed while something came in that is still to be handed on: that is on disk, and waits for the start.
    """
    return _SHORT_GRACE_SECONDS if part in {"tempo", "collector"} else _GRACE_SECONDS


def draining(config: Config) -> Draining:
    """Return how a collector of this config is drained.

    Raises:
        EngineError: the certificate cannot be read.
    """
    network = config.network
    certificate = network.tls.cert_file
    try:
        pem = certificate.read_text(encoding="utf-8") if certificate else ""
    except OSError as error:
        raise EngineError(f"{error.filename}: {error.strerror}", "network.tls.cert_file must be readable") from error
    return Draining(
        host=network.entrance_host,
        port=network.ports.otlp_grpc,
        intake_host=network.inside_host,
        intake_port=network.ports.collector_intake,
        certificate=pem,
        token_file=str(network.auth.token_file or ""),
        prometheus=f"http://{network.inside_host}:{network.ports.prometheus}",
        flush_interval=config.collector.flush_interval,
        scrape_interval=config.collector.scrape_interval,
    )


def drain_of(how: Draining) -> Drain:
    """Return what holds the collector's receivers while it flushes.

    Raises:
        EngineError: the token cannot be read.
    """
    shown = _first_token(Path(how.token_file)) if how.token_file else ""
    return Drain(
        HeldCall(f"{how.host}:{how.port}", how.certificate.encode(), shown),
        HeldCall(f"{how.intake_host}:{how.intake_port}"),
    )


def token(config: Config) -> str:
    """Return the first of the bots' tokens; nothing where none is asked for.

    Raises:
        EngineError: the file cannot be read, or holds something that is no token.
    """
    file = config.network.auth.token_file
    return _first_token(file) if file else ""


def _first_token(file: Path) -> str:
    try:
        return tokens(file.read_bytes().decode())[0]  # as it is: CRLF would be read as LF
    except OSError as error:
        raise EngineError(f"{file}: {error.strerror}", "network.auth.token_file must be readable") from error
    except ValueError as error:
        said = "is no text" if isinstance(error, UnicodeDecodeError) else error
        raise EngineError(f"{file}: {said}", "write one token a line, for example of `openssl rand -hex 32`") from error


def scraped(how: Draining, watch: Watch) -> Callable[[float], bool]:
    """Return what tells, by the seconds since the collector's intake was closed, whether all it held was scraped.

    A new counter takes two flushes, the first of which says zero. A Prometheus that does not answer, or that does not
    reach the collector, is not waited for.
    """
    flushed = 2 * how.flush_interval + _DRAIN_MARGIN_SECONDS
    longest = flushed + 2 * how.scrape_interval + _DRAIN_MARGIN_SECONDS
    began = time.time()

    def out(elapsed: float) -> bool:
        if elapsed < flushed:
            return False
        if elapsed > longest:
            watch("collector: prometheus has not scraped it; what was counted last is lost", elapsed)
            return True
        try:
            return oldest_scrape(how) >= began + flushed
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            watch(f"collector: prometheus does not answer ({error}); what it has not scraped is lost", elapsed)
            return True

    return out


def oldest_scrape(how: Draining) -> float:
    """Return when Prometheus last read the bots' metrics at the collector, Unix time; of several targets the oldest.

    Raises:
        httpx.HTTPError: Prometheus does not answer.
    """
    url = f"{how.prometheus}/api/v1/targets"
    answer = http.request("GET", url, 5, params={"scrapePool": BOTS, "state": "active"}).raise_for_status()
    targets = answer.json()["data"]["activeTargets"]
    return min((datetime.fromisoformat(one["lastScrape"]).timestamp() for one in targets), default=0.0)


def manifest_of(engine: Engine, config: Config) -> str:
    """Return the collector's build manifest; nothing for the other engines, which need none."""
    return manifest(config) if engine.name == "otelcol" else ""


def manifest_for(name: str, config: Config) -> str:
    """Return the manifest that a program's engine is built from."""
    return manifest_of(engine_of(name), config)
