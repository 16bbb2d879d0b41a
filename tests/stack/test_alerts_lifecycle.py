"""From spans to Slack and PagerDuty: trend, inhibition, silence, escalation, resolve, restarts; times are short."""

import itertools
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import acknowledging
import httpx
import otlp
import pytest
from fakes import Receivers, receivers
from harness import poll
from senders import Sender
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.rules import signals as judged

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

_ACKNOWLEDGE = 8
_TRENDS = re.compile(
    r"(getting worse \(about \+[\d.]+m?s|stabilizing \(about [+-][\d.]+[mu]?s|recovering \(about -[\d.]+m?s)"
    r" against 20 seconds ago\)"
)
_LONG = 120.0
"""Seconds until Prometheus has told a restarted Alertmanager of its alerts again, and some."""

QUICK = {
    "thresholds": {"llm_ttfb": {"p95": {"target": "500 ms", "info": "700 ms", "warning": "1 s"}}},
    "alerts": {
        "interval": "1 s",
        "resend_interval": "10 s",
        "window": "30 s",
        "trend_window": "20 s",
        "min_samples": 5,
        "hold": {"info": "1 s", "warning": "2 s", "critical": "2 s"},
        "escalate_after": "20 s",
    },
    "routing": {
        "severities": {
            "critical": {"acknowledge": "10 m", "group_wait": "1 s", "group_interval": "2 s"},
            "warning": {"acknowledge": f"{_ACKNOWLEDGE} s", "group_wait": "3 s", "group_interval": "2 s"},
            "info": {"acknowledge": f"{_ACKNOWLEDGE} s", "group_wait": "1 s", "group_interval": "2 s"},
        },
        # An info neither escalates nor is muted by what it would become: its reminders show how the trend goes on.
        "routes": [
            {"name": "drift", "match": {"service_name": "drifting"}, "notify": {"info": ["slack", "pagerduty"]}}
        ],
        "heartbeat": {"webhook": "alive", "every": "2 s"},
        "snapshot_interval": "1 s",
    },
}


class World:
    """A stack, who is told, and bots; `drift` is the life of one whose language model gets slower, then recovers."""

    def __init__(self, stack: Stack, told: Receivers, pool: ThreadPoolExecutor) -> None:
        self.stack, self.told = stack, told
        self.bots: dict[str, Sender] = {}
        self.drift: Future[None] = pool.submit(_drift, self)

    def bot(self, service: str, *spans: dict[str, object]) -> Sender:
        """A bot that sends these spans again and again, until it is stopped."""
        self.bots[service] = Sender(self.stack.ports.otlp_http, service, list(spans))
        self.bots[service].start()
        return self.bots[service]

    def active(self, alert: str, service: str, severity: str) -> dict[str, object] | None:
        """An alert as Alertmanager has it, without its escalation."""
        filters = [f'alertname="{alert}"', f'service_name="{service}"', f'severity="{severity}"', 'escalated=""']
        answer = httpx.get(f"{self.alertmanager}/api/v2/alerts", params={"filter": filters}, timeout=10)
        found = answer.json()
        return found[0] if found else None

    @property
    def alertmanager(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.stack.ports.alertmanager}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[World]:
    """Collector, Prometheus and Alertmanager with short times, and somebody to tell."""
    folder = tmp_path_factory.mktemp("alerts")
    with receivers() as told:
        overrides = QUICK | {"routing": QUICK["routing"] | {"receivers": told.config(folder)}}
        with (
            stack_of(folder, engine_bin, "alertmanager", "collector", "prometheus", overrides=overrides) as stack,
            ThreadPoolExecutor(1) as pool,
        ):
            made = World(stack, told, pool)
            try:
                yield made
            finally:
                for sender in made.bots.values():
                    sender.stop()
    assert [] == told.refused


def _slow_turns(calls: int) -> list[dict[str, object]]:
    """One turn beyond the critical bound from each of some calls."""
    return [otlp.turn(3.0, conversation__id=f"call-{number}") for number in range(calls)]


def _llm(ttfb: float) -> list[dict[str, object]]:
    """LLM requests; above 1 s they are beyond the warning bound, and there is no critical one."""
    return [otlp.stage("llm", ttfb) for _ in range(6)]


