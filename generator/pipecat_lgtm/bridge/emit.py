"""Events: OTLP log records with `event.name`, the ids of the call and of its open turn."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry import _logs
from opentelemetry._logs import LogRecord, SeverityNumber

from pipecat_lgtm.bridge.conversation import Conversation
from pipecat_lgtm.bridge.guard import harmless
from pipecat_lgtm.bridge.version import VERSION, pipecat
from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import events as e
from pipecat_lgtm.contract.types import Event

Value = str | bool | int | float | Sequence[str]
_SCOPE = "pipecat_lgtm.bridge"


@harmless
def event(
    call: Conversation | None,
    kind: Event,
    attributes: Mapping[str, Value],
    body: str = "",
    severity: SeverityNumber = SeverityNumber.INFO,
) -> None:
    """Emit an event.

    Args:
        call: which call it is about; None for one about the process.
        kind: of the contract.
        attributes: its own.
        body: a text for people; the event's name where there is none.
        severity: of the log record.
    """
    own: dict[str, Any] = {e.EVENT_NAME.name: kind.name, **attributes}
    context = None
    if call is not None:
        own[a.CONVERSATION_ID.name] = call.id
        if call.session_id:
            own[a.SESSION_ID.name] = call.session_id
        if call.turn is not None:
            own[a.TURN_NUMBER.name] = call.turn.number
        context = call.context()
    _logs.get_logger(_SCOPE, VERSION).emit(
        LogRecord(
            timestamp=time.time_ns(),
            context=context,
            severity_text=severity.name,
            severity_number=severity,
            body=body or kind.name,
            attributes=own,
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
    event(call, e.CONVERSATION_START, {e.PIPECAT_VERSION.name: pipecat(), a.BRIDGE.name: VERSION})


def ended(call: Conversation) -> None:
    """Emit how a call went."""
    attributes: dict[str, Value] = {
        e.SECONDS.name: time.time() - call.began,
        a.CONVERSATION_TURNS.name: call.turns,
        a.CONVERSATION_ERRORS.name: call.errors,
        e.SLOW_TURNS.name: call.slow_turns,
        e.INTERRUPTIONS.name: call.interruptions,
        a.CONVERSATION_FAILED.name: call.errors > 0,
    }
    if call.outcome:
        attributes[a.CONVERSATION_OUTCOME.name] = call.outcome
    event(call, e.CONVERSATION_END, attributes)


def dropped(signal: str, count: int) -> None:
    """Emit that telemetry was lost: told once it arrives again."""
    event(
        None,
        e.DROPPED,
        {e.DROPPED_SIGNAL.name: signal, e.DROPPED_COUNT.name: count},
        f"{count} {signal} were dropped while they could not be sent",
        SeverityNumber.WARN,
    )
