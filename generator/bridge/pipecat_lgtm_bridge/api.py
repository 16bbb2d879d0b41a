"""What a bot may call. Pipecat and OpenTelemetry are imported only when needed, so that `path` works without them."""

from collections.abc import Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipecat_lgtm_bridge.guard import harmless, once

if TYPE_CHECKING:
    from pipecat.pipeline.worker import PipelineWorker

    from pipecat_lgtm_bridge.conversation import Conversation

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
    from pipecat_lgtm_bridge.attaching import attach_to  # noqa: PLC0415 - see the module's docstring

    return attach_to(worker, session_id)


@harmless
def record_outcome(outcome: str, *, worker: "PipelineWorker | None" = None) -> bool:
    """State what the conversation achieved: completed, failed, escalated or abandoned.

    The last one before the call ends counts: its event is emitted once, when the call or the process ends.

    Returns:
        False, with a warning in the log, where there is no conversation, the outcome is none of these, or the outcome
        has been emitted already.
    """
    from pipecat_lgtm_bridge import statements  # noqa: PLC0415

    if outcome not in OUTCOMES:
        once(f"record_outcome({outcome!r}): an outcome is one of {', '.join(OUTCOMES)}")
        return False
    conversation = _current("record_outcome", worker)
    return conversation is not None and statements.outcome(conversation, outcome)


@harmless
def record_intent(*, matched: bool, name: str | None = None, worker: "PipelineWorker | None" = None) -> bool:
    """State whether what the caller wanted was recognised, and as what.

    Returns:
        False, with a warning in the log, where there is no conversation or `matched` is neither true nor false.
    """
    from pipecat_lgtm_bridge import statements  # noqa: PLC0415

    if matched not in {True, False}:
        once(f"record_intent(matched={matched!r}): it is True or False; nothing is recorded")
        return False
    conversation = _current("record_intent", worker)
    return conversation is not None and statements.intent(conversation, matched=bool(matched), name=name)


@harmless
def record_decision(  # noqa: PLR0913 - the parts of a decision
    selected: str,
    *,
    options: Iterable[str] | str = (),
    rejected: Iterable[str] | Mapping[str, str] | str = (),
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

    Returns:
        False, with a warning in the log, where there is no conversation, a confidence is no number from 0 to 1, or
        options are no texts.
    """
    from pipecat_lgtm_bridge import statements  # noqa: PLC0415

    for what, given in (("options", options), ("rejected", rejected)):
        if isinstance(given, bytes | bytearray | memoryview) or not isinstance(given, Iterable):
            once(f"record_decision({what}={given!r}): it is a text or several; nothing is recorded")
            return False
    for name, ratio in (("confidence", confidence), ("threshold", threshold)):
        if not _is_ratio(ratio):
            once(f"record_decision({name}={ratio!r}): it is a number from 0 to 1; nothing is recorded")
            return False
    conversation = _current("record_decision", worker)
    if conversation is None:
        return False
    decided = {
        "selected": str(selected),
        "options": _texts(options),
        "rejected": _texts(rejected),
        "rationale": str(rationale),
        "confidence": None if confidence is None else float(confidence),
        "threshold": None if threshold is None else float(threshold),
    }
    return statements.decision(conversation, {key: value for key, value in decided.items() if value not in (None, "")})


def _is_ratio(value: object) -> bool:
    return value is None or (isinstance(value, Real) and not isinstance(value, bool) and 0 <= float(value) <= 1)


def _texts(values: Iterable[str] | Mapping[str, str] | str) -> list[str]:
    """Return a list of texts: a lone one is a list of one."""
    if isinstance(values, str):
        return [values]
    if isinstance(values, Mapping):
        return [f"{one}: {why}" for one, why in values.items()]
    return [str(one) for one in values]


def _current(function: str, worker: Any) -> "Conversation | None":  # noqa: ANN401
    from pipecat_lgtm_bridge.conversation import current, of_worker  # noqa: PLC0415

    found = of_worker(worker) if worker is not None else current()
    if found is None:
        once(f"{function} {_NO_CONVERSATION}")
    return found
