"""Every expression that is rendered names only what exists."""

import json
import re
from collections.abc import Iterator

import pytest

import yamls
from pipecat_lgtm.queries import audit, grown, lookups, promql
from pipecat_lgtm_bridge.contract import labels, metrics
from pipecat_lgtm_bridge.contract.metrics import BY_PROMETHEUS_NAME
from promql_names import named
from rendered import files

FILES = files()
RULES = {
    f"{path}: {rule.get('record') or rule['alert']}": rule
    for path, text in FILES.items()
    if path.startswith("prometheus/rules/")
    for group in yamls.load(text)["groups"]
    for rule in group["rules"]
}
RECORDED = {rule["record"] for rule in RULES.values() if "record" in rule}
OTHERS = (
    "otelcol_",
    "prometheus_",
    "alertmanager_",
    "tempo",
    "loki_",
    "grafana_",
    "go_",
    "process_",
    "scrape_",
    "sandbox_",
)
"""Prefixes of what the stack's programs say of themselves; their labels are theirs."""

OF_PROGRAMS = {"exporter", "instance", "job", "receiver", "integration", "rule_group"}
"""Labels of what they say of themselves; recordings of that may carry them."""

LATENCIES = tuple(f"pipecat:{what}" for what in ("turn_ttfw_seconds", "turn_e2e_seconds", "stage_ttfb_seconds"))
ANY = {"up", "ALERTS", "ALERTS_FOR_STATE"}
KNOWN_LABELS = {value for name, value in vars(labels).items() if name.isupper() and isinstance(value, str)}


def _panels(panels: list[dict]) -> Iterator[dict]:
    for panel in panels:
        yield panel
        yield from _panels(panel.get("panels", []))


def _drawn() -> Iterator[tuple[str, str]]:
    for path, text in FILES.items():
        if not path.startswith("grafana/dashboards/"):
            continue
        board = json.loads(text)
        for panel in _panels(board["panels"]):
            for target in panel.get("targets", []):
                if (target.get("datasource") or panel.get("datasource") or {}).get("type") == "prometheus":
                    yield f"{board['uid']}: {panel['title']}: {target['refId']}", target["expr"]
        for variable in board["templating"]["list"]:
            if variable["type"] == "query" and variable["datasource"]["type"] == "prometheus":
                yield f"{board['uid']}: ${variable['name']}", variable["query"]["query"]


def _asked() -> Iterator[tuple[str, str]]:
    for query in (
        audit.turns("bot", "1500ms"),
        audit.requests("bot", "llm", "1h"),
        audit.tokens("bot", "input", "1h"),
        audit.ttfw_count("bot", "1h"),
        audit.ttfw_mean("bot", "1h"),
        audit.ttfb_mean("bot", "tts", "1h"),
        audit.sandbox_requests("stt"),
    ):
        yield f"audit: {query.id}", query.expr


def _annotated() -> Iterator[tuple[str, str]]:
    """Yield the queries in annotations: texts in backquotes, some of them formats that take label values."""
    for name, rule in RULES.items():
        for key, text in rule.get("annotations", {}).items():
            for number, query in enumerate(re.findall(r"\(?printf? `([^`]+)`", text)):
                yield f"{name}: {key} {number}", re.sub(r"%(\[\d+\])?q", '"x"', query)


EXPRESSIONS = [
    *((name, rule["expr"]) for name, rule in RULES.items()),
    *_drawn(),
    *_annotated(),
    *_asked(),
]


def test_there_are_expressions() -> None:
    """Rules, panels and variables were all found."""
    assert len(RULES) >= 20
    assert len(list(_drawn())) >= 6


@pytest.mark.parametrize("expr", [pytest.param(expr, id=name) for name, expr in EXPRESSIONS])
def test_names_exist(expr: str) -> None:
    """Every metric and every label in an expression is the contract's, a recording, or a program's own."""
    for one in named(expr):
        if one.series in ANY or one.series.startswith(OTHERS):
            continue
        if one.series.startswith("pipecat:"):
            assert one.series in RECORDED
            assert set() == one.labels - KNOWN_LABELS - OF_PROGRAMS
            continue
        family = one.series if one.series in BY_PROMETHEUS_NAME else one.series.rpartition("_")[0]
        metric = BY_PROMETHEUS_NAME[family]
        parts = {f"{family}_bucket", f"{family}_sum", f"{family}_count"} if metric.kind == "histogram" else {family}
        own = {*metric.labels, *labels.COMMON} | ({"le"} if one.series.endswith("_bucket") else set())

        assert one.series in parts
        assert set() == one.labels - own


