"""How promtool holds an alert against services that are well, too quiet, bad, and well again."""

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from case import Case, Play, State
from cases import CASES
from feeds import WORST, Phase, Series, breaches
from services import labels_of

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.units import format_seconds
from pipecat_lgtm.renderers import rules
from pipecat_lgtm.rules.alerts import alerts
from pipecat_lgtm.rules.model import Alert

SHORTENED = """
alerts:
  synthetic_services: bad|well|few|near-.
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


def _play(config: Config, case: Case, value: float) -> Play:
    """Return a service that gets bad, one at its bound, some near it, and one that is bad but has too few turns."""
    if case.play:
        return case.play(config)
    bad = Phase(case.bad, value, case.count * case.worse)
    before, after = Phase(case.before, case.good, case.count), Phase(case.bad + 2 * case.before, case.good, case.count)
    whole = before.steps + bad.steps + after.steps
    lives = {"bad": [before, bad, after]}
    if case.service:
        lives["well"] = [replace(before, steps=whole)]
        lives |= {f"near-{at}": [before, replace(one, steps=case.bad), after] for at, one in enumerate(case.near)}
    if "under the floor" not in case.never:
        lives["few"] = [replace(one, count=case.few * (case.worse if one is bad else 1)) for one in lives["bad"]]
    series: Series = {}
    for name, phases in lives.items():
        series |= case.feed(config, labels_of(name) if case.service else {}, phases)
    if case.breach:
        series |= breaches(labels_of("bad"), case.breach, case.before + case.check - 10, whole)
    ends = (case.before - 1, case.before + case.check, whole - 1)
    return Play(series, case.step, case.step, *(one * case.step for one in ends))


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
    """Return promtool's test of one alert: no data; a service that gets bad, those that do not; each state there is."""
    case = CASES[name]
    made = [one for one in alerts(config) if one.name == name]
    own = next(one for one in made if one.severity == severity and not dict(one.labels).get("escalated"))
    play = _play(config, case, case.told[severity].value)
    firing = [_told(config, one, case, severity, play.check) for one in made if _fires(one, case, severity)]
    looks = [(play.before, []), (play.check, firing), (play.after, [])]
    acts = {
        "name": "well, then bad, then well again",
        "interval": f"{play.step}s",
        "input_series": [{"series": series, "values": values} for series, values in play.series.items()],
        "alert_rule_test": [_look(name, at, told) for at, told in looks if at is not None],
        "promql_expr_test": [_pending(own, case, play)],
    }
    empty = {
        "name": "no data",
        "interval": f"{play.step}s",
        "input_series": [{"series": 'up{job="pipecat-nothing"}', "values": "1x200"}],
        "alert_rule_test": [_look(name, 200 * play.step, [])],
    }
    return {
        "rule_files": ["rules.yml"],
        "evaluation_interval": f"{play.evaluated}s",
        "tests": [acts] if "no data" in case.never else [empty, acts],
    }


def _look(name: str, at: int, told: list[dict[str, Any]]) -> dict[str, Any]:
    return {"eval_time": f"{at}s", "alertname": name, "exp_alerts": told}


def _pending(own: Alert, case: Case, play: Play) -> dict[str, Any]:
    """Ask how often the alert was pending: until its hold was over, and never if it has none."""
    labels = {"alertname": own.name, "alertstate": "pending", "severity": own.severity, **case.labels}
    labels |= case.told[own.severity].labels | (labels_of("bad") if case.service else {})
    matchers = ",".join(f'{label}="{value}"' for label, value in labels.items())
    times = round(own.hold / play.evaluated)
    return {
        "eval_time": f"{play.check}s",
        "expr": f'sum(count_over_time(ALERTS{{{matchers},escalated=""}}[{play.check}s]))',
        "exp_samples": [{"labels": "{}", "value": times}] if times else [],
    }


def shown(config: Config, name: str, severity: str) -> set[State]:
    """Return the states that the test of an alert shows, read off the test itself."""
    *empty, acts = rule_test(config, name, severity)["tests"]
    looks = [(int(one["eval_time"][:-1]), bool(one["exp_alerts"])) for one in acts["alert_rule_test"]]
    fires = [at for at, told in looks if told]
    services = {one for text in acts["input_series"] for one in re.findall(r'service_name="([^"]+)"', text["series"])}
    found: dict[State, bool] = {
        "no data": any(not look["exp_alerts"] for one in empty for look in one["alert_rule_test"]),
        "below the bound": any(at < fires[0] for at, told in looks if not told),
        "under the floor": "few" in services,
        "pending": any(
            'alertstate="pending"' in one["expr"] and one["exp_samples"] for one in acts["promql_expr_test"]
        ),
        "firing": bool(fires),
        "resolved": any(at > fires[-1] for at, told in looks if not told),
    }
    return {state for state, is_shown in found.items() if is_shown}


def _fires(alert: Alert, case: Case, severity: str) -> bool:
    """A value beyond the critical bound is beyond the warning's too; an unresolved warning is escalated."""
    ranks = ["info", "warning", "critical"]
    origin = severity_of(alert)
    return origin in case.told and ranks.index(origin) <= ranks.index(severity)


def severity_of(alert: Alert) -> str:
    """Return the severity of the rule an alert stems from."""
    return "warning" if dict(alert.labels).get("escalated") else alert.severity
