"""Whether ports are free, and who holds those that are not."""

import socket
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import psutil

from pipecat_lgtm.errors import EngineError


@dataclass(frozen=True)
class Wanted:
    """A port that is to be listened on.

    Args:
        key: in stack.yaml, below `network.ports`.
        port: its number.
        address: it is to be bound to.
    """

    key: str
    port: int
    address: str


def check(wanted: Iterable[Wanted], ours: Collection[int] = ()) -> None:
    """Make sure that ports are free.

    Args:
        wanted: all that are to be listened on.
        ours: pids of programs that will have ended by then.

    Raises:
        EngineError: names every taken port and its holder.
    """
    taken = [
        f"{one.key} {one.port} is held by {_named(pid)}"
        for one in wanted
        if _is_taken(one.address, one.port) and (pid := holder(one.port)) not in ours
    ]
    if taken:
        raise EngineError(
            "network.ports: " + "; ".join(taken),
            "end that program (a stack of ours: `pipecat-lgtm down`), or give other ports in your stack.yaml",
        )


def holder(port: int) -> int | None:
    """Return the pid of who listens on a port; None as far as this user may not know."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.pid and connection.laddr[1:] == (port,):
            return connection.pid
    return None


def _named(pid: int | None) -> str:
    try:
        return f"{psutil.Process(pid).name()} (pid {pid})" if pid is not None else "another program"
    except psutil.Error:
        return "another program"


def _is_taken(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        # A port that waits to be forgotten after a restart is free; the engines set this option too.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return True
    return False
