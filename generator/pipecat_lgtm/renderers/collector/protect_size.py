"""Bounds of one span or record in bytes: what is too big for a store is cut, with a mark, and not dropped.

The mark is OTLP's own: `dropped_attributes_count` and `dropped_events_count`, as an SDK sets them for its limits.
"""

from typing import Any

from pipecat_lgtm.renderers.collector.ottl import group, listed, quoted, transform
from pipecat_lgtm.renderers.collector.protect_place import EVENT, LOG, RESOURCE, SCOPE, SPAN, Place
from pipecat_lgtm.renderers.collector.protect_redact import flattened
from pipecat_lgtm_bridge.contract import attributes, events
from pipecat_lgtm_bridge.contract.types import Attribute

SPANS, LOGS = "transform/few_of_spans", "transform/few_of_logs"
"""The processors before all others: so many attributes and events, and no more, is anything looked for in."""

EVENTS = "filter/surplus"
"""The processor that takes away the events above `MOST_EVENTS`."""

MOST_EVENTS = 128
"""Of one span, as OpenTelemetry's SDKs allow."""

MOST_SMALL = 512
"""Attributes of one span, record, event, scope or resource, however small. To join, to rename or to remove some takes a
look at all for each, so that the time grows with the square of their number: 4,000 in one span took four times as long
as 4,000 in sixteen, and 100,000 took 61 s."""

LARGE_BYTES = 32 * 1024
"""Attributes of one span, record, event, scope or resource that are larger together are bounded one by one."""

_SURPLUS, _NUMBER = "surplus", "event"
_MANY = f"Len(span.events) > {MOST_EVENTS}"
_MOST = 128
_MOST_OF_EVENT = 32
_FEW = 8
_SEVERAL_EVENTS = 16
_NESTED_EVENTS = 8
_NESTED = r"(?m)^[^=]*=[\[{]"
"""In the text of all attributes: one is a list or a map. OTLP has 11 bytes for a number that is one character here."""

_LONG_KEY = r"(?s)^.{257}"
_CROWDED_BYTES = 16 * 1024
_SHORT_BYTES = 1024
_LONGEST_BYTES = 2048
_WHOLE_BYTES = 256 * 1024
_WHOLE_EVENT_BYTES = 64 * 1024
"""128 attributes of 2 kB are 256 kB. With scope, resource and 128 events of 16 kB a span stays below 3 MiB, a batch; so
it does with 8 events of 32 kB of numbers in lists, which are six times as large on the wire."""


def few() -> dict[str, Any]:
    """Return the processors that leave every map a bounded number of attributes, and every span of events.

    What is counted as dropped costs no more than to count it: nothing here looks at one attribute for another.
    """
    numbered = group("span", [f"delete_key({SPAN.map}, {quoted(SPAN.work_key(_NUMBER))})"], _MANY)
    events = [group("span", _surplus_events(), _MANY), group("spanevent", _surplus(), _MANY), numbered]
    return {
        SPANS: transform("trace", [*map(_few, (RESOURCE, SCOPE, SPAN)), *events, _few(EVENT)]),
        EVENTS: {"error_mode": "ignore", "trace_conditions": [f"{EVENT.work(_SURPLUS)} != nil"]},
        LOGS: transform("log", [*map(_few, (RESOURCE, SCOPE, LOG))]),
    }


def _few(place: Place) -> dict[str, Any]:
    """Return the group that leaves a map `MOST_SMALL` attributes, what metrics are made of first.

    A key that is kept before others is kept as often as it is there: so the limit is set once more, without any.
    """
    limits = [f"limit({place.map}, {MOST_SMALL}, {listed(_first(place))})", f"limit({place.map}, {MOST_SMALL}, [])"]
    return group(place.context, _marked(place, limits, "true"), f"Len({place.map}) > {MOST_SMALL}")


def _surplus_events() -> list[str]:
    """Return the statements that count the events above the limit as dropped."""
    return [
        f"set(span.dropped_events_count, span.dropped_events_count + Len(span.events) - {MOST_EVENTS})",
        f"set({SPAN.work(_NUMBER)}, 0)",
    ]


def _surplus() -> list[str]:
    """Return the statements that mark an event that is one too many: a filter's condition cannot tell its place."""
    number = SPAN.work(_NUMBER)
    return [
        f"set({number}, {number} + 1)",
        f"set({EVENT.work(_SURPLUS)}, true) where {number} > {MOST_EVENTS}",
    ]


def counted(place: Place, where: str) -> list[str]:
    """Return the statements that leave a map only so many attributes, with names of a sane length.

    Args:
        place: the map; what metrics are made of stays.
        where: the condition that it is large.
    """
    most = _MOST_OF_EVENT if place is EVENT else _MOST
    return _marked(
        place,
        [
            f"delete_matching_keys({place.map}, {quoted(_LONG_KEY)})",
            f"limit({place.map}, {most}, {listed(_first(place))})",
        ],
        where,
    )


def crowded(joined: str, text: str) -> list[str]:
    """Return the statements that cut an event that is one of many and not small.

    Args:
        joined: a path in the cache, for the text of all attributes.
        text: the expression of that text.
    """
    several = f"Len(span.events) > {_NESTED_EVENTS}"
    where = f"Len(span.events) > {_SEVERAL_EVENTS} and Len({joined}) > {_CROWDED_BYTES}"
    cut = [f"limit({EVENT.map}, {_FEW}, [])", f"truncate_all({EVENT.map}, {_SHORT_BYTES})"]
    return [
        f"set({joined}, {text}) where {several}",
        *flattened(EVENT, f"{several} and IsMatch({joined}, {quoted(_NESTED)})"),
        *_marked(EVENT, [f"limit({EVENT.map}, {_MOST_OF_EVENT}, [])"], several),
        f"set({joined}, {text}) where {several}",
        *_marked(EVENT, cut, where),
    ]


def whole(place: Place, joined: str, text: str, max_bytes: int) -> list[str]:
    """Return the statements that cut all values of a large map once more, where one may be longer than 2 kB."""
    if max_bytes <= _LONGEST_BYTES:
        return []
    bound = _WHOLE_EVENT_BYTES if place is EVENT else _WHOLE_BYTES
    return [f"set({joined}, {text})", f"truncate_all({place.map}, {_LONGEST_BYTES}) where Len({joined}) > {bound}"]


def unlinked() -> list[str]:
    """Return the statements that take away a span's links: they can be counted, but neither searched nor measured.

    The setter clears before it copies, so links set to themselves are gone.
    """
    where = "where Len(span.links) > 0"
    return [
        f"set(span.dropped_links_count, span.dropped_links_count + Len(span.links)) {where}",
        f"set(span.links, span.links) {where}",
    ]


def _marked(place: Place, statements: list[str], where: str) -> list[str]:
    """Count what statements take away from a map."""
    dropped = f"{place.context}.dropped_attributes_count"
    made = [
        f"set({dropped}, {dropped} + Len({place.map})) where {where}",
        *(f"{one} where {where}" for one in statements),
        f"set({dropped}, {dropped} - Len({place.map})) where {where}",
    ]
    # What metrics are made of can read the span, but not its events.
    told = [f"set({attributes.CUT.span}, true) where {dropped} > 0"] if place is EVENT else []
    return [*made, *told]


def _first(place: Place) -> list[str]:
    """Return the attributes that are kept before others."""
    if place in (EVENT, SCOPE):
        return []
    named = [*vars(attributes).values(), *(vars(events).values() if place is LOG else ())]
    return sorted({one.name for one in named if isinstance(one, Attribute)})
