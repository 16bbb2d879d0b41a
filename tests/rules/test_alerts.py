"""Every alert, held by promtool against services that are well, too quiet, bad, and well again."""

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from cases import CASES, Case
from feeds import WORST, Phase, Series, breaches, counter

from pipecat_lgtm.config import Config, load, load_default
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.renderers import rules
from pipecat_lgtm.rules.alerts import alerts
from pipecat_lgtm.rules.model import Alert

pytestmark = pytest.mark.rules

SHORTENED = """
alerts:
  synthetic_services: bad|well|few
  quality_window: 5 m
  escalate_after: 5 m
  low_traffic: {window: 30 m}
  baseline: {window: 20 m, offset: 15 m, step: 5 m, min_points: 3}
  burn_rates:
    - {long: 10 m, short: 2 m, factor: 14.4, severity: critical}
    - {long: 20 m, short: 5 m, factor: 3, severity: warning}
"""
"""So that a promtool run takes seconds: hours and days become minutes. Bounds, floors, holds stay the shipped ones."""

_BOUND = re.compile(r"bound [^)]+\)|the last .*")
"""What of a summary is the severity's own."""
NO_TRACE = "none applies: this alert is about the monitoring, not about a conversation"


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Return the shipped config with short windows."""
    file = tmp_path_factory.mktemp("config") / "stack.yaml"
    file.write_text(SHORTENED)
    return load(file).config


@pytest.fixture(scope="session")
def promtool(engine_bin: Callable[[str], Path]) -> Path:
    """Return promtool."""
    return engine_bin("promtool")


def _rules_of(config: Config, name: str) -> dict[str, Any]:
    """Return the rule file cut down to one alert, and to what it reads."""
    groups = [group for part in rules.groups(config).values() for group in part]
    wanted = [rule for group in groups for rule in group["rules"] if rule.get("alert") == name]
    recorded = [rule for group in groups for rule in group["rules"] if "record" in rule]
    read: list[dict[str, Any]] = []
    texts = [json.dumps(rule) for rule in wanted]
    while texts:
        text = texts.pop()
        new = [one for one in recorded if one["record"] in text and one not in read]
        read += new
        texts += [one["expr"] for one in new]
    order = [rule for rule in recorded if rule in read]
    order.sort(key=lambda rule: any(other["record"] in rule["expr"] for other in order if other is not rule))
    return {"groups": [{"name": "under-test", "rules": [*order, *wanted]}]}


def _run(promtool: Path, folder: Path, files: dict[str, Any], test: dict[str, Any]) -> None:
    (folder / "rules.yml").write_text(yaml.safe_dump(files))
    (folder / "test.yml").write_text(yaml.safe_dump(test, width=1000))
    done = subprocess.run(
        [promtool, "test", "rules", folder / "test.yml"], capture_output=True, text=True, check=False, timeout=120
    )
    assert 0 == done.returncode, done.stdout + done.stderr


def _explore(query: str, seconds: int) -> str:
    """Return Grafana's address of a TraceQL query, over the hour before an instant."""
    pane = {
        "datasource": "pipecat-tempo",
        "queries": [
            {
                "refId": "A",
                "datasource": {"type": "tempo", "uid": "pipecat-tempo"},
                "queryType": "traceql",
                "query": query,
                "limit": 20,
            }
        ],
        "range": {"from": str((seconds - 3600) * 1000), "to": str(seconds * 1000)},
    }
    text = quote(json.dumps({"pipecat": pane}, separators=(",", ":")), safe="")
    return f"http://127.0.0.1:3000/explore?schemaVersion=1&orgId=1&panes={text}"


def _phases(case: Case, value: float, count: float) -> list[Phase]:
    after = case.bad + 2 * case.before
    return [
        Phase(case.before, case.good, case.count),
        Phase(case.bad, value, count * case.worse),
        Phase(after, case.good, case.count),
    ]


def _series(config: Config, case: Case, value: float) -> Series:
    """Return a service that gets bad, one that stays at its bound, and one that is bad but has too few turns."""
    whole = sum(one.steps for one in _phases(case, value, case.count))
    if not case.service:
        return case.feed(config, {}, _phases(case, value, case.count))
    made: Series = {}
    for service, phases in {
        "bad": _phases(case, value, case.count),
        "well": [Phase(whole, case.good, case.count)],
        **({"few": [replace(one, count=case.few) for one in _phases(case, value, case.count)]} if case.floor else {}),
    }.items():
        made |= case.feed(config, _service(service), phases)
    if case.breach:
        made |= breaches(_service("bad"), case.breach, case.before + case.check - 10, whole)
    return made


