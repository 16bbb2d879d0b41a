"""Where the programs are, and building those that are nowhere."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pipecat_lgtm.config import Config
from pipecat_lgtm.engines.build import Watch, build, steps
from pipecat_lgtm.engines.catalogue import ENGINES, Engine
from pipecat_lgtm.engines.resolve import Resolved, locate
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops.engines import manifest_of


def chosen(names: Iterable[str]) -> list[Engine]:
    """Return the engines of these names, in the order in which they are built; all if there are no names.

    Raises:
        EngineError: one has no such name.
    """
    wanted = set(names) or set(ENGINES)
    if unknown := sorted(wanted - set(ENGINES)):
        raise EngineError(f"{unknown[0]}: is no engine of this stack", f"one of {', '.join(ENGINES)}")
    return [engine for name, engine in ENGINES.items() if name in wanted]


def found(config: Config, bin_dir: Path | None) -> Iterator[tuple[Engine, Resolved | None]]:
    """Yield every engine with where it is; None where it would have to be built."""
    for engine in ENGINES.values():
        yield engine, locate(engine, manifest_of(engine, config), bin_dir)


def built(config: Config, engines: list[Engine], watch: Watch) -> Iterator[Resolved]:
    """Yield the engines as they are there, building those that are not.

    Raises:
        EngineError: there is no `go`, or a build failed.
    """
    there = {engine.name: locate(engine, manifest_of(engine, config)) for engine in engines}
    told = steps([engine for engine in engines if there[engine.name] is None], watch)
    for engine in engines:
        yield there[engine.name] or build(engine, manifest_of(engine, config), next(told))
