"""The bots: who sends what, and what is missing from it."""

from collections.abc import Iterator

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.contract import labels
from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops.alerts import address
from pipecat_lgtm.ops.deploy import rules as rules_op
from pipecat_lgtm.ops.deploy import target
from pipecat_lgtm.ops.deploy.prometheus import Prometheus
from pipecat_lgtm.ops.doctor.finding import Finding
from pipecat_lgtm.queries import health, live
from pipecat_lgtm.queries.query import Query
from pipecat_lgtm.rules.recordings import is_native

WINDOW_SECONDS = 3600.0
_Key = tuple[str, str]


def findings(config: Config) -> Iterator[Finding]:
    """Yield every bot heard of in the last hour, how much of it is seen, and how many alerts have nothing to go by."""
    server, window = Prometheus(address(config)), format_seconds(WINDOW_SECONDS)
    try:
        heard = _values(server, live.heard_of(window))
        with_bridge = _values(server, live.bridged(window))
        requests = health.llm_requests(window).expr
        timed = _values(server, health.metrics_coverage(requests, window, native=is_native(config)))
        refused = _values(server, health.refused_per_turn(window))
        silent = [one for one in target.silent(server, rules_op.wanted(config)) if one.wholly]
    except CheckFailed as error:
        yield Finding("bots", "metrics", "wrong", error.message, error.hint)
        return
    if not heard:
        network = config.network
        hint = f"export OTEL_EXPORTER_OTLP_ENDPOINT={network.entrance}:{network.ports.otlp_http} (docs/bots.md)"
        yield Finding("bots", "all", "look", "nobody has sent a turn in the last hour", hint)
        return
    for key in sorted(heard):
        yield _bot(config, key, key in with_bridge, timed.get(key), refused.get(key, 0.0))
    if silent:
        said = f"{len({one.alert for one in silent})} alerts have nothing to go by yet: nobody has sent what they read"
        hint = f"`pipecat-lgtm deploy rules --check-target --url {address(config)}` names them"
        yield Finding("alerts", "silent", "look", said, hint)


def _bot(config: Config, key: _Key, with_bridge: bool, timed: float | None, refused: float) -> Finding:  # noqa: FBT001
    what = f"{key[0]} ({key[1]})"
    least, most = config.thresholds.metrics_coverage.warning, config.thresholds.values_refused.warning
    if timed is not None and least is not None and timed < least:
        said = f"only {timed:.0%} of its LLM requests come with a time to first byte"
        hint = "PipelineParams(enable_metrics=True, enable_usage_metrics=True), or the bridge, which switches them on"
        return Finding("bots", what, "look", said, hint)
    if most is not None and refused > most:
        said = f"{refused:.2g} values a turn are kept out of the metrics"
        return Finding("bots", what, "look", said, "docs/runbooks/PipecatValuesRefused.md")
    if with_bridge:
        return Finding("bots", what, "fine", "sends spans and events: with the bridge")
    said = "sends spans only: failures of STT, TTS and tools, barge-ins and silences are not seen"
    return Finding("bots", what, "fine", said, "docs/bots.md: the bridge adds them")


def _values(server: Prometheus, query: Query) -> dict[_Key, float]:
    return {
        (sample["metric"].get(labels.SERVICE_NAME, ""), sample["metric"].get(labels.ENVIRONMENT, "")): float(
            sample["value"][1]
        )
        for sample in server.get("query", query=query.expr)["result"]
    }
