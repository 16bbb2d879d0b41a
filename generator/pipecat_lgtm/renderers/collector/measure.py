"""The lean span: a Pipecat span reduced to the labels and the values that metrics are made of.

One statement group per kind of span. Values are checked here, once: a value that is no number, not positive
or beyond its limit becomes `refused.<signal>`, which is counted; it never reaches a histogram.
"""

import re
from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.renderers.collector import identity
from pipecat_lgtm.renderers.collector.names import DURATION, E2E, FAILED, KIND, LATENCY
from pipecat_lgtm.renderers.collector.ottl import (
    ADDRESS,
    attribute,
    drop_spans,
    fit_for_label,
    group,
    is_number,
    listed,
    one_of,
    plain_labels,
    quoted,
    transform,
)
from pipecat_lgtm.renderers.collector.sums import REFUSABLE, STATED, SUMMED, Summed, spoken
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import dialects as d
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import labels

FILTER = "filter/measurable"
PROCESSOR = "transform/lean"
_SECONDS = "Double(span.end_time_unix_nano - span.start_time_unix_nano) / 1000000000.0"
_BEFORE_TURN_SECONDS = 1.0
"""A turn that a transcript begins is about speech that ended about this much before it."""
_WORKING = (
    "measured",
    "latency",
    "e2e",
    "duration",
    "failed",
    *(f"refused.{signal}" for signal in REFUSABLE),
)
_LABELS = (
    labels.STAGE, labels.PROVIDER, labels.MODEL, labels.STATUS, labels.CATEGORY, labels.INTERRUPTED, labels.OUTCOME,
    labels.CONVERSATION_ID, labels.SERVER_ADDRESS, labels.METHOD, labels.STATUS_CLASS, labels.CONTRIBUTION,
    labels.OWNER, labels.TOOL, labels.KNOWN,
)  # fmt: skip


def measurable() -> dict[str, Any]:
    """Return the filter that keeps only spans a metric is made of; what a bot says of synthetic calls is none."""
    kinds = " or ".join(f"({condition})" for condition in _CONDITIONS.values())
    return drop_spans(f"not ({kinds})", f"{a.SYNTHETIC.span} == true")


_CONDITIONS = {
    "stage": f"{a.STAGE.span} != nil",
    "turn": one_of("span.name", d.TURN_SPANS),
    "conversation": f"span.name == {quoted(d.CONVERSATION_SPAN)}",
    "tool": f"HasPrefix(span.name, {quoted(d.TOOL_SPAN_PREFIX)})",
    "http": f"span.kind == SPAN_KIND_CLIENT and ({a.HTTP_METHOD.span} != nil or {attribute('http.method')} != nil)",
    "contribution": f"{a.CONTRIBUTION.span} != nil",
    "response": f"span.name == {quoted(d.RESPONSE_SPAN)} and {a.TTFW_APPROXIMATE.span} != nil",
    "evaluation": " or ".join(f"{attribute(a.FINDING_PREFIX + kind)} != nil" for kind in STATED),
}


def lean(config: Config) -> dict[str, Any]:
    """Return the processor that makes lean spans."""
    made = [
        group(
            "span",
            [f"set({KIND}, {quoted(kind)})", *statements(config), *_unfit(kind)],
            f"{KIND} == nil",
            _CONDITIONS[kind],
        )
        for kind, statements in (
            ("stage", _stage), ("turn", _turn), ("conversation", _conversation), ("tool", _tool),
            ("http", _http), ("contribution", _contribution), ("response", _response),
        )
    ]  # fmt: skip
    made.append(_cleaned())
    kept = (a.DIALECT.name, *_WORKING, *_LABELS, *(one.working for one in SUMMED), *spoken(config))
    last = group("span", [f"keep_keys(span.attributes, {listed(kept)})"])
    read = _read(made) | set(spoken(config))
    # Names of our own that a sender happens to use are not taken for ours.
    first = group("span", [f"keep_keys(span.attributes, {listed(sorted(read - _OWN))})"])
    return transform("trace", [first, *made, last, group("resource", _resource(config))])


