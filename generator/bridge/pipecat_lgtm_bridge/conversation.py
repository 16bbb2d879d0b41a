"""The calls of this process: which call a span, a log line or a statement belongs to."""

import time
import uuid
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakValueDictionary, ref

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span
from opentelemetry.trace import get_current_span

from pipecat_lgtm_bridge import forking
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.halves import Halves
from pipecat_lgtm_bridge.version import VERSION

if TYPE_CHECKING:
    from pipecat_lgtm_bridge.helping import Helper
    from pipecat_lgtm_bridge.reply import Reply

Value = str | bool | int | float


class Turn:
    """What is known of the turn that is open.

    Args:
        span: Pipecat's, live.
        number: from 1.
    """

    def __init__(self, span: Span, number: int) -> None:
        self.span, self.number = span, number
        self.began = time.time()
        self.tokens = self.prompt_tokens = self.errors = self.interruptions = 0
        self.barged_in = self.bot_spoke = self.latency_known = False
        self.confidence: float | None = None
        self.partial = self.final = ""
        self.alternatives: list[str] = []

    def set(self, attribute: str, value: Value) -> None:
        """Write on Pipecat's span, if it has not ended."""
        if self.span.is_recording():
            self.span.set_attribute(attribute, value)


class Conversation:
    """One call: one pipeline worker with the bridge attached.

    Args:
        worker: Pipecat's.
        session_id: the caller's session; may be empty.
    """

    def __init__(self, worker: Any, session_id: str) -> None:  # noqa: ANN401 - private fields of a PipelineWorker
        self._worker, self.session_id = ref(worker), session_id
        self.began = time.time()
        self.fallback_id = session_id or uuid.uuid4().hex
        self.turn: Turn | None = None
        self.reply: Reply | None = None
        self.turns = self.errors = self.interruptions = self.unanswered = 0
        self.outcome = ""
        self.decision: dict[str, Any] = {}
        self.silent = self.overlap = self.caller_speaks = self.barged_in = False
        self.noise_dbfs: float | None = None
        self.audio_level: float | None = None
        self.model, self.latency_seconds = "", 0.0
        self.next_latency = labels.NOTHING_SAID
        self.started = self.ended = self.outcome_stated = False
        self.halves = Halves()
        self.synthetic = False
        self._known: dict[str, Any] = {}
        self._sampled: bool | None = None

    @property
    def worker(self) -> Any:  # noqa: ANN401 - Pipecat is not imported here
        """The pipeline worker, or None when it is gone."""
        return self._worker()

    @property
    def id(self) -> str:
        """The conversation id, as on Pipecat's spans."""
        tracing = self._tracing()
        own = tracing.conversation_id if tracing is not None else None
        return str(own or getattr(self.worker, "_conversation_id", None) or self.fallback_id)

    def _tracing(self) -> Any:  # noqa: ANN401 - a TracingContext, or None
        """Return Pipecat's; there is no public way to it."""
        return getattr(self.worker, "_tracing_context", None)

    def context(self) -> Context | None:
        """Return the OpenTelemetry context of the open turn, else of the conversation."""
        tracing = self._tracing()
        if tracing is None:
            return None
        found: Context | None = tracing.get_turn_context() or tracing.get_conversation_context()
        return found

    def root(self) -> Context | None:
        """Return the OpenTelemetry context of the conversation."""
        tracing = self._tracing()
        found: Context | None = tracing.get_conversation_context() if tracing is not None else None
        return found

    def trace_id(self) -> int:
        """Return the trace id, or nought."""
        root = self.root()
        return get_current_span(root).get_span_context().trace_id if root is not None else 0

    def sampled(self) -> bool:
        """Return whether the call's spans are sent; True while its conversation span has not begun."""
        if self._sampled is None and (root := self.root()) is not None:
            found = get_current_span(root).get_span_context()
            if found.is_valid:
                self._sampled = found.trace_flags.sampled
        return self._sampled is not False

    def set(self, attribute: str, value: Value) -> None:
        """Write on Pipecat's conversation span; before it exists, remember."""
        self._known[attribute] = value
        span = LIVE.get(self.trace_id())
        if span is not None and span.is_recording():
            span.set_attribute(attribute, value)

    def turn_started(self, span: Span) -> None:
        """Take Pipecat's next turn span."""
        self.turns += 1
        self.turn = Turn(span, self.turns)
        self.turn.barged_in, self.barged_in = self.barged_in, False
        self.turn.set(a.INTERRUPTED.name, False)  # noqa: FBT003 - the attribute's value
        self.turn.set(a.TURN_MEASURED.name, self.next_latency)
        self.next_latency = labels.NOTHING_SAID
        self._known.setdefault(a.BRIDGE.name, VERSION)
        self._known.setdefault(a.CONVERSATION_FAILED.name, False)
        # Left out, what did not happen reads as what nobody knows.
        for count in (a.CONVERSATION_ERRORS, a.CONVERSATION_UNANSWERED):
            self._known.setdefault(count.name, 0)
        self._known[a.CONVERSATION_TURNS.name] = self.turns
        for attribute, value in self._known.items():
            self.set(attribute, value)

    def turn_ended(self, span: ReadableSpan) -> None:
        """Close the reply that hangs on an ended turn."""
        if self.reply is not None and self.reply.turn is not None and _same(self.reply.turn.span, span):
            self.reply.close()
            self.reply = None
        if self.turn is not None and _same(self.turn.span, span):
            self.turn = None

    def measured(self, turn: Turn | None, how: str) -> None:
        """State on a turn whether its latency is known, or why not; without one, on Pipecat's next.

        Args:
            turn: None where the caller's turn begins a turn of Pipecat's.
            how: one of `labels.BRIDGED`.
        """
        if turn is None:
            self.next_latency = how
        else:
            turn.set(a.TURN_MEASURED.name, how)

    def answered(self, seconds: float) -> None:
        """Take the time to the first word of an answered turn."""
        self.latency_seconds = seconds

    def not_answered(self) -> None:
        """Count something the caller said and nobody answered."""
        self.unanswered += 1
        self.set(a.CONVERSATION_UNANSWERED.name, self.unanswered)

    def failed(self) -> None:
        """Count a component's failure."""
        self.errors += 1
        self.set(a.CONVERSATION_FAILED.name, True)  # noqa: FBT003
        self.set(a.CONVERSATION_ERRORS.name, self.errors)
        if self.turn is not None:
            self.turn.errors += 1
            self.turn.set(a.TURN_ERRORS.name, self.turn.errors)


