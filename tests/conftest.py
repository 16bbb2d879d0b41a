"""What all tests share: the engines' programs, built once."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakSet

import pytest

from pipecat_lgtm.config import load_default
from pipecat_lgtm.engines.build import build
from pipecat_lgtm.engines.catalogue import ENGINES, engine_of
from pipecat_lgtm.engines.resolve import locate
from pipecat_lgtm.ops.engines import manifest_of

if TYPE_CHECKING:
    from bridged import Bridged

# A shell that runs the tests in the background has them ignore Ctrl-C, and with them every program they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

sys.path += [str(Path(__file__).parent / folder) for folder in ("stack", "dialects")]


@pytest.fixture(scope="session", autouse=True)
def _no_stack_of_yours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the stacks that run on this machine out of the tests: commands find them by this user's state directory."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("states")))
        yield


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


@pytest.fixture
def bridged(monkeypatch: pytest.MonkeyPatch) -> "Bridged":
    """Return OpenTelemetry providers in memory, in place of the process's own for one test."""
    from opentelemetry import _logs, trace  # noqa: PLC0415
    from opentelemetry._logs import _internal  # noqa: PLC0415

    from bridged import Bridged  # noqa: PLC0415 - Pipecat takes seconds to import
    from pipecat_lgtm_bridge import outbox  # noqa: PLC0415 - imports OpenTelemetry's SDK

    made = Bridged()
    monkeypatch.setattr(outbox, "ALL", WeakSet())  # a call's end would wait for what other tests left unsent
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")  # or the bridge would add its own
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: made.traces)
    monkeypatch.setattr(_logs, "get_logger_provider", lambda: made.logging)
    monkeypatch.setattr(_internal, "get_logger_provider", lambda: made.logging)
    return made
