"""The level from which log lines are sent: PIPECAT_LOG_LEVEL, and at run time a file or a signal."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from opentelemetry._logs import SeverityNumber

from pipecat_lgtm_bridge.guard import harmless, once

VARIABLE = "PIPECAT_LOG_LEVEL"
FILE_VARIABLE = "PIPECAT_LOG_LEVEL_FILE"
LEVELS = {"TRACE": 5, "DEBUG": 10, "INFO": 20, "SUCCESS": 25, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
"""Loguru's levels and their numbers, the standard library's among them."""

_SEVERITIES = (
    SeverityNumber.TRACE,
    SeverityNumber.DEBUG,
    SeverityNumber.INFO,
    SeverityNumber.WARN,
    SeverityNumber.ERROR,
    SeverityNumber.FATAL,
)
"""Of levels from 0, 10, 20, 30, 40 and 50."""

_DEFAULT = "INFO"
_listeners: list[Callable[[str], object]] = []
_by_signal: list[str] = []
_shown: list[str] = []


def severity(number: int) -> SeverityNumber:
    """Return what OpenTelemetry calls a level, a bot's own too: one between INFO and WARNING is INFO2."""
    tens, rest = divmod(max(0, number), 10)
    base = _SEVERITIES[min(tens, len(_SEVERITIES) - 1)]
    return SeverityNumber(base.value + (1 if tens and rest else 0))


def number(name: str) -> int:
    """Return the number of a level of `LEVELS`."""
    return LEVELS[name]


def shown() -> str:
    """Return the level of which the listeners have been told last."""
    return _shown[0] if _shown else wanted()


def wanted() -> str:
    """Return the level: of the file, else DEBUG after SIGUSR1, else of the variable."""
    file = os.environ.get(FILE_VARIABLE)
    if file and (text := _read(Path(file))):
        return text
    if _by_signal:
        return _by_signal[-1]
    return _known(os.environ.get(VARIABLE, ""), VARIABLE) or _DEFAULT


def on_change(listener: Callable[[str], object]) -> None:
    """Call a listener with the level now and whenever it changes."""
    _listeners.append(listener)
    _shown[:] = [wanted()]
    listener(_shown[0])


@harmless
def follow_file() -> None:
    """Tell the listeners if the level has changed."""
    now = wanted()
    if _shown != [now]:
        _shown[:] = [now]
        for listener in _listeners:
            listener(now)


@harmless
def listen_to_signals() -> None:
    """Let SIGUSR1 switch to DEBUG and back, unless the bot has a use for it."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGUSR1"):
        return
    if signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL:
        signal.signal(signal.SIGUSR1, lambda *_: _by_signal.clear() if _by_signal else _by_signal.append("DEBUG"))


def _read(file: Path) -> str:
    try:
        return _known(file.read_text(encoding="utf-8"), str(file))
    except OSError:
        return ""


def _known(text: str, where: str) -> str:
    name = text.strip().upper()
    if name and name not in LEVELS:
        once(f"{where} is {name!r}; a level is one of {', '.join(LEVELS)}")
        return ""
    return name