def _same(one: ReadableSpan, other: ReadableSpan) -> bool:
    return one.context is not None and other.context is not None and one.context.span_id == other.context.span_id


LIVE: dict[int, Span] = {}
"""Conversation spans that have not ended, by trace id."""

_ALL: "WeakKeyDictionary[Any, Conversation]" = WeakKeyDictionary()
_BY_TRACE: "WeakValueDictionary[int, Conversation]" = WeakValueDictionary()
_CURRENT: "ContextVar[Conversation | Helper | None]" = ContextVar("pipecat_lgtm_conversation", default=None)


@forking.in_child
def _leave_to_parent() -> None:
    """Know nothing of calls that another process is in: they beat there."""
    for worker, one in list(_ALL.items()):
        if one.started and not one.ended:
            del _ALL[worker]
    LIVE.clear()


def register(worker: object, conversation: Conversation) -> None:
    """Make a worker's conversation known for as long as the worker is there."""
    _ALL[worker] = conversation


def of_worker(worker: object) -> Conversation | None:
    """Return the conversation of a pipeline worker."""
    return _ALL.get(worker)


def of_trace(trace_id: int) -> Conversation | None:
    """Return the conversation with a trace id."""
    found = _BY_TRACE.get(trace_id)
    if found is None:
        found = next((one for one in list(_ALL.values()) if one.trace_id() == trace_id), None)
        if found is not None:
            _BY_TRACE[trace_id] = found
    return found


def live() -> list[Conversation]:
    """Return the conversations that have started and not ended."""
    return [one for one in list(_ALL.values()) if one.started and not one.ended]


def unended() -> list[Conversation]:
    """Return the conversations that have not ended, also those that have not started."""
    return [one for one in list(_ALL.values()) if not one.ended]


def current() -> Conversation | None:
    """Return the conversation of the running task, as far as that is certain."""
    found = _CURRENT.get()
    if found is not None and not isinstance(found, Conversation):
        found = found.call()
    return None if found is None or found.ended else found


def enter(conversation: "Conversation | Helper") -> None:
    """Make a conversation, or the one a helper works for, that of the running task and of all it starts from now on."""
    _CURRENT.set(conversation)


def enter_if_alone(conversation: Conversation) -> None:
    """Do so for code around the worker, unless it already belongs to another call: better no id than a wrong one."""
    other = current()
    _CURRENT.set(conversation if other is None else None)
