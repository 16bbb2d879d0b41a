"""The traps of Pipecat's telemetry, each measured: which spans failed, and which TTFB may be believed.

Runs on the span that is stored, so that a trace shows what was refused and why.
"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import dialects as d
from pipecat_lgtm.renderers.collector.ottl import attribute, group, is_number, quoted, transform
from pipecat_lgtm.renderers.collector.sums import FINDINGS

PROCESSOR = "transform/accept"

CUT_SHARE = 0.95
"""A call cut before its first token has a TTFB of at least this share of its span (seen on every release tried)."""


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
            group("span", _ttfb(config), stage, f"{a.TTFB.span} != nil"),
        ],
    )


def _forget(config: Config) -> dict[str, Any]:
    """What only the collector may say, a sender cannot: else it would be measured as it is."""
    said = (a.TTFB_ACCEPTED.name, a.TTFB_REFUSED.name)
    found = (
        *said,
        *(a.FINDING_PREFIX + kind for kind in FINDINGS),
        *(a.FRUSTRATION_PREFIX + kind for kind in config.content.frustration),
    )
    # delete_key would leave the second of two.
    pattern = "^(" + "|".join(name.replace(".", r"\.") for name in found) + ")$$"
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
    cut = f"{is_number(ttfb)} and Double({ttfb}) * 1000000000.0 >= {CUT_SHARE} * {duration}"
    return [
        f'set({status}, "ok")',
        f'set({status}, "interrupted") where {a.TTS_INTERRUPTED.span} == true',
        f'set({status}, "interrupted") where {a.STAGE.span} == "llm" and span.name != {quoted(d.REALTIME_RESPONSE)} '
        f"and {no_output} and {cut}",
        # OpenInference writes OK on failed and cut calls alike; what answered nothing was not ok.
        f'set({status}, "unknown") where {a.DIALECT.span} == {quoted(d.OPENINFERENCE)} '
        f'and {a.STAGE.span} != "stt" and {unanswered}',
        f'set({status}, "error") where span.status.code == STATUS_CODE_ERROR or {a.RESPONSE_STATUS.span} == "failed"',
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
