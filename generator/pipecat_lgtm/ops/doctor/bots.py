"""The bots: who sends what, and what is missing from it."""

from collections.abc import Iterator

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.alerts import address, server
from pipecat_lgtm.ops.deploy import rules as rules_op
from pipecat_lgtm.ops.deploy import target
from pipecat_lgtm.ops.deploy.prometheus import Prometheus
from pipecat_lgtm.ops.doctor.finding import Finding
from pipecat_lgtm.queries import health, live
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm_bridge.contract import labels

WINDOW_SECONDS = 3600.0
_Key = tuple[str, str]

_ENOUGH_SECONDS = 300.0
"""Time in calls below which heartbeats and spans are not compared: calls that have just begun have no spans yet."""

_SAMPLED_BELOW = 0.7
"""Calls with long pauses between turns, all of them still going on, have about this share of their time in spans."""

_SAMPLED = "unset OTEL_TRACES_SAMPLER in the bot, unless sampling is meant (docs/bots.md: Sampling)"
_SPANLESS = (
    "unset PIPECAT_LGTM_ADD_EXPORTER and OTEL_TRACES_EXPORTER in the bot, and OTEL_TRACES_SAMPLER if it samples "
    "(docs/bots.md)"
)


def findings(config: Config) -> Iterator[Finding]:
    """Yield every bot heard of in the last hour, how much of it is seen, and how many alerts have nothing to go by."""
    window = format_seconds(WINDOW_SECONDS)
    try:
        prometheus = server(config)
        heard = _values(prometheus, live.heard_of(window))
        timed_share = health.metrics_coverage(health.llm_requests(window).promql, window)
        timed = _values(prometheus, timed_share.flavoured(native=config.alerts.native))
        refused = _values(prometheus, health.refused_per_turn(window))
        inexact = _values(prometheus, health.unmeasured(health.answered_turns(window).promql, window))
        alive = _values(prometheus, live.seconds_alive(window))
        in_spans = _values(prometheus, live.seconds_in_spans(window).flavoured(native=config.alerts.native))
        unlabelled = _values(prometheus, health.overflow(window))
        silent = [one for one in target.silent(prometheus, rules_op.wanted(config)) if one.wholly]
    except CheckFailed as error:
        yield Finding("bots", "metrics", "wrong", error.message, error.hint)
        return
    spanless = {key for key, seconds in alive.items() if seconds >= _ENOUGH_SECONDS} - heard.keys()
    for key in sorted(spanless):
        said = "sends events and no spans: nothing is known of its turns, latency and cost"
        yield Finding("bots", _name(key), "look", said, _SPANLESS)
    for service, values in sorted((key[0], values) for key, values in unlabelled.items() if values > 0):
        said = f"{values:.0f} values were counted without their labels: a limit of `cardinality` is reached"
        yield Finding("bots", service, "look", said, "docs/runbooks/PipecatSeriesOverflowed.md")
    if not heard and not spanless:
        network = config.network
        hint = f"export OTEL_EXPORTER_OTLP_ENDPOINT={network.entrance}:{network.ports.otlp_http} (docs/bots.md)"
        yield Finding("bots", "all", "look", "nobody has sent a turn in the last hour", hint)
        return
    for key in sorted(heard):
        share = in_spans.get(key, 0.0) / alive[key] if alive.get(key, 0.0) >= _ENOUGH_SECONDS else 1.0
        if share < _SAMPLED_BELOW:
            said = f"about {share:.0%} of its calls have spans, and metrics are of these alone"
            yield Finding("bots", _name(key), "look", said, _SAMPLED)
            continue
        finding = _bot(config, key, key in alive, timed.get(key), refused.get(key, 0.0))
        if finding.verdict == "fine":
            finding = _unmeasured(config, finding, inexact.get(key, 0.0))
        yield finding
    if silent:
        said = f"{len({one.alert for one in silent})} alerts have nothing to go by yet: nobody has sent what they read"
        hint = f"`pipecat-lgtm deploy rules --check-target --url {address(config)}` names them"
        yield Finding("alerts", "silent", "look", said, hint)


def _bot(config: Config, key: _Key, with_bridge: bool, timed: float | None, refused: float) -> Finding:  # noqa: FBT001
    what = _name(key)
    least, most = config.thresholds.metrics_coverage.warning, config.thresholds.values_refused.warning
    if timed is not None and least is not None and timed < least:
        said = f"only {timed:.0%} of its LLM requests come with a time to first byte"
        hint = "PipelineParams(enable_metrics=True, enable_usage_metrics=True), or the bridge, which switches them on"
        return Finding("bots", what, "look", said, hint)
    if most is not None and refused > most:
        said = f"{refused:.2g} values a turn are kept out of the metrics"
        return Finding("bots", what, "look", said, "docs/runbooks/PipecatValuesRefused.md")
    if key[1] == labels.OTHER:
        said = "its environment is on no list, and counted together with all such"
        return Finding("bots", what, "look", said, "name it in stack.yaml under services.environments")
    if with_bridge:
        return Finding("bots", what, "fine", "sends spans and events: with the bridge")
    said = "sends spans only: failures of STT, TTS and tools, barge-ins and silences are not seen"
    return Finding("bots", what, "fine", said, "docs/bots.md: the bridge adds them")


def _unmeasured(config: Config, finding: Finding, inexact: float) -> Finding:
    most = config.thresholds.ttfw_unmeasured.info
    if most is None or inexact <= most:
        return finding
    said = f"{inexact:.0%} of its answered turns have no exact time to first word: no VAD tells when speech ended"
    hint = "LLMUserAggregatorParams(vad_analyzer=...); docs/runbooks/PipecatTtfwUnmeasured.md"
    return Finding("bots", finding.what, "look", said, hint)


def _name(key: _Key) -> str:
    return f"{key[0]} ({key[1]})"


def _values(prometheus: Prometheus, query: Query) -> dict[_Key, float]:
    return {
        (one.metric.get(labels.SERVICE_NAME, ""), one.metric.get(labels.ENVIRONMENT, "")): one.value[1]
        for one in prometheus.samples(query.expr)
    }
