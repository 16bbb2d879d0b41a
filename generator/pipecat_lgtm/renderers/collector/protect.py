"""Content protection: what was said is redacted, cut or dropped before any queue, connector or exporter.

A secret is redacted before the text is cut: cutting first would leave half a secret at the end, which no pattern knows.
To bound the patterns' work a text is first cut generously, and what lies beyond the final cut is then thrown away.
"""

from typing import Any, Literal

from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import dialects as d
from pipecat_lgtm.renderers.collector.ottl import attribute, group, quoted, transform
from pipecat_lgtm.renderers.collector.secrets import SECRETS

Mode = Literal["redact", "drop", "keep"]
SPANS, LOGS = "transform/protect_spans", "transform/protect_logs"

CONTENT = (
    a.INPUT.name, a.OUTPUT.name, a.TRANSCRIPT.name, a.TEXT.name, a.TOOLS.name, a.SYSTEM_INSTRUCTIONS.name,
    "system", "system_instruction", "settings.system_instruction", "context_system_instruction", "messages",
    "tools.definitions", "tool.arguments", "tool.result", "input.value", "output.value", "stt.transcript", "tts.text",
)  # fmt: skip
"""Attributes whose whole value is content, in every dialect; `drop` removes them."""

_MARGIN_BYTES = 1024
_SPOKEN = {"stt": a.TRANSCRIPT, "tts": a.TEXT}


def protect_processors(mode: Mode, max_bytes: int) -> dict[str, Any]:
    """Return the two transform processors, for spans and for log records.

    Args:
        mode: redact, drop (content attributes go, the rest is redacted) or keep (cut only).
        max_bytes: of one attribute, status message or log body.
    """
    spans = [*_findings(), *_spans(mode, max_bytes)]
    return {SPANS: transform("trace", spans), LOGS: transform("log", _logs(mode, max_bytes))}


def _findings() -> list[dict[str, Any]]:
    """Flag what was found in what caller or bot said, so that it can be counted after it is gone."""
    groups = []
    for stage, said in _SPOKEN.items():
        groups.append(group("span", _flags(said.span), f"{a.STAGE.span} == {quoted(stage)}", f"IsString({said.span})"))
    realtime = f"span.name == {quoted(d.REALTIME_RESPONSE)}"
    groups.append(group("span", _flags(a.OUTPUT.span), realtime, f"IsString({a.OUTPUT.span})"))
    return groups


def _flags(path: str) -> list[str]:
    return [
        f"set({attribute(a.FINDING_PREFIX + one.kind)}, 1) where IsMatch({path}, {quoted(one.pattern)})"
        for one in SECRETS
    ]


def _map(path: str, mode: Mode, max_bytes: int) -> list[str]:
    """Return the statements that protect a map of attributes; nested values become attributes of their own first."""
    if mode == "keep":
        return [f"truncate_all({path}, {max_bytes})"]
    return [
        f"flatten({path})",
        f"truncate_all({path}, {max_bytes + _MARGIN_BYTES})",
        *(f'replace_all_patterns({path}, "value", {quoted(one.pattern)}, {quoted(one.marker)})' for one in SECRETS),
        f"truncate_all({path}, {max_bytes})",
    ]


def _text(path: str, mode: Mode, max_bytes: int) -> list[str]:
    """Return the statements that protect one text."""
    cut = "set({path}, Substring({path}, 0, {limit}, true)) where Len({path}) > {limit}"
    if mode == "keep":
        return [cut.format(path=path, limit=max_bytes)]
    return [
        cut.format(path=path, limit=max_bytes + _MARGIN_BYTES),
        *(f"replace_pattern({path}, {quoted(one.pattern)}, {quoted(one.marker)})" for one in SECRETS),
        cut.format(path=path, limit=max_bytes),
    ]


def _spans(mode: Mode, max_bytes: int) -> list[dict[str, Any]]:
    groups = []
    if mode == "drop":
        dropped = [f"delete_key(span.attributes, {quoted(key)})" for key in CONTENT]
        groups.append(group("span", dropped))
    message, name = "span.status.message", "span.name"
    return [
        *groups,
        group("resource", _map("resource.attributes", mode, max_bytes)),
        group("scope", _map("scope.attributes", mode, max_bytes)),
        group("span", _map("span.attributes", mode, max_bytes)),
        group("span", _text(message, mode, max_bytes), f'{message} != ""'),
        group("span", _text(name, mode, max_bytes), f"Len({name}) > 16"),
        group(
            "spanevent",
            [*_map("spanevent.attributes", mode, max_bytes), *_text("spanevent.name", mode, max_bytes)],
        ),
    ]


def _logs(mode: Mode, max_bytes: int) -> list[dict[str, Any]]:
    body = "log.body"
    # Loki keeps a structured body as JSON text anyway; as text every nested value is seen.
    as_text = [f"set({body}, String({body})) where {body} != nil and not IsString({body})"]
    groups = []
    if mode == "drop":
        groups.append(group("log", [f"delete_key(log.attributes, {quoted(key)})" for key in CONTENT]))
    return [
        *groups,
        group("resource", _map("resource.attributes", mode, max_bytes)),
        group("scope", _map("scope.attributes", mode, max_bytes)),
        group("log", [*as_text, *_map("log.attributes", mode, max_bytes)]),
        group("log", _text(body, mode, max_bytes), f"IsString({body})"),
    ]
