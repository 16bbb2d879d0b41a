"""Spans that cannot hold content: what they have is what its name says, and so they are not searched.

A value counts as plain only by what it is: a number too short for any secret, a flag, one word of a known few, an
identifier of a fixed form. The same name with another value is searched like any attribute, and so is every name that
is not listed here. Turns, conversations, responses and their parts usually have nothing else, and in mode drop neither
have the requests of a model.
"""

import re
from typing import Any

from pipecat_lgtm.renderers.collector.ottl import attribute, group, key_values, one_of, quoted
from pipecat_lgtm.renderers.collector.protect_place import SPAN, WORK
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import dialects as d
from pipecat_lgtm_bridge.contract import labels

NUMBERS = (
    a.TURN_NUMBER, a.TURN_DURATION, a.TURN_LATENCY, a.TURN_TOKENS, a.TURN_ERRORS, a.TURN_OF_PART, a.TTFW,
    a.TTFW_APPROXIMATE, a.E2E, a.CONVERSATION_TURNS, a.CONVERSATION_ERRORS,
)  # fmt: skip
BELOW = 1_000_000
"""A plain number is below: six digits are no secret by themselves."""

FLAGS = (
    a.TURN_WAS_INTERRUPTED.name, a.INTERRUPTED.name, a.CONVERSATION_FAILED.name, "turn.ended_by_conversation_end",
)  # fmt: skip

PARTS = tuple(sorted(labels.CONTRIBUTIONS))
WORDS = {
    a.CONTRIBUTION.name: PARTS,
    a.OWNER.name: ("service", "setting", "bot", "pipeline"),
    a.TTFW_SOURCE.name: ("vad", "service", "stt", "transcript", "turn"),
    a.TURN_MEASURED.name: labels.BRIDGED,
    a.CONVERSATION_OUTCOME.name: ("completed", "escalated", "abandoned", "failed"),
    "conversation.type": ("voice",),
    "turn.type": ("conversation",),
}

FORMS = {
    a.BRIDGE.name: r"^[0-9]{1,2}(?:\.[0-9]{1,2}){2}$",
    a.OWNER_NAME.name: r"^(?:[A-Z]{1,7}[a-z]{1,12}){1,5}$",
    a.CONVERSATION_ID.name: r"^(?:[a-z]{3,12}(?:-[0-9]{1,3}){0,2}|"
    r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})$",
}
"""A version, a class of Pipecat, a random UUID: nothing here is as long as a secret without being of this form."""

_MODEL = (
    r"^(?:unknown|NOT_GIVEN|[a-z]{3,10}(?:-[a-z]{1,10}){0,2}(?:[-.]?[0-9]{1,2}(?:\.[0-9])?[a-z]{0,2}(?:-[a-z]{1,10}){0,3}){0,2}"
    r"(?:-20[0-9]{2}-?[01][0-9]-?[0-3][0-9])?)$"
)
"""Words of at most ten letters and two short numbers, then perhaps a date."""

STAGE_NUMBERS = (
    a.TTFB.name, a.TTFB_ACCEPTED.name, a.TOOL_COUNT.name, a.TOKENS_INPUT.name, a.TOKENS_OUTPUT.name,
    a.TOKENS_CACHE_READ.name, a.TOKENS_CACHE_CREATION.name, a.TOKENS_REASONING.name, "gen_ai.request.temperature",
    "gen_ai.request.max_tokens", "gen_ai.request.max_completion_tokens", "gen_ai.request.top_p",
)  # fmt: skip
STAGE_FLAGS = (a.CANCELLED.name, "stream")
STAGE_WORDS = {
    a.STAGE.name: labels.STAGES,
    a.STATUS.name: ("ok", "interrupted", "unknown", "error"),
    a.DIALECT.name: (d.PIPECAT, d.PIPECAT_EARLY, d.REALTIME, d.OPENINFERENCE, d.ARTICLE),
    "gen_ai.operation.name": ("chat", "text_completion"),
    "gen_ai.output.type": ("text", "speech"),
    "gen_ai.request.top_k": ("NOT_GIVEN",),
    "param.max_completion_tokens": ("NOT_GIVEN",),
}
STAGE_FORMS = {
    a.PROVIDER.name: r"^[a-z]{1,12}(?:[._][a-z]{1,8}){0,2}$",
    **dict.fromkeys((a.MODEL.name, "settings.model", "param.model"), _MODEL),
    "settings.language": r"^[a-z]{2}(?:-[A-Z]{2})?$",
}
"""The same for stages, of which in mode drop nothing said is left."""

