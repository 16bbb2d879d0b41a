"""What stands between the guard and the stores natively: sockets and a password, in folders of this user's alone."""

import base64
import os
import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path

from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.renderers.guard import CREDENTIALS, PASSWORD, USER, WEB_CONFIG
from pipecat_lgtm.renderers.placement import SOCKETS, Placement

_BYTES = 32


def draw(placement: Placement) -> None:
    """Make the folders, and draw the password of a native stack where there is none yet."""
    folder = placement.secrets
    if folder is None:
        return
    for one in (folder, placement.root / SOCKETS):
        one.mkdir(parents=True, exist_ok=True)
        one.chmod(0o700)
    if not (folder / CREDENTIALS).exists():
        password = secrets.token_urlsafe(_BYTES)
        _write(folder / PASSWORD, password)
        (folder / WEB_CONFIG).unlink(missing_ok=True)
        _write(folder / CREDENTIALS, base64.b64encode(f"{USER}:{password}".encode()).decode())


def admit(placement: Placement, find: Callable[[], Path | None]) -> None:
    """Write what Prometheus and Alertmanager check the password with: its hash, which Caddy makes.

    Args:
        placement: of a native stack.
        find: returns Caddy's program.

    Raises:
        EngineError: Caddy makes none.
    """
    folder = placement.secrets
    if folder is None or (folder / WEB_CONFIG).exists() or (caddy := find()) is None:
        return
    password = (folder / PASSWORD).read_text(encoding="utf-8")
    # Of 32 random bytes nobody tries all: a hash that takes long would only make every start and query slower.
    argv = [str(caddy), "hash-password", "--algorithm", "bcrypt", "--bcrypt-cost", "4"]
    done = subprocess.run(argv, input=f"{password}\n", capture_output=True, text=True, check=False)
    if done.returncode != 0 or not done.stdout.startswith("$2"):
        raise EngineError(f"guard: {caddy} makes no hash of a password", "check that it is Caddy, and may be run")
    _write(folder / WEB_CONFIG, f"basic_auth_users:\n  {USER}: {done.stdout.strip()}\n")


def clear(part: str, folder: Path) -> None:
    """Remove the socket that a store has left which was killed: it could not listen there again.

    Args:
        part: which is about to start.
        folder: the state directory.
    """
    for socket in (folder / SOCKETS).glob(f"{part}:*"):
        socket.unlink(missing_ok=True)


def _write(file: Path, text: str) -> None:
    """Write a file that only this user can read, whole or not at all."""
    temporary = file.with_name(f".{file.name}")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(text)
    temporary.replace(file)
