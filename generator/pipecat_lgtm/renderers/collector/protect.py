"""Content protection: what was said is redacted, cut or dropped before any queue, connector or exporter.

Every map of attributes is first tested as a whole (`protect_scan`); only where that fires do the patterns run, and only
those of the families that fired. Texts beside the attributes (names, status messages, log bodies) join them
for as long as that takes. A secret is redacted before its text is cut: cutting first would leave half a secret.
"""

from dataclasses import dataclass
from typing import Any, Literal

from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import dialects as d
from pipecat_lgtm.renderers.collector import protect_patterns as p
from pipecat_lgtm.renderers.collector import protect_scan as scan
from pipecat_lgtm.renderers.collector.ottl import group, quoted, transform

Mode = Literal["redact", "drop", "keep"]
SPANS, LOGS = "transform/protect_spans", "transform/protect_logs"
KINDS = ("card", "email", "phone", "iban", "ssn", "secret")

CONTENT = (
    a.INPUT.name, a.OUTPUT.name, a.TRANSCRIPT.name, a.TEXT.name, a.TOOLS.name, a.SYSTEM_INSTRUCTIONS.name,
    "tool.arguments", "tool.result", "tools.definitions", "settings.system_instruction",
)  # fmt: skip
"""Attributes whose whole value is content."""

_DROPPED = (
    r"^(?:input|output|transcript|text|tools|system|messages)$|^(?:gen_ai\.|settings\.|context_)?system_instructions?$"
    r"|^(?:tool|gen_ai\.tool\.call)\.(?:arguments|result)$|^tools\.definitions$|^gen_ai\.tool\.definitions$"
    r"|^(?:input|output)\.value$|^gen_ai\.(?:input|output)\.messages$|^llm\.(?:input|output)_messages|^(?:stt|tts)\.(?:text|(?:partial_|final_)?transcript|alternatives)$"
    r"|^message\.content$|^metadata$|^tool\.parameters$|^tool_call\.function\.arguments$"
)
"""Content in every dialect; `drop` removes it."""

_IDENTIFIERS = (
    a.CONVERSATION_ID.name, a.SERVICE_NAME.name, a.INSTANCE_ID.name, a.MODEL.name, a.PROVIDER.name, "session.id",
    "response.id", "tool.call_id",
)  # fmt: skip
_PLAIN_ID = r"^[A-Za-z0-9][A-Za-z0-9_:./-]{0,127}$"
_NO_ID = rf"{p.START}(?:{p.TOKENS}|{p.CARD}\b)"

_MEASURES = r"^(?:metrics|turn|tokens|pipecat|gen_ai\.usage)\."
_MARGIN_BYTES = 512
"""The longest secret with known bounds is shorter; a private key or JWT is recognised without its end."""

_WORK = "pipecat.protect."
_MARKER = r"\[(?:" + "|".join(KINDS) + r")\]"
_DEEP = r'":(?:\{[^\\]|\[[^\\{]|\[\{[^\\])'
_LONG_INT = r"[:,\[][3-6][0-9]{12,18}[,}\]]"


@dataclass(frozen=True)
class _Place:
    """A context whose texts are protected together: its map of attributes and the texts beside it."""

    context: str
    texts: tuple[str, ...] = ()

    @property
    def map(self) -> str:
        return f"{self.context}.attributes"

    def cache(self, key: str) -> str:
        return f'{self.context}.cache["{key}"]'

    def work(self, key: str) -> str:
        return f'{self.map}["{_WORK}{key}"]'


_RESOURCE, _SCOPE = _Place("resource"), _Place("scope", ("scope.name", "scope.version"))
_SPAN = _Place("span", ("span.name", "span.status.message", "span.trace_state"))
_EVENT = _Place("spanevent", ("spanevent.name",))
_LOG = _Place("log", ("log.body", "log.severity_text", "log.event_name"))


def protect_processors(mode: Mode, max_bytes: int) -> dict[str, object]:
    """Return the two transform processors, for spans and for log records.

    Args:
        mode: redact, drop (content attributes go, the rest is redacted) or keep (cut only).
        max_bytes: of one attribute, status message or log body.
    """
    return {
        SPANS: transform(
            "trace", [one for place in (_RESOURCE, _SCOPE, _SPAN, _EVENT) for one in _place(place, mode, max_bytes)]
        ),
        LOGS: transform("log", [one for place in (_RESOURCE, _SCOPE, _LOG) for one in _place(place, mode, max_bytes)]),
    }


def _place(place: _Place, mode: Mode, max_bytes: int) -> list[dict[str, Any]]:
    cut = [
        f"truncate_all({place.map}, {max_bytes})",
        *(_cut(text, max_bytes) for text in place.texts if text in _LONG_TEXTS),
    ]
    if mode == "keep":
        return [_group(place, cut)]
    if mode == "drop" and place in (_SPAN, _LOG, _EVENT):
        cut.insert(0, f"delete_matching_keys({place.map}, {_text(_DROPPED)})")
    if place is _SPAN:
        # Links can be counted but not read. Setting them to themselves empties them: the setter clears, then copies.
        linked = "where Len(span.links) > 0"
        cut += [
            f"set(span.dropped_links_count, span.dropped_links_count + Len(span.links)) {linked}",
            f"set(span.links, span.links) {linked}",
        ]
    fired = [f"{place.work(family)} != nil" for family in scan.LITERALS]
    redacted: dict[str, Any] = {"context": place.context, "conditions": fired, "statements": _redact(place, max_bytes)}
    return [_group(place, _scan(place, max_bytes)), redacted, _group(place, cut)]


