"""The messages' texts, as Alertmanager's own template engine makes them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipecat_lgtm.config import load_default
from pipecat_lgtm.renderers.alertmanager import messages
from pipecat_lgtm_bridge.contract import annotations

pytestmark = pytest.mark.rules

Say = Callable[..., str]
COMMON = {"alertname": "PipecatTtfwHigh", "severity": "critical", "service_name": "bot"}


def _alert(status: str = "firing", **labels: str) -> dict[str, Any]:
    said = {name: f"{name} of {labels.get('stage', 'all')}" for name in annotations.ANNOTATIONS}
    return {
        "status": status,
        "labels": COMMON | labels,
        "annotations": said
        | {
            "summary": "P95 is 1.9 s <slow> & bad",
            "trace_url": "http://grafana/d/call?a=1&b=2",
        },
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
    }


@pytest.fixture
def say(engine_bin: Callable[[str], Path], tmp_path: Path) -> Say:
    """Return the text of one of our templates for a group of alerts."""
    (tmp_path / "pipecat.tmpl").write_text(messages.render(load_default()))

    def render(name: str, *alerts: dict[str, Any], kind: str = "text", **labels: str) -> str:
        firing = any(alert["status"] == "firing" for alert in alerts)
        data = {
            "receiver": "critical",
            "status": "firing" if firing else "resolved",
            "alerts": alerts,
            "groupLabels": {"alertname": "PipecatTtfwHigh", "service_name": "bot"},
            "commonLabels": COMMON | labels,
            "commonAnnotations": {},
            "externalURL": "http://127.0.0.1:9093",
        }
        (tmp_path / "data.json").write_text(json.dumps(data))
        argv = [
            str(engine_bin("amtool")), "template", "render", f"--template.glob={tmp_path}/*.tmpl",
            f"--template.data={tmp_path}/data.json", f"--template.type={kind}",
            f'--template.text={{{{ template "pipecat.{name}" . }}}}',
        ]  # fmt: skip
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.rstrip("\n")

    return render


def test_slack(say: Say) -> None:
    """Slack's text has every annotation, links as links, its own marks escaped, and the deadline."""
    assert (
        "*P95 is 1.9 s &lt;slow&gt; &amp; bad*\n"
        "description of all\n"
        "*Affected conversations:* affected_conversations of all\n"
        "*Trend:* trend of all\n"
        "*Trace id:* trace_id of all\n"
        "<http://grafana/d/call?a=1&amp;b=2|Trace>  <runbook_url of all|Runbook>  <dashboard_url of all|Dashboard>  \n"
        "Acknowledge within 5 min: silence it, or this message comes again."
    ) == say("slack.text", _alert())


def test_slack_title(say: Say) -> None:
    """A service's and an environment's name cannot mention a channel or make a link."""
    title = say("slack.head", _alert(), service_name="<!channel>", deployment_environment="<http://a|b>&")

    assert "[CRITICAL] PipecatTtfwHigh: &lt;!channel&gt; (&lt;http:\u2060//a|b&gt;&amp;)" == title


@pytest.mark.parametrize("name", annotations.ANNOTATIONS)
def test_each(say: Say, name: str) -> None:
    """A field holds the one alert's value, or all of them, told apart by their labels and states."""
    one, two = _alert(stage="stt"), _alert("resolved", stage="tts", provider="x")
    values = [alert["annotations"][name] for alert in (one, two)]

    assert values[0] == say(f"each.{name}", one)
    assert f"stt (firing): {values[0]}\nx tts (resolved): {values[1]}" == say(f"each.{name}", one, two)


@pytest.mark.parametrize("name", annotations.LINKS)
def test_first(say: Say, name: str) -> None:
    """A button leads to an alert that still fires."""
    ended, fires = _alert("resolved", stage="stt"), _alert(stage="tts")

    assert fires["annotations"][name] == say(f"first.{name}", ended, fires)
    assert ended["annotations"][name] == say(f"first.{name}", ended)


def test_email_escapes(say: Say) -> None:
    """Mail has every annotation, and what a caller's words may bring is not read as HTML."""
    html = say("email.html", _alert(), kind="html")

    assert "P95 is 1.9 s &lt;slow&gt; &amp; bad" in html
    assert "<slow>" not in html
    assert all(f"{name} of all" in html for name in annotations.TEXTS if name != "summary")
    assert 3 == sum(f">{text}</a>" in html for text in annotations.LINKS.values())


@pytest.mark.parametrize(
    ("severity", "deadline"),
    [("critical", "within 5 min"), ("warning", "within 30 min"), ("info", "within 24 h"), ("page", "")],
)
def test_acknowledge(say: Say, severity: str, deadline: str) -> None:
    """The deadline is the severity's; a resolved message asks for nothing."""
    firing = say("acknowledge", _alert(), severity=severity)

    assert (f"Acknowledge {deadline}: silence" if deadline else "Silence") in firing
    assert "Resolved: nothing to do." == say("acknowledge", _alert("resolved"), severity=severity)


def test_silence_address(say: Say) -> None:
    """The address silences this severity only: who acknowledges a warning still hears of the critical."""
    assert (
        "http://127.0.0.1:9093/#/silences/new?filter=%7Bseverity%3D%22warning%22"
        "%2Calertname%3D%22PipecatTtfwHigh%22%2Cservice_name%3D%22bot%22%7D"
    ) == say("silence_url", _alert(), severity="warning")


@pytest.mark.parametrize(
    ("alerts", "head"),
    [
        ([_alert()], "[CRITICAL] PipecatTtfwHigh: bot"),
        ([_alert(stage="a"), _alert(stage="b")], "[CRITICAL x2] PipecatTtfwHigh: bot"),
        ([_alert("resolved")], "[RESOLVED] PipecatTtfwHigh: bot"),
    ],
    ids=["one", "two", "resolved"],
)
def test_head(say: Say, alerts: list[dict[str, Any]], head: str) -> None:
    """The first line says state, how many, what and where."""
    assert head == say("head", *alerts)