_OWN = {"unfit", *_WORKING, *_LABELS, *(one.working for one in SUMMED)}


def _read(groups: list[dict[str, Any]]) -> set[str]:
    """Return the names of all attributes that groups of statements read or write."""
    lines = [line for one in groups for line in (*one["conditions"], *one["statements"])]
    return set(re.findall(r'span\.attributes\["([^"]+)"\]', "\n".join(lines)))


def _unfit(kind: str) -> list[str]:
    """Return the statement that marks a span whose labels are not fit to be labels as they are."""
    paths = [attribute(name) for name in _FREE.get(kind, ())]
    return [f"set({_UNFIT}, true) where not {plain_labels(paths)}"] if paths else []


def _cleaned() -> dict[str, Any]:
    """Return the group that makes labels of the marked spans fit: there, not too long, and readable."""
    statements = []
    for kind, names in _FREE.items():
        mine = f"{KIND} == {quoted(kind)}"
        for label in map(attribute, names):
            statements.append(
                f'set({label}, {quoted(labels.UNKNOWN)}) where {mine} and ({label} == nil or {label} == "")'
            )
            statements += fit_for_label(label, labels.UNKNOWN)
    return group("span", statements, f"{_UNFIT} == true")


_UNFIT = attribute("unfit")
_FREE = {
    "stage": (labels.STAGE, labels.PROVIDER, labels.MODEL, labels.STATUS),
    "turn": (labels.CONVERSATION_ID,),
    "conversation": (labels.OUTCOME,),
    "tool": (labels.TOOL,),
    "http": (labels.SERVER_ADDRESS, labels.METHOD),
    "contribution": (labels.CONTRIBUTION, labels.OWNER),
}
"""Labels by kind that are what a sender says."""


def checked(target: str, value: str, limit: float, signal: str, where: str = "") -> list[str]:
    """Return the statements that take a value as double if it is a number in (0, limit], else note the refusal.

    Args:
        target: path of the working attribute.
        value: path of the value; absent is neither taken nor refused.
        limit: in the value's unit.
        signal: under which a refusal is counted.
        where: a further condition.
    """
    further = f" and {where}" if where else ""
    fits = f"{value} > 0.0 and {value} <= {float(limit)}"
    return [
        f"set({target}, Double({value})) where {fits}{further}",
        *_refusals(signal, value, f"{value} != nil and not ({fits}){further}"),
    ]


def _refusals(signal: str, value: str, unfit: str) -> list[str]:
    """Return the statements that say why a value that is not taken is not."""
    refused = attribute(f"refused.{signal}")
    return [
        f'set({refused}, "not_a_number") where {unfit} and not {is_number(value)}',
        f'set({refused}, "out_of_range") where {unfit} and {is_number(value)}',
    ]


def _label(name: str, path: str) -> str:
    """Return the statement that copies an attribute of any type to a label; `_cleaned` makes it one."""
    return f"set({attribute(name)}, String({path})) where {path} != nil"


def _stage(config: Config) -> list[str]:
    error = f'{a.STATUS.span} == "error"'
    statements = [
        _label(labels.STAGE, a.STAGE.span),
        _label(labels.PROVIDER, a.PROVIDER.span),
        _label(labels.MODEL, a.MODEL.span),
        _label(labels.STATUS, a.STATUS.span),
        *identity.provider(attribute(labels.PROVIDER)),
        *identity.model(attribute(labels.MODEL)),
        f"set({LATENCY}, {a.TTFB_ACCEPTED.span}) where {a.TTFB_ACCEPTED.span} != nil",
        f"set({attribute('refused.ttfb')}, {a.TTFB_REFUSED.span}) where {a.TTFB_REFUSED.span} != nil",
        f"set({FAILED}, true) where {error} and {a.BRIDGE.span} == nil",
        f"set({attribute(labels.CATEGORY)}, {e.CATEGORY.span}) where {FAILED} == true",
    ]
    # The bridge tells what was really sent; the span has the last sentence on some releases, failed text on all.
    statements.append(f"delete_key(span.attributes, {quoted(a.CHARACTERS.name)}) where {a.BRIDGE.span} != nil")
    return [*statements, *_summed_on("stage", config)]


