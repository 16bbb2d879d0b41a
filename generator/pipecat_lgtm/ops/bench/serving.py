"""A Prometheus of a benchmark's own."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipecat_lgtm.engines.process import Command, Running, start, stop, wait_ready
from pipecat_lgtm.renderers.flags import OF_ONE_QUERY
from pipecat_lgtm.renderers.text import to_yaml

_READY_SECONDS = 60.0
_GRACE_SECONDS = 10.0


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def prometheus(
    program: Path, root: Path, port: int, settings: dict[str, Any], watch: Callable[[str, float], None], *flags: str
) -> Iterator[Running]:
    """Run Prometheus for the length of a block, with the stack's limits of a query.

    Args:
        program: it.
        root: folder of its configuration and log, and of its `data`.
        port: it listens on, on loopback.
        settings: its configuration.
        watch: told what goes on.
        flags: more of its command line.

    Raises:
        EngineError: it does not start.
    """
    (root / "prometheus.yml").write_text(to_yaml(settings), encoding="utf-8")
    argv = [
        str(program), f"--config.file={root}/prometheus.yml", f"--storage.tsdb.path={root}/data",
        f"--web.listen-address=127.0.0.1:{port}", *OF_ONE_QUERY, *flags,
    ]  # fmt: skip
    running = start("prometheus", Command(tuple(argv)), root / "prometheus.log", _GRACE_SECONDS)
    try:
        wait_ready(running, f"http://127.0.0.1:{port}/-/ready", _READY_SECONDS, watch)
        yield running
    finally:
        stop(running)
