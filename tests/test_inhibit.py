"""What mutes what, held against the alerts there are."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipecat_lgtm.config import Config, load, load_default
from pipecat_lgtm.renderers.alertmanager.inhibit import Inhibition, inhibitions
from pipecat_lgtm.rules.alerts import alerts


def _labels(name: str, **labels: str) -> dict[str, str]:
    return {"alertname": f"Pipecat{name}", **labels}


@pytest.fixture
def everything(tmp_path: Path) -> Config:
    """A config with every inhibition switched on."""
    (tmp_path / "stack.yaml").write_text("routing: {inhibition: {ttfw_mutes_stages: true}}\n")
    return load(tmp_path / "stack.yaml").config


def _mutes(rules: list[Inhibition], source: Mapping[str, str], target: Mapping[str, str]) -> bool:
    return any(
        all(one.holds(source) for one in rule.sources)
        and rule.could_mute(target)
        and all(source.get(label, "") == target.get(label, "") for label in rule.equal)
        for rule in rules
    )


BOT = {"service_name": "bot", "deployment_environment": "live"}
OTHER = {"service_name": "other", "deployment_environment": "live"}
CRITICAL, WARNING = {"severity": "critical"}, {"severity": "warning"}
TTFW, E2E, LLM = (_labels(f"{name}High", **BOT) for name in ("Ttfw", "E2e", "LlmTtfb"))
SAME = {"ends_at": "first_audio"}
RARE_TTFW, RARE_E2E = (_labels(f"{name}HighLowTraffic", **BOT) | WARNING for name in ("Ttfw", "E2e"))
OFF_SCRIPT = _labels("OffScript", **BOT)
TEMPO_DOWN, PROMETHEUS_DOWN = (_labels("StoreDown", job=job) for job in ("tempo", "prometheus"))
COLLECTOR_DOWN = _labels("CollectorDown", job="collector")
QUEUE = _labels("CollectorQueueFilling", severity="critical")
CASES = {
    "critical, warning": (TTFW | CRITICAL, TTFW | WARNING, True),
    "escalated, warning": (LLM | CRITICAL | {"escalated": "true"}, LLM | WARNING, True),
    "critical by itself, escalated": (TTFW | CRITICAL, TTFW | CRITICAL | {"escalated": "true"}, True),
    "escalated, critical by itself": (TTFW | CRITICAL | {"escalated": "true"}, TTFW | CRITICAL, False),
    "escalated, itself": (LLM | CRITICAL | {"escalated": "true"}, LLM | CRITICAL | {"escalated": "true"}, False),
    "another provider": (LLM | CRITICAL | {"provider": "a"}, LLM | WARNING | {"provider": "b"}, False),
    "another kind": (OFF_SCRIPT | CRITICAL | {"kind": "a"}, OFF_SCRIPT | WARNING | {"kind": "b"}, False),
    "another service": (TTFW | CRITICAL, TTFW | WARNING | OTHER, False),
    "another alert": (TTFW | CRITICAL, E2E | WARNING, False),
    "warning, critical": (TTFW | WARNING, TTFW | CRITICAL, False),
    "itself": (TTFW | CRITICAL, TTFW | CRITICAL, False),
    "tempo down, its queue": (TEMPO_DOWN, QUEUE | {"exporter": "otlp_grpc/tempo"}, True),
    "tempo down, loki's queue": (TEMPO_DOWN, QUEUE | {"exporter": "otlp_http/loki"}, False),
    "tempo down, dropping": (TEMPO_DOWN, _labels("CollectorDropping", exporter="otlp_grpc/tempo"), False),
    "tempo down, a service": (TEMPO_DOWN, TTFW | CRITICAL, False),
    "prometheus down, a service": (PROMETHEUS_DOWN, TTFW | CRITICAL, True),
    "collector down, a service": (COLLECTOR_DOWN, _labels("TelemetryMissing", **BOT), True),
    "collector down, a store": (COLLECTOR_DOWN, TEMPO_DOWN, False),
    "collector down, not ours": (COLLECTOR_DOWN, {"alertname": "Disk", **BOT}, False),
    "first word, the same number": (TTFW | CRITICAL, E2E | CRITICAL | SAME, True),
    "first word, the same number, milder": (TTFW | CRITICAL, E2E | WARNING | SAME, True),
    "first word, the same number, escalated": (TTFW | CRITICAL, E2E | CRITICAL | SAME | {"escalated": "true"}, True),
    "first word escalated, the same number": (TTFW | CRITICAL | {"escalated": "true"}, E2E | CRITICAL | SAME, True),
    "first word, the same number, graver": (TTFW | WARNING, E2E | CRITICAL | SAME, False),
    "first word, the same number of quiet bots": (RARE_TTFW, RARE_E2E | SAME, True),
    "first word, another's same number": (TTFW | CRITICAL, E2E | CRITICAL | SAME | OTHER, False),
    "first word, the whole reply": (TTFW | CRITICAL, E2E | CRITICAL, False),
    "same number, first word": (E2E | CRITICAL | SAME, TTFW | CRITICAL, False),
    "first word, stage": (TTFW, LLM | {"stage": "llm", "provider": "a"}, True),
    "first word, another's stage": (TTFW, LLM | OTHER, False),
    "first word, errors": (TTFW, _labels("StageErrorRateHigh", **BOT), False),
}


@pytest.mark.parametrize(("source", "target", "muted"), CASES.values(), ids=CASES)
def test_mutes(
    everything: Config,
    source: dict[str, str],
    target: dict[str, str],
    muted: bool,  # noqa: FBT001 - a column
) -> None:
    """A cause mutes its consequences, and nothing else."""
    assert muted == _mutes(inhibitions(everything), source, target)


def test_stages_only_where_configured() -> None:
    """By default a late first word does not mute the stages: they say why it is late."""
    source, target, _ = CASES["first word, stage"]

    assert not _mutes(inhibitions(load_default()), source, target)


def test_names_exist(everything: Config) -> None:
    """Every alert that an inhibition names exists, and every stage alert of latency is named."""
    names = {alert.name for alert in alerts(everything)}
    for rule in inhibitions(everything):
        for matcher in (*rule.sources, *rule.targets):
            if matcher.label == "alertname":
                for pattern in matcher.value.split("|"):
                    assert any(re.fullmatch(pattern, name) for name in names), pattern


def test_every_pair(everything: Config) -> None:
    """Whatever labels an alert has, its critical mutes its warning, and not that of other label values."""
    rules = inhibitions(everything)
    for alert in alerts(everything):
        same = dict.fromkeys(alert.signal.labels, "x") | {"alertname": alert.name}
        critical, warning = same | {"severity": "critical"}, same | {"severity": "warning"}

        assert _mutes(rules, critical, warning)
        for label in alert.signal.labels:
            assert not _mutes(rules, critical, warning | {label: "y"})
