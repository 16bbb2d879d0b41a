"""The stack as processes of this machine: what is ready starts first, what is missing is built meanwhile."""

from collections.abc import Iterator
from pathlib import Path

from pipecat_lgtm import output
from pipecat_lgtm.config import Config
from pipecat_lgtm.engines import ports, process
from pipecat_lgtm.engines.build import Watch, build
from pipecat_lgtm.engines.catalogue import ENGINES, Engine
from pipecat_lgtm.engines.drain import Drain
from pipecat_lgtm.engines.process import Running
from pipecat_lgtm.engines.resolve import Resolved, locate
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops.engines import READY, manifest_of, program
from pipecat_lgtm.renderers import native, render
from pipecat_lgtm.renderers.flags import FLAGS

ORDER = ("collector", "prometheus", "alertmanager", "tempo", "loki")
"""Metrics and alerts first; traces and logs wait in the collector's queue until their stores are up."""

_READY_SECONDS = 120.0
_GRACE_SECONDS = 30.0
_DRAIN_MARGIN_SECONDS = 2.0
_PORTS = {
    "collector": ("otlp_grpc", "otlp_http", "collector_health", "collector_metrics"),
    "prometheus": ("prometheus",),
    "alertmanager": ("alertmanager",),
    "tempo": ("tempo", "tempo_otlp", "tempo_grpc"),
    "loki": ("loki", "loki_grpc"),
}


def parts(config: Config) -> list[str]:
    """Return the parts that run here; a store with a remote address does not."""
    remote = {name for name in ("prometheus", "tempo", "loki") if getattr(config.stores, name).url is not None}
    return [part for part in ORDER if part not in remote]


def up(config: Config, config_path: Path | None, state: State, bin_dir: Path | None, watch: Watch) -> Iterator[str]:
    """Start what does not run yet; yield each part once it is ready.

    Args:
        config: the stack.
        config_path: the user's stack.yaml, remembered for `status`.
        state: of the state directory; saved after every step, so that `down` always knows all.
        bin_dir: programs to prefer.
        watch: told what goes on.

    Raises:
        EngineError: a port is taken, a build fails, a program ends or is not ready in time. What was started by this
            call has then been ended again.
    """
    alive = {one.name for one in state.processes if one.process() is not None}
    wanted = [part for part in parts(config) if part not in alive]
    state.processes = [one for one in state.processes if one.name in alive]
    address = str(config.network.address)
    ports.check({key: getattr(config.network.ports, key) for part in wanted for key in _PORTS[part]}, address)
    placement = native(config, state.folder.resolve())
    output.write(state.folder / "config", render(config, placement))
    state.kind, state.config = "native", str(config_path.resolve()) if config_path else ""
    started: list[Running] = []
    try:
        for part, resolved in _resolved(wanted, config, bin_dir, watch):
            (Path(placement.data(part))).mkdir(parents=True, exist_ok=True)  # type: ignore[arg-type]
            argv = [str(resolved.programs[program(part)]), *FLAGS[part](config, placement)]
            running = process.start(part, argv, state.folder / "logs" / f"{part}.log", _GRACE_SECONDS)
            started.append(running)
            state.processes.append(running)
            state.save()
            process.wait_ready(running, READY[part](config), _READY_SECONDS, watch)
            yield part
    except BaseException:
        for running in reversed(started):
            process.stop(running)
        state.processes = [one for one in state.processes if one not in started]
        state.save() if state.processes else state.forget()
        raise


def _resolved(wanted: list[str], config: Config, bin_dir: Path | None, watch: Watch) -> Iterator[tuple[str, Resolved]]:
    missing: list[tuple[str, Engine]] = []
    for part in wanted:
        engine = ENGINES[program(part)]
        if found := locate(engine, manifest_of(engine, config), bin_dir):
            yield part, found
        else:
            missing.append((part, engine))
    for left, (part, engine) in zip(range(len(missing), 0, -1), missing, strict=True):
        yield part, build(engine, manifest_of(engine, config), _counting(watch, left))


def _counting(watch: Watch, left: int) -> Watch:
    return lambda what, elapsed: watch(f"{what}, {left} left", elapsed)


def down(config: Config, state: State, watch: Watch) -> Iterator[str]:
    """End exactly what `up` started, the collector first and drained; yield each part once it has ended."""
    for running in sorted(state.processes, key=lambda one: ORDER.index(one.name)):
        if running.name == "collector" and running.process() is not None:
            _drained(config, running, watch)
        process.stop(running)
        state.processes = [one for one in state.processes if one != running]
        state.save()
        yield running.name
    state.forget()


def _drained(config: Config, running: Running, watch: Watch) -> None:
    """Close intake and let the collector flush; whatever goes wrong with that must not keep it from ending."""
    host = f"{config.network.address}:{config.network.ports.otlp_grpc}"
    drain = Drain(host, config.network.tls.cert_file)
    try:
        drain.hold()
    except EngineError as error:
        watch(f"{error.message}: {error.hint}", 0.0)
        return
    found = running.process()
    if found is not None:
        found.terminate()
    drain.release_after(2 * config.collector.flush_interval + _DRAIN_MARGIN_SECONDS, watch)
