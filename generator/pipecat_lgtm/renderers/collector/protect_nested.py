"""Lists and maps as they are searched: as JSON, which holds neither every number nor a key twice.

What is searched is the JSON of a value. So a NaN would hide all that is beside it, and a key's last value the first.
A nested value therefore stays as it is only if its JSON, read again, is the same; else its JSON is stored, or
nothing where there is none. JSON's numbers are read as doubles: an integer in a list or a map is such a difference.

A list or a map is told from a text that begins like one, as most requests of a model have, by cutting all texts to one
byte first: what is then written longer is one. Which keys have it is read from JSON again: no other value of OTTL
can be taken apart by what it holds.
"""

from typing import Any

from pipecat_lgtm.renderers.collector.ottl import group, key_values, quoted
from pipecat_lgtm.renderers.collector.protect_place import LOG, Place

_BEGINS = r'=(?:\n|"?[\[{])'
"""In the text of all attributes: a value begins like a list or a map, or is empty, as what cannot be written is."""

_BRACKET = r"(?s)^[\[{].$"
_NESTED = r"=(?:\n|$|[\[{][^\n])"
_MEMBER = r'"(?:[^"\\]|\\.)*":'
_NESTED_ONLY = rf'(?s)({_MEMBER}""(?:,|}}))|{_MEMBER}"(?:[^"\\]|\\.)+"(?:,|}})'
_ENDED = r"^\{(.*?)[,}]?$"


def readable(place: Place, text: str) -> list[dict[str, Any]]:
    """Return the groups that leave no nested value in a map whose JSON is not all that it holds.

    Args:
        place: of the map; keys come once, and as UTF-8, where anything is nested.
        text: the path of the text of all attributes.
    """
    kinds, nested, there = place.cache("kinds"), place.cache("nested"), place.work("nested")
    told = [
        f"set({kinds}, {place.map})",
        f"truncate_all({kinds}, 1, false)",
        f"stringify_all({kinds})",
        f"truncate_all({kinds}, 2, false)",
    ]
    marked = f"set({there}, true) where IsMatch({key_values(kinds)}, {quoted(_NESTED)})"
    statements = [
        each_key_once(place),
        f"delete_key({place.map}, {quoted(place.work_key('nested'))})",
        *told,
        f'replace_all_patterns({kinds}, "value", {quoted(_BRACKET)}, "")',
        f"set({nested}, String({kinds}))",
        f"replace_pattern({nested}, {quoted(_NESTED_ONLY)}, {quoted('${1}')})",
        f"replace_pattern({nested}, {quoted(_ENDED)}, {quoted('{${1}}')})",
        f"set({nested}, ParseJSON({nested}))",
        f'merge_maps({nested}, {place.map}, "update")',
        *_as_read(place),
        f'merge_maps({place.map}, {nested}, "upsert")',
    ]
    return [
        group(place.context, [*told, marked], f"{text} != nil", f"IsMatch({text}, {quoted(_BEGINS)})"),
        group(place.context, statements, f"{there} != nil"),
    ]


def readable_body() -> dict[str, Any]:
    """Return the group that does the same for the body of a log record."""
    nested = LOG.cache("nested")
    body = f'{nested}["body"]'
    begun = [f'set({nested}, ParseJSON("{{}}"))', f"set({body}, log.body)"]
    statements = [*begun, *_as_read(LOG), f"set(log.body, {body})"]
    return group("log", statements, "IsMap(log.body) or IsList(log.body)")


def each_key_once(place: Place) -> str:
    """Return the statement that leaves the last value of a key that is there twice, and makes each key UTF-8."""
    return f'replace_all_patterns({place.map}, "key", {quoted(chr(92) + "x{FFFD}")}, {quoted(chr(0xFFFD))})'


def _as_read(place: Place) -> list[str]:
    nested, read = place.cache("nested"), place.cache("read")
    return [
        f"set({read}, ParseJSON(String({nested})))",
        f"stringify_all({nested}) where {read} != {nested}",
    ]
