"""The stack as processes of this machine: what is ready starts first, what is missing is built meanwhile."""

import dataclasses
import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipecat_lgtm import output
from pipecat_lgtm.config import Config, load
from pipecat_lgtm.engines import ports, process
from pipecat_lgtm.engines.build import Watch, build, steps
from pipecat_lgtm.engines.catalogue import ENGINES
from pipecat_lgtm.engines.interrupt import uninterrupted
from pipecat_lgtm.engines.process import Command, Running
from pipecat_lgtm.engines.resolve import find_program
from pipecat_lgtm.engines.state import Draining, State
from pipecat_lgtm.errors import StackError
from pipecat_lgtm.ops import inner, preflight, queue_files
from pipecat_lgtm.ops.engines import (
    GUARD,
    HEARTBEAT,
    NOTIFICATIONS,
    READY,
    drain_of,
    draining,
    found,
    grace_seconds,
    manifest_for,
    manifest_of,
    program,
    scraped,
)
from pipecat_lgtm.ops.parts import ENDING, Part, names, same, wanted
from pipecat_lgtm.renderers import native, render
from pipecat_lgtm.renderers.guard import stores

_READY_SECONDS = 120.0
_HUNG_SECONDS = 20.0
"""A part that runs and is not ready for so long is ended and started again."""
_ENTRANCE = {"collector": ("otlp_grpc", "otlp_http")}
_INSIDE = {
    "collector": (
        "collector_health",
        "collector_metrics",
        "collector_pipecat",
        "collector_breaches",
        "collector_intake",
    ),
    "prometheus": ("prometheus_inner",),
    "alertmanager": ("alertmanager_inner",),
    NOTIFICATIONS: ("notifications",),
    HEARTBEAT: ("heartbeat",),
    "tempo": ("tempo_otlp", "tempo_grpc"),
    "loki": ("loki_grpc",),
}
EndOthers = Callable[[], Iterable[str]]
"""Ends the stacks that are replaced; yields what has ended."""


def to_build(config: Config, bin_dir: Path | None) -> list[str]:
    """Return the parts whose programs are not there yet."""
    return [part for part in names(config) if found(part, config, bin_dir) is None]


@dataclass(frozen=True)
class Start:
    """What `up` is to start.

    Args:
        config: the stack.
        path: of the user's stack.yaml, kept for `status` and `down`; None for the shipped one.
        bin_dir: programs to prefer.
        leaving: pids of other stacks' programs that will have ended by then.
        end_others: ends them.
    """

    config: Config
    path: Path | None = None
    bin_dir: Path | None = None
    leaving: frozenset[int] = frozenset()
    end_others: EndOthers = tuple


def up(start: Start, state: State, watch: Watch) -> Generator[str, None, None]:
    """Start what does not run yet, and start again what runs otherwise or hangs; yield each part once it is ready.

    Args:
        start: what is wanted.
        state: of the state directory; saved after every step, so that `down` always knows all.
        watch: told what goes on.

    Raises:
        EngineError: a port is taken, a validator refuses a file, a build fails, a program ends or is not ready in time.
            What ran before runs again then.
    """
    config, bin_dir = start.config, start.bin_dir
    placement = native(config, state.folder.resolve())
    files = render(config, placement)
    parts = wanted(config, placement, files)
    inner.draw(placement)
    leaving = _leaving(state, parts, watch)
    kept = [one for one in state.processes if one.process() is not None and one not in leaving]
    starting = [part for part in parts if part not in {one.name for one in kept}]
    how = draining(config)
    if state.draining and "collector" not in starting:  # it has read its certificate when it started
        how = dataclasses.replace(how, certificate=state.draining.certificate)
    _check(start, state, files, starting, leaving)
    _build_before_ending(starting, leaving, start, watch)
    before = _Before.of(state, leaving)
    started: list[Running] = []
    try:
        list(start.end_others())
        list(_end(state, leaving, watch))
        output.write(state.folder / "config", files)
        state.processes = kept
        _begin(state, start, how)
        if "collector" in starting:
            queue_files.set_aside(config, state, watch)
        for batch in _batches(starting, config, bin_dir, watch):
            with uninterrupted():
                inner.admit(placement, lambda: found(GUARD, config, bin_dir))
                fresh = [_start(parts[part], path, config, state) for part, path in batch]
                started += fresh
            for running in fresh:
                process.wait_ready(running, running.ready_url, _READY_SECONDS, watch)
                if running.name == "collector":
                    queue_files.tell(config, state, watch)
                yield running.name
    except BaseException:
        with uninterrupted():
            for running in reversed(started):
                process.stop(running)
            before.restore(state)
        raise