def test_recordings_are_distinct() -> None:
    """No two rules record one name, and every name says level, metric, operation and window."""
    recorded = [rule["record"] for rule in RULES.values() if "record" in rule]

    assert sorted(set(recorded)) == sorted(recorded)
    assert [] == [name for name in recorded if name.count(":") != 2]


def test_buckets_stand_before_what_is_computed_from_them() -> None:
    """Recorded buckets stand in the group of what reads them, and before it: so both are of one evaluation."""
    groups = yamls.load(FILES["prometheus/rules/recordings.yml"])["groups"]
    ours = [[rule["record"] for rule in group["rules"]] for group in groups]
    readers = {
        (rule["record"], one.series)
        for group in groups
        for rule in group["rules"]
        for one in named(rule["expr"])
        if ":buckets_" in one.series
    }

    assert set(LATENCIES) == {name.rpartition(":")[0] for _, name in readers}
    for reader, source in readers:
        (group,) = [names for names in ours if reader in names]

        assert source in group[: group.index(reader)]


def test_buckets_are_read_once() -> None:
    """The buckets of a latency are read by one rule; those of stages by a second one, per provider, as a whole."""
    whole = [
        one.series
        for rule in RULES.values()
        if "record" in rule
        for one in named(rule["expr"])
        if one.series.endswith("_bucket") and labels.LE in one.labels and "le=" not in rule["expr"]
    ]

    assert {"pipecat_turn_ttfw_seconds_bucket": 1, "pipecat_turn_e2e_seconds_bucket": 1} == {
        name: whole.count(name) for name in whole if "_turn_ttfw_" in name or "_turn_e2e_" in name
    }
    assert 2 == whole.count("pipecat_stage_ttfb_seconds_bucket")


@pytest.mark.parametrize("quantile", ["p50", "p95", "p99"])
def test_quantiles_are_recorded(quantile: str) -> None:
    """P50, P95 and P99 of time to first word, end to end and stage TTFB are recorded."""
    assert set() == {f"{name}:{quantile}_5m" for name in LATENCIES} - RECORDED


@pytest.mark.parametrize(
    ("bound", "matcher"),
    [
        (0.8, 'le="0.8"'),
        (2.0, r'le=~"2|2\\.0"'),
        (1.2, 'le="1.2"'),
        (5, r'le=~"5|5\\.0"'),
        (0.00012, 'le="0.00012"'),
        (0.00002, r'le=~"0\\.00002|2e-05"'),
        (1234567.5, r'le=~"1234567\\.5|1\\.2345675e\\+06"'),
        (1_000_000, r'le=~"1000000|1e\\+06"'),
        (33.333333333, 'le="33.333333333"'),
    ],
)
def test_spellings_of_a_bound(bound: float, matcher: str) -> None:
    """A bound matches as OTLP writes it and as a scrape does, and nothing else: no dot stands for any character."""
    assert matcher in promql.share_beyond(metrics.TURN_TTFW, bound, "5m", matchers=(), samples="turns").expr
    assert matcher in grown.share_beyond("buckets", bound).expr


def test_quantile() -> None:
    """A quantile is taken over summed buckets, never an average of quantiles; without values there is none, not NaN."""
    query = promql.quantile(metrics.STAGE_TTFB, 0.95, "5m", "stage")

    assert (
        "histogram_quantile(0.95, sum by (service_name, deployment_environment, stage, le) "
        "(rate(pipecat_stage_ttfb_seconds_bucket[5m]))) >= -Inf"
    ) == query.expr
    assert ("pipecat.stage.ttfb.p95.5m.stage", "seconds") == (query.id, query.unit)


def test_error_ratio() -> None:
    """Without failures the ratio is 0; a stage that only fails has a ratio of 1; without either it is absent."""
    assert "requests >= errors or errors or requests" == promql.stage_attempts("requests", "errors").expr
    assert "(errors or requests * 0) / (either > 0)" == promql.stage_error_ratio("requests", "errors", "either").expr


def test_logs_of_a_trace() -> None:
    """A call's lines are found by service (indexed) and trace id (not indexed)."""
    assert '{service_name="bot"} | trace_id="4bf9"' == lookups.lines_of_trace("bot", "4bf9").expr


def test_every_metric_is_used() -> None:
    """Every metric of the contract is drawn, recorded or alerted on: none is made for nothing."""
    used = {one.series for name, expr in EXPRESSIONS if not name.startswith("audit: ") for one in named(expr)}

    assert [] == [
        name for name in BY_PROMETHEUS_NAME if not {name, f"{name}_bucket", f"{name}_sum", f"{name}_count"} & used
    ]
