"""Content protection: what was said is redacted, cut or dropped before any queue, connector or exporter.

Every map of attributes is first tested as a whole (`protect_scan`); only where that fires do the patterns run, and only
those of the families that fired. Texts beside the attributes (names, status messages, log bodies) join them
for as long as that takes. A secret is redacted before its text is cut: cutting first would leave half a secret.
What cannot be read (a number that is none, deep inside) is not stored (`protect_nested`).
"""

import re
from typing import Any, Literal

from pipecat_lgtm.renderers.collector import protect_check as check
from pipecat_lgtm.renderers.collector import protect_drop as drop
from pipecat_lgtm.renderers.collector import protect_nested as nested
from pipecat_lgtm.renderers.collector import protect_plain as plain
from pipecat_lgtm.renderers.collector import protect_redact as redact
from pipecat_lgtm.renderers.collector import protect_scan as scan
from pipecat_lgtm.renderers.collector import protect_shapes as shapes
from pipecat_lgtm.renderers.collector import protect_size as size
from pipecat_lgtm.renderers.collector.ottl import group, key_values, quoted, transform
from pipecat_lgtm.renderers.collector.protect_own import FAMILY, Own
from pipecat_lgtm.renderers.collector.protect_place import EVENT, LOG, RESOURCE, SCOPE, SPAN, Place
from pipecat_lgtm_bridge.contract import attributes as a

Mode = Literal["redact", "drop", "keep"]
SPANS, LOGS = "transform/protect_spans", "transform/protect_logs"

MARGIN_BYTES = 512
"""The longest secret with known bounds is shorter; a private key or JWT is recognised without its end."""

_NAMES_BYTES = 512
"""Of a span's, event's or scope's name, a schema's address and the like. W3C's trace state has 512 bytes too."""

_LARGE, _TEXT, _FOUND = "large", "text", "found"
_LITERAL = re.compile(r"[a-z0-9 ñ@:/]{3,}(?![?*{])")

_NONE = Own()
_LONG_TEXTS = ("span.status.message", "log.body")


def protect_processors(mode: Mode, max_bytes: int, flags: tuple[str, ...] = (), own: Own = _NONE) -> dict[str, object]:
    """Return the processors for spans and for log records.

    Args:
        mode: redact, drop (all but what is on a list goes first, the rest is redacted) or keep (cut only).
        max_bytes: of one attribute, status message or log body.
        flags: names of the attributes that say what was found in what was said; they stay in every mode.
        own: what a user adds.
    """

    def of(*places: Place) -> list[dict[str, Any]]:
        return [one for place in places for one in _place(place, mode, max_bytes, own)]

    dropping = mode == "drop"
    told, forgotten = ([], []) if mode == "keep" else (plain.told(stages=dropping, own=own.any), [plain.forgotten()])
    dropped = {place: drop.first(place, flags) if dropping else [] for place in (SPAN, EVENT, LOG)}
    told = [*dropped[SPAN], *dropped[EVENT], *told]
    last = [group("span", forgotten)] if forgotten else []
    return {
        SPANS: transform("trace", [*of(RESOURCE, SCOPE), *told, *of(SPAN, EVENT), *last]),
        LOGS: transform("log", [*dropped[LOG], *of(RESOURCE, SCOPE, LOG)]),
    }


def _place(place: Place, mode: Mode, max_bytes: int, own: Own) -> list[dict[str, Any]]:
    joined = place.cache("joined")
    cut = [f"truncate_all({place.map}, {max_bytes})"]
    for text in place.texts:
        limit = max_bytes if text in _LONG_TEXTS else _NAMES_BYTES
        if text == "log.body":
            cut.append(f"set({a.CUT.log}, true) where {text} != nil and Len(String({text})) > {limit}")
        cut.append(
            f"set({text}, Substring(String({text}), 0, {limit}, true)) "
            f"where {text} != nil and Len(String({text})) > {limit}"
        )
    cut += size.whole(place, joined, key_values(place.map), max_bytes)
    if place is SPAN:
        cut += size.unlinked()
    if place is EVENT:
        cut += size.crowded(joined, key_values(place.map))
    if mode == "keep":
        large = f"Len({joined}) > {size.LARGE_BYTES}"
        bounded = [*size.counted(place, large), *redact.flattened(place, large)]
        return [group(place.context, [f"set({joined}, {key_values(place.map)})", *bounded, *cut])]
    if mode == "drop":
        cut = [*drop.last(place), *cut]
    redacted = group(
        place.context, redact.statements(place, max_bytes + MARGIN_BYTES, own), f"{place.work(_FOUND)} != nil"
    )
    counted = [check.checked()] if place is SPAN else []
    return [*_scan(place, max_bytes + MARGIN_BYTES, own), redacted, *counted, _searched(place, cut)]


def _searched(place: Place, statements: list[str]) -> dict[str, Any]:
    """Return a group that passes plain spans by."""
    return group(place.context, statements, *([f"{plain.PLAIN} == nil"] if place is SPAN else []))


def _bounded(place: Place, limit: int) -> dict[str, Any]:
    """Return the group that makes what is large small enough; nested values become texts, which can be cut.

    Args:
        place: of the map.
        limit: bytes of one value.
    """
    statements = [
        *(f"delete_key({place.map}, {quoted(place.work_key(key))})" for key in (_LARGE, _TEXT)),
        *size.counted(place, "true"),
        *redact.flattened(place, "true"),
        f"truncate_all({place.map}, {limit})",
        *_text(place),
    ]
    return group(place.context, statements, f"{place.work(_LARGE)} != nil")


