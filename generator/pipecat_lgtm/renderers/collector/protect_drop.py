"""Mode drop: what may hold words goes before anything is searched; only names on one list stay.

What is found in what was said is counted all the same (`pipecat.finding.*`), so that the metrics of every mode are the
same: the few attributes that are looked at for it stay until they have been, and no other is.
"""

from typing import Any

from pipecat_lgtm.renderers.collector.ottl import ADDRESS, group, listed, one_of, quoted
from pipecat_lgtm.renderers.collector.protect_place import EVENT, LOG, SPAN, Place
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import dialects, stored
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract.types import Event

DROPPED = "[dropped]"
"""Stands where the body of a log line was."""

_SEARCHED = (a.TRANSCRIPT, a.TEXT, a.OUTPUT)
"""In which findings are counted."""

_OURS = one_of("instrumentation_scope.name", e.SCOPES)


def allowed(flags: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the attributes that stay.

    Args:
        flags: what the collector notes of what was said, by the config.
    """
    return tuple(sorted({*flags, *stored.allowed()}))


def first(place: Place, flags: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the groups that take away what does not stay, before anything is searched."""
    if place is SPAN:
        kept = listed(sorted({*allowed(flags), *(one.name for one in _SEARCHED)}))
        realtime = f"span.name == {quoted(dialects.REALTIME_RESPONSE)}"
        statements = [
            f"keep_keys({place.map}, {kept})",
            f"{_without(place, a.OUTPUT.name)} where {a.OUTPUT.span} != nil and not {realtime}",
            'set(span.status.message, "") where span.status.message != ""',
        ]
        return [group(place.context, statements), _addresses(place)]
    if place is LOG:
        return [group(place.context, [f"keep_keys({place.map}, {listed(allowed(flags))})", *_bodies()])]
    if place is EVENT:
        return [group(place.context, [f"keep_keys({place.map}, {listed(allowed(flags))})"]), _addresses(place)]
    return []


def last(place: Place) -> list[str]:
    """Return the statements that take away what was kept until it had been searched."""
    if place is not SPAN:
        return []
    names = "|".join(one.name for one in _SEARCHED)
    return [f"delete_matching_keys({place.map}, {quoted(f'^(?:{names})$')})"]


def _without(place: Place, name: str) -> str:
    """Return the statement that takes an attribute away, however often it is there."""
    return f"delete_matching_keys({place.map}, {quoted('^' + name.replace('.', chr(92) + '.') + '$')})"


def _addresses(place: Place) -> dict[str, Any]:
    paths = {name: f"{place.map}[{quoted(name)}]" for name in stored.ADDRESSES}
    statements = [
        f"replace_pattern({path}, {quoted(ADDRESS)}, {quoted('${1}${2}${3}')}) where IsString({path})"
        for path in paths.values()
    ]
    statements += [
        f"{_without(place, name)} where {paths[name]} != nil and not IsMatch({paths[name]}, {quoted(ADDRESS)})"
        for name in stored.WHOLE_ADDRESSES
    ]
    there = " or ".join(f"{path} != nil" for path in paths.values())
    return group(place.context, statements, there)


def _bodies() -> list[str]:
    """Return the statements that leave of a log line what its code says of it, and the events of the contract."""
    name, template = f"log.attributes[{quoted(e.EVENT_NAME.name)}]", a.LOG_TEMPLATE.log
    facts, words = (
        f"{_OURS} and {one_of(name, [one.name for one in _events(content=content)])}" for content in (False, True)
    )
    return [
        f"{_without(LOG, a.LOG_TEMPLATE.name)} where {template} != nil and not ({_OURS} and IsString({template}))",
        f"set(log.body, {quoted(DROPPED)}) where not ({facts})",
        f'set(log.body, Concat([{quoted(DROPPED)}, {template}], " ")) where {template} != nil and not ({facts})',
        f"set(log.body, {name}) where {words}",
    ]


def _events(*, content: bool) -> list[Event]:
    return [one for one in e.EVENTS if one.content == content]
