"""How one number travels: a bound changed once in stack.yaml is changed wherever it acts or is shown."""

import json

import pytest

import rendered
import yamls
from pipecat_lgtm.config import load
from pipecat_lgtm.renderers import render


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what a config renders in which the critical bound of TTFW is 1333 ms instead of 1200 ms."""
    file = tmp_path_factory.mktemp("travel") / "stack.yaml"
    file.write_text("thresholds: {ttfw: {p95: {critical: 1333 ms}}}\n")
    return render(load(file).config)


def test_bucket(files: dict[str, str]) -> None:
    """It is a bucket bound of the histogram, so that the share beyond it is exact."""
    connector = yamls.load(files["collector/config.yaml"])["connectors"]["span_metrics/latency"]

    assert "1333000000ns" in connector["histogram"]["explicit"]["buckets"]


def test_breach_filter(files: dict[str, str]) -> None:
    """It is the bound beyond which the collector keeps a turn's trace id, and the old one is none any more."""
    now, before = (
        json.dumps(yamls.load(text["collector/config.yaml"])["processors"]["transform/breaches"])
        for text in (files, rendered.files())
    )

    assert before.count("1333000000") + 1 == now.count("1333000000")
    assert before.count("1200000000") - 1 == now.count("1200000000")


def test_recording(files: dict[str, str]) -> None:
    """It is the bound of the recorded share of turns beyond it."""
    (group,) = [
        group
        for group in yamls.load(files["prometheus/rules/recordings.yml"])["groups"]
        for rule in group["rules"]
        if rule["record"] == "pipecat:turn_ttfw_seconds:beyond_critical_5m"
    ]
    expr = next(rule["expr"] for rule in group["rules"] if rule["record"].endswith("ttfw_seconds:beyond_critical_5m"))

    assert 'le="1.333"' in expr


def test_alert(files: dict[str, str]) -> None:
    """It is what the alert compares with, and what its summary says."""
    (alert,) = [
        rule
        for group in yamls.load(files["prometheus/rules/alerts.yml"])["groups"]
        for rule in group["rules"]
        if rule["expr"].startswith("pipecat:turn_ttfw_seconds:p95_5m > 1.333 ")
    ]

    assert ("PipecatTtfwHigh", "critical") == (alert["alert"], alert["labels"]["severity"])
    assert "1.333 s" in alert["annotations"]["summary"]


def test_panel(files: dict[str, str]) -> None:
    """It is the red line of the panel, and it is in the panel's title."""
    panel = json.loads(files["grafana/dashboards/pipecat-core.json"])["panels"][0]
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]

    assert 1.333 == steps[-1]["value"]
    assert "Time to first word, P95 (bound 1.333 s)" == panel["title"]


def test_runbook(files: dict[str, str]) -> None:
    """It is the bound that the alert's runbook states, under its key."""
    row = next(line for line in files["docs/runbooks/PipecatTtfwHigh.md"].splitlines() if "ttfw.p95.critical" in line)

    assert "| critical | > 1.333 s | `thresholds.ttfw.p95.critical` |" in row
