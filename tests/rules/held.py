"""How promtool holds an alert against services that are well, too quiet, bad, and well again."""

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from cases import CASES, Case
from feeds import WORST, Phase, Series, breaches

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.renderers import rules
from pipecat_lgtm.rules.alerts import alerts
from pipecat_lgtm.rules.model import Alert

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


def rules_of(config: Config, name: str) -> dict[str, Any]:
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


def run(promtool: Path, folder: Path, files: dict[str, Any], test: dict[str, Any]) -> None:
    """Let promtool judge; its own words are the failure's."""
    (folder / "rules.yml").write_text(yaml.safe_dump(files))
    (folder / "test.yml").write_text(yaml.safe_dump(test, width=1000))
    done = subprocess.run(
        [promtool, "test", "rules", folder / "test.yml"], capture_output=True, text=True, check=False, timeout=120
    )
    assert 0 == done.returncode, done.stdout + done.stderr


def explore(query: str, seconds: int) -> str:
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
        made |= case.feed(config, labels_of(service), phases)
    if case.breach:
        made |= breaches(labels_of("bad"), case.breach, case.before + case.check - 10, whole)
    return made


def labels_of(name: str) -> dict[str, str]:
    """Return the labels of a service."""
    return {"service_name": name, "deployment_environment": "production"}


def _told(config: Config, alert: Alert, case: Case, severity: str, seconds: int) -> dict[str, Any]:
    """Return the alert as it must be, its addresses made here and not by the generator."""
    told, own = case.told[severity], case.told[severity_of(alert)]
    summary = (
        _BOUND.sub(lambda _: str(_BOUND.search(own.summary)[0]), told.summary) if own is not told else told.summary
    )
    labels = {"severity": alert.severity, **case.labels, **own.labels, **(labels_of("bad") if case.service else {})}
    critical_only = alert.severity == "critical" and not dict(alert.labels).get("escalated")
    chosen = "&var-service=bad&var-environment=production" if case.service else ""
    times = f"from={(seconds - 3600) * 1000}&to={seconds * 1000}"
    annotations = {
        "summary": summary,
        "description": plain(alert.annotations["description"]),
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
        annotations["trace_url"] = explore(WORST, seconds)
    else:
        annotations["trace_url"] = explore(_search(alert), seconds)
    return {"exp_labels": labels, "exp_annotations": annotations}


def _search(alert: Alert) -> str:
    """Return what a link searches for where no offender can be held."""
    if "service_name" in alert.signal.labels:
        return '{ resource.service.name = "bad" && name = "conversation" }'
    return '{ name = "conversation" }'


def plain(text: str) -> str:
    """Return a text that must be no template."""
    assert "{{" not in text, "a description has no values: they are in the summary"
    return text


def rule_test(config: Config, name: str, severity: str) -> dict[str, Any]:
    """Return promtool's test of one alert: no data; a service that gets bad, one at its bound, one under the floor."""
    case = CASES[name]
    made = [one for one in alerts(config) if one.name == name]
    own = next(one for one in made if one.severity == severity and not dict(one.labels).get("escalated"))
    check = case.before + case.check
    firing = [one for one in made if _fires(one, case, severity)]
    at = check * case.step
    pending = {"alertname": name, "alertstate": "pending", "severity": severity, **case.labels}
    pending |= case.told[severity].labels
    pending |= labels_of("bad") if case.service else {}
    matchers = ",".join(f'{label}="{value}"' for label, value in pending.items())
    end = (case.before + case.bad) * case.step + (case.bad + 2 * case.before) * case.step - case.step
    return {
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


def _fires(alert: Alert, case: Case, severity: str) -> bool:
    """A value beyond the critical bound is beyond the warning's too; an unresolved warning is escalated."""
    ranks = ["info", "warning", "critical"]
    origin = severity_of(alert)
    return origin in case.told and ranks.index(origin) <= ranks.index(severity)


def severity_of(alert: Alert) -> str:
    """Return the severity of the rule an alert stems from."""
    return "warning" if dict(alert.labels).get("escalated") else alert.severity
