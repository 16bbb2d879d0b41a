"""The traps of Pipecat's telemetry, each measured: which spans failed, and which TTFB may be believed.

Runs on the span that is stored, so that a trace shows what was refused and why.
"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.renderers.collector.ottl import attribute, group, is_number, quoted, transform
from pipecat_lgtm.renderers.collector.sums import found as kinds_found
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import dialects as d
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import labels

PROCESSOR = "transform/accept"

CUT_SHARE = 0.95
"""A call cut before its first token has a TTFB of at least this share of its span (seen on every release tried)."""

CUT_SECONDS = 0.001
"""Such a span ends within this time of the TTFB (0.1 to 0.6 ms, measured). A reply that is one tool call takes longer
from its first byte to the span's end (1.6 ms and more): the stream is closed, the call is handed on."""

CUT_SPEECH_SECONDS = 0.0005
"""Before 1.2 nothing marks a synthesis that was cut before its first byte: its span ends with its TTFB (0.3 ms after
it, measured). One that was heard has its audio to receive: 0.5 ms and more from a provider that has it ready."""


def accept(config: Config) -> dict[str, Any]:
    """Return the processor that sets a stage's status and its accepted TTFB, or why that is refused."""
    stage = f"{a.STAGE.span} != nil"
    not_speech_to_text = group(
        "span",
        [
            f"set({a.DIALECT.span}, {quoted(d.REALTIME_TRANSCRIBED)})",
            f"delete_key(span.attributes, {quoted(a.STAGE.name)})",
        ],
        f'{a.STAGE.span} == "stt"',
        f'{a.PROVIDER.span} != nil and HasSuffix({a.PROVIDER.span}, "llmservice")',
    )
    return transform(
        "trace",
        [
            _forget(config),
            not_speech_to_text,
            group("span", _status(), stage),
            group("span", _category(config), f'{a.STATUS.span} == "error"', stage),
            group("span", _ttfb(config), stage, f"{a.TTFB.span} != nil"),
        ],
    )


def _forget(config: Config) -> dict[str, Any]:
    """What only the collector may say, a sender cannot: else it would be measured as it is."""
    said = (a.TTFB_ACCEPTED.name, a.TTFB_REFUSED.name, e.CATEGORY.name)
    found = (
        *said,
        *(a.FINDING_PREFIX + kind for kind in kinds_found(config)),
        *(a.FRUSTRATION_PREFIX + kind for kind in config.content.frustration),
    )
    # delete_key would leave the second of two.
    pattern = "^(" + "|".join(name.replace(".", r"\.") for name in found) + ")$"
    return {
        "context": "span",
        "conditions": [f"{attribute(name)} != nil" for name in found],
        "statements": [f"delete_matching_keys(span.attributes, {quoted(pattern)})"],
    }


def _status() -> list[str]:
    ttfb, status = a.TTFB.span, a.STATUS.span
    duration = "Double(span.end_time_unix_nano - span.start_time_unix_nano)"
    no_output = f"{a.OUTPUT.span} == nil and {a.TOKENS_OUTPUT.span} == nil"
    unanswered = " and ".join(f"{one.span} == nil" for one in (a.TTFB, a.OUTPUT, a.TEXT, a.TOKENS_OUTPUT))
    waited = f"Double({ttfb}) * 1000000000.0"
    to_the_end = f"{is_number(ttfb)} and {duration} > 0.0 and {waited} >= {CUT_SHARE} * {duration}"
    # What only calls a tool has no output either; without usage nothing on the span says that it was answered.
    could_call = f"({a.TOOLS.span} != nil or {a.TOOL_COUNT.span} != nil)"
    ends_at_once = f"{duration} - {waited} < {CUT_SECONDS * 1e9}"
    cut = f"({a.CANCELLED.span} == true or ({a.CANCELLED.span} == nil and (not {could_call} or {ends_at_once})))"
    return [
        f'set({status}, "ok")',
        f'set({status}, "interrupted") where {a.TTS_INTERRUPTED.span} == true',
        f'set({status}, "interrupted") where {a.STAGE.span} == "llm" and span.name != {quoted(d.REALTIME_RESPONSE)} '
        f"and {no_output} and {to_the_end} and {cut}",
        f'set({status}, "interrupted") where {a.STAGE.span} == "tts" and {a.DIALECT.span} == {quoted(d.PIPECAT_EARLY)} '
        f"and {to_the_end} and {duration} - {waited} >= 0.0 and {duration} - {waited} < {CUT_SPEECH_SECONDS * 1e9}",
        # OpenInference writes OK on failed and cut calls alike; what answered nothing was not ok.
        f'set({status}, "unknown") where {a.DIALECT.span} == {quoted(d.OPENINFERENCE)} '
        f'and {a.STAGE.span} != "stt" and {unanswered}',
        f'set({status}, "error") where span.status.code == STATUS_CODE_ERROR or {a.RESPONSE_STATUS.span} == "failed"',
    ]


def _category(config: Config) -> list[str]:
    """Name what kind of error a stage's status message tells of: the message itself may not be stored."""
    message, category, limit = 'span.cache["message"]', e.CATEGORY.span, config.content.max_bytes
    return [
        f"set({message}, span.status.message)",
        f"set({message}, Substring({message}, 0, {limit}, true)) where Len({message}) > {limit}",
        f"set({category}, {quoted(labels.UNKNOWN)})",
        *(
            f"set({category}, {quoted(name)}) where IsMatch({message}, {quoted(pattern)})"
            for name, pattern in d.ERROR_CATEGORIES
        ),
    ]


def _ttfb(config: Config) -> list[str]:
    ttfb, status, refused = a.TTFB.span, a.STATUS.span, a.TTFB_REFUSED.span
    seconds = f"Double({ttfb})"
    believed = f"{is_number(ttfb)} and {refused} == nil"
    realtime = f"span.name == {quoted(d.REALTIME_RESPONSE)}"
    return [
        f'set({refused}, "not_a_number") where not {is_number(ttfb)}',
        f'set({refused}, "error") where {refused} == nil and {status} == "error"',
        f'set({refused}, "interrupted") where {refused} == nil and {status} == "interrupted"',
        f'set({refused}, "realtime_transcription") where {believed} and {realtime} '
        f"and {seconds} > 0.0 and {seconds} < {config.limits.realtime_min_ttfb}",
        f'set({refused}, "out_of_range") where {believed} '
        f"and not ({seconds} > 0.0 and {seconds} <= {config.limits.latency})",
        f"set({a.TTFB_ACCEPTED.span}, {seconds}) where {believed}",
    ]
