"""Attaches the bridge to a pipeline worker."""

from typing import TYPE_CHECKING, Any

from loguru import logger

from pipecat_lgtm.bridge import conversation as calls
from pipecat_lgtm.bridge import version

if TYPE_CHECKING:
    from pipecat.pipeline.worker import PipelineWorker


def attach_to(worker: "PipelineWorker", session_id: str | None) -> bool:
    """Attach; say clearly why not where it cannot be."""
    release = version.pipecat()
    if version.too_old(release):
        logger.warning(
            "pipecat-lgtm: the bridge needs Pipecat 1.9 or newer and this is {}; the bot runs without it. "
            "Spans-only mode works on every release: enable_tracing=True and enable_metrics=True",
            release,
        )
        return False
    if worker.bridged:
        # A helper of another worker: a call of its own would count the caller's call twice.
        logger.debug("pipecat-lgtm: {} is bridged to another worker and is left as it is", worker)
        return False
    from pipecat_lgtm.bridge import emit, logs, providers, ticker  # noqa: PLC0415 - not on a release without observers
    from pipecat_lgtm.bridge.http import instrument  # noqa: PLC0415
    from pipecat_lgtm.bridge.observer import BridgeObserver  # noqa: PLC0415
    from pipecat_lgtm.bridge.switching import switch_on  # noqa: PLC0415

    if providers.disabled() or calls.of_worker(worker) is not None:
        return calls.of_worker(worker) is not None
    call = calls.Conversation(worker, session_id or _session(worker))
    traces = providers.tracing(emit.dropped)
    providers.logging(traces, emit.dropped)
    switch_on(worker, call.session_id)
    calls.register(worker, call)
    _first(worker, BridgeObserver(call, worker._clock))  # noqa: SLF001
    calls.enter_if_alone(call)
    _inside(worker, call)
    if traces is not None:
        instrument(traces)
    logs.install()
    ticker.start()
    return True


def _session(worker: Any) -> str:  # noqa: ANN401 - private fields of a PipelineWorker
    """Return the session id that Pipecat Cloud puts on every log line, or the bot on its conversation."""
    from loguru._logger import context  # noqa: PLC0415 - loguru has no public way to what lines are given

    on_lines = {**getattr(logger, "_core").extra, **context.get()}  # noqa: B009
    given = on_lines.get("session_id") or worker._additional_span_attributes.get("session.id")  # noqa: SLF001
    return str(given or "")


def _first(worker: Any, observer: Any) -> None:  # noqa: ANN401
    """Add an observer in front of Pipecat's own, so that it sees each frame first."""
    worker.add_observer(observer)
    observers = getattr(getattr(worker, "_observer", None), "_observers", None)
    if isinstance(observers, list) and observers and observers[-1] is observer:
        observers.insert(0, observers.pop())


def _inside(worker: Any, call: "calls.Conversation") -> None:  # noqa: ANN401 - private fields of a PipelineWorker
    """Make all that the worker's first frames start belong to the call.

    Up to Pipecat 1.11 the tasks of the processors are started by the first frame and not while the worker is set up,
    and so is, on every release, what follows from frames the bot queues.
    """
    push = getattr(worker, "_process_push_queue", None)
    if push is None:
        return

    async def inside() -> None:
        calls.enter(call)
        await push()

    worker._process_push_queue = inside  # noqa: SLF001