def _turn(config: Config) -> list[str]:
    limit = config.limits.latency
    bridged, fallback = a.TTFW.span, a.TURN_LATENCY.span
    interrupted, known = attribute(labels.INTERRUPTED), attribute(labels.KNOWN)
    # Pipecat's own latency takes any sound for the caller; of a bridge's turn without one the bridge says why.
    spans_only = f"{a.TURN_MEASURED.span} == nil"
    longest = f"Double({a.TURN_DURATION.span}) + {_BEFORE_TURN_SECONDS}"
    longer = f"{bridged} == nil and {LATENCY} != nil and {is_number(a.TURN_DURATION.span)} and {LATENCY} > {longest}"
    return [
        _label(labels.CONVERSATION_ID, a.CONVERSATION_ID.span),
        *checked(LATENCY, bridged, limit, "ttfw"),
        *checked(LATENCY, fallback, limit, "ttfw", f"{bridged} == nil and {spans_only}"),
        *checked(E2E, a.E2E.span, limit, "e2e"),
        *checked(E2E, fallback, limit, "e2e", f"{a.E2E.span} == nil and {spans_only}"),
        f'set({attribute("refused.e2e")}, "longer_than_turn") where {a.E2E.span} == nil and {longer}',
        f'delete_key(span.attributes, "e2e") where {a.E2E.span} == nil and {longer}',
        f'set({attribute("refused.ttfw")}, "longer_than_turn") where {longer}',
        f'delete_key(span.attributes, "latency") where {longer}',
        f"set({known}, {quoted(labels.UNKNOWN)})",
        f"set({known}, {quoted(labels.FIRST_AUDIO)}) where {spans_only} and {LATENCY} != nil",
        f"set({known}, {quoted(labels.EXACT)}) where {spans_only} and {bridged} != nil and {LATENCY} != nil",
        f"set({known}, {a.TURN_MEASURED.span}) where {one_of(a.TURN_MEASURED.span, labels.BRIDGED)}",
        *_unanswered(),
        *checked(DURATION, a.TURN_DURATION.span, config.limits.duration, "turn_duration"),
        f"set({interrupted}, {quoted(labels.UNKNOWN)})",
        f'set({interrupted}, "false") where {a.TURN_WAS_INTERRUPTED.span} == false',
        f'set({interrupted}, "true") where {a.INTERRUPTED.span} == true',
        f'set({interrupted}, "false") where {a.INTERRUPTED.span} == false',
        f"set({FAILED}, true) where {is_number(a.TURN_ERRORS.span)} and Double({a.TURN_ERRORS.span}) > 0.0",
        *_summed_on("turn", config),
    ]


def _unanswered() -> list[str]:
    """Count what no rename took: a latency of a turn that nothing shows to be answered."""
    repeated = attribute(d.OPENINFERENCE_LATENCY)
    return [
        f'set({attribute("refused." + signal)}, "unanswered") where {repeated} != nil and {own.span} == nil '
        f"and {a.TURN_LATENCY.span} == nil and {a.DIALECT.span} == {quoted(d.OPENINFERENCE)}"
        for signal, own in (("ttfw", a.TTFW), ("e2e", a.E2E))
    ]


def _summed_on(kind: str, config: Config) -> list[str]:
    return [line for one in SUMMED if one.on == kind for line in summed(one, config)]


