"""Switches on tracing and metrics for a bot that has not: Pipecat reads these fields when the pipeline is set up.

They are private, so every supported release is tested (tests/stack/test_bridge_releases.py).
"""

from typing import Any

from pipecat.observers.turn_tracking_observer import TurnTrackingObserver
from pipecat.observers.user_bot_latency_observer import UserBotLatencyObserver
from pipecat.utils.tracing.tracing_context import TracingContext
from pipecat.utils.tracing.turn_trace_observer import TurnTraceObserver

from pipecat_lgtm_bridge.guard import once


def switch_on(worker: Any, session_id: str) -> None:  # noqa: ANN401 - private fields of a PipelineWorker
    """Switch on what is off; name the conversation after the session where the bot gave it no name."""
    worker._params.enable_metrics = True  # noqa: SLF001
    worker._params.enable_usage_metrics = True  # noqa: SLF001
    if session_id and worker._conversation_id is None:  # noqa: SLF001
        worker._conversation_id = session_id  # noqa: SLF001
        if worker._turn_trace_observer is not None:  # noqa: SLF001
            worker._turn_trace_observer._conversation_id = session_id  # noqa: SLF001
    tracker = worker._turn_tracking_observer  # noqa: SLF001
    if worker._enable_tracing and tracker is not None:  # noqa: SLF001
        return
    if tracker is None:
        once(
            "the bot has enable_turn_tracking=False, without which Pipecat makes no spans of conversations and turns; "
            "the bridge follows the turns itself. Leave enable_turn_tracking out to be rid of this line"
        )
        tracker = worker._turn_tracking_observer = TurnTrackingObserver()  # noqa: SLF001
        worker.add_observer(tracker)
    worker._enable_tracing = True  # noqa: SLF001
    worker._tracing_context = TracingContext()  # type: ignore[no-untyped-call]  # noqa: SLF001
    worker._user_bot_latency_observer = UserBotLatencyObserver()  # noqa: SLF001
    worker._turn_trace_observer = TurnTraceObserver(  # noqa: SLF001
        tracker,
        latency_tracker=worker._user_bot_latency_observer,  # noqa: SLF001
        conversation_id=worker._conversation_id,  # noqa: SLF001
        additional_span_attributes=worker._additional_span_attributes,  # noqa: SLF001
        tracing_context=worker._tracing_context,  # noqa: SLF001
    )
    worker.add_observer(worker._user_bot_latency_observer)  # noqa: SLF001
    worker.add_observer(worker._turn_trace_observer)  # noqa: SLF001
