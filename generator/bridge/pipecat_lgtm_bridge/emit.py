"""Events: OTLP log records with `event.name`, the ids of the call and of its open turn."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opentelemetry import _logs
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context, get_current

from pipecat_lgtm_bridge import forking
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract.types import Event
from pipecat_lgtm_bridge.conversation import Conversation
from pipecat_lgtm_bridge.guard import harmless, once
from pipecat_lgtm_bridge.later import later
from pipecat_lgtm_bridge.outbox import FULL
from pipecat_lgtm_bridge.version import VERSION, pipecat

Value = str | bool | int | float | Sequence[str]
_lost = [0]
_signals_lost = [0]

_OF_EVERY_CALL = (e.CONVERSATION_START, e.CONVERSATION_END, e.HEARTBEAT, e.DECISION)
"""Emitted for calls without spans too. All others become metrics that are set against metrics of spans."""


@forking.in_child
def _in_child() -> None:
    _lost[0] = _signals_lost[0] = 0


@dataclass(frozen=True)
class Place:
    """When and where an event happened, for one that is made later.

    Args:
        at: when, in ns since the epoch.
        context: of the span it belongs to.
        ids: of the call and of its turn.
    """

    at: int
    context: Context
    ids: Mapping[str, Value]


def place(call: Conversation | None, kind: Event) -> Place | None:
    """Return now and the open turn of a call; None where events of a kind are not sent of it."""
    ids: dict[str, Value] = {}
    context = None
    if call is not None:
        if not call.sampled():
            once(
                "the bot samples its traces (OTEL_TRACES_SAMPLER): the metrics are of the sampled calls alone, because "
                "the events of the others are left out too; only start, end, heartbeats and decisions are sent of all"
            )
            if kind not in _OF_EVERY_CALL:
                return None
            ids[e.SAMPLED.name] = False
        ids[a.CONVERSATION_ID.name] = call.id
        if call.session_id:
            ids[a.SESSION_ID.name] = call.session_id
        if call.synthetic:
            ids[a.SYNTHETIC.name] = True
        if call.turn is not None:
            ids[a.TURN_NUMBER.name] = call.turn.number
        context = call.context()
    return Place(time.time_ns(), context or get_current(), ids)


@harmless
def event(  # noqa: PLR0913 - the parts of an event
    call: Conversation | None,
    kind: Event,
    attributes: Mapping[str, Value],
    body: str = "",
    severity: SeverityNumber = SeverityNumber.INFO,
    *,
    where: Place | None = None,
    now: bool = False,
) -> None:
    """Emit an event, unless it becomes a metric and its call's spans are not sampled.

    Args:
        call: which call it is about; None for one about the process.
        kind: of the contract.
        attributes: its own.
        body: a text for people; the event's name where there is none.
        severity: of the log record.
        where: and when it happened; here and now without it.
        now: not a moment later; never in an event loop.
    """
    where = where or place(call, kind)
    if where is None:
        return
    own: dict[str, Any] = {e.EVENT_NAME.name: kind.name, **attributes, **where.ids}
    made = (where.at, where.context, severity.name, severity, body or kind.name, own)
    if now:
        record(*made)
    else:
        hand_over(record, *made)


def hand_over(make: Callable[..., object], *arguments: Any) -> None:  # noqa: ANN401 - of what makes a record
    """Make a log record a moment later, or count it as lost."""
    if not later(make, *arguments):
        _lost[0] += 1


def signal_lost() -> None:
    """Count a signal of a conversation that could not be judged."""
    _signals_lost[0] += 1


def tell_of_lost() -> None:
    """Emit how many records were lost before they were made, and how often signals of calls could not be judged."""
    lost, _lost[0] = _lost[0], 0
    if lost:
        dropped("logs", FULL, lost)
    failed, _signals_lost[0] = _signals_lost[0], 0
    if failed:
        dropped("conversation_signals", "failed", failed)


def record(  # noqa: PLR0913, PLR0917 - the parts of a record
    at: int, context: Context, level: str, severity: SeverityNumber, body: str, attributes: Mapping[str, Any]
) -> None:
    """Give a log record to OpenTelemetry.

    Args:
        at: when, in ns since the epoch.
        context: of the span it belongs to.
        level: as the one who logged calls it.
        severity: as OpenTelemetry does.
        body: its text.
        attributes: its own.
    """
    _logs.get_logger_provider().get_logger(e.BRIDGE_SCOPE, VERSION).emit(
        LogRecord(
            timestamp=at,
            context=context,
            severity_text=level,
            severity_number=severity,
            body=body,
            attributes=attributes,
        )
    )


def failure(  # noqa: PLR0913 - what is known of a failure
    call: Conversation,
    stage: str,
    provider: str,
    *,
    category: str,
    usable: bool,
    message: str,
    model: str = "",
) -> None:
    """Count a failure and emit it."""
    call.failed()
    attributes: dict[str, Value] = {
        a.STAGE.name: stage,
        a.PROVIDER.name: provider,
        e.CATEGORY.name: category,
        e.USABLE.name: usable,
    }
    if model:
        attributes[a.MODEL.name] = model
    event(call, e.ERROR, attributes, message, SeverityNumber.ERROR)


def started(call: Conversation) -> None:
    """Emit that a call has begun."""
    if call.synthetic:
        call.set(a.SYNTHETIC.name, True)  # noqa: FBT003 - the attribute's value
    event(call, e.CONVERSATION_START, {e.PIPECAT_VERSION.name: pipecat(), a.BRIDGE.name: VERSION})


def outcome(call: Conversation) -> None:
    """Emit what the bot says a call achieved: once, and only where it has said so."""
    if call.outcome and not call.outcome_stated:
        call.outcome_stated = True
        event(call, e.TASK_OUTCOME, {e.OUTCOME.name: call.outcome}, f"outcome {call.outcome}")


def ended(call: Conversation) -> None:
    """Emit what a call achieved and how it went."""
    if call.synthetic:  # its span may not have been there before
        call.set(a.SYNTHETIC.name, True)  # noqa: FBT003
    outcome(call)
    attributes: dict[str, Value] = {
        e.SECONDS.name: time.time() - call.began,
        a.CONVERSATION_TURNS.name: call.turns,
        a.CONVERSATION_ERRORS.name: call.errors,
        e.INTERRUPTIONS.name: call.interruptions,
        a.CONVERSATION_UNANSWERED.name: call.unanswered,
        a.CONVERSATION_FAILED.name: call.errors > 0,
    }
    if call.outcome:
        attributes[a.CONVERSATION_OUTCOME.name] = call.outcome
    event(call, e.CONVERSATION_END, attributes)


def dropped(signal: str, reason: str, count: int) -> None:
    """Emit that telemetry was lost: told once it arrives again, and even where what waits is full."""
    event(
        None,
        e.DROPPED,
        {e.DROPPED_SIGNAL.name: signal, e.DROPPED_REASON.name: reason, e.DROPPED_COUNT.name: count},
        f"{count} {signal} were dropped: {reason}",
        SeverityNumber.WARN,
        now=True,
    )