_LONG_TEXTS = ("span.status.message", "log.body")


def _scan(place: _Place, max_bytes: int) -> list[str]:
    text = place.cache("text")
    parts = ", ".join((f"String({place.map})", *place.texts))
    families = []
    for family in scan.LITERALS:
        tests = [f"Index({text}, {_text(one)}) >= 0" for one in scan.LITERALS[family]]
        tests += [f"IsMatch({text}, {_text(one)})" for one in scan.EXPRESSIONS[family]]
        families.append(f"set({place.work(family)}, true) where {' or '.join(tests)}")
    return [
        f"truncate_all({place.map}, {max_bytes + _MARGIN_BYTES})",
        f"set({text}, {_text(scan.FIRES)})",
        f'set({text}, ToLowerCase(Concat([{parts}], "\\n")))',
        *(f'replace_pattern({text}, {_text(one)}, "")' for one in scan.THIN),
        *families,
    ]


def _redact(place: _Place, max_bytes: int) -> list[str]:
    items, before, deep, numbers = place.map, place.cache("before"), place.cache("deep"), place.cache("numbers")
    texts = {text: place.work(text) for text in place.texts}
    identifiers = {f'{items}["{key}"]': place.cache(key) for key in _IDENTIFIERS}
    whole = f"String({items})"
    found = f"IsMatch({whole}, {_text(_MARKER)})"
    limit, length = max_bytes + _MARGIN_BYTES, place.cache("length")
    statements = [f"set({before}, {items})"]
    statements += [f"set({kept}, {path})" for path, kept in identifiers.items()]
    statements += [f"set({kept}, String({path})) where {path} != nil" for path, kept in texts.items()]
    statements += [
        f'set({items}["{key}"], String({items}["{key}"])) where not IsString({items}["{key}"])' for key in CONTENT
    ]
    statements += [
        # Left standing where the map cannot be written as JSON (NaN): then it is taken apart in any case.
        f"set({deep}, true)",
        f"set({deep}, false) where not IsMatch({whole}, {_text(_DEEP)})",
        f"flatten({items}, resolveConflicts=true) where {deep} == true",
        f"set({deep}, true)",
        f"set({deep}, false) where not IsMatch({whole}, {_text(_LONG_INT)})",
        f"set({numbers}, {items}) where {deep} == true",
        f"keep_matching_keys({numbers}, {_text(_MEASURES)}) where {deep} == true",
        f"stringify_all({items}) where {deep} == true",
        f'merge_maps({items}, {numbers}, "upsert") where {deep} == true',
        f"truncate_all({items}, {limit})",
        f"set({length}, {limit + 1})",
        f"set({length}, Len({whole}))",
        *(_replace(place, one, always=True) for one in p.SHIELDS),
        *(_replace(place, one) for one in p.PATTERNS),
        f'replace_all_patterns({items}, "value", {_text(p.UNSHIELD)}, "")',
        f'replace_all_patterns({items}, "value", {_text(p.half(limit))}, {_text("${1}")}) where {length} > {limit}',
    ]
    if place is _SPAN:
        statements += _findings()
    statements += [f"set({items}, {before}) where not {found}"]
    statements += [
        f"set({path}, {kept}) where IsString({kept}) and IsMatch({kept}, {_text(_PLAIN_ID)}) "
        f"and not IsMatch({kept}, {_text(_NO_ID)})"
        for path, kept in identifiers.items()
    ]
    statements += [f"set({path}, {kept}) where {kept} != nil" for path, kept in texts.items()]
    return [*statements, f"delete_matching_keys({items}, {_text('^' + _WORK.replace('.', chr(92) + '.'))})"]


def _findings() -> list[str]:
    """Flag what was found in what caller or bot said, so that it can be counted after it is gone."""
    said = (
        (a.TRANSCRIPT.span, f'{a.STAGE.span} == "stt"'),
        (a.TEXT.span, f'{a.STAGE.span} == "tts"'),
        (a.OUTPUT.span, f"span.name == {quoted(d.REALTIME_RESPONSE)}"),
    )
    return [
        f'set(span.attributes["{a.FINDING_PREFIX}{kind}"], 1) '
        f'where {where} and IsString({path}) and Index({path}, "[{kind}]") >= 0'
        for path, where in said
        for kind in KINDS
    ]


def _replace(place: _Place, one: p.Pattern, *, always: bool = False) -> str:
    where = "" if always else f" where {place.work(one.family)} != nil"
    return f'replace_all_patterns({place.map}, "value", {_text(one.regex)}, {_text(one.replacement)}){where}'


def _cut(path: str, limit: int) -> str:
    return f"set({path}, Substring({path}, 0, {limit}, true)) where IsString({path}) and Len({path}) > {limit}"


def _group(place: _Place, statements: list[str]) -> dict[str, Any]:
    return group(place.context, statements)


def _text(text: str) -> str:
    """Return an OTTL literal; a dollar is doubled, else the collector would read it as a variable."""
    return quoted(text).replace("$", "$$")
