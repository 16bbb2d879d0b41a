"""What a bot states of a call: outcome, intent, decision."""

from typing import Any

from pipecat_lgtm.bridge import emit
from pipecat_lgtm.bridge.conversation import Conversation
from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import events as e

_DECISION = {
    "selected": e.DECISION_SELECTED,
    "options": e.DECISION_OPTIONS,
    "rejected": e.DECISION_REJECTED,
    "rationale": e.DECISION_RATIONALE,
    "confidence": e.DECISION_CONFIDENCE,
    "threshold": e.DECISION_THRESHOLD,
}


def outcome(call: Conversation, value: str) -> bool:
    """Emit an outcome and write it on the conversation."""
    call.outcome = value
    call.set(a.CONVERSATION_OUTCOME.name, value)
    emit.event(call, e.TASK_OUTCOME, {e.OUTCOME.name: value}, f"outcome {value}")
    return True


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