def _begin(state: State, start: Start, how: Draining) -> None:
    state.begin("native", start.path, start.config.name)
    state.parts = names(start.config)
    state.ports = [one.port for one in listened(start.config, state.parts)]
    state.draining = how
    state.save()


def _leaving(state: State, parts: dict[str, Part], watch: Watch) -> list[Running]:
    """Return what runs and is to be ended: not wanted so any more, or hung."""
    alive = [one for one in state.processes if one.process() is not None]
    for one in alive:
        process.trim(Path(one.log))
    # Without the guard no store answers, and none of them hangs.
    unheard = set() if any(one.name == GUARD for one in alive) else {"prometheus", "alertmanager", "tempo", "loki"}
    return [
        one for one in alive if not same(one, parts.get(one.name)) or (one.name not in unheard and _hangs(one, watch))
    ]


def _hangs(running: Running, watch: Watch) -> bool:
    began = time.monotonic()
    while said := process.silence(running.ready_url):
        if (elapsed := time.monotonic() - began) > _HUNG_SECONDS:
            return True
        watch(f"{running.name}: runs, but is not ready ({said})", elapsed)
        time.sleep(0.2)
    return False


def _check(start: Start, state: State, files: dict[str, str], starting: list[str], leaving: list[Running]) -> None:
    """Make sure that nothing known stands in the way of starting some parts.

    Raises:
        EngineError: with all that does.
    """
    if not starting:
        return
    config = start.config
    for part in starting:  # the collector's own check wants its folder to be there
        (state.folder / "data" / part).mkdir(parents=True, exist_ok=True)
    ending = {one.pid for one in leaving} | start.leaving
    preflight.require(
        preflight.complaint(lambda: ports.check(listened(config, starting), ending)),
        preflight.secrets(config, starting),
        preflight.disk(state.folder),
    )
    preflight.require(
        preflight.configs(files, starting, lambda name: find_program(name, manifest_for(name, config), start.bin_dir))
    )


def check_ports(config: Config, parts: list[str]) -> None:
    """Make sure that the ports of some parts are free.

    Raises:
        EngineError: names every taken port and its holder.
    """
    ports.check(listened(config, parts))


def listened(config: Config, parts: list[str]) -> list[ports.Wanted]:
    """Return the ports that some parts listen on."""
    network = config.network
    inside = {**_INSIDE, GUARD: (GUARD, *stores(config))}
    return [
        ports.Wanted(key, getattr(network.ports, key), address)
        for part in parts
        for address, keys in ((str(network.address), _ENTRANCE), (network.inside, inside))
        for key in keys.get(part, ())
    ]


def _build_before_ending(starting: list[str], leaving: list[Running], start: Start, watch: Watch) -> None:
    """Build the programs of what runs and is to be started again: it runs on meanwhile."""
    again = [part for part in starting if part in {one.name for one in leaving}]
    for _ in _batches(again, start.config, start.bin_dir, watch):
        pass


