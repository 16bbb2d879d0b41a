"""What all tests share: the engines' programs, built once."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipecat_lgtm.config import load_default
from pipecat_lgtm.engines.build import build
from pipecat_lgtm.engines.catalogue import ENGINES, engine_of
from pipecat_lgtm.engines.resolve import locate
from pipecat_lgtm.ops.engines import manifest_of

sys.path += [str(Path(__file__).parent / folder) for folder in ("stack", "dialects")]


@pytest.fixture(scope="session")
def engine_bin() -> Callable[[str], Path]:
    """Return a program of an engine, building the engine if it is not there yet."""
    config = load_default()
    shown: dict[str, int] = {}

    def watch(what: str, elapsed: float) -> None:
        minute = int(elapsed // 30)
        if shown.get(what) != minute:
            shown[what] = minute
            print(f"  {what} ({elapsed:.0f} s)", file=sys.__stderr__, flush=True)

    def find(name: str) -> Path:
        engine = ENGINES[engine_of(name).name]
        manifest = manifest_of(engine, config)
        resolved = locate(engine, manifest) or build(engine, manifest, watch)
        return resolved.programs[name]

    return find
