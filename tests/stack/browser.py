"""Debian's Chromium without a window, for pages on this machine."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    "--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
"""Without the first ones it looks up hosts of its own at every start; the last ones let a page call this machine."""


def program() -> str:
    """Return the browser, installing it where that is possible."""
    if found := shutil.which("chromium"):
        return found
    if os.geteuid() != 0:
        pytest.fail("chromium is not installed, and only root can: apt-get install chromium")
    install = ("install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core")
    for arguments in (("update", "-qq"), install):
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", *arguments], env=env, check=True, capture_output=True)
    return shutil.which("chromium") or pytest.fail("chromium is installed, but not on PATH")


@contextlib.contextmanager
def launched(*flags: str) -> Iterator[Browser]:
    """Run a browser for the length of a block, with more flags; no other can be started from the same thread."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program(), args=[*_FLAGS, *flags])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A running browser, of one module."""
    with launched() as browser:
        yield browser
