"""What the rules cost Prometheus: CPU of one evaluation of every group, with many services, providers and models."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import psutil

from pipecat_lgtm.config import Config, buckets
from pipecat_lgtm.engines.process import Running
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops.bench import serving
from pipecat_lgtm.ops.bench.report import Report
from pipecat_lgtm.queries.health import held_series, rule_failures_since_start
from pipecat_lgtm.renderers.rules import files
from pipecat_lgtm.rules.alerts import alert_groups, recording_groups
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.types import Metric

Watch = Callable[[str, float], None]
Pairs = Literal["one", "every", "both"]
PAIRS = 20
"""Provider and model pairs of all services, over the three stages."""
BREACHES = 10
"""Offenders a service has at once."""
HISTORY_SECONDS = 330
CYCLES = 4
_SETTLE_SECONDS = 10.0
_TIMEOUT_SECONDS = 120.0
_FLAGS = ("--web.enable-otlp-receiver", "--web.enable-lifecycle")


@dataclass(frozen=True)
class Measured:
    """What one evaluation of all groups cost.

    Args:
        pairs: how many a service uses.
        series: how many there were before the rules recorded any.
        seconds: of CPU.
        failed: evaluations.
    """

    pairs: int
    series: int
    seconds: float
    failed: int


def run(config: Config, prometheus: Path, services: int, watch: Watch, pairs: Pairs = "both") -> Report:
    """Measure.

    Args:
        config: its rules, bounds and scrape interval.
        prometheus: the program.
        services: how many report at once.
        watch: told what goes on.
        pairs: every service uses one pair a stage, as a bot does, or each of them; or first the one, then the other.

    Raises:
        EngineError: Prometheus does not start, or does not take the series or the rules.
    """
    cases = [every for every, name in ((False, "one"), (True, "every")) if pairs in {name, "both"}]
    return _report(config, services, [_measure(config, prometheus, services, watch, every_pair=one) for one in cases])


def _measure(config: Config, prometheus: Path, services: int, watch: Watch, *, every_pair: bool) -> Measured:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        root, port = Path(folder), serving.free_port()
        (root / "rules").mkdir()
        with serving.prometheus(prometheus, root, port, _settings(port), watch, *_FLAGS) as running:
            url = f"http://127.0.0.1:{port}"
            for done, request in enumerate(_history(config, services, every_pair=every_pair)):
                watch(f"prometheus: series of {services} services, step {done}", time.monotonic() - began)
                _post(f"{url}/api/v1/otlp/v1/metrics", request)
            series = int(_value(url, held_series().expr))
            watch("prometheus: at rest", time.monotonic() - began)
            idle = _cpu(running, _SETTLE_SECONDS) / _SETTLE_SECONDS
            for path, text in files(config).items():
                (root / "rules" / Path(path).name).write_text(text, encoding="utf-8")
            _post(f"{url}/-/reload", None)
            seconds = CYCLES * config.alerts.interval
            watch("prometheus: evaluating for the first time", time.monotonic() - began)
            time.sleep(config.alerts.interval)
            watch("prometheus: evaluating", time.monotonic() - began)
            used = _cpu(running, seconds) - idle * seconds
            failed = _value(url, rule_failures_since_start().expr)
    return Measured(PAIRS if every_pair else len(labels.STAGES), series, used / CYCLES, int(failed))


def _report(config: Config, services: int, measured: list[Measured]) -> Report:
    groups: dict[str, Sized] = {**recording_groups(config), **alert_groups(config)}
    rules, interval = sum(len(members) for members in groups.values()), config.alerts.interval
    return Report(
        "rules: CPU of one evaluation of all groups",
        ("services", f"of {PAIRS} provider/model pairs each uses", "series", "rules", "CPU, s", "share of a core"),
        tuple(
            (
                *(str(size) for size in (services, one.pairs, one.series, rules)),
                f"{one.seconds:.2f}",
                f"{one.seconds / interval:.1%}",
            )
            for one in measured
        ),
        (
            f"mean of {CYCLES} evaluations after a first one, {interval:g} s apart, Prometheus at rest taken off; "
            "groups that look back over hours run once in that time; no alert is firing",
            f"samples every {config.collector.scrape_interval:g} s, as Prometheus scrapes the collector; "
            f"{sum(one.failed for one in measured)} evaluations failed",
        ),
    )


def _settings(port: int) -> dict[str, Any]:
    return {
        "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
        "storage": {"tsdb": {"out_of_order_time_window": "30m"}},
        "otlp": {"promote_resource_attributes": [a.SERVICE_NAME.name, a.ENVIRONMENT.name]},
        "rule_files": ["rules/*.yml"],
        "scrape_configs": [{"job_name": "self", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}],
    }


def _cpu(running: Running, seconds: float) -> float:
    """Return the CPU seconds a process uses in the next seconds."""
    process = psutil.Process(running.pid)
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    return float(after.user + after.system - before.user - before.system)


def _post(url: str, body: bytes | None) -> None:
    answer = httpx.post(url, content=body, headers={"content-type": "application/json"}, timeout=_TIMEOUT_SECONDS)
    if answer.status_code != httpx.codes.OK:
        raise EngineError(
            f"{url}: {answer.status_code}: {answer.text[:300]}", "see the message; is this version known?"
        )


def _value(url: str, expr: str) -> float:
    answer = httpx.get(f"{url}/api/v1/query", params={"query": expr}, timeout=_TIMEOUT_SECONDS).json()
    result = answer["data"]["result"]
    return float(result[0]["value"][1]) if result else 0.0


def _history(config: Config, services: int, *, every_pair: bool) -> Iterator[bytes]:
    """Return OTLP requests, oldest first: some minutes of every service's series, up to now."""
    now, length = time.time(), config.collector.scrape_interval
    begin = int((now - HISTORY_SECONDS - 1) * 1e9)
    for step in range(1, int(HISTORY_SECONDS / length) + 1):
        at = int((now - HISTORY_SECONDS + step * length) * 1e9)
        used = [_used(number, every_pair=every_pair) for number in range(1 if every_pair else PAIRS)]
        metrics = [json.dumps(list(_metrics(config, step, (begin, at), who))) for who in used]
        environment = _attribute(a.ENVIRONMENT.name, "bench")
        resources = ",".join(
            f'{{"resource":{{"attributes":[{_attribute(a.SERVICE_NAME.name, f"bot-{number}")},{environment}]}},'
            f'"scopeMetrics":[{{"metrics":{metrics[number % len(metrics)]}}}]}}'
            for number in range(services)
        )
        yield f'{{"resourceMetrics":[{resources}]}}'.encode()


