"""What a bot may call. Pipecat and OpenTelemetry are imported only when needed, so that `path` works without them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipecat_lgtm.bridge.guard import harmless, once

if TYPE_CHECKING:
    from pipecat.pipeline.worker import PipelineWorker

    from pipecat_lgtm.bridge.conversation import Conversation

OUTCOMES = ("completed", "failed", "escalated", "abandoned")
_NO_CONVERSATION = (
    "was called where there is no conversation, so nothing is recorded; call it from a tool or an event handler of "
    "the call, or give worker="
)


def path() -> Path:
    """Return the file for PIPECAT_SETUP_FILES."""
    return Path(__file__).with_name("setup_file.py")


def browser_module() -> Path:
    """Return the ES module that a caller's page imports to state its side of the network."""
    return Path(__file__).parent / "browser" / "pipecat-webrtc.js"


@harmless
def attach(worker: "PipelineWorker", *, session_id: str | None = None) -> bool:
    """Observe a pipeline; call it before the worker runs. Attaching twice is attaching once.

    Args:
        worker: the pipeline's worker.
        session_id: the caller's session, such as Pipecat Cloud's `runner_args.session_id`; it becomes the
            conversation id where the bot gave none.

    Returns:
        False if the bridge could not be attached; the log says why and the call goes on without it.
    """
    from pipecat_lgtm.bridge.attaching import attach_to  # noqa: PLC0415 - see the module's docstring

    return attach_to(worker, session_id)


@harmless
def record_outcome(outcome: str, *, worker: "PipelineWorker | None" = None) -> bool:
    """State what the conversation achieved: completed, failed, escalated or abandoned. The last one counts.

    Returns:
        False, with a warning in the log, where there is no conversation or the outcome is none of these.
    """
    from pipecat_lgtm.bridge import statements  # noqa: PLC0415

    if outcome not in OUTCOMES:
        once(f"record_outcome({outcome!r}): an outcome is one of {', '.join(OUTCOMES)}")
        return False
    conversation = _current("record_outcome", worker)
    return conversation is not None and statements.outcome(conversation, outcome)


@harmless
def record_intent(*, matched: bool, name: str | None = None, worker: "PipelineWorker | None" = None) -> bool:
    """State whether what the caller wanted was recognised, and as what."""
    from pipecat_lgtm.bridge import statements  # noqa: PLC0415

    conversation = _current("record_intent", worker)
    return conversation is not None and statements.intent(conversation, matched=matched, name=name)


@harmless
def record_decision(  # noqa: PLR0913 - the parts of a decision
    selected: str,
    *,
    options: Sequence[str] = (),
    rejected: Sequence[str] | Mapping[str, str] = (),
    rationale: str = "",
    confidence: float | None = None,
    threshold: float | None = None,
    worker: "PipelineWorker | None" = None,
) -> bool:
    """State what the bot decided and why.

    Args:
        selected: the option taken.
        options: all that were evaluated.
        rejected: those not taken, or why each was not.
        rationale: why the selected one.
        confidence: 0 to 1.
        threshold: the confidence that was needed.
        worker: the call, where it is not clear from the context.
    """
    from pipecat_lgtm.bridge import statements  # noqa: PLC0415

    conversation = _current("record_decision", worker)
    if conversation is None:
        return False
    why_not = [f"{one}: {why}" for one, why in rejected.items()] if isinstance(rejected, Mapping) else list(rejected)
    decided = {
        "selected": selected,
        "options": list(options),
        "rejected": why_not,
        "rationale": rationale,
        "confidence": confidence,
        "threshold": threshold,
    }
    return statements.decision(conversation, {key: value for key, value in decided.items() if value not in (None, "")})


def _current(function: str, worker: Any) -> "Conversation | None":  # noqa: ANN401
    from pipecat_lgtm.bridge.conversation import current, of_worker  # noqa: PLC0415

    found = of_worker(worker) if worker is not None else current()
    if found is None:
        once(f"{function} {_NO_CONVERSATION}")
    return found