def _text(place: Place) -> list[str]:
    """Return the statements that keep the text to be searched; what cannot be written as one fires every test."""
    text, joined = place.work(_TEXT), place.cache("joined")
    return [
        f"set({joined}, {key_values(place.map)})",
        f"set({text}, {quoted(scan.FIRES)})",
        f"set({text}, {_lower(place, joined)})",
    ]


def _lower(place: Place, items: str) -> str:
    texts = "".join(f", {one}" for one in place.texts)
    return f'ToLowerCase(Concat([{items}{texts}, ""], "\\n"))'


def _scan(place: Place, limit: int, own: Own) -> list[dict[str, Any]]:
    """Return the groups that mark a map with the families of which something may be in it."""
    kept, text = place.work(_TEXT), place.cache("text")
    # Resources and scopes are short and come once a request: one test for each family starts faster.
    test = _fires_at_once if place in (RESOURCE, SCOPE) else _fires
    begun = []
    if "log.body" in place.texts:
        kinds = " or ".join(f"Is{kind}(log.body)" for kind in ("String", "Map", "List", "Int", "Double", "Bool"))
        begun.append(f'set(log.body, Decode(log.body, "utf-8")) where log.body != nil and not ({kinds})')
    begun += [f"truncate_all({place.map}, {limit})", *(_begin_of(text, limit) for text in place.texts), *_text(place)]
    begun.append(f"set({place.work(_LARGE)}, true) where Len({place.cache('joined')}) > {size.LARGE_BYTES}")
    wide, digits, spoken = (place.work(family) for family in ("wide", "digit", "spoken"))
    latin = place.cache("latin")
    widened = [
        f"set({latin}, {_latin(kept)})",
        f"set({wide}, true) where ({_holds(latin, scan.WIDE_LEADS)}) and {_fires(kept, scan.SCANS['wide'])}",
    ]
    # Before the other tests, which look for plain digits.
    widened += [
        f"replace_pattern({kept}, {quoted(one)}, {quoted(digit)}) where {wide} != nil" for one, digit in shapes.WIDE
    ]
    spoken_in = f"({_holds(latin, scan.SPOKEN_LEADS)}) and IsMatch({kept}, {quoted(scan.SPOKEN)})"
    widened.append(f"set({spoken}, true) where {spoken_in}")
    taken = [f"set({text}, {kept})", f"delete_key({place.map}, {quoted(place.work_key(_TEXT))})"]
    tested = [
        *taken,
        *(f'replace_pattern({text}, {quoted(one)}, "")' for one in scan.THIN),
        *(
            f"set({place.work(family)}, true) where {test(text, one)}"
            for family, one in scan.SCANS.items()
            if family != "wide"
        ),
        f"set({kept}, {text}) where {digits} != nil or {spoken} != nil",
    ]
    again = {"digit": test(text, scan.SCANS["digit"]), "spoken": f"IsMatch({text}, {quoted(scan.SPOKEN)})"}
    confirmed = [*taken, *(f'replace_pattern({text}, {quoted(one)}, "") where {digits} != nil' for one in scan.ORDERS)]
    confirmed += [
        f"delete_key({place.map}, {quoted(place.work_key(family))}) where {path} != nil and not ({test})"
        for (family, test), path in zip(again.items(), (digits, spoken), strict=True)
    ]
    found = " or ".join(f"{place.work(family)} != nil" for family in (*scan.SCANS, *([FAMILY] if own.patterns else [])))
    return [
        *([nested.readable_body()] if place is LOG else []),
        _searched(place, begun),
        _bounded(place, limit),
        *nested.readable(place, kept),
        *own.scan(place, kept),
        group(place.context, widened, f"{kept} != nil", f"Len({_latin(kept)}) > Len({kept})"),
        group(place.context, tested, f"{kept} != nil"),
        group(place.context, confirmed, f"{kept} != nil"),
        group(place.context, [f"set({place.work(_FOUND)}, true)"], found),
    ]


def _begin_of(text: str, limit: int) -> str:
    """Return the statement that cuts a text beside the attributes as long as these are before they are searched."""
    return f"set({text}, Substring({text}, 0, {limit}, true)) where IsString({text}) and Len({text}) > {limit}"


def _latin(text: str) -> str:
    """Return a text whose bytes are read as Latin-1: each byte of a letter beyond ASCII becomes two."""
    return f'Decode({text}, "iso-8859-1")'


def _holds(latin: str, leads: tuple[bytes, ...]) -> str:
    return " or ".join(f"Index({latin}, {quoted(lead.decode('iso-8859-1'))}) >= 0" for lead in leads)


def _fires_at_once(text: str, one: scan.Scan) -> str:
    """Return one condition for a family's whole test: it takes longer than many that begin with literals."""
    literals = (re.escape(literal) for literal in one.literals)
    return f"IsMatch({text}, {quoted(shapes.any_of(*literals, *one.expressions))})"


def _fires(text: str, one: scan.Scan) -> str:
    tests = [f"Index({text}, {quoted(literal)}) >= 0" for literal in one.literals]
    for regex in one.expressions:
        tests.append(f"IsMatch({text}, {quoted(regex)})")
        # To search for the literal that an expression begins with is cheaper than to begin with the expression.
        if begins := _LITERAL.match(regex):
            tests[-1] = f"(Index({text}, {quoted(begins[0])}) >= 0 and {tests[-1]})"
    return " or ".join(tests)