def _attribute(key: str, value: str) -> str:
    return json.dumps({"key": key, "value": {"stringValue": value}})


def _used(number: int, *, every_pair: bool) -> list[dict[str, str]]:
    """Return the labels of the pairs a service uses."""
    pairs = [
        {
            labels.STAGE: labels.STAGES[one % len(labels.STAGES)],
            labels.PROVIDER: f"provider-{one}",
            labels.MODEL: f"model-{one}",
        }
        for one in range(PAIRS)
    ]
    if every_pair:
        return pairs
    by_stage = ([one for one in pairs if one[labels.STAGE] == stage] for stage in labels.STAGES)
    return [choice[number % len(choice)] for choice in by_stage]


def _metrics(config: Config, step: int, span: tuple[int, int], who: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    """Return the metrics of one healthy service at a step; each step adds one event to every series."""
    bounds, (begin, at) = buckets.latency(config), span
    times = {"startTimeUnixNano": str(begin), "timeUnixNano": str(at)}

    def points(own: list[dict[str, str]], body: dict[str, Any]) -> list[dict[str, Any]]:
        named = ([{"key": key, "value": {"stringValue": value}} for key, value in one.items()] for one in own)
        return [{**times, **body, "attributes": attributes} for attributes in named]

    def histogram(metric: Metric, own: list[dict[str, str]]) -> dict[str, Any]:
        counts = [str(step), *(["0"] * len(bounds))]
        body = {"count": str(step), "sum": step * bounds[0], "bucketCounts": counts, "explicitBounds": bounds}
        return _metric(metric, "histogram", points(own, body))

    def counter(metric: Metric, own: list[dict[str, str]], value: float = step) -> dict[str, Any]:
        return _metric(metric, "sum", points(own, {"asDouble": float(value)}))

    yield histogram(m.TURN_TTFW, [{}])
    yield histogram(m.TURN_E2E, [{}])
    yield histogram(m.STAGE_TTFB, who)
    yield counter(m.TURNS, [{labels.INTERRUPTED: value} for value in ("true", "false")])
    yield counter(m.CONVERSATIONS, [{labels.OUTCOME: "completed"}])
    yield counter(m.CONVERSATIONS, [{labels.OUTCOME: "failed"}], 0.0)
    yield counter(m.STAGE_REQUESTS, [one | {labels.STATUS: status} for one in who for status in ("ok", "error")])
    yield counter(m.STAGE_ERRORS, [one | {labels.CATEGORY: "server"} for one in who], 0.0)
    yield counter(m.TOKENS, [_without_stage(one) | {labels.TYPE: kind} for one in who for kind in ("input", "output")])
    held = [f"{number:032x}" for number in range(BREACHES)]
    breach = {labels.SIGNAL: "ttfw", labels.SEVERITY: "critical"}
    yield counter(m.BREACHES, [breach | {labels.TRACE_ID: one, labels.CONVERSATION_ID: one} for one in held], 1.0)


def _without_stage(one: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in one.items() if key != labels.STAGE}


def _metric(metric: Metric, kind: str, points: list[dict[str, Any]]) -> dict[str, Any]:
    body: dict[str, Any] = {"aggregationTemporality": 2, "dataPoints": points}
    if kind == "sum":
        body["isMonotonic"] = True
    return {"name": metric.name, "unit": metric.unit, kind: body}
