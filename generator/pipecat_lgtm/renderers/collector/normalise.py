"""From every dialect to the canonical attributes, on the span that is stored."""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.renderers.collector import identity
from pipecat_lgtm.renderers.collector.ottl import (
    attribute,
    fit_for_label,
    group,
    is_number,
    one_of,
    quoted,
    transform,
    without_doubles,
)
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import dialects as d
from pipecat_lgtm_bridge.contract import labels

PROCESSOR = "transform/normalise"
_STAGE_OF_ARTICLE = r"^(?i)(?:stt|llm|tts)_(?P<provider>[a-z0-9]+?)(?:stt|llm|tts)service$"
_EARLY_STT_SECONDS = 0.005
"""Before 1.2 an stt span is the handling of one transcript (0.1 ms); since then it spans the caller's speech."""


def normalise(config: Config) -> dict[str, Any]:
    """Return the processor that gives every span of a known dialect its canonical attributes."""
    groups = [_resource(config), *_turns(config), *_stages(config), *_realtime(), *_providers()]
    return transform("trace", groups)


def rename(one: d.Rename) -> list[str]:
    """Return the statements of one rename: fill the target if absent, then forget the source."""
    source, target = attribute(one.source), one.target.span
    where = f"{a.STAGE.span} == {quoted(one.stage)} and " if one.stage else ""
    where += f"{attribute(one.needs)} != nil and " if one.needs else ""
    absent = f"where {where}{target} == nil and {source} != nil"
    if one.divisor == 1:
        moved = f"set({target}, {source}) {absent}"
    else:
        moved = f"set({target}, Double({source}) / {one.divisor}) {absent} and {is_number(source)}"
    return [moved, f"delete_key(span.attributes, {quoted(one.source)}) where {where}{source} != nil"]


def _resource(config: Config) -> dict[str, Any]:
    environment, service = a.ENVIRONMENT.resource, a.SERVICE_NAME.resource
    newer = 'resource.attributes["deployment.environment.name"]'
    return group(
        "resource",
        [
            *without_doubles("resource"),
            f"set({environment}, {newer}) where {environment} == nil and {newer} != nil",
            f"set({environment}, {quoted(config.services.default_environment)}) where {environment} == nil",
            f"set({environment}, String({environment})) where not IsString({environment})",
            f'set({service}, "unknown_service") where {service} == nil or {service} == ""',
            f"set({service}, String({service})) where not IsString({service})",
            *fit_for_label(environment, config.services.default_environment),
            *fit_for_label(service, "unknown_service"),
            *identity.environment(config),
        ],
    )


def _turns(config: Config) -> list[dict[str, Any]]:
    if not config.dialects.openinference:
        return []
    statements = [line for one in d.TURN_RENAMES for line in rename(one)]
    # A call's first turn has no earlier latency to repeat: cut before its output was written, it still was answered.
    latency, first = attribute(d.OPENINFERENCE_LATENCY), f"{a.TURN_NUMBER.span} == 1"
    statements += [
        f"set({a.TURN_LATENCY.span}, {latency}) where {latency} != nil and {a.TURN_LATENCY.span} == nil and {first}",
        f"delete_key(span.attributes, {quoted(d.OPENINFERENCE_LATENCY)}) where {first}",
    ]
    statements += [f"set({a.DIALECT.span}, {quoted(d.OPENINFERENCE)})"]
    return [group("span", statements, f"span.name == {quoted(d.TURN_SPANS[1])}")]


def _stages(config: Config) -> list[dict[str, Any]]:
    stage, provider = a.STAGE.span, a.PROVIDER.span
    named = group(
        "span",
        [
            f"set({stage}, Substring(span.name, 0, 3))",
            f'set({stage}, Substring(span.name, 8, 3)) where HasPrefix(span.name, "pipecat.")',
            f"set({a.DIALECT.span}, {quoted(d.PIPECAT)})",
        ],
        f"IsMatch(span.name, {quoted(d.STAGE_SPAN)})",
        f"not {one_of('span.name', d.REALTIME_OTHERS)}",
    )
    wanted = [one for one in d.STAGE_RENAMES if _reads(config, one)]
    statements = [f"set({a.DIALECT.span}, {quoted(d.PIPECAT_EARLY)}) where {attribute('gen_ai.system')} != nil"]
    if config.dialects.openinference:
        scope = f"where instrumentation_scope.name == {quoted(d.OPENINFERENCE_SCOPE)}"
        statements.append(f"set({a.DIALECT.span}, {quoted(d.OPENINFERENCE)}) {scope}")
    statements += [line for one in wanted for line in rename(one)]
    early = group(
        "span",
        [f"set({a.DIALECT.span}, {quoted(d.PIPECAT_EARLY)})"],
        'span.name == "stt"',
        f"span.end_time_unix_nano - span.start_time_unix_nano < {round(_EARLY_STT_SECONDS * 1e9)}",
    )
    others = f"{provider} == nil or not {one_of('span.name', (*labels.STAGES, d.REALTIME_RESPONSE))}"
    groups = [named, early, group("span", statements, f"{stage} != nil", others)]
    if config.dialects.article:
        matched = [
            f"set({a.DIALECT.span}, {quoted(d.ARTICLE)})",
            f'merge_maps(span.attributes, ExtractPatterns(span.name, {quoted(_STAGE_OF_ARTICLE)}), "upsert") '
            f"where {provider} == nil",
            f"set({provider}, {attribute('provider')}) where {provider} == nil and {attribute('provider')} != nil",
            'delete_key(span.attributes, "provider")',
        ]
        groups.append(group("span", matched, f"{stage} != nil", f"IsMatch(span.name, {quoted(_STAGE_OF_ARTICLE)})"))
    return groups


def _reads(config: Config, one: d.Rename) -> bool:
    wanted = {"Pipecat": True, "article": config.dialects.article, "OpenInference": config.dialects.openinference}
    return any(on for emitter, on in wanted.items() if emitter in one.emitter)


def _realtime() -> list[dict[str, Any]]:
    usage = [line for one in d.USAGE_RENAMES for line in rename(one)]
    marks = [f"set({a.DIALECT.span}, {quoted(d.REALTIME)}) where span.name == {quoted(d.REALTIME_RESPONSE)}"]
    return [group("span", [*usage, *marks], f'{a.STAGE.span} == "llm"')]


def _providers() -> list[dict[str, Any]]:
    model = a.MODEL.span
    statements = identity.renamed(a.PROVIDER.span)
    spoken = attribute("metrics.model")
    statements.append(f'set({model}, {spoken}) where ({model} == nil or {model} == "unknown") and {spoken} != nil')
    return [group("span", statements, f"{a.STAGE.span} != nil")]