def _drift(world: World) -> None:
    """Let a bot's language model be well, get slow, stay so, and get better: on with each, once it has been told of."""
    bot = world.bot("drifting", *_llm(0.3))
    p95 = judged.stage_latency(world.stack.config, "llm", world.stack.config.alerts.window).value.name
    before = f'count({p95}{{service_name="drifting"}} offset 20s)'
    world.stack.until(before, 1, _LONG)
    for ttfb, trend in ((0.9, "getting worse"), (0.9, "stabilizing"), (0.75, "recovering")):
        bot.spans = _llm(ttfb)
        poll(trend, partial(_is_told, world, trend), _LONG)


def _is_told(world: World, trend: str) -> bool:
    return all(any(text.startswith(trend) for text in said) for said in (_in_slack(world), _in_pagerduty(world)))


def _in_pagerduty(world: World) -> list[str]:
    """Return what PagerDuty's messages about that bot say of the trend, in the order they came."""
    pages = world.told.pages("PipecatLlmTtfbHigh", "drifting")
    return [one.body["payload"]["custom_details"]["trend"] for one in pages]


def _in_slack(world: World) -> list[str]:
    """Return what Slack's do."""
    posts = world.told.posts("INFO", "PipecatLlmTtfbHigh", "drifting")
    return [re.findall(r"^\*Trend:\* (.*)$", one.body["attachments"][0]["text"], re.MULTILINE)[0] for one in posts]


@pytest.fixture(scope="module")
def paged(world: World) -> World:
    """The world once a bot whose callers wait too long has been paged about."""
    world.bot("late", *_slow_turns(7))
    poll("a page", lambda: world.told.pages("PipecatTtfwHigh", "late"))
    return world


def test_page(paged: World) -> None:
    """PagerDuty and Slack are told once each, with every annotation: an offender's trace, how many callers, trend."""
    poll("Slack", lambda: paged.told.posts("CRITICAL", "PipecatTtfwHigh", "late"))
    (page,) = paged.told.pages("PipecatTtfwHigh", "late")
    (post,) = paged.told.posts("CRITICAL", "PipecatTtfwHigh", "late")
    details = page.body["payload"]["custom_details"]
    traces = {span["traceId"] for span in paged.bots["late"].spans}

    assert "critical" == page.body["payload"]["severity"]
    assert details["trace_id"] in traces
    assert "7" == details["affected_conversations"]
    assert "new: there was no value 20 seconds ago" == details["trend"]
    assert "Acknowledge within 10 min: silence it, or this message comes again." == details["acknowledge"]
    assert details["trace_url"].endswith(f"&var-trace={details['trace_id']}")
    assert {"Trace", "Runbook", "Dashboard", "Acknowledge (silence)"} == {one["text"] for one in page.body["links"]}
    text = post.body["attachments"][0]["text"]
    assert all(details[name] in text for name in ("trace_id", "affected_conversations", "trend", "description"))


def test_inhibition(paged: World) -> None:
    """The warning of the same alert is there and muted; nobody hears of it."""

    def muted() -> bool:
        alert = paged.active("PipecatTtfwHigh", "late", "warning")
        return bool(alert) and bool(alert["status"]["inhibitedBy"])

    poll("the muted warning", muted)
    assert [] == paged.told.posts("WARNING", "PipecatTtfwHigh", "late")


def test_one_number(paged: World) -> None:
    """Without the bridge the end-to-end time is the first word's number once more: it is there, and pages nobody."""

    def muted() -> bool:
        alert = paged.active("PipecatE2eHigh", "late", "critical")
        return bool(alert) and bool(alert["status"]["inhibitedBy"])

    poll("the muted end-to-end alert", muted)
    assert [] == paged.told.pages("PipecatE2eHigh", "late")


def test_heartbeat(paged: World) -> None:
    """The Watchdog comes again and again to the heartbeat's address, and to nobody else."""
    seen = len(paged.told.hook)
    poll("two heartbeats", lambda: len(paged.told.hook) >= seen + 2)

    assert {"PipecatWatchdog"} == {
        alert["labels"]["alertname"] for one in paged.told.hook for alert in one.body["alerts"]
    }
    opened = f"http://127.0.0.1:{paged.stack.ports.prometheus}/graph?"
    assert all(alert["generatorURL"].startswith(opened) for one in paged.told.hook for alert in one.body["alerts"])
    assert not [one for one in paged.told.slack if "PipecatWatchdog" in one.body["attachments"][0]["title"]]


