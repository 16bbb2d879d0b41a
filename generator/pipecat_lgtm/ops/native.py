"""The stack as processes of this machine: what is ready starts first, what is missing is built meanwhile."""

from collections.abc import Generator, Iterator
from pathlib import Path

from pipecat_lgtm import output
from pipecat_lgtm.config import Config
from pipecat_lgtm.engines import ports, process
from pipecat_lgtm.engines.build import Watch, build
from pipecat_lgtm.engines.catalogue import ENGINES
from pipecat_lgtm.engines.interrupt import uninterrupted
from pipecat_lgtm.engines.process import Running
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops.engines import (
    NOTIFICATIONS,
    READY,
    drain_of,
    drain_seconds,
    found,
    grace_seconds,
    manifest_of,
    program,
)
from pipecat_lgtm.renderers import Placement, native, render
from pipecat_lgtm.renderers.flags import FLAGS

METRICS = ("collector", "prometheus")
"""What serves metrics; it starts first."""

ORDER = (*METRICS, "alertmanager", NOTIFICATIONS, "tempo", "loki")
"""Traces and logs wait in the collector's queue until their stores are up."""

_READY_SECONDS = 120.0
_ENTRANCE = {"collector": ("otlp_grpc", "otlp_http")}
_INSIDE = {
    "collector": ("collector_health", "collector_metrics"),
    "prometheus": ("prometheus",),
    "alertmanager": ("alertmanager",),
    NOTIFICATIONS: ("notifications",),
    "tempo": ("tempo", "tempo_otlp", "tempo_grpc"),
    "loki": ("loki", "loki_grpc"),
}


def parts(config: Config) -> list[str]:
    """Return the parts that run here; neither a store with a remote address nor a notification log without use."""
    absent = {name for name in ("prometheus", "tempo", "loki") if getattr(config.stores, name).url is not None}
    absent |= set() if config.routing.unheard else {NOTIFICATIONS}
    return [part for part in ORDER if part not in absent]


def to_build(config: Config, bin_dir: Path | None) -> list[str]:
    """Return the parts whose programs are not there yet."""
    return [part for part in parts(config) if found(part, config, bin_dir) is None]


def up(
    config: Config, config_path: Path | None, state: State, bin_dir: Path | None, watch: Watch
) -> Generator[str, None, None]:
    """Start what does not run yet, and what runs with another config again; yield each part once it is ready.

    Args:
        config: the stack.
        config_path: the user's stack.yaml, kept for `status` and `down`.
        state: of the state directory; saved after every step, so that `down` always knows all.
        bin_dir: programs to prefer.
        watch: told what goes on.

    Raises:
        EngineError: a port is taken, a build fails, a program ends or is not ready in time. What was started by this
            call has then been ended again.
    """
    placement = native(config, state.folder.resolve())
    files = render(config, placement)
    list(_end(config, state, _outdated(state, files), watch))
    alive = {one.name for one in state.processes if one.process() is not None}
    wanted = [part for part in parts(config) if part not in alive]
    check_ports(config, wanted)
    output.write(state.folder / "config", files)
    state.processes = [one for one in state.processes if one.name in alive]
    state.begin("native", config_path)
    started: list[Running] = []
    try:
        for batch in _batches(wanted, config, bin_dir, watch):
            with uninterrupted():
                fresh = [_start(part, path, config, placement, state) for part, path in batch]
                started += fresh
            for running in fresh:
                process.wait_ready(running, READY[running.name](config), _READY_SECONDS, watch)
                yield running.name
    except BaseException:
        with uninterrupted():
            for running in reversed(started):
                process.stop(running)
            state.processes = [one for one in state.processes if one not in started]
            state.save() if state.processes else state.forget()
        raise


def check_ports(config: Config, wanted: list[str]) -> None:
    """Make sure that the ports of some parts are free.

    Raises:
        EngineError: names every taken port and its holder.
    """
    network = config.network
    for address, keys in ((str(network.address), _ENTRANCE), (network.inside, _INSIDE)):
        ports.check({key: getattr(network.ports, key) for part in wanted for key in keys.get(part, ())}, address)


def _start(part: str, path: Path, config: Config, placement: Placement, state: State) -> Running:
    (placement.root / "data" / part).mkdir(parents=True, exist_ok=True)
    argv = [str(path), *FLAGS[part](config, placement)]
    running = process.start(part, argv, state.folder / "logs" / f"{part}.log", grace_seconds(part))
    state.processes.append(running)
    state.save()
    return running


def _outdated(state: State, files: dict[str, str]) -> list[Running]:
    """Return what runs with other files than these."""
    if not state.processes:
        return []
    changes = output.plan(state.folder / "config", files)
    changed = {path.split("/", 1)[0] for path in (*changes.added, *changes.changed, *changes.removed)}
    return [one for one in state.processes if one.name in changed]


Batch = list[tuple[str, Path]]


def _batches(wanted: list[str], config: Config, bin_dir: Path | None, watch: Watch) -> Iterator[Batch]:
    """Yield what can be started together: first all that is there, then what is built, one by one."""
    programs = {part: found(part, config, bin_dir) for part in wanted}
    yield [(part, path) for part, path in programs.items() if path]
    missing = [(part, ENGINES[program(part)]) for part, path in programs.items() if not path]
    for left, (part, engine) in zip(range(len(missing), 0, -1), missing, strict=True):
        built = build(engine, manifest_of(engine, config), _counting(watch, left))
        yield [(part, built.programs[program(part)])]


def _counting(watch: Watch, left: int) -> Watch:
    return lambda what, elapsed: watch(f"{what}, {left} left", elapsed)


def down(config: Config, state: State, watch: Watch, *, drained: bool = True) -> Iterator[str]:
    """End exactly what `up` started, the collector first; yield each part once it has ended.

    Args:
        config: the stack.
        state: of the state directory.
        watch: told what goes on.
        drained: let the collector flush what it holds.
    """
    yield from _end(config, state, list(state.processes), watch, drained=drained)
    state.forget()


def _end(config: Config, state: State, which: list[Running], watch: Watch, *, drained: bool = True) -> Iterator[str]:
    for running in sorted(which, key=lambda one: ORDER.index(one.name)):
        if drained and running.name == "collector" and running.process() is not None:
            _drain(config, running, watch)
        with uninterrupted():
            process.stop(running)
            state.processes = [one for one in state.processes if one != running]
            state.save()
        yield running.name


def _drain(config: Config, running: Running, watch: Watch) -> None:
    """Close intake and let the collector flush; whatever goes wrong with that must not keep it from ending."""
    try:
        drain = drain_of(config)
        drain.hold()
    except EngineError as error:
        watch(f"{error.message}: {error.hint}", 0.0)
        return
    found = running.process()
    if found is not None:
        found.terminate()
    drain.release_after(drain_seconds(config), watch)
