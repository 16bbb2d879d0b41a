"""Synthetic calls into the targets of stack.yaml: once, or until told to stop."""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.quality import Target
from pipecat_lgtm.errors import CheckFailed, ConfigError, EngineError, StackError
from pipecat_lgtm.ops.engines import token
from pipecat_lgtm_bridge.contract import heartbeat as h

if TYPE_CHECKING:
    from pipecat_lgtm.quality import evals, schedule, telling
    from pipecat_lgtm.quality.calls import Done

EXTRA = "pipecat-lgtm[quality]"
"""What is to be installed for it."""
_T = TypeVar("_T")


@dataclass(frozen=True)
class Place:
    """Where a heartbeat is seen, and where it finds the collector.

    Args:
        address: of /metrics.
        name: by which others may call it.
        otlp: the collector's address, OTLP/HTTP; None: that of the config.
    """

    address: str
    name: str = ""
    otlp: str | None = None


def check(config: Config, names: list[str]) -> None:
    """Look whether everybody could be called; call nobody.

    Raises:
        ConfigError: nobody is to be called, or a scenario is no call.
        EngineError: the extra is not installed.
    """
    _plan(config, names)


def once(config: Config, names: list[str], place: Place, watch: Callable[["Done | StackError"], None]) -> int:
    """Call everybody once; return how many calls were not ok.

    Raises:
        ConfigError: nobody is to be called, or a scenario is no call.
        CheckFailed: a call was not placed, so nothing is known of its bot.
        EngineError: the extra is not installed.
    """
    work = _prepared(config, names, place, watch)
    calls = _loop(lambda _: work.schedule.once())
    work.telling.end()
    if len(calls) < work.planned:
        raise CheckFailed(
            f"{work.planned - len(calls)} of {work.planned} synthetic calls were not placed",
            "what kept them is said above; quality.heartbeat.cost_per_day counts within one run",
        )
    return sum(one.verdict.name != h.OK for one in calls)


def keep_on(config: Config, names: list[str], place: Place, watch: Callable[["Done | StackError"], None]) -> None:
    """Call until SIGTERM or Ctrl-C, and show /metrics meanwhile.

    Raises:
        ConfigError: nobody is to be called, or a scenario is no call.
        EngineError: the extra is not installed, or the port is taken.
    """
    work = _prepared(config, names, place, watch)
    from pipecat_lgtm.quality.telling import serve  # noqa: PLC0415 - of the extra

    port = config.network.ports.heartbeat
    try:
        server = serve(work.telling.metrics.registry, place.address, port, place.name)
    except OSError as error:
        raise EngineError(
            f"{place.address}:{port}: {error.strerror}", "another heartbeat runs, or set network.ports.heartbeat"
        ) from error
    try:
        _loop(work.schedule.until)
    finally:
        server.shutdown()
        server.server_close()
        work.telling.end()


@dataclass(frozen=True)
class _Work:
    schedule: "schedule.Schedule"
    telling: "telling.Telling"
    planned: int


def _prepared(config: Config, names: list[str], place: Place, watch: Callable[["Done | StackError"], None]) -> _Work:
    plan = _plan(config, names)
    from pipecat_lgtm.quality import schedule, telling  # noqa: PLC0415 - of the extra

    entrance = telling.Entrance(
        place.otlp or f"{config.network.entrance}:{config.network.ports.otlp_http}",
        token(config),
        str(config.network.tls.cert_file) if config.network.tls.cert_file else None,
        config.services.default_environment,
    )
    told = telling.Telling(telling.Metrics([target for target, _ in plan]), entrance)
    return _Work(schedule.Schedule(config.quality.heartbeat, plan, told, watch), told, len(plan))


def _plan(config: Config, names: list[str]) -> list[tuple[Target, "evals.Scenario"]]:
    chosen = _chosen(config, names)
    try:
        _quieten()
        evals = import_module("pipecat_lgtm.quality.evals")
    except ImportError as error:
        raise EngineError(f"{error.name or error}: is not installed", f"pip install '{EXTRA}'") from error
    return [(target, scenario) for target in chosen for scenario in evals.load(target.scenario)]


def _chosen(config: Config, names: list[str]) -> list[Target]:
    targets = config.quality.heartbeat.targets
    known = sorted({one.name for one in targets})
    if not targets:
        raise ConfigError("quality.heartbeat.targets: nobody is to be called", "docs/quality.md has a first target")
    if unknown := sorted(set(names) - set(known)):
        raise ConfigError(f"--target {unknown[0]}: is none of quality.heartbeat.targets", f"use {', '.join(known)}")
    return [one for one in targets if not names or one.name in names]


def _quieten() -> None:
    """Keep the lines of libraries out of ours: Pipecat's hold what is said, OTLP's come again for every try."""
    import_module("loguru").logger.remove()
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)


def _loop(work: "Callable[[asyncio.Event], Coroutine[Any, Any, _T]]") -> "_T":
    """Run what places calls; SIGTERM and Ctrl-C tell it to stop."""

    async def run() -> "_T":
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        return await work(stop)

    return asyncio.run(run())