def _service(name: str) -> dict[str, str]:
    return {"service_name": name, "deployment_environment": "production"}


def _told(config: Config, alert: Alert, case: Case, severity: str, seconds: int) -> dict[str, Any]:
    """Return the alert as it must be, its addresses made here and not by the generator."""
    told, own = case.told[severity], case.told[severity_of(alert)]
    summary = (
        _BOUND.sub(lambda _: str(_BOUND.search(own.summary)[0]), told.summary) if own is not told else told.summary
    )
    labels = {"severity": alert.severity, **case.labels, **own.labels, **(_service("bad") if case.service else {})}
    critical_only = alert.severity == "critical" and not dict(alert.labels).get("escalated")
    chosen = "&var-service=bad&var-environment=production" if case.service else ""
    times = f"from={(seconds - 3600) * 1000}&to={seconds * 1000}"
    annotations = {
        "summary": summary,
        "description": _plain(alert.annotations["description"]),
        "trace_id": WORST if case.breach else NO_TRACE,
        "affected_conversations": ("1" if critical_only else "2") if case.breach else "does not apply",
        "trend": told.trend,
        "runbook_url": f"http://127.0.0.1:3000/public/runbooks/{alert.name}.md",
        "dashboard_url": f"http://127.0.0.1:3000/d/{alert.dashboard}/{alert.dashboard}?{times}{chosen}",
    }
    if dict(alert.labels).get("escalated"):
        labels["escalated"] = "true"
        annotations["summary"] = f"unresolved for {format_seconds(config.alerts.escalate_after)}: {summary}"
    if case.breach:
        annotations["trace_url"] = _explore(WORST, seconds)
    else:
        annotations["trace_url"] = _explore(_search(alert), seconds)
    return {"exp_labels": labels, "exp_annotations": annotations}


def _search(alert: Alert) -> str:
    """Return what a link searches for where no offender can be held."""
    if "service_name" in alert.signal.labels:
        return '{ resource.service.name = "bad" && name = "conversation" }'
    return '{ name = "conversation" }'


def _plain(text: str) -> str:
    assert "{{" not in text, "a description has no values: they are in the summary"
    return text


CHECKED = [
    pytest.param(name, severity, id=f"{name}-{severity}") for name, case in CASES.items() for severity in case.told
]


@pytest.mark.parametrize(("name", "severity"), CHECKED)
def test_alert(config: Config, promtool: Path, tmp_path: Path, name: str, severity: str) -> None:
    """It is silent without data, at its bound and under the floor; then it waits, fires, says all, and ends."""
    case = CASES[name]
    made = [one for one in alerts(config) if one.name == name]
    own = next(one for one in made if one.severity == severity and not dict(one.labels).get("escalated"))
    check = case.before + case.check
    firing = [one for one in made if _fires(one, case, severity)]
    at = check * case.step
    pending = {"alertname": name, "alertstate": "pending", "severity": severity, **case.labels}
    pending |= case.told[severity].labels
    pending |= _service("bad") if case.service else {}
    matchers = ",".join(f'{label}="{value}"' for label, value in pending.items())
    end = (case.before + case.bad) * case.step + (case.bad + 2 * case.before) * case.step - case.step
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": f"{case.step}s",
        "tests": [
            {
                "name": "no data",
                "interval": f"{case.step}s",
                "input_series": [{"series": 'up{job="pipecat-nothing"}', "values": f"1x{check}"}],
                "alert_rule_test": [{"eval_time": f"{at}s", "alertname": name, "exp_alerts": []}],
            },
            {
                "name": "well, then bad, then well again",
                "interval": f"{case.step}s",
                "input_series": [
                    {"series": series, "values": values}
                    for series, values in _series(config, case, case.told[severity].value).items()
                ],
                "alert_rule_test": [
                    {"eval_time": f"{(case.before - 1) * case.step}s", "alertname": name, "exp_alerts": []},
                    {
                        "eval_time": f"{at}s",
                        "alertname": name,
                        "exp_alerts": [_told(config, one, case, severity, at) for one in firing],
                    },
                    {"eval_time": f"{end}s", "alertname": name, "exp_alerts": []},
                ],
                "promql_expr_test": [
                    {
                        "eval_time": f"{at}s",
                        "expr": f'sum(count_over_time(ALERTS{{{matchers},escalated=""}}[{at}s]))',
                        "exp_samples": [{"labels": "{}", "value": round(own.hold / case.step)}],
                    }
                ]
                if own.hold
                else [],
            },
        ],
    }
    _run(promtool, tmp_path, _rules_of(config, name), test)