_NAMES = (*d.TURN_SPANS, d.CONVERSATION_SPAN, d.RESPONSE_SPAN)
_NAME = "(?:" + "|".join(_NAMES).replace(".", r"\.") + f"|{d.CONTRIBUTION_SPAN_PREFIX}(?:" + "|".join(PARTS) + "))"
_STAGE_NAME = r"(?:pipecat\.)?(?:stt|llm|tts)(?:_[a-z]{1,40})?"


PLAIN = SPAN.work("plain")
"""Set on a span without anything to search, for as long as it is protected."""


def told(*, stages: bool, own: str) -> list[dict[str, Any]]:
    """Return the groups that find plain spans.

    A sender's own mark would switch protection off: it is taken away first, however often it is there.

    Args:
        own: one expression for all patterns of the user, or nothing; what it matches is not plain.
        stages: nothing said is left on a stage's span but what has been kept to be searched; else none is looked at.
    """
    numbers: tuple[str, ...] = tuple(one.name for one in NUMBERS)
    flags: tuple[str, ...] = FLAGS
    words, forms, names = WORDS, FORMS, _NAME
    looked_at = f"{a.STAGE.span} == nil"
    if stages:
        numbers += STAGE_NUMBERS
        flags, words, forms = flags + STAGE_FLAGS, words | STAGE_WORDS, forms | STAGE_FORMS
        names = f"(?:{_NAME}|{_STAGE_NAME})"
        looked_at = " and ".join(f"{one.span} == nil" for one in (a.TRANSCRIPT, a.TEXT, a.OUTPUT))
    tests = {name: f"{attribute(name)} > -{BELOW} and {attribute(name)} < {BELOW}" for name in numbers}
    tests |= {name: f"{attribute(name)} == true or {attribute(name)} == false" for name in flags}
    tests |= {name: _one_of(attribute(name), one) for name, one in words.items()}
    tests |= {name: f"IsMatch({attribute(name)}, {quoted(form)})" for name, form in forms.items()}
    beside = ['span.status.message == ""', 'span.trace_state == ""', "Len(span.events) == 0", "Len(span.links) == 0"]
    nothing = " and ".join(["Len(span.cache) == 0", *beside, f"IsMatch(span.name, {quoted(f'^{names}$')})"])
    if own:
        nothing += f" and not IsMatch({key_values(SPAN.map)}, {quoted(own)})"
    statements = [
        f"set(span.cache, {SPAN.map})",
        *(f"delete_key(span.cache, {quoted(name)}) where {test}" for name, test in tests.items()),
        f"set({PLAIN}, true) where {nothing}",
    ]
    return [
        group("span", [f"delete_matching_keys({SPAN.map}, {quoted('^' + re.escape(WORK))})"], f"{PLAIN} != nil"),
        group("span", statements, looked_at),
    ]


def forgotten() -> str:
    """Return the statement that takes the mark off."""
    return f"delete_key({SPAN.map}, {quoted(SPAN.work_key('plain'))})"


def _one_of(path: str, words: tuple[str, ...]) -> str:
    few = 4
    if len(words) <= few:
        return one_of(path, words)
    return f"IsMatch({path}, {quoted('^(?:' + '|'.join(words) + ')$')})"
