"""`pipecat-lgtm routes` in words; that its answers are Alertmanager's is tested in rules/test_amtool_routes.py."""

from pathlib import Path

import pytest

from pipecat_lgtm.config import load, load_default
from pipecat_lgtm.errors import ConfigError
from pipecat_lgtm.ops import routes
from pipecat_lgtm.ops.routes import Answer

STACK = Path(__file__).parent / "fixtures" / "routing" / "stack.yaml"
GROUP = "of a group (alertname, service_name, deployment_environment)"


def test_answers() -> None:
    """An answer says who is told, when, why, when not, and what could mute it."""
    given = {"alertname": "PipecatTtfwHigh", "severity": "warning", "service_name": "billing-eu"}

    assert [
        Answer(
            "billing-warning",
            "billing (slack)",
            f"30 s after the first alert {GROUP}, changes after 5 min, again 30 min later (the time to acknowledge) "
            "until silenced or resolved",
            'severity="warning", service_name=~"billing-.*"',
            ("sunday: sunday 02:00-04:00 Europe/Vienna",),
            (
                'the same alert is critical (severity="critical")',
                'prometheus is down: what services show is old (alertname="PipecatStoreDown", job="prometheus")',
                'collector is down: what services show is old (alertname="PipecatCollectorDown", job="collector")',
            ),
        )
    ] == routes.routes(load(STACK).config, given)


def test_one_number() -> None:
    """An end-to-end alert that is the first word's number again is said to be muted by it, at its severity or above."""
    given = {"alertname": "PipecatE2eHigh", "severity": "warning", "service_name": "bot", "ends_at": "first_audio"}
    (answer,) = routes.routes(load(STACK).config, given)
    why = "the first word is late, and without the bridge end to end is the same number"

    assert [
        f'{why} (alertname=~"PipecatTtfwHigh(LowTraffic)?", severity="{severity}")'
        for severity in ("critical", "warning")
    ] == [one for one in answer.muted if one.startswith(why)]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"severity": "critical"}, "pagerduty (pagerduty), slack (slack #voice-alerts)"),
        ({"severity": "critical", "service_name": "billing-eu"}, "opsgenie (opsgenie voice), billing (slack)"),
        ({"severity": "info", "team": "a"}, "nobody; it is shown in Alertmanager and Grafana"),
        ({"alertname": "PipecatWatchdog"}, "alive (webhook)"),
        ({"severity": "warning", "service_name": 'say "hi"\\there'}, "mail (email voice@example.com)"),
    ],
    ids=["critical", "billing", "info", "watchdog", "mail"],
)
def test_told(given: dict[str, str], told: str) -> None:
    """The places are named with their kind and channel."""
    assert [told] == [answer.told for answer in routes.routes(load(STACK).config, given)]


_KEPT = "nobody outside: the notification log keeps it (dashboard pipecat-stack, `pipecat-lgtm logs notifications`)"


@pytest.mark.parametrize(
    ("severity", "told"),
    [
        (
            "critical",
            _KEPT,
        ),
        (
            "foreign",
            _KEPT,
        ),
        ("info", "nobody; it is shown in Alertmanager and Grafana"),
    ],
)
def test_kept(severity: str, told: str) -> None:
    """Without receivers the notification log gets what somebody should be told; info is on dashboards only."""
    assert [told] == [answer.told for answer in routes.routes(load_default(), {"severity": severity})]


def test_unheard() -> None:
    """A stack without receivers says whom nobody tells, and where that is kept; one with receivers says nothing."""
    assert (
        "nobody outside, of critical and warning: the notification log keeps them (dashboard pipecat-stack, "
        "`pipecat-lgtm logs notifications`). To tell somebody: routing.receivers; stack.yaml has examples"
    ) == routes.unheard(load_default())
    assert not routes.unheard(load(STACK).config)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (["severity"], "severity: is no LABEL=VALUE"),
        (["9x=1"], "9x=1: is no LABEL=VALUE"),
        (["a=1", "a=2"], "a: is given twice"),
    ],
    ids=["no value", "bad name", "twice"],
)
def test_bad_pairs(pairs: list[str], message: str) -> None:
    """What is no label is refused, by name."""
    with pytest.raises(ConfigError) as caught:
        routes.parse(pairs)

    assert message == caught.value.message


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"service": "bot"}, "service: no alert has this label; did you mean 'service_name'?"),
        ({"zone": "eu"}, "zone: no alert has this label"),
        ({"severity": "critcal"}, "severity=critcal: is none of ours; did you mean 'critical'?"),
    ],
    ids=["close", "none is close", "severity"],
)
def test_unknown(given: dict[str, str], message: str) -> None:
    """A label that no alert has, and a severity that is none, are refused with the closest that is."""
    with pytest.raises(ConfigError) as caught:
        routes.require_known(load_default(), given)

    assert message == caught.value.message


def test_known() -> None:
    """Labels of alerts are known, and those that routes of one's own ask for."""
    routes.require_known(load_default(), {"alertname": "Mine", "severity": "info", "job": "tempo", "stage": "llm"})
    routes.require_known(load(STACK).config, {"service_name": "x", "team": "a"})
