"""Every alert, held by promtool against services that are well, too quiet, bad, and well again."""

from pathlib import Path

import pytest
from cases import CASES
from feeds import Phase, Series, counter
from held import NO_TRACE, explore, labels_of, plain, rule_test, rules_of, run

from pipecat_lgtm.config import Config, load_default
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.rules.alerts import alerts

pytestmark = pytest.mark.rules

CHECKED = [
    pytest.param(name, severity, id=f"{name}-{severity}") for name, case in CASES.items() for severity in case.told
]


@pytest.mark.parametrize(("name", "severity"), CHECKED)
def test_alert(config: Config, promtool: Path, tmp_path: Path, name: str, severity: str) -> None:
    """It is silent without data, at its bound and under the floor; then it waits, fires, says all, and ends."""
    run(promtool, tmp_path, rules_of(config, name), rule_test(config, name, severity))


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
        "description": plain(told["description"]),
        "trace_id": NO_TRACE,
        "affected_conversations": "does not apply",
        "trend": "stabilizing (+0 against 10 minutes ago)",
        "runbook_url": "http://127.0.0.1:3000/public/runbooks/PipecatWatchdog.md",
        "dashboard_url": "http://127.0.0.1:3000/d/pipecat-stack/pipecat-stack?from=3600000&to=7200000",
        "trace_url": explore('{ name = "conversation" }', at),
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
    run(promtool, tmp_path, rules_of(config, "PipecatWatchdog"), test)


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
        series |= counter(name, {**labels_of(service), "interrupted": "false"}, phases)
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
    run(promtool, tmp_path, rules_of(config, "PipecatTelemetryMissing"), test)
