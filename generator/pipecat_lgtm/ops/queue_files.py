"""The collector's queue files of a native stack: damaged ones are set aside before it starts, and counted after."""

from pathlib import Path

from pipecat_lgtm import queues
from pipecat_lgtm.config import Config
from pipecat_lgtm.engines.build import Watch
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.renderers import native
from pipecat_lgtm.renderers.collector.edge import queue_folder
from pipecat_lgtm.renderers.queues import settings

RUNBOOK = "docs/runbooks/PipecatQueueFileDamaged.md"


def set_aside(config: Config, state: State, watch: Watch) -> None:
    """Set aside what is damaged, so that the collector starts.

    Raises:
        EngineError: a damaged file cannot be moved.
    """
    try:
        for one in queues.look(_folder(config, state)):
            watch(f"collector: its queue file of {one.queue} is damaged ({one.fault}); it is {one.file} now", 0.0)
    except OSError as error:
        raise EngineError(
            f"{error.filename}: a queue file that can be neither looked at nor moved: {error.strerror}",
            "move it away by hand: the collector does not start with a damaged one",
        ) from error


def tell(config: Config, state: State, watch: Watch) -> None:
    """Let the collector count what was set aside; what cannot be told now is told at the next `up`."""
    try:
        queues.tell(settings(config, native(config, state.folder.resolve())))
    except (OSError, ValueError, IndexError) as error:
        watch(f"collector: does not count its damaged queue files yet ({error}); `up` tries again", 0.0)


def kept(config: Config, state: State) -> list[queues.Damaged]:
    """Return the files that were set aside and are still there."""
    return queues.aside(_folder(config, state)) if state.kind == "native" else []


def said(damaged: list[queues.Damaged]) -> str:
    """Return what `status` and `doctor` say of them."""
    names = ", ".join(str(one.file) for one in damaged)
    return f"{len(damaged)} damaged queue files were set aside; what waited in them was not sent: {names}"


def _folder(config: Config, state: State) -> Path:
    return Path(queue_folder(native(config, state.folder.resolve())))
