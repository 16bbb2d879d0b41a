"""Debian's Prometheus package, which is old: unpacked once and not installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "artifacts" / "debian-prometheus"


def program(name: str) -> Path:
    """Return a program of the package; skip the test where it cannot be had, and say why."""
    found = FOLDER / "usr" / "bin" / name
    if not found.exists():
        if not shutil.which("apt-get") or not shutil.which("dpkg"):
            pytest.skip("needs apt-get and dpkg to fetch Debian's prometheus package")
        FOLDER.mkdir(parents=True, exist_ok=True)
        fetched = subprocess.run(
            ["apt-get", "download", "prometheus"], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=120
        )
        packages = list(FOLDER.glob("prometheus_*.deb"))
        if fetched.returncode or not packages:
            pytest.skip(f"Debian's prometheus package cannot be fetched: {fetched.stderr.strip()[-200:]}")
        subprocess.run(["dpkg", "-x", packages[0], FOLDER], check=True, timeout=60)
    return found
