"""What a bot states of a call: outcome, intent, decision."""

from typing import Any

from pipecat_lgtm_bridge import conversation as calls
from pipecat_lgtm_bridge import emit
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.conversation import Conversation
from pipecat_lgtm_bridge.guard import harmless, once

_DECISION = {
    "selected": e.DECISION_SELECTED,
    "options": e.DECISION_OPTIONS,
    "rejected": e.DECISION_REJECTED,
    "rationale": e.DECISION_RATIONALE,
    "confidence": e.DECISION_CONFIDENCE,
    "threshold": e.DECISION_THRESHOLD,
}


def outcome(call: Conversation, value: str) -> bool:
    """Write an outcome on the conversation; its event is emitted once, when the call ends."""
    if call.outcome_stated:
        once("record_outcome was called after the outcome of the call had been stated; the first one stands")
        return False
    call.outcome = value
    call.set(a.CONVERSATION_OUTCOME.name, value)
    if call.ended:
        emit.outcome(call)
    return True


@harmless
def outstanding() -> None:
    """Emit the outcomes of calls that have not ended: the process is about to."""
    for call in calls.unended():
        emit.outcome(call)


def intent(call: Conversation, *, matched: bool, name: str | None) -> bool:
    """Emit an intent."""
    attributes: dict[str, emit.Value] = {e.MATCHED.name: matched}
    if name:
        attributes[e.INTENT_NAME.name] = name
    emit.event(call, e.INTENT, attributes, f"intent {name or ''} {'matched' if matched else 'not matched'}")
    return True


def decision(call: Conversation, decided: dict[str, Any]) -> bool:
    """Emit a decision; log lines carry the latest one."""
    call.decision = decided
    attributes = {_DECISION[key].name: value for key, value in decided.items()}
    emit.event(call, e.DECISION, attributes, f"decided {decided['selected']}")
    return True
