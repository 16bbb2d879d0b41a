"""Whether a port is free, and who holds it if not."""

import socket

import psutil

from pipecat_lgtm.errors import EngineError


def check(wanted: dict[str, int], address: str) -> None:
    """Make sure that ports are free.

    Args:
        wanted: port by the key in stack.yaml.
        address: they are to be bound to.

    Raises:
        EngineError: names every taken port and its holder.
    """
    taken = [f"{key} {port} is held by {holder(port)}" for key, port in wanted.items() if _is_taken(address, port)]
    if taken:
        raise EngineError(
            "network.ports: " + "; ".join(taken),
            "end that program (a stack of ours: `pipecat-lgtm down`), or give other ports in your stack.yaml",
        )


def holder(port: int) -> str:
    """Return who listens on a port, as far as this user may know."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return "another program"
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.pid and connection.laddr[1:] == (port,):
            try:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
            except psutil.Error:
                break
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
