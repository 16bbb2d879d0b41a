"""How promtool holds an alert against services that are well, too quiet, bad, and well again."""

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

from case import Play, State
from cases import CASES
from feeds import WORST, Phase, Series, breaches
from said import SAID
from services import labels_of

import yamls
from pipecat_lgtm.config import Config, load_default
from pipecat_lgtm.renderers import rules
from pipecat_lgtm.rules import recordings
from pipecat_lgtm.rules.build import LOW_TRAFFIC
from pipecat_lgtm_bridge.contract import metrics as m

SHORTENED = """
quality:
  heartbeat: {targets: [{name: my-bot, kind: eval, url: "ws://127.0.0.1:7860/ws", scenario: /etc/pipecat/booking.yaml}]}
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

REMOTE = """
stores:
  prometheus: {url: "http://metrics.example.com", write_url: "http://metrics.example.com/api/v1/write"}
"""
"""With it there are the alerts of a store elsewhere, too."""

HOUR, LOW_TRAFFIC_WINDOW = 3600, 1800
RANKS = ("info", "warning", "critical")
_BOUND = re.compile(r"bound [^)]+\)|the last .*")
"""What of a summary is the severity's own."""
NO_TRACE = "none applies: this alert is about the monitoring, not about a conversation"


def rules_of(config: Config, name: str) -> dict[str, Any]:
    """Return the rule file cut down to one alert, and to what it reads."""
    return rules_of_all(config, name)


def rules_of_all(config: Config, *names: str) -> dict[str, Any]:
    """Return the same of several alerts."""
    groups = [group for part in rules.groups(config).values() for group in part]
    wanted = [rule for group in groups for rule in group["rules"] if rule.get("alert") in names]
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


def evaluated(files: dict[str, Any], usual: int) -> int:
    """Return the seconds between evaluations: promtool has one interval, and what adds up needs its own."""
    adding = any(rule.get("alert", "").endswith(LOW_TRAFFIC) for group in files["groups"] for rule in group["rules"])
    return round(recordings.low_traffic_step(load_default())) if adding else usual


def run(promtool: Path, folder: Path, files: dict[str, Any], test: dict[str, Any]) -> None:
    """Let promtool judge; its own words are the failure's."""
    (folder / "rules.yml").write_text(yamls.dump(files))
    (folder / "test.yml").write_text(yamls.dump(test, width=1000))
    done = subprocess.run(
        [promtool, "test", "rules", folder / "test.yml"], capture_output=True, text=True, check=False, timeout=120
    )
    assert 0 == done.returncode, done.stdout + done.stderr


def opened(uid: str, begin: int, end: int, who: str = "", trace: str = "") -> str:
    """Return the address of a dashboard, for a service and a time in seconds; `trace`: of one call."""
    chosen = f"&var-environment=production&var-service={who}" if who else ""
    call = f"&var-trace={trace}" if trace else ""
    times = f"from={begin * 1000}&to={end * 1000}"
    return f"http://127.0.0.1:3000/d/{uid}/{uid}?{times}&var-tempo=pipecat-tempo{chosen}{call}"


def _play(config: Config, name: str, value: float) -> Play:
    """Return a service that gets bad, one at its bound, some near it, and one that is bad but has too few turns."""
    case = CASES[name]
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
    for service, phases in lives.items():
        series |= case.feed(config, labels_of(service) if case.service else {}, phases)
    if case.breach:
        own = {label: value for label, value in case.labels.items() if label in m.BREACHES.labels}
        series |= breaches(labels_of("bad"), case.breach, case.before + case.check - 10, whole, own)
    ends = (case.before - 1, case.before + case.check, whole - 1)
    return Play(series, case.step, evaluated(rules_of(config, name), case.step), *(one * case.step for one in ends))


def _told(name: str, severity: str, fed: str, seconds: int, *, escalated: bool = False) -> dict[str, Any]:
    """Return an alert as it must be.

    Args:
        name: of the alert.
        severity: of the rule it stems from.
        fed: severity of which the value is beyond the bound.
        seconds: when it is looked at.
        escalated: it is the twin that a warning becomes.
    """
    case, said = CASES[name], SAID[name]
    told, own = case.told[fed], case.told[severity]
    summary = told.summary if own is told else _BOUND.sub(lambda _: str(_BOUND.search(own.summary)[0]), told.summary)
    labels = {"severity": severity, **case.labels, **own.labels, **(labels_of("bad") if case.service else {})}
    who, judged = ("bad" if case.service else ""), said.seconds(severity)
    breached = min(judged, LOW_TRAFFIC_WINDOW)
    calls = opened("pipecat-conversations" if who else said.dashboard, seconds - HOUR - judged, seconds, who)
    annotations = {
        "summary": summary,
        "description": said.description(severity),
        "trace_id": WORST if case.breach else NO_TRACE,
        "trace_url": opened("pipecat-conversation", seconds - HOUR - breached, seconds + HOUR, who, WORST)
        if case.breach
        else calls,
        "affected_conversations": ("1" if severity == "critical" else "2") if case.breach else "does not apply",
        "trend": told.trend,
        "runbook_url": f"http://127.0.0.1:3000/public/runbooks/{name}.md",
        "dashboard_url": opened(said.dashboard, seconds - HOUR - judged, seconds, who),
    }
    if escalated:
        labels |= {"severity": "critical", "escalated": "true"}
        annotations["summary"] = f"unresolved for 5m: {summary}"
    return {"exp_labels": labels, "exp_annotations": annotations}


def _firing(name: str, fed: str, seconds: int) -> list[dict[str, Any]]:
    """Return the alerts of a name that fire: a value beyond the critical bound is beyond the warning's too."""
    found = [one for one in CASES[name].told if RANKS.index(one) <= RANKS.index(fed)]
    made = [_told(name, one, fed, seconds) for one in found]
    return made + [_told(name, one, fed, seconds, escalated=True) for one in found if one == "warning"]


def rule_test(config: Config, name: str, severity: str) -> dict[str, Any]:
    """Return promtool's test of one alert: no data; a service that gets bad, those that do not; each state there is."""
    case = CASES[name]
    play = _play(config, name, case.told[severity].value)
    looks = [(play.before, []), (play.check, _firing(name, severity, play.check)), (play.after, [])]
    acts = {
        "name": "well, then bad, then well again",
        "interval": f"{play.step}s",
        "input_series": [{"series": series, "values": values} for series, values in play.series.items()],
        "alert_rule_test": [_look(name, at, told) for at, told in looks if at is not None],
        "promql_expr_test": [_pending(name, severity, play)],
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


def _pending(name: str, severity: str, play: Play) -> dict[str, Any]:
    """Ask how often the alert was pending: until its hold was over, and never if it has none."""
    case = CASES[name]
    labels = {"alertname": name, "alertstate": "pending", "severity": severity, **case.labels}
    labels |= case.told[severity].labels | (labels_of("bad") if case.service else {})
    matchers = ",".join(f'{label}="{value}"' for label, value in labels.items())
    times = round(SAID[name].holds(severity) / play.evaluated)
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
