"""Content protection: what was said is redacted, cut or dropped before any queue, connector or exporter.

Every map of attributes is first tested as a whole (`protect_scan`); only where that fires do the patterns run, and only
those of the families that fired. Texts beside the attributes (names, status messages, log bodies) join them
for as long as that takes. A secret is redacted before its text is cut: cutting first would leave half a secret.
What cannot be read (a number that is none, deep inside) is not stored.
"""

from typing import Any, Literal

from pipecat_lgtm.renderers.collector import protect_redact as redact
from pipecat_lgtm.renderers.collector import protect_scan as scan
from pipecat_lgtm.renderers.collector import protect_shapes as shapes
from pipecat_lgtm.renderers.collector.ottl import group, transform
from pipecat_lgtm.renderers.collector.protect_place import EVENT, LOG, RESOURCE, SCOPE, SPAN, Place, literal

Mode = Literal["redact", "drop", "keep"]
SPANS, LOGS = "transform/protect_spans", "transform/protect_logs"

_DROPPED = (
    r"^(?:input|output|transcript|text|tools|system|messages)$|^(?:gen_ai\.|settings\.|context_)?system_instructions?$"
    r"|^(?:tool|gen_ai\.tool\.call)\.(?:arguments|result)$|^tools\.definitions$|^gen_ai\.tool\.definitions$"
    r"|^(?:input|output)\.value$|^gen_ai\.(?:input|output)\.messages$|^llm\.(?:input|output)_messages|^(?:stt|tts)\.(?:text|(?:partial_|final_)?transcript|alternatives)$"
    r"|^message\.content$|^metadata$|^tool\.parameters$|^tool_call\.function\.arguments$"
)
"""Content in every dialect; `drop` removes it."""

MARGIN_BYTES = 512
"""The longest secret with known bounds is shorter; a private key or JWT is recognised without its end."""

_LARGE = 16
"""A map of more than this many times the limit of one value has its nested values made texts, which can be cut."""

_LONG_TEXTS = ("span.status.message", "log.body")


def protect_processors(mode: Mode, max_bytes: int) -> dict[str, object]:
    """Return the two transform processors, for spans and for log records.

    Args:
        mode: redact, drop (content attributes go, the rest is redacted) or keep (cut only).
        max_bytes: of one attribute, status message or log body.
    """

    def of(*places: Place) -> list[dict[str, Any]]:
        return [one for place in places for one in _place(place, mode, max_bytes)]

    return {
        SPANS: transform("trace", of(RESOURCE, SCOPE, SPAN, EVENT)),
        LOGS: transform("log", of(RESOURCE, SCOPE, LOG)),
    }


def _place(place: Place, mode: Mode, max_bytes: int) -> list[dict[str, Any]]:
    cut = [f"truncate_all({place.map}, {max_bytes})"]
    cut += [
        f"set({text}, Substring(String({text}), 0, {max_bytes}, true)) "
        f"where {text} != nil and Len(String({text})) > {max_bytes}"
        for text in place.texts
        if text in _LONG_TEXTS
    ]
    if mode == "keep":
        joined = place.cache("joined")
        large = redact.flattened(place, f"Len({joined}) > {_LARGE * max_bytes}")
        return [group(place.context, [f"set({joined}, {_joined(place)})", *large, *cut])]
    if mode == "drop" and place in (SPAN, LOG, EVENT):
        cut.insert(0, f"delete_matching_keys({place.map}, {literal(_DROPPED)})")
    if place is SPAN:
        # Links can be counted but not read. Setting them to themselves empties them: the setter clears, then copies.
        linked = "where Len(span.links) > 0"
        cut += [
            f"set(span.dropped_links_count, span.dropped_links_count + Len(span.links)) {linked}",
            f"set(span.links, span.links) {linked}",
        ]
    redacted = {
        "context": place.context,
        "conditions": [f"{place.work(family)} != nil" for family in scan.SCANS],
        "statements": redact.statements(place, max_bytes + MARGIN_BYTES),
    }
    return [group(place.context, _scan(place, max_bytes)), redacted, group(place.context, cut)]


def _joined(place: Place) -> str:
    return f'ToKeyValueString({place.map}, "=", "\\n")'


def _scan(place: Place, max_bytes: int) -> list[str]:
    text, joined = place.cache("text"), place.cache("joined")
    texts = "".join(f", {one}" for one in place.texts)
    large, limit, fires = f"Len({joined}) > {_LARGE * max_bytes}", max_bytes + MARGIN_BYTES, literal(scan.FIRES)

    def lower(items: str) -> str:
        return f'ToLowerCase(Concat([{items}{texts}, ""], "\\n"))'

    statements = []
    if "log.body" in place.texts:
        kinds = " or ".join(f"Is{kind}(log.body)" for kind in ("String", "Map", "List", "Int", "Double", "Bool"))
        statements.append(f'set(log.body, Decode(log.body, "utf-8")) where log.body != nil and not ({kinds})')
    statements += [
        f"truncate_all({place.map}, {limit})",
        f"set({joined}, {_joined(place)})",
        *redact.flattened(place, large),
        f"truncate_all({place.map}, {limit}) where {large}",
        f"set({joined}, {_joined(place)}) where {large}",
        f"set({text}, {fires})",
        f"set({text}, {lower(joined)})",
        # An empty value is empty, or it is nested and holds what JSON cannot write: only writing it tells.
        f'set({text}, {fires}) where Index({text}, "=\\n") >= 0',
        f"set({text}, {lower(f'String({place.map})')}) where {text} == {fires}",
        *(f'replace_pattern({text}, {literal(one)}, "")' for one in scan.THIN),
    ]
    for family, one in scan.SCANS.items():
        statements.append(f"set({place.work(family)}, true) where {_fires(text, one)}")
        if family == "wide":  # first, as the others look for plain digits
            statements += [
                f"replace_pattern({text}, {literal(wide)}, {literal(digit)}) where {place.work(family)} != nil"
                for wide, digit in shapes.WIDE
            ]
    digits, spoken = place.work("digit"), place.work("spoken")
    statements += [f'replace_pattern({text}, {literal(one)}, "") where {digits} != nil' for one in scan.ORDERS]
    again = {"digit": _fires(text, scan.SCANS["digit"]), "spoken": f"IsMatch({text}, {literal(scan.SPOKEN)})"}
    return statements + [
        f"delete_key({place.map}, {literal(place.work_key(family))}) where {path} != nil and not ({test})"
        for (family, test), path in zip(again.items(), (digits, spoken), strict=True)
    ]


def _fires(text: str, one: scan.Scan) -> str:
    tests = [f"Index({text}, {literal(literal_)}) >= 0" for literal_ in one.literals]
    tests += [f"IsMatch({text}, {literal(regex)})" for regex in one.expressions]
    return " or ".join(tests)
