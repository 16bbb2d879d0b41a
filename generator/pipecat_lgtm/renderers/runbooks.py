"""docs/runbooks/*.md and docs/alerts.md: what to do about each alert, with the bounds in force."""

import re
from dataclasses import dataclass

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.alerts import BURN_RATE
from pipecat_lgtm.config.units import format_seconds, spell_seconds
from pipecat_lgtm.renderers.text import HEADER, TEMPLATES
from pipecat_lgtm.rules.alerts import by_subject
from pipecat_lgtm.rules.annotations import bound_text
from pipecat_lgtm.rules.build import LOW_TRAFFIC
from pipecat_lgtm.rules.model import Alert
from pipecat_lgtm.rules.sources import source_of
from pipecat_lgtm_bridge.contract import labels, signals
from pipecat_lgtm_bridge.contract import metrics as m
from pipecat_lgtm_bridge.contract.metrics import METRICS

SCENARIOS = {
    "PipecatTtfwHigh": "slow-llm",
    "PipecatE2eHigh": "slow-tts",
    "PipecatLlmTtfbHigh": "slow-llm",
    "PipecatTtsTtfbHigh": "slow-tts",
    "PipecatStageErrorRateHigh": "llm-failure",
    "PipecatErrorRateHigh": "llm-failure",
    "PipecatTokensPerTurnHigh": "token-burst",
    "PipecatSilenceLong": "long-silence",
    "PipecatSpeechUnanswered": "tts-failure",
    "PipecatRepetitionHigh": "in-circles",
    "PipecatPiiDisclosed": "pii-spoken",
}
"""Sandbox scenarios that make the fault."""
TITLES = {
    "latency": "Waiting",
    "errors": "Failures",
    "usage": "Usage",
    "network": "Network and media",
    "quality": "Quality",
    "stack": "The monitoring itself",
}
CARRIES = {
    "summary": "what is wrong, with value and bound, in one line",
    "description": "what it means, what to do first, and which key of stack.yaml holds the bound",
    "trace_id": "the worst conversation with the alert's labels: gravest breach, then most turns; or: none held",
    "trace_url": "opens that call's dashboard; where none is held, the calls of the service at that time",
    "affected_conversations": "how many conversations with its labels breached (at least so many, if not all are held)",
    "trend": "getting worse, stabilizing or recovering; change against {trend_window} ago (`alerts.trend_window`)",
    "runbook_url": "the runbook",
    "dashboard_url": "the dashboard that shows it, for the service, over what was judged and the hour before",
}


@dataclass(frozen=True)
class Line:
    """One rule as a reader sees it."""

    name: str
    severity: str
    note: str
    beyond: str
    key: str
    source: str
    window: str
    hold: str
    floor: str
    needs: str
    expr: str


def files(config: Config) -> dict[str, str]:
    """Return docs/alerts.md and a runbook for each alert."""
    subjects = by_subject(config)
    subjects.pop("escalation")
    rendered = {"docs/alerts.md": _overview(config, subjects)}
    every = [one for members in subjects.values() for one in members]
    for name in dict.fromkeys(one.name for one in every):
        rendered[f"docs/runbooks/{name}.md"] = _runbook(config, [one for one in every if one.name == name])
    return rendered


def _runbook(config: Config, rules: list[Alert]) -> str:
    first = rules[0]
    return TEMPLATES.get_template(f"runbooks/{first.name}.md.j2").render(
        header=f"<!-- {HEADER} -->",
        name=first.name,
        rules=[_line(config, one) for one in rules],
        dashboard=first.dashboard,
        grafana=config.grafana_url,
        about_calls=bool(first.signal.breaches),
        search=first.search.expr.replace("$service", '"my-bot"') if first.search else "",
        scenario=SCENARIOS.get(first.name, ""),
        value=first.signal.value.name,
        recorded=first.signal.value.query.expr,
        sources=dict.fromkeys((one.name, one.query.expr) for one in first.signal.support),
        warning=bound_text(first.bound),
        worst=bound_text(first.bound),
        silence=f"{config.thresholds.long_silence:g} s",
    )


def _overview(config: Config, subjects: dict[str, list[Alert]]) -> str:
    preset = config.presets[config.thresholds.preset]
    target = config.thresholds.prompt_similarity.target
    return TEMPLATES.get_template("alerts.md.j2").render(
        header=f"<!-- {HEADER} -->",
        preset=config.thresholds.preset,
        source=preset.source,
        date=preset.date,
        subjects={subject: [_line(config, one) for one in members] for subject, members in subjects.items() if members},
        titles=TITLES,
        escalate_after=format_seconds(config.alerts.escalate_after),
        annotations={
            name: brief.format(trend_window=spell_seconds(config.alerts.trend_window))
            for name, brief in CARRIES.items()
        },
        silence=f"{config.thresholds.long_silence:g} s",
        similarity=f"{target:.0%}" if target else "no target",
    )


def _line(config: Config, one: Alert) -> Line:
    window = dict(one.labels).get(labels.BURN_WINDOW)
    sign = "≥" if one.bound.inclusive else "<" if one.signal.low_is_bad else ">"
    return Line(
        name=one.name,
        severity=one.severity,
        note=f" ({window})" if window else "",
        beyond=f"{sign} {bound_text(one.bound)}" if one.bound.unit != "none" else "any",
        key=one.bound.key,
        source=source_of(config, one.bound),
        window=judged_over(config, one),
        hold=format_seconds(one.hold) if one.hold else "at once",
        floor=floor(one),
        needs=_needs(one),
        expr=one.query.expr,
    )


def judged_over(config: Config, one: Alert) -> str:
    """Return over how long an alert's value is taken, in words."""
    if one.name.endswith(LOW_TRAFFIC):
        return format_seconds(config.alerts.low_traffic.window)
    return format_seconds(one.signal.window) if one.signal.window else "as it is"


def floor(one: Alert) -> str:
    """Return how many samples an alert needs, in words."""
    if one.name.endswith(LOW_TRAFFIC):
        return f"never {one.min_samples} in {format_seconds(one.signal.window)}"
    return str(one.min_samples) if one.min_samples else "none"


def _needs(one: Alert) -> str:
    """Return what a bot must run for the alert to have data; spans alone never say that a conversation failed."""
    if signals.OFF_SCRIPT in one.signal.breaches:
        return "an evaluation of the calls"
    if one.name == BURN_RATE or signals.WER in one.signal.breaches:
        return "synthetic calls (docs/quality.md)"
    text = " ".join(recording.query.expr for recording in one.signal.recordings)
    used = [metric for metric in METRICS if re.search(rf"\b{metric.prometheus}(_bucket|_count|_sum)?\b", text)]
    if not used:
        return "the stack's own metrics"
    if m.QUALITY_SCORE in used:
        return "whoever judges calls"
    told = [metric for metric in used if metric is not m.TURNS]
    bridged = any(metric.feed == "bridge" or metric is m.CONVERSATIONS for metric in told)
    # Of these spans say enough to judge by; the bridge says more.
    enough = m.TOKENS in used or m.STAGE_REQUESTS in used
    return "the bridge" if bridged and not enough else "Pipecat's spans"
