"""The bridge's own version, and the Pipecat releases it works with."""

import re
from importlib.metadata import PackageNotFoundError, version

MINIMUM = (1, 9)


def _own() -> str:
    try:
        return version("pipecat-lgtm-bridge")
    except PackageNotFoundError:  # copied beside a bot, not installed
        return "0"


VERSION = _own()


def pipecat() -> str:
    """Return Pipecat's release."""
    return version("pipecat-ai")


def too_old(release: str) -> bool:
    """Return whether a release lacks the public observers the bridge reads."""
    numbers = [int(part) for part in re.findall(r"\d+", release)[:2]]
    return tuple(numbers) < MINIMUM