@dataclass(frozen=True)
class _Before:
    """What ran, to run again if something else does not start.

    Args:
        state: as it was.
        config: the kept stack.yaml.
        files: the rendered ones.
        commands: of what is going to be ended.
    """

    state: State
    config: bytes | None
    files: dict[str, str]
    commands: list[tuple[Running, Command]]

    @classmethod
    def of(cls, state: State, leaving: list[Running]) -> "_Before":
        kept = state.folder / "stack.yaml"
        return cls(
            dataclasses.replace(state, processes=list(state.processes)),
            kept.read_bytes() if kept.exists() else None,
            output.current(state.folder / "config"),
            [(one, command) for one in leaving if (command := one.command()) is not None],
        )

    def restore(self, state: State) -> None:
        """Let everything be as it was: files, state, and what was ended started again."""
        for key in ("kind", "config", "name", "source", "parts", "ports", "draining"):
            setattr(state, key, getattr(self.state, key))
        ended = [(one, command) for one, command in self.commands if one.process() is None]
        state.processes = [one for one in self.state.processes if one not in [running for running, _ in ended]]
        if not self.state.kind:
            state.forget()
            return
        if self.config is not None:
            (state.folder / "stack.yaml").write_bytes(self.config)
        output.write(state.folder / "config", self.files)
        for one, command in ended:
            inner.clear(one.name, state.folder)
            again = process.start(one.name, command, Path(one.log), one.grace)
            state.processes.append(dataclasses.replace(one, pid=again.pid, started=again.started))
        state.save()


def _start(part: Part, path: Path, config: Config, state: State) -> Running:
    inner.clear(part.name, state.folder)
    command = Command((str(path.absolute()), *part.arguments), part.settings | os.environ, state.folder)
    running = dataclasses.replace(
        process.start(part.name, command, state.folder / "logs" / f"{part.name}.log", grace_seconds(part.name)),
        fingerprint=part.fingerprint,
        environment=part.environment,
        ready_url=READY[part.name](config),
    )
    state.processes.append(running)
    state.save()
    return running


Batch = list[tuple[str, Path]]


def _batches(wanted: list[str], config: Config, bin_dir: Path | None, watch: Watch) -> Iterator[Batch]:
    """Yield what can be started together: all that is there, then what is built, one by one; the guard before both."""
    programs = {part: found(part, config, bin_dir) for part in wanted}
    there = [(part, path) for part, path in programs.items() if path]
    missing = [(part, ENGINES[program(part)]) for part, path in programs.items() if not path]
    if GUARD not in dict(missing):
        yield there
        there = []
    told = steps([engine for _, engine in missing], watch)
    for (part, engine), step in zip(missing, told, strict=True):
        built = build(engine, manifest_of(engine, config), step)
        yield [(part, built.programs[program(part)]), *there]
        there = []


def down(state: State, watch: Watch, *, drained: bool = True) -> Iterator[str]:
    """End exactly what `up` started, the collector first; yield each part once it has ended.

    Args:
        state: of the state directory.
        watch: told what goes on.
        drained: let the collector flush what it holds.
    """
    yield from _end(state, list(state.processes), watch, drained=drained)
    state.forget()


def _end(state: State, which: list[Running], watch: Watch, *, drained: bool = True) -> Iterator[str]:
    for running in sorted(which, key=lambda one: ENDING.index(one.name)):
        if drained and running.name == "collector" and running.process() is not None:
            _drain(state, running, watch)
        with uninterrupted():
            process.stop(running)
            state.processes = [one for one in state.processes if one != running]
            state.save()
        yield running.name


def _drain(state: State, running: Running, watch: Watch) -> None:
    """Close intake and let the collector flush; whatever goes wrong with that must not keep it from ending."""
    try:
        # An older version has kept the config alone.
        how = state.draining or draining(load(Path(state.config) if state.config else None).config)
        if not (running.listens(how.port) and running.listens(how.intake_port)):
            watch(f"collector: does not listen on {how.port} and {how.intake_port}; it is ended without draining", 0.0)
            return
        drain = drain_of(how)
        drain.hold()
    except StackError as error:
        watch(f"{error.message}: {error.hint}", 0.0)
        return
    if (alive := running.process()) is not None:
        alive.terminate()
    drain.release_when(scraped(how, watch), watch)