def test_reminder_silence_escalation(world: World) -> None:
    """A warning comes again until it is silenced; unresolved, it becomes a page all the same."""
    world.bot("slow", *_llm(1.5))
    posts = poll(
        "a reminder", lambda: (found := world.told.posts("WARNING", "PipecatLlmTtfbHigh", "slow"))[1:] and found
    )
    assert _ACKNOWLEDGE <= posts[1].at - posts[0].at
    link = next(one for one in posts[0].body["attachments"][0]["actions"] if one["text"] == "Acknowledge (silence)")
    acknowledging.silence(world.alertmanager, link["url"])
    alert = poll("the silenced warning", lambda: _if_silenced(world.active("PipecatLlmTtfbHigh", "slow", "warning")))
    assert "suppressed" == alert["status"]["state"]
    before = len(world.told.posts("WARNING", "PipecatLlmTtfbHigh", "slow"))

    (page,) = poll("the escalation", lambda: world.told.pages("PipecatLlmTtfbHigh", "slow"))
    assert page.body["payload"]["custom_details"]["summary"].startswith("unresolved for 20s: slow: llm of openai takes")
    end = time.monotonic() + 2 * _ACKNOWLEDGE
    poll("two deadlines", lambda: time.monotonic() > end)
    assert before == len(world.told.posts("WARNING", "PipecatLlmTtfbHigh", "slow"))


def _if_silenced(alert: dict[str, object] | None) -> dict[str, object] | None:
    return alert if alert and alert["status"]["silencedBy"] else None


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_restart_and_outage(paged: World, end: signal.Signals) -> None:
    """A restart or a crash of Alertmanager and an outage of PagerDuty lose no page, double none, and mute what was."""
    service, silences = f"after-{end.name.lower()}", acknowledging.active(paged.alertmanager)
    _kept(paged)
    paged.stack.stop("alertmanager", end)
    paged.bot(service, *_slow_turns(6))
    firing = (
        f'ALERTS{{alertname="PipecatTtfwHigh", service_name="{service}", severity="critical", alertstate="firing"}}'
    )
    paged.stack.until(f"count({firing})", 1)
    paged.told.failing.add("pagerduty")
    turned_away = paged.told.turned_away
    paged.stack.start("alertmanager")
    poll("attempts", lambda: paged.told.turned_away >= turned_away + 2, _LONG)
    paged.told.failing.clear()
    poll("the late page", lambda: paged.told.pages("PipecatTtfwHigh", service), _LONG)
    for severity in ("critical", "warning"):
        poll("the old alert", lambda severity=severity: paged.active("PipecatTtfwHigh", "late", severity), _LONG)  # type: ignore[misc]
    poll("the old number", lambda: paged.active("PipecatE2eHigh", "late", "critical"), _LONG)
    heartbeats = len(paged.told.hook)
    poll("two more looks at every group", lambda: len(paged.told.hook) >= heartbeats + 3, _LONG)

    assert silences == acknowledging.active(paged.alertmanager) != set()
    assert 1 == len(paged.told.pages("PipecatTtfwHigh", service))
    assert 1 == len(paged.told.pages("PipecatTtfwHigh", "late"))
    assert 1 == len(paged.told.posts("CRITICAL", "PipecatTtfwHigh", "late"))
    assert [] == paged.told.posts("WARNING", "PipecatTtfwHigh", "late")
    assert [] == paged.told.pages("PipecatE2eHigh", "late")


def _kept(world: World) -> None:
    """Wait until Alertmanager has written down what it has told and what is silenced."""
    now = time.time()
    files = [world.stack.folder / "data" / "alertmanager" / name for name in ("nflog", "silences")]
    poll("a snapshot", lambda: all(one.exists() and one.stat().st_mtime > now for one in files))


def test_resolved(paged: World) -> None:
    """When the trouble ends the page is resolved under its own key, and Slack is told."""
    for name in ("late", "after-sigterm", "after-sigkill"):
        paged.bots[name].stop()
    (page,) = paged.told.pages("PipecatTtfwHigh", "late")
    (end,) = poll("the resolve", lambda: paged.told.pages("PipecatTtfwHigh", "late", "resolve"), _LONG)

    assert page.body["dedup_key"] == end.body["dedup_key"]
    poll("Slack", lambda: paged.told.posts("RESOLVED", "PipecatTtfwHigh", "late"))


def test_trend(world: World) -> None:
    """Message by message Slack and PagerDuty read that it is getting worse, stabilizing, recovering; with its sign."""
    world.drift.result(_LONG)
    for said in (_in_slack(world), _in_pagerduty(world)):
        words = [word for word, _ in itertools.groupby(text.partition(" (")[0] for text in said)]

        assert ["getting worse", "stabilizing", "recovering"] == words[:3]
        for text in said:
            assert re.fullmatch(_TRENDS, text)
