"""The lean span: a Pipecat span reduced to the labels and the values that metrics are made of.

One statement group per kind of span. Values are checked here, once: a value that is no number, not positive
or beyond its limit becomes `refused.<signal>`, which is counted; it never reaches a histogram.
"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.contract import attributes as a
from pipecat_lgtm.contract import dialects as d
from pipecat_lgtm.contract import labels
from pipecat_lgtm.renderers.collector.names import DURATION, E2E, FAILED, KIND, LATENCY
from pipecat_lgtm.renderers.collector.ottl import (
    attribute,
    drop_spans,
    fit_for_label,
    group,
    is_number,
    listed,
    one_of,
    quoted,
    transform,
)
from pipecat_lgtm.renderers.collector.sums import REFUSABLE, STATED, SUMMED, Summed, spoken

FILTER = "filter/measurable"
PROCESSOR = "transform/lean"
_SECONDS = "Double(span.end_time_unix_nano - span.start_time_unix_nano) / 1000000000.0"
_DATED_MODEL = r"-20\d{2}-?[01]\d-?[0-3]\d$"
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
    labels.OWNER, labels.TOOL,
)  # fmt: skip


def measurable() -> dict[str, Any]:
    """Return the filter that keeps only spans a metric is made of."""
    kinds = " or ".join(f"({condition})" for condition in _CONDITIONS.values())
    return drop_spans(f"not ({kinds})")


_CONDITIONS = {
    "stage": f"{a.STAGE.span} != nil",
    "turn": one_of("span.name", d.TURN_SPANS),
    "conversation": f"span.name == {quoted(d.CONVERSATION_SPAN)}",
    "tool": f"HasPrefix(span.name, {quoted(d.TOOL_SPAN_PREFIX)})",
    "http": f"span.kind == SPAN_KIND_CLIENT and ({a.HTTP_METHOD.span} != nil or {attribute('http.method')} != nil)",
    "contribution": f"{a.CONTRIBUTION.span} != nil",
    "evaluation": " or ".join(f"{attribute(a.FINDING_PREFIX + kind)} != nil" for kind in STATED),
}


def lean(config: Config) -> dict[str, Any]:
    """Return the processor that makes lean spans."""
    groups = [_forget()]
    groups += [
        group("span", [f"set({KIND}, {quoted(kind)})", *statements(config)], f"{KIND} == nil", _CONDITIONS[kind])
        for kind, statements in (
            ("stage", _stage), ("turn", _turn), ("conversation", _conversation), ("tool", _tool),
            ("http", _http), ("contribution", _contribution),
        )
    ]  # fmt: skip
    kept = (*_WORKING, *_LABELS, *(one.working for one in SUMMED), *spoken(config))
    groups.append(group("span", [f"keep_keys(span.attributes, {listed(kept)})"]))
    groups.append(group("resource", _resource(config)))
    return transform("trace", groups)


def _forget() -> dict[str, Any]:
    """Working names a sender happens to use must not be taken for ours."""
    names = (*_WORKING, *_LABELS, *(one.working for one in SUMMED))
    pattern = "^(" + "|".join(sorted(name.replace(".", r"\.") for name in set(names))) + ")$"
    return group("span", [f"delete_matching_keys(span.attributes, {quoted(pattern)})"])


def checked(target: str, value: str, limit: float, signal: str, where: str = "") -> list[str]:
    """Return the statements that take a value as double if it is a number in (0, limit], else note the refusal.

    Args:
        target: path of the working attribute.
        value: path of the value; absent is neither taken nor refused.
        limit: in the value's unit.
        signal: under which a refusal is counted.
        where: a further condition.
    """
    refused = attribute(f"refused.{signal}")
    there = f"{value} != nil" + (f" and {where}" if where else "")
    number = f"{there} and {is_number(value)}"
    fits = f"Double({value}) > 0.0 and Double({value}) <= {float(limit)}"
    return [
        f'set({refused}, "not_a_number") where {there} and not {is_number(value)}',
        f'set({refused}, "out_of_range") where {number} and not ({fits})',
        f"set({target}, Double({value})) where {number} and {fits}",
    ]


def _label(name: str, path: str) -> list[str]:
    """Return the statements that copy an attribute of any type to a label that always has a value."""
    label = attribute(name)
    return [
        f'set({label}, String({path})) where {path} != nil and String({path}) != ""',
        f"set({label}, {quoted(labels.UNKNOWN)}) where {label} == nil",
        *fit_for_label(label, labels.UNKNOWN),
    ]


def _stage(config: Config) -> list[str]:
    provider, model = attribute(labels.PROVIDER), attribute(labels.MODEL)
    error = f'{a.STATUS.span} == "error"'
    statements = [
        *_label(labels.STAGE, a.STAGE.span),
        *_label(labels.PROVIDER, a.PROVIDER.span),
        *_label(labels.MODEL, a.MODEL.span),
        *_label(labels.STATUS, a.STATUS.span),
        f"set({provider}, ToLowerCase({provider}))",
        f"set({model}, {quoted(labels.UNKNOWN)}) where {one_of(model, d.NOT_A_VALUE)}",
        f'replace_pattern({model}, {quoted(_DATED_MODEL)}, "")',
        f"set({LATENCY}, {a.TTFB_ACCEPTED.span}) where {a.TTFB_ACCEPTED.span} != nil",
        f"set({attribute('refused.ttfb')}, {a.TTFB_REFUSED.span}) where {a.TTFB_REFUSED.span} != nil",
        f"set({FAILED}, true) where {error} and {a.BRIDGE.span} == nil",
        f"set({attribute(labels.CATEGORY)}, {quoted(labels.UNKNOWN)}) where {FAILED} == true",
    ]
    message = "span.status.message"
    statements += [
        f"set({attribute(labels.CATEGORY)}, {quoted(category)}) "
        f"where {FAILED} == true and IsMatch({message}, {quoted(pattern)})"
        for category, pattern in d.ERROR_CATEGORIES
    ]
    # The bridge tells what was really sent; the span has the last sentence on some releases, failed text on all.
    statements.append(f"delete_key(span.attributes, {quoted(a.CHARACTERS.name)}) where {a.BRIDGE.span} != nil")
    return [*statements, *_summed_on("stage", config)]


def _turn(config: Config) -> list[str]:
    limit = config.limits.latency
    bridged, fallback = a.TTFW.span, a.TURN_LATENCY.span
    interrupted = attribute(labels.INTERRUPTED)
    return [
        *_label(labels.CONVERSATION_ID, a.CONVERSATION_ID.span),
        *checked(LATENCY, bridged, limit, "ttfw"),
        *checked(LATENCY, fallback, limit, "ttfw", f"{bridged} == nil"),
        *checked(E2E, a.E2E.span, limit, "e2e"),
        *checked(E2E, fallback, limit, "e2e", f"{a.E2E.span} == nil"),
        *checked(DURATION, a.TURN_DURATION.span, config.limits.duration, "turn_duration"),
        f"set({interrupted}, {quoted(labels.UNKNOWN)})",
        f'set({interrupted}, "false") where {a.TURN_WAS_INTERRUPTED.span} == false',
        f'set({interrupted}, "true") where {a.INTERRUPTED.span} == true',
        f'set({interrupted}, "false") where {a.INTERRUPTED.span} == false',
        f"set({FAILED}, true) where {is_number(a.TURN_ERRORS.span)} and Double({a.TURN_ERRORS.span}) > 0.0",
        *_summed_on("turn", config),
    ]


def _summed_on(kind: str, config: Config) -> list[str]:
    return [line for one in SUMMED if one.on == kind for line in summed(one, config)]


def summed(one: Summed, config: Config) -> list[str]:
    """Return the statements that take a value to be added up as double; nought adds nothing and is no refusal."""
    value, refused, target = one.attribute.span, attribute("refused.sums"), attribute(one.working)
    limit = 1.0 if one.metric.unit == "1" else float(config.limits.tokens)
    fits = f"Double({value}) >= 0.0 and Double({value}) <= {limit}"
    return [
        f'set({refused}, "not_a_number") where {value} != nil and not {is_number(value)}',
        f'set({refused}, "out_of_range") where {is_number(value)} and not ({fits})',
        f"set({target}, Double({value})) where {is_number(value)} and {fits} and Double({value}) > 0.0",
    ]


def _conversation(config: Config) -> list[str]:
    outcome = attribute(labels.OUTCOME)
    return [
        *_label(labels.OUTCOME, a.CONVERSATION_OUTCOME.span),
        f'set({outcome}, "failed") where {a.CONVERSATION_FAILED.span} == true',
        f"set({attribute('elapsed')}, {_SECONDS})",
        *checked(DURATION, attribute("elapsed"), config.limits.duration, "conversation_duration"),
    ]


def _tool(config: Config) -> list[str]:
    status = attribute(labels.STATUS)
    return [
        *_label(labels.TOOL, a.TOOL_NAME.span),
        f'set({status}, "ok")',
        f'set({status}, "error") where span.status.code == STATUS_CODE_ERROR',
        f'set({status}, "interrupted") where {a.STATUS.span} == "interrupted"',
        *_own_duration(config, "tool"),
    ]


def _contribution(config: Config) -> list[str]:
    return [
        *_label(labels.CONTRIBUTION, a.CONTRIBUTION.span),
        *_label(labels.OWNER, a.OWNER.span),
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
        f"set({a.SERVER_ADDRESS.span}, {url}) where {a.SERVER_ADDRESS.span} == nil and IsString({url})",
        *_label(labels.SERVER_ADDRESS, a.SERVER_ADDRESS.span),
        f'replace_pattern({address}, "^[a-z]+://([^/:?#]+).*$", "$$1")',
        *_label(labels.METHOD, a.HTTP_METHOD.span),
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
        statements.append(f'set({a.SERVICE_NAME.resource}, "other") where not {known}')
    return statements