def summed(one: Summed, config: Config) -> list[str]:
    """Return the statements that take a value to be added up as double.

    Zero adds nothing to a counter, and is no refusal; to a histogram it is a value.
    """
    value = one.attribute.span
    limit = 1.0 if one.metric.unit == "1" else float(config.limits.tokens)
    adds = f"{value} {'>=' if one.metric.kind == 'histogram' else '>'} 0.0 and {value} <= {limit}"
    return [
        f"set({attribute(one.working)}, Double({value})) where {adds}",
        *_refusals("sums", value, f"{value} != nil and not ({value} >= 0.0 and {value} <= {limit})"),
    ]


def _conversation(config: Config) -> list[str]:
    outcome = attribute(labels.OUTCOME)
    return [
        _label(labels.OUTCOME, a.CONVERSATION_OUTCOME.span),
        f'set({outcome}, "failed") where {a.CONVERSATION_FAILED.span} == true',
        f"set({attribute('elapsed')}, {_SECONDS})",
        *checked(DURATION, attribute("elapsed"), config.limits.duration, "conversation_duration"),
    ]


def _tool(config: Config) -> list[str]:
    status = attribute(labels.STATUS)
    return [
        _label(labels.TOOL, a.TOOL_NAME.span),
        f'set({status}, "ok")',
        f'set({status}, "error") where span.status.code == STATUS_CODE_ERROR',
        f'set({status}, "interrupted") where {a.STATUS.span} == "interrupted"',
        *_own_duration(config, "tool"),
    ]


def _response(config: Config) -> list[str]:
    return checked(LATENCY, a.TTFW_APPROXIMATE.span, config.limits.latency, "ttfw")


def _contribution(config: Config) -> list[str]:
    return [
        _label(labels.CONTRIBUTION, a.CONTRIBUTION.span),
        _label(labels.OWNER, a.OWNER.span),
        *_own_duration(config, "contribution"),
    ]


def _http(config: Config) -> list[str]:
    older = {
        "http.method": a.HTTP_METHOD,
        "http.status_code": a.HTTP_STATUS,
        "net.peer.name": a.SERVER_ADDRESS,
    }
    code, status_class = a.HTTP_STATUS.span, attribute(labels.STATUS_CLASS)
    address = attribute(labels.SERVER_ADDRESS)
    url = attribute("url.full")
    return [
        *(
            f"set({new.span}, {attribute(old)}) where {new.span} == nil and {attribute(old)} != nil"
            for old, new in older.items()
        ),
        f"set({url}, {attribute('http.url')}) where {url} == nil and {attribute('http.url')} != nil",
        f"set({a.SERVER_ADDRESS.span}, {url}) "
        f"where {a.SERVER_ADDRESS.span} == nil and {url} != nil and IsMatch({url}, {quoted(ADDRESS)})",
        _label(labels.SERVER_ADDRESS, a.SERVER_ADDRESS.span),
        f"replace_pattern({address}, {quoted(ADDRESS)}, {quoted('${2}')})",
        _label(labels.METHOD, a.HTTP_METHOD.span),
        f"set({status_class}, {quoted('error')})",
        *(
            f'set({status_class}, "{n}xx") where {is_number(code)} and Int({code}) >= {n}00 and Int({code}) < {n + 1}00'
            for n in range(1, 6)
        ),
        *_own_duration(config, "http"),
    ]


def _own_duration(config: Config, signal: str) -> list[str]:
    return [
        f"set({attribute('elapsed')}, {_SECONDS})",
        *checked(LATENCY, attribute("elapsed"), config.limits.latency, signal),
    ]


def _resource(config: Config) -> list[str]:
    kept = (a.SERVICE_NAME.name, a.ENVIRONMENT.name, *config.cardinality.resource_labels)
    statements = [f"keep_keys(resource.attributes, {listed(kept)})"]
    if config.services.names:
        known = one_of(a.SERVICE_NAME.resource, config.services.names)
        statements.append(f"set({a.SERVICE_NAME.resource}, {quoted(labels.OTHER)}) where not {known}")
    return statements
