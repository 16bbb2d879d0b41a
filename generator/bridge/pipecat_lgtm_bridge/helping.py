"""Helper workers: a worker without a caller works for another worker's call, so it is no call of its own.

What it does belongs to that call: its errors, its tokens and tools, its spans, and the log lines of its tasks. The call
is looked up when something happens, because a helper may start before the caller's worker does.
"""

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any
from weakref import ref

from opentelemetry.context import Context
from pipecat.frames import frames as f
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.utils.tracing.tracing_context import TracingContext

from pipecat_lgtm_bridge import conversation as calls
from pipecat_lgtm_bridge.conversation import Conversation
from pipecat_lgtm_bridge.failures import Failures
from pipecat_lgtm_bridge.guard import once
from pipecat_lgtm_bridge.streamed import Streamed
from pipecat_lgtm_bridge.tools import Tools
from pipecat_lgtm_bridge.usage import usage

if TYPE_CHECKING:
    from pipecat.clocks.base_clock import BaseClock
    from pipecat.utils.asyncio.task_manager import BaseTaskManager

_REMEMBERED = 64
_WATCHED = (
    f.ErrorFrame,
    f.MetricsFrame,
    f.FunctionCallInProgressFrame,
    f.FunctionCallResultFrame,
    f.FunctionCallCancelFrame,
)


class Helper:
    """A worker without a caller.

    Args:
        worker: Pipecat's.
    """

    def __init__(self, worker: Any) -> None:  # noqa: ANN401 - private fields of a PipelineWorker
        self._worker = ref(worker)

    def call(self) -> Conversation | None:
        """Return the call it works for: the one on its bus; of several, its parent's. None where that is uncertain."""
        worker = self._worker()
        bus = getattr(worker, "_bus", None)
        if bus is None:
            return None
        beside = [one for one in calls.unended() if getattr(one.worker, "_bus", None) is bus]
        if len(beside) == 1:
            return beside[0]
        parent = getattr(worker, "_parent", None)
        named = [one for one in beside if parent is not None and one.worker.name == parent]
        return named[0] if len(named) == 1 else None


class HelperTracing(TracingContext):
    """What a helper's services ask for the parent of their spans: the open turn of the call it works for.

    Args:
        helper: whose services ask.
    """

    def __init__(self, helper: Helper) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._helper = helper

    def get_conversation_context(self) -> Context | None:
        """Return the context of the call's conversation."""
        call = self._helper.call()
        return call.root() if call is not None else None

    def get_turn_context(self) -> Context | None:
        """Return the context of the call's open turn, else of its conversation."""
        call = self._helper.call()
        return call.context() if call is not None else None

    @property
    def conversation_id(self) -> str | None:
        """The call's conversation id."""
        call = self._helper.call()
        return call.id if call is not None else None


class HelperObserver(BaseObserver):
    """States a helper's errors, tokens and tools as those of the call it works for.

    Args:
        helper: whose frames these are.
        clock: its pipeline's.
        streamed: what its TTS services are asked for.
    """

    def __init__(self, helper: Helper, clock: "BaseClock", streamed: Streamed) -> None:
        super().__init__()
        self._helper, self._clock, self._streamed = helper, clock, streamed
        self._seen: deque[int] = deque(maxlen=_REMEMBERED)
        self._call: Conversation | None = None

    async def setup(self, task_manager: "BaseTaskManager") -> None:
        """Begin: what the helper starts from here on belongs to the call."""
        await super().setup(task_manager)
        calls.enter(self._helper)

    async def on_push_frame(self, data: FramePushed) -> None:
        """Take a frame, once: it is pushed by every processor on its way."""
        if not isinstance(data.frame, _WATCHED) or data.frame.id in self._seen:
            return
        self._seen.append(data.frame.id)
        try:
            self._take(data)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - must never reach the pipeline
            once(f"helper: {type(data.frame).__name__}: {type(error).__name__}", error)

    async def cleanup(self) -> None:
        """End what still runs."""
        now = time.time()
        self._streamed.finish(now)
        if self._call is not None:
            self._tools.finish(now)
        await super().cleanup()  # type: ignore[no-untyped-call]

    def _take(self, data: FramePushed) -> None:
        call = self._helper.call()
        if call is None:
            return
        if call is not self._call:
            self._call, self._failures, self._tools = call, Failures(call), Tools(call)
        at = time.time() - (self._clock.get_time() - data.timestamp) / 1e9
        match data.frame:
            case f.ErrorFrame():
                self._failures.failed(data, at)
            case f.MetricsFrame():
                usage(call, data, at)
            case f.FunctionCallInProgressFrame():
                self._tools.began(data, at)
            case f.FunctionCallResultFrame():
                self._tools.ended(data, at)
            case f.FunctionCallCancelFrame():
                self._tools.cancelled(data, at)


def help_with(worker: Any) -> Helper:  # noqa: ANN401 - private fields of a PipelineWorker
    """Make a worker's spans part of the trace of the call it works for; return it as a helper.

    The helper gets no conversation and no turns: they would count the caller's call twice.
    """
    helper = Helper(worker)
    worker._params.enable_metrics = True  # noqa: SLF001
    worker._params.enable_usage_metrics = True  # noqa: SLF001
    worker._enable_tracing = True  # noqa: SLF001
    worker._tracing_context = HelperTracing(helper)  # noqa: SLF001
    if worker._turn_trace_observer is not None:  # noqa: SLF001
        # Without a tracer it starts no spans.
        worker._turn_trace_observer._tracer = None  # noqa: SLF001
    return helper