def _fires(alert: Alert, case: Case, severity: str) -> bool:
    """A value beyond the critical bound is beyond the warning's too; an unresolved warning is escalated."""
    ranks = ["info", "warning", "critical"]
    origin = severity_of(alert)
    return origin in case.told and ranks.index(origin) <= ranks.index(severity)


def severity_of(alert: Alert) -> str:
    """Return the severity of the rule an alert stems from."""
    return "warning" if dict(alert.labels).get("escalated") else alert.severity


def test_every_alert_has_a_case() -> None:
    """No alert goes untested: each name and severity has its case, with a floor where one guards it."""
    config = load_default()
    made = [one for one in alerts(config) if not dict(one.labels).get("escalated")]

    cases = {(name, severity) for name, case in CASES.items() for severity in case.told} | APART

    assert cases == {(one.name, one.severity) for one in made}
    assert {name: case.floor for name, case in CASES.items()} == {
        one.name: bool(one.min_samples) for one in made if (one.name, one.severity) not in APART
    }


APART = {("PipecatWatchdog", "info"), ("PipecatTelemetryMissing", "warning")}
"""Cases of their own, below: neither has a value that could be at its bound."""


def test_watchdog(config: Config, promtool: Path, tmp_path: Path) -> None:
    """The Watchdog fires from the first evaluation on, without any data."""
    told = next(one for one in alerts(config) if one.name == "PipecatWatchdog").annotations
    at = 7200
    expected = {
        "summary": "Alerts are evaluated and sent",
        "description": _plain(told["description"]),
        "trace_id": NO_TRACE,
        "affected_conversations": "does not apply",
        "trend": "stabilizing (+0 against 10 minutes ago)",
        "runbook_url": "http://127.0.0.1:3000/public/runbooks/PipecatWatchdog.md",
        "dashboard_url": "http://127.0.0.1:3000/d/pipecat-stack/pipecat-stack?from=3600000&to=7200000",
        "trace_url": _explore('{ name = "conversation" }', at),
    }
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "15s",
        "tests": [
            {
                "input_series": [],
                "alert_rule_test": [
                    {
                        "eval_time": f"{at}s",
                        "alertname": "PipecatWatchdog",
                        "exp_alerts": [{"exp_labels": {"severity": "info"}, "exp_annotations": expected}],
                    }
                ],
                "promql_expr_test": [
                    {
                        "eval_time": "0s",
                        "expr": 'count(ALERTS{alertname="PipecatWatchdog", alertstate="firing"})',
                        "exp_samples": [{"labels": "{}", "value": 1}],
                    }
                ],
            }
        ],
    }
    _run(promtool, tmp_path, _rules_of(config, "PipecatWatchdog"), test)


def test_telemetry_missing(config: Config, promtool: Path, tmp_path: Path) -> None:
    """A service with turns at this hour yesterday and none today is missed, unless it rested a week ago too."""
    day, week = 288, 7 * 288
    quiet, busy = [Phase(day, 0, 0)], [Phase(day, 0, 2)]
    weeks = {
        "gone": [*busy * 8, *quiet],
        "there": busy * 9,
        "few": [Phase(8 * day, 0, 0.5), *quiet],
        "new": [*quiet * 7, *busy, *busy],
        "rests": [*busy, *quiet, *busy * 6, *quiet],
    }
    series: Series = {}
    for service, phases in weeks.items():
        name = m.TURNS.prometheus
        series |= counter(name, {**_service(service), "interrupted": "false"}, phases)
    at = (week + day + 144) * 300
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "5m",
        "tests": [
            {
                "interval": "5m",
                "input_series": [{"series": one, "values": values} for one, values in series.items()],
                "promql_expr_test": [
                    {
                        "eval_time": f"{at}s",
                        "expr": 'ALERTS{alertname="PipecatTelemetryMissing", severity="warning"}',
                        "exp_samples": [
                            {
                                "labels": 'ALERTS{alertname="PipecatTelemetryMissing", alertstate="firing", '
                                'deployment_environment="production", service_name="gone", severity="warning"}',
                                "value": 1,
                            }
                        ],
                    }
                ],
            }
        ],
    }
    _run(promtool, tmp_path, _rules_of(config, "PipecatTelemetryMissing"), test)
