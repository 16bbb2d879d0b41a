"""Tool calls as `execute_tool <name>` spans under the turn that asked for them."""

from dataclasses import dataclass
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Status, StatusCode
from pipecat.observers.base_observer import FramePushed

from pipecat_lgtm_bridge import emit
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import dialects as d
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.conversation import Conversation
from pipecat_lgtm_bridge.version import VERSION

_NO_SPEECH = "tool"


@dataclass(frozen=True)
class _Running:
    name: str
    began: float
    parent: Context | None


class Tools:
    """Follows the tool calls of one call."""

    def __init__(self, call: Conversation) -> None:
        self._call = call
        self._running: dict[str, _Running] = {}

    def began(self, data: FramePushed, at: float) -> None:
        """A tool runs."""
        frame: Any = data.frame
        self._running[frame.tool_call_id] = _Running(frame.function_name, at, self._call.context())

    def ended(self, data: FramePushed, at: float) -> None:
        """A tool has returned or raised; a result that is not final is progress."""
        frame: Any = data.frame
        if frame.properties is not None and not frame.properties.is_final:
            return
        self._span(frame.tool_call_id, at, frame.error or "", "error" if frame.error else "ok")

    def cancelled(self, data: FramePushed, at: float) -> None:
        """A tool has been cancelled by an interruption, or has run past its deadline, which is a failure."""
        frame: Any = data.frame
        if not frame.run_llm:
            self._span(frame.tool_call_id, at, "", "interrupted")
            return
        self._span(frame.tool_call_id, at, "timed out", "error")
        emit.failure(self._call, _NO_SPEECH, frame.function_name, category="application", usable=True,
                     message=f"{frame.function_name} timed out")  # fmt: skip

    def finish(self, at: float) -> None:
        """End what still runs."""
        for tool_call_id in list(self._running):
            self._span(tool_call_id, at, "", "interrupted")

    def _span(self, tool_call_id: str, at: float, error: str, status: str) -> None:
        running = self._running.pop(tool_call_id, None)
        if running is None:
            return
        tracer = trace.get_tracer(e.BRIDGE_SCOPE, VERSION)
        span = tracer.start_span(
            f"{d.TOOL_SPAN_PREFIX}{running.name}",
            running.parent,
            start_time=round(running.began * 1e9),
            attributes={
                a.TOOL_NAME.name: running.name,
                a.TOOL_CALL_ID.name: tool_call_id,
                a.STATUS.name: status,
                a.BRIDGE.name: VERSION,
                "gen_ai.operation.name": "execute_tool",
            },
        )
        if status == "error":
            span.set_status(Status(StatusCode.ERROR, error))
        span.end(round(at * 1e9))
