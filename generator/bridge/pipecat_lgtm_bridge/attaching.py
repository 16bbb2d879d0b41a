"""Attaches the bridge to a pipeline worker."""

import asyncio
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from loguru import logger

from pipecat_lgtm_bridge import conversation as calls
from pipecat_lgtm_bridge import version
from pipecat_lgtm_bridge.guard import once

if TYPE_CHECKING:
    from pipecat.pipeline.worker import PipelineWorker

    from pipecat_lgtm_bridge.helping import Helper


_EVALS = "pipecat.evals."
_FAREWELL_SECONDS = 2.0
"""A worker whose collector is away ends so much later; no other call waits for it."""


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
    from pipecat_lgtm_bridge import emit, logs, outbox, providers, ticker  # noqa: PLC0415 - not on a release without observers
    from pipecat_lgtm_bridge.http import instrument  # noqa: PLC0415
    from pipecat_lgtm_bridge.observer import BridgeObserver  # noqa: PLC0415
    from pipecat_lgtm_bridge.streamed import Streamed  # noqa: PLC0415
    from pipecat_lgtm_bridge.switching import switch_on  # noqa: PLC0415

    if providers.disabled() or calls.of_worker(worker) is not None:
        return calls.of_worker(worker) is not None
    if not _has_caller(worker):
        _helps(worker)
        return False
    call = calls.Conversation(worker, session_id or _session(worker))
    call.synthetic = any(map(_serves_evals, _processors(worker)))
    traces = providers.tracing(emit.dropped)
    providers.logging(traces, emit.dropped)
    switch_on(worker, call.session_id)
    calls.register(worker, call)
    streamed = Streamed(_processors(worker), lambda: call)
    _first(worker, BridgeObserver(call, worker._clock, streamed))  # noqa: SLF001
    calls.enter_if_alone(call)
    _inside(worker, call)
    _flushed(worker, outbox.flush)
    if traces is not None:
        instrument(traces)
    logs.install()
    ticker.start()
    return True


def _has_caller(worker: Any) -> bool:  # noqa: ANN401 - private fields of a PipelineWorker
    """Return whether a transport is among the worker's processors and the frames come from no other worker."""
    from pipecat.transports.base_input import BaseInputTransport  # noqa: PLC0415
    from pipecat.transports.base_output import BaseOutputTransport  # noqa: PLC0415

    transports = (one for one in _processors(worker) if isinstance(one, BaseInputTransport | BaseOutputTransport))
    return next(transports, None) is not None and not worker.bridged


def _serves_evals(processor: object) -> bool:
    """Return whether a processor is the transport of Pipecat's evals, by which no caller but a machine calls."""
    return any(kind.__module__.startswith(_EVALS) for kind in type(processor).__mro__)


def _processors(worker: Any) -> Iterator[Any]:  # noqa: ANN401 - private fields of a PipelineWorker
    """Yield the processors of a worker's pipeline, those within others too."""
    waiting = [worker._pipeline]  # noqa: SLF001
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.processors


def _helps(worker: Any) -> None:  # noqa: ANN401 - private fields of a PipelineWorker
    """Make what a worker without a caller does part of the call it works for."""
    from pipecat_lgtm_bridge import emit, providers  # noqa: PLC0415
    from pipecat_lgtm_bridge.helping import HelperObserver, HelperTracing, help_with  # noqa: PLC0415
    from pipecat_lgtm_bridge.streamed import Streamed  # noqa: PLC0415

    if isinstance(worker._tracing_context, HelperTracing):  # noqa: SLF001
        return
    if worker.bridged or any(kind.__name__ == "LLMWorker" for kind in type(worker).__mro__):
        logger.debug("pipecat-lgtm: {} is a helper of another worker, no call of its own", worker)
    else:
        once(
            f"{worker} has no transport of Pipecat's in its pipeline, so it is taken for a helper of another worker's "
            "call and is no call of its own; a transport derives from BaseInputTransport or BaseOutputTransport"
        )
    providers.logging(providers.tracing(emit.dropped), emit.dropped)
    helper = help_with(worker)
    if not worker.bridged:  # a bridged worker's frames reach the caller's pipeline, and are observed there
        streamed = Streamed(_processors(worker), helper.call)
        worker.add_observer(HelperObserver(helper, worker._clock, streamed))  # noqa: SLF001
    _inside(worker, helper)


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


def _inside(worker: Any, call: "calls.Conversation | Helper") -> None:  # noqa: ANN401 - private fields of a PipelineWorker
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


def _flushed(worker: Any, flush: Callable[[float], object]) -> None:  # noqa: ANN401 - private fields of a worker
    """Send what the call has left when it ends: a forked process may end with it, and runs nothing at its exit."""
    cleanup = getattr(worker, "_cleanup", None)
    if cleanup is None:
        return

    async def flushed(*arguments: Any, **options: Any) -> None:  # noqa: ANN401 - as Pipecat calls it
        try:
            await cleanup(*arguments, **options)
        finally:
            await asyncio.to_thread(flush, _FAREWELL_SECONDS)

    worker._cleanup = flushed  # noqa: SLF001
