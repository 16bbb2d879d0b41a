"""An exception of the bridge is logged once and never reaches the pipeline."""

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

LOG = logging.getLogger("pipecat_lgtm_bridge")
"""The standard library's: the bridge's own loguru sink must not log to loguru."""

_told: set[str] = set()


def harmless(function: Callable[P, R]) -> Callable[P, R | None]:
    """Decorate a function so that it returns None instead of raising."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - this is what the guard is for
            once(f"{function.__qualname__}: {type(error).__name__}", error)
            return None

    return guarded


def once(what: str, error: BaseException | None = None) -> None:
    """Log a warning about something the first time it happens in this process."""
    if what in _told:
        return
    _told.add(what)
    LOG.disabled = False  # as `logging.config.dictConfig` leaves every logger that it does not name
    LOG.warning("pipecat-lgtm bridge: %s (logged once; the call is not affected)", what, exc_info=error)
