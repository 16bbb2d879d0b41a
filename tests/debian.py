"""Debian's Prometheus package, which is old: unpacked once and not installed."""

import contextlib
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

FOLDER = Path(__file__).parents[1] / "artifacts" / "debian-prometheus"


def program(name: str) -> Path:
    """Return a program of the package; skip the test where it cannot be had, and say why."""
    found = FOLDER / "usr" / "bin" / name
    if not found.exists():
        if not shutil.which("apt-get") or not shutil.which("dpkg"):
            pytest.skip("needs apt-get and dpkg to fetch Debian's prometheus package")
        FOLDER.parent.mkdir(parents=True, exist_ok=True)
        # Unpacked aside and renamed: tests of other processes never see half of it.
        with TemporaryDirectory(dir=FOLDER.parent) as made:
            _unpack(Path(made))
            with contextlib.suppress(OSError):  # another process was faster
                Path(made, "package").rename(FOLDER)
    return found


def _unpack(folder: Path) -> None:
    fetched = subprocess.run(
        ["apt-get", "download", "prometheus"], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    packages = list(folder.glob("prometheus_*.deb"))
    if fetched.returncode or not packages:
        pytest.skip(f"Debian's prometheus package cannot be fetched: {fetched.stderr.strip()[-200:]}")
    subprocess.run(["dpkg", "-x", packages[0], folder / "package"], check=True, timeout=60)
