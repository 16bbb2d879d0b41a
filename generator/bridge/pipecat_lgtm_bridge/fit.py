"""Makes what is sent fit for OTLP: text that UTF-8 can hold, numbers of 64 bits, sizes that every store takes.

The collector keeps 2 kB of a text by default (`content.max_bytes`). A line of megabytes would only get a whole request
refused, and with it the innocent lines beside it.
"""

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, Status

from pipecat_lgtm_bridge.contract import events as e

TEXT_LIMIT = 65_536
"""Characters of one text."""

RECORD_LIMIT = 262_144
"""Characters and elements of one span or log record."""

_LIMITS = (TEXT_LIMIT, 8_192, 1_024, 128, 16)
"""Texts of a record that is too large as a whole are cut to the first of these with which it fits."""

_MOST_ELEMENTS = 1_024
_DEEPEST = 8
_WORD = 256
"""A text is cut between two words if it can be: nothing recognises half a secret."""

_INT64 = 2**63


def text(value: str, limit: int = TEXT_LIMIT) -> str:
    """Return a text that can be encoded, cut with a mark if it is longer than a number of characters."""
    if len(value) > limit:
        kept = value[:limit]
        space = kept.rfind(" ", max(1, limit - _WORD))
        value = f"{kept[:space] if space > 0 else kept}… [cut: {len(value)} characters]"
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        # Two halves of a pair side by side are one character; a lone half is none.
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def record(given: ReadableLogRecord) -> ReadableLogRecord:
    """Return a log record that fits; the same one if it did."""
    line = given.log_record
    for limit in _LIMITS:
        body, attributes = _value(line.body, limit), _mapping(line.attributes, limit)
        if _size(body) + _size(attributes) <= RECORD_LIMIT:
            break
    resource = _resource(given.resource)
    if body is line.body and attributes is line.attributes and resource is given.resource:
        return given
    before = _size(line.body) + _size(line.attributes)
    fitted = copy.copy(line)
    fitted.body = body
    fitted.attributes = _marked(attributes, before, _size(body) + _size(attributes))
    return dataclasses.replace(given, log_record=fitted, resource=resource)


def span(given: ReadableSpan) -> ReadableSpan:
    """Return a span that fits; the same one if it did."""
    own, own_events, own_links = given.attributes, given.events, given.links
    for limit in _LIMITS:
        attributes = _mapping(own, limit)
        events = _all(own_events, [_event(one, limit) for one in own_events[-_MOST_ELEMENTS:]])
        links = _all(own_links, [_link(one, limit) for one in own_links[-_MOST_ELEMENTS:]])
        after = _size(attributes) + _sizes(events) + _sizes(links)
        if after <= RECORD_LIMIT:
            break
    name, status, resource = text(given.name), _status(given.status), _resource(given.resource)
    pairs = ((attributes, own), (events, own_events), (links, own_links), (name, given.name), (status, given.status))
    if resource is given.resource and all(new is old for new, old in pairs):
        return given
    before = _size(own) + _sizes(own_events) + _sizes(own_links)
    return ReadableSpan(
        name=name,
        context=given.context,
        parent=given.parent,
        resource=resource,
        attributes=_marked(attributes, before, after),
        events=events,
        links=links,
        kind=given.kind,
        status=status,
        start_time=given.start_time,
        end_time=given.end_time,
        instrumentation_scope=given.instrumentation_scope,
    )


def _value(value: Any, limit: int, depth: int = 0) -> Any:  # noqa: ANN401 - any value of OpenTelemetry
    """Return a value that fits; the same one if it did."""
    match value:
        case str():
            fitted: Any = text(value, limit)
        case bytes():
            fitted = value if len(value) <= limit else value[:limit]
        case None | bool() | float():
            fitted = value
        case int() if -_INT64 <= value < _INT64:
            fitted = value
        case Mapping() if depth < _DEEPEST:
            fitted = _mapping(value, limit, depth + 1)
        case Sequence() if depth < _DEEPEST:
            fitted = _all(value, [_value(one, limit, depth + 1) for one in value[:_MOST_ELEMENTS]])
        case _:
            fitted = "…" if isinstance(value, Mapping | Sequence) else text(str(value), limit)
    return fitted


def _mapping(given: Any, limit: int, depth: int = 0) -> Any:  # noqa: ANN401 - a mapping's own type is kept
    if not given:
        return given
    items = list(given.items())[:_MOST_ELEMENTS]
    fitted = {text(str(key), limit): _value(value, limit, depth) for key, value in items}
    same = len(fitted) == len(given) and all(fitted.get(key, given) is value for key, value in items)
    return given if same else fitted


def _all(given: Sequence[Any], fitted: list[Any]) -> Any:  # noqa: ANN401 - a sequence's own type is kept
    same = len(given) == len(fitted) and all(new is old for new, old in zip(fitted, given, strict=True))
    return given if same else fitted


def _size(value: Any) -> int:  # noqa: ANN401
    """Return characters and elements."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Mapping):
        return sum(1 + len(key) + _size(one) for key, one in value.items())
    return 1 + sum(map(_size, value)) if isinstance(value, Sequence) else 1


def _sizes(parts: Sequence[Event | Link]) -> int:
    return sum(_size(one.attributes) for one in parts)


def _marked(attributes: Any, before: int, after: int) -> dict[str, Any]:  # noqa: ANN401
    """Return attributes that say how large a record was that has been cut."""
    return dict(attributes or {}) | ({e.CUT.name: before} if before > after else {})


def _event(given: Event, limit: int) -> Event:
    name, attributes = text(given.name), _mapping(given.attributes, limit)
    if name is given.name and attributes is given.attributes:
        return given
    return Event(name, attributes, given.timestamp)


def _link(given: Link, limit: int) -> Link:
    attributes = _mapping(given.attributes, limit)
    return given if attributes is given.attributes else Link(given.context, attributes)


def _status(given: Status) -> Status:
    if given.description is None or (fitted := text(given.description)) is given.description:
        return given
    return Status(given.status_code, fitted)


def _resource(given: Resource) -> Resource:
    fitted = _mapping(given.attributes, TEXT_LIMIT)
    return given if fitted is given.attributes else Resource(fitted, given.schema_url)
