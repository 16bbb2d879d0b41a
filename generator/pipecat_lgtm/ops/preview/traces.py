"""Tempo's answers: spans that a search found, and whole traces."""

import base64
from collections.abc import Iterator
from typing import Any

from pipecat_lgtm.ops.preview.answers import Span

_FAILED = (2, "STATUS_CODE_ERROR")


def rows_of(search: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one row per span found, its columns called as Grafana calls them."""
    return list(_rows(search))


def _rows(search: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for trace in search.get("traces") or []:
        for spans in trace.get("spanSets") or [trace.get("spanSet") or {}]:
            for span in spans.get("spans", []):
                start = int(span["startTimeUnixNano"]) / 1e9
                attributes = {one["key"]: _value(one["value"]) for one in span.get("attributes", [])}
                yield {
                    "traceIdHidden": trace["traceID"].zfill(32),
                    "traceService": trace.get("rootServiceName", ""),
                    "traceName": trace.get("rootTraceName", ""),
                    "spanID": span["spanID"],
                    "time": start,
                    "name": span.get("name", ""),
                    "duration": int(span.get("durationNanos", 0)) / 1e9,
                    **attributes,
                }


def spans_of(trace: dict[str, Any]) -> list[Span]:
    """Return the spans of a trace as a waterfall: parents before children, earlier before later."""
    found: dict[str, tuple[dict[str, Any], str]] = {}
    for batch in trace.get("batches", []):
        resource = {one["key"]: _value(one["value"]) for one in batch["resource"].get("attributes", [])}
        for scope in batch.get("scopeSpans", []):
            found |= {span["spanId"]: (span, str(resource.get("service.name", ""))) for span in scope["spans"]}
    children: dict[str, list[str]] = {}
    for identity, (span, _) in found.items():
        parent = span.get("parentSpanId", "")
        children.setdefault(parent if parent in found else "", []).append(identity)
    return list(_in_order(found, children))


def _in_order(found: dict[str, tuple[dict[str, Any], str]], children: dict[str, list[str]]) -> Iterator[Span]:
    """Yield the spans below the root; with a list of what is to come, for a trace may be a chain of thousands."""

    def below(parent: str, depth: int) -> list[tuple[str, int]]:
        begun = sorted(children.get(parent, []), key=lambda one: int(found[one][0]["startTimeUnixNano"]), reverse=True)
        return [(identity, depth) for identity in begun]

    coming = below("", 0)
    while coming:
        identity, depth = coming.pop()
        span, service = found[identity]
        start, end = (int(span[f"{which}TimeUnixNano"]) / 1e9 for which in ("start", "end"))
        failed = span.get("status", {}).get("code") in _FAILED
        yield Span(span["name"], service, start, end, depth, failed)
        coming += below(identity, depth + 1)


def _value(value: dict[str, Any]) -> Any:  # noqa: ANN401 - any OTLP value
    kind, raw = next(iter(value.items()), ("stringValue", ""))
    if kind == "intValue":
        return int(raw)
    if kind == "bytesValue":
        return base64.b64decode(raw).hex()
    return raw
