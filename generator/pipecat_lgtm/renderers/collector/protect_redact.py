"""The patterns at work on one map of attributes in which the cheap test has found something."""

from pipecat_lgtm.renderers.collector import protect_check as check
from pipecat_lgtm.renderers.collector import protect_patterns as p
from pipecat_lgtm.renderers.collector import protect_shapes as shapes
from pipecat_lgtm.renderers.collector.ottl import key_values, quoted
from pipecat_lgtm.renderers.collector.protect_nested import each_key_once
from pipecat_lgtm.renderers.collector.protect_own import Own
from pipecat_lgtm.renderers.collector.protect_place import SPAN, WORK, Place
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract.types import Attribute

KINDS = ("card", "email", "phone", "iban", "ssn", "id", "secret")

_IDENTIFIERS = (
    a.CONVERSATION_ID.name, a.SERVICE_NAME.name, a.INSTANCE_ID.name, a.MODEL.name, a.PROVIDER.name, "session.id",
    "response.id", "tool.call_id",
)  # fmt: skip
_PLAIN_ID = r"^[A-Za-z0-9][A-Za-z0-9_:./-]{0,127}$"
_NO_ID = rf"{shapes.START}(?:{shapes.TOKENS}|[3-6][0-9]{{12,18}}(?:\b|_)|[0-9]{{3}}-[0-9]{{2}}-[0-9]{{4}}\b|[A-Z]{{2}}[0-9]{{2}}[A-Z0-9]{{4}}[0-9]{{7}})"

_DEEP = r'":(?:\{[^\\]|\[[^\\{]|\[\{[^\\])'
_LONG_INT = r":-?[0-9]{9,19}[,}]"
_SHRUNK_BYTES = 300
"""Less than the margin by the longest secret with known bounds: a half one is then cut off in any case."""


def _measures() -> str:
    numbers = sorted(one.name for one in vars(a).values() if isinstance(one, Attribute) and one.type != "string")
    prefixes = (a.FINDING_PREFIX, a.FRUSTRATION_PREFIX)
    names = [*(f"{name}$" for name in numbers), *prefixes]
    return "^(?:" + "|".join(name.replace(".", r"\.") for name in names) + ")"


def flattened(place: Place, where: str) -> list[str]:
    """Return the statements that make every value a text, but for the numbers that metrics are made of."""
    numbers = place.cache("numbers")
    safe = f"not IsMatch(String({numbers}), {quoted(_DEEP)}) and not IsMatch(String({numbers}), {quoted(_LONG_INT)})"
    return [
        f"set({numbers}, {place.map}) where {where}",
        f"keep_matching_keys({numbers}, {quoted(_measures())}) where {where}",
        f"stringify_all({place.map}) where {where}",
        f'merge_maps({place.map}, {numbers}, "upsert") where {where} and {safe}',
    ]


def statements(place: Place, limit: int, own: Own) -> list[str]:
    """Return the statements that redact.

    Args:
        place: the context.
        limit: bytes to which the texts have been cut, margin included.
        own: what a user adds.
    """
    kinds = (*KINDS, *own.patterns)
    marker = rf"\[(?:{'|'.join(kinds)})\]"
    items, before, deep = place.map, place.cache("before"), place.cache("deep")
    whole, length, count = f"String({items})", place.cache("length"), place.cache("count")
    texts = {text: place.work(text) for text in place.texts}
    identifiers = {f'{items}["{key}"]': place.cache(key) for key in _IDENTIFIERS}
    found = f"(IsMatch({key_values(items)}, {quoted(marker)}) or Len({items}) < {count})"
    made = [each_key_once(place), f"set({before}, {items})"]
    made += [f"set({kept}, {path})" for path, kept in identifiers.items()]
    made += own.kept(place)
    for text, kept in texts.items():
        # A body that cannot be written as JSON stays marked as found.
        made += [
            f'set({kept}, "[secret]") where {text} != nil',
            f"set({kept}, String({text})) where {text} != nil",
            f"set({place.cache(text)}, {kept})",
        ]
    made += [
        f"set({deep}, true)",
        f"set({deep}, false) where not IsMatch({whole}, {quoted(_DEEP)}) and not IsMatch({whole}, {quoted(_LONG_INT)})",
        *flattened(place, f"{deep} == true"),
        f"truncate_all({items}, {limit})",
        f"set({count}, Len({items}))",
        f"delete_matching_keys({items}, {quoted(p.SECRET_KEYS)})",
        f"set({length}, 0)",
        f"set({length}, Len({whole}))",
        *(f'replace_all_patterns({items}, "value", {quoted(one)}, "")' for one in shapes.PRIVATE),
        *own.replaced(place),
        *_replaced(place),
    ]
    shrunk = f"{length} > {limit} and {length} - Len({whole}) > {_SHRUNK_BYTES}"
    made += [f'replace_all_patterns({items}, "value", {quoted(p.half(limit))}, {quoted("${1}")}) where {shrunk}']
    made += [f'replace_all_patterns({items}, "key", {quoted(one)}, {quoted("${1}[secret]")})' for one in p.KEYS]
    if place is SPAN:
        made += _findings(kinds)
    made += [f"set({items}, {before}) where not {found}"]
    made += [
        f"set({path}, {kept}) where IsString({kept}) and IsMatch({kept}, {quoted(_PLAIN_ID)}) "
        f"and not IsMatch({kept}, {quoted(_NO_ID)})"
        + (f" and not IsMatch({kept}, {quoted(own.any)})" if own.any else "")
        for path, kept in identifiers.items()
    ]
    made += [
        f"set({path}, {kept}) where {kept} != nil and {kept} != {place.cache(path)}" for path, kept in texts.items()
    ]
    made += own.restored(place)
    made.append(f"delete_matching_keys({items}, {quoted('^' + WORK.replace('.', chr(92) + '.'))})")
    if place is SPAN:
        cards = " or ".join(f"({_said(path, where, check.KIND)})" for path, where in check.SAID)
        made.append(check.told(cards))
    return made


def _replaced(place: Place) -> list[str]:
    made = [
        f'replace_all_patterns({place.map}, "value", {quoted(one.regex)}, {quoted(one.replacement)}) '
        f"where {place.work(one.family)} != nil"
        for one in (*p.WIDEN, *p.SHIELDS, *p.PATTERNS)
    ]
    guarded = " or ".join(f"{place.work(family)} != nil" for family in dict.fromkeys(one.family for one in p.SHIELDS))
    if place is SPAN:
        made[len(p.WIDEN) : len(p.WIDEN)] = check.kept()
    return [*made, f'replace_all_patterns({place.map}, "value", {quoted(p.UNSHIELD)}, "") where {guarded}']


def _findings(kinds: tuple[str, ...]) -> list[str]:
    """Flag what was found in what caller or bot said, so that it can be counted after it is gone; a card is checked first."""
    return [
        f'set(span.attributes["{a.FINDING_PREFIX}{kind}"], 1) where {_said(path, where, kind)}'
        for path, where in check.SAID
        for kind in kinds
        if kind != check.KIND
    ]


def _said(path: str, where: str, kind: str) -> str:
    return f'{where} and IsString({path}) and Index({path}, "[{kind}]") >= 0'
