"""A Docker daemon of a test's own: nothing it does touches another daemon, and nothing of it is left."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import poll

_INSTALL = "apt-get install -y --no-install-recommends docker.io"


@dataclass(frozen=True)
class Docker:
    """A running daemon and the environment in which `docker` and `docker compose` talk to it."""

    folder: Path
    env: dict[str, str]

    def run(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Run the docker command line; fail with what it said."""
        done = subprocess.run(["docker", *arguments], input=stdin, capture_output=True, env=self.env, check=False)
        assert done.returncode == 0, f"docker {' '.join(arguments)}:\n{done.stderr.decode()}"
        return done.stdout.decode()

    def left(self) -> dict[str, list[str]]:
        """Return what containers, volumes and networks there are; a daemon without a bridge has two networks."""
        return {
            "containers": self.run("ps", "--all", "--quiet").split(),
            "volumes": self.run("volume", "ls", "--quiet").split(),
            "networks": sorted(self.run("network", "ls", "--format", "{{.Name}}").split()),
        }


@contextlib.contextmanager
def docker(compose: Path) -> Iterator[Docker]:
    """Run a daemon for the length of a block; Docker is installed if it is missing.

    Args:
        compose: the program that becomes `docker compose`.
    """
    if os.geteuid() != 0:
        pytest.skip("dockerd needs root")
    if shutil.which("dockerd") is None or shutil.which("docker") is None:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(_INSTALL.split(), check=True, stdout=subprocess.DEVNULL)
    # Short: a socket's path has at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="dockerd-"))
    plugins = folder / "config" / "cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-compose").symlink_to(compose)
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("DOCKER_", "COMPOSE_"))},
        "DOCKER_HOST": f"unix://{folder}/docker.sock",
        "DOCKER_CONFIG": str(folder / "config"),
    }
    daemon = _start(folder)
    try:
        running = Docker(folder, env)
        poll("dockerd", lambda: _answers(running, daemon, folder))
        yield running
    finally:
        _end(daemon, folder)


def _start(folder: Path) -> subprocess.Popen[bytes]:
    argv = [
        "dockerd", "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec"),
        "--pidfile", str(folder / "pid"), "--host", f"unix://{folder}/docker.sock",
        # The machine's firewall and interfaces are not ours: ports are published by a process of Docker's own.
        "--iptables=false", "--ip6tables=false", "--ip-masq=false", "--bridge=none",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True)


def _answers(running: Docker, daemon: subprocess.Popen[bytes], folder: Path) -> bool:
    if daemon.poll() is not None:
        raise AssertionError(f"dockerd ended:\n{(folder / 'log').read_text()[-3000:]}")
    return subprocess.run(["docker", "info"], env=running.env, capture_output=True, check=False).returncode == 0


def _end(daemon: subprocess.Popen[bytes], folder: Path) -> None:
    """End the daemon, which ends its containers and its containerd, and what is mounted below its folder."""
    daemon.send_signal(signal.SIGTERM)
    try:
        daemon.wait(60)
    except subprocess.TimeoutExpired:
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in sorted((mount for mount in mounts if mount.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", mount], check=False)
    shutil.rmtree(folder, ignore_errors=True)
