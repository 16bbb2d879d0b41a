"""Real bots with real faults, on the whole stack: each is told of by the right alerts, and by no other."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fakes import Received, Receivers, receivers
from harness import poll
from stacks import EngineBin, Stack, stack_of

pytestmark = [pytest.mark.stack, pytest.mark.alone, pytest.mark.timeout(900)]

REPOSITORY = Path(__file__).parents[2]
CALLS = 3
AT_ONCE = 3
"""Bots that call at the same time: with all of them two cores had no time left, and turns came late for that alone."""
LATE = 2.6
HOLD = 30.0
"""Seconds: longer than the calls go on after their first breach, so that a page counts all of them."""

QUICK = {
    "thresholds": {
        # Wide apart, so that a busy machine cannot blur which bot is the slow one.
        "ttfw": {"p95": {"target": "2 s", "warning": "2400 ms", "critical": f"{LATE:g} s"}},
        "e2e": {"p95": {"target": "10 s", "warning": "20 s", "critical": "25 s"}},
        **{f"{stage}_ttfb": {"p95": {"target": "1 s", "warning": "1500 ms"}} for stage in ("stt", "llm", "tts")},
        "remainder": {"p95": {"target": "1 s", "warning": "5 s"}},
    },
    "alerts": {
        "interval": "1 s",
        "resend_interval": "10 s",
        "window": "4 m",
        "min_samples": 5,
        "hold": {"info": "30 s", "warning": f"{HOLD:g} s", "critical": f"{HOLD:g} s"},
        "low_traffic": {"min_count": 50},  # these bots are busy ones
    },
    "routing": {
        "severities": {
            "critical": {"acknowledge": "30 m", "group_wait": "1 s", "group_interval": "2 s"},
            "warning": {"acknowledge": "30 m", "group_wait": "2 s", "group_interval": "2 s"},
        }
    },
}

_MARGIN = 5.0
"""Seconds from firing to a message: an evaluation, a group's wait, a delivery."""

Told = set[tuple[str, str]]


@dataclass(frozen=True)
class Case:
    """A bot, and what is to be told of it.

    Args:
        scenario: of its calls.
        told: alerts with their severities.
        mode: bridge, or spans-only: Pipecat's own tracing.
        provider: options of its provider.
    """

    scenario: str
    told: Told
    mode: str = "spans-only"
    provider: tuple[str, ...] = ()


CASES = {
    "normal": Case("normal", set()),
    "slow-llm": Case(
        "slow-llm", {("PipecatTtfwHigh", "CRITICAL"), ("PipecatLlmTtfbHigh", "WARNING")}, provider=("--delay=llm=3",)
    ),
    "slow-tts": Case(
        "slow-tts", {("PipecatTtfwHigh", "CRITICAL"), ("PipecatTtsTtfbHigh", "WARNING")}, provider=("--delay=tts=2",)
    ),
    "llm-failure": Case("llm-failure", {("PipecatStageErrorRateHigh", "CRITICAL")}),
    "tts-failure-unseen": Case("tts-failure", set()),
    "tts-failure": Case(
        "tts-failure",
        {("PipecatStageErrorRateHigh", "CRITICAL"), ("PipecatSpeechUnanswered", "CRITICAL")},
        "bridge",
    ),
    "token-burst": Case("token-burst", {("PipecatTokensPerTurnHigh", "CRITICAL")}, "bridge"),
    "in-circles": Case("in-circles", {("PipecatRepetitionHigh", "WARNING")}, "bridge"),
    "long-silence": Case("long-silence", {("PipecatSilenceLong", "WARNING")}, "bridge"),
}


@dataclass
class Outcome:
    """What the bots did, and who was told what."""

    stack: Stack
    told: Receivers
    ledgers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def alerts(self, service: str) -> Told:
        """What Slack was told of a service, the worst of each alert: a value that climbs passes the warning first."""
        found: dict[str, str] = {}
        for one in self.told.slack:
            head = one.body["attachments"][0]["title"].split()
            severity, alert = head[0].strip("[]"), head[1].removesuffix(":")
            if head[2] == service and severity != "RESOLVED":
                found[alert] = min(severity, found.get(alert, severity))  # CRITICAL comes before WARNING
        return set(found.items())

    def hit(self, service: str, alert: str) -> int:
        """How many calls of a service had the fault: by its ledger, or by the errors that its bridge logged.

        Each call has every other fault; a component fails only where its turn came before the caller spoke again.
        """
        if alert != "PipecatStageErrorRateHigh":
            return CALLS
        if CASES[service].mode == "bridge":
            lines = self.stack.log_lines(f'{{service_name="{service}"}} | event_name="pipecat.error"')
            return len({labels["conversation_id"] for labels, _ in lines})
        return sum(any(call["errors"].values()) for call in self.ledgers[service]["calls"])

    def page(self, service: str, alert: str) -> Received:
        """The one page of an alert."""
        (found,) = self.told.pages(alert, service)
        return found


@contextlib.contextmanager
def _calls(stack: Stack, service: str, case: Case, ledger: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a bot and its provider; go on once its first call has begun."""
    argv = [
        sys.executable, "-m", "pipecat_lgtm.sandbox", "demo", f"--otlp=http://127.0.0.1:{stack.ports.otlp_http}",
        f"--calls={CALLS}", f"--scenario={case.scenario}", f"--mode={case.mode}", f"--service-name={service}",
        f"--ledger={ledger}", *case.provider,
    ]  # fmt: skip
    child = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert child.stderr is not None
    try:
        for line in child.stderr:
            if '"started"' in line:
                break
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
        child.stderr.close()
        child.wait(30)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Outcome]:
    """All bots have called, and everybody who was to be told has been."""
    folder = tmp_path_factory.mktemp("e2e")
    engines = ("alertmanager", "tempo", "loki", "collector", "prometheus")
    with receivers() as told:
        overrides = QUICK | {"routing": QUICK["routing"] | {"receivers": told.config(folder)}}
        with stack_of(folder, engine_bin, *engines, overrides=overrides) as stack, contextlib.ExitStack() as running:
            made = Outcome(stack, told)
            names = list(CASES)
            for wave in (names[number : number + AT_ONCE] for number in range(0, len(names), AT_ONCE)):
                children = {
                    service: running.enter_context(_calls(stack, service, CASES[service], folder / f"{service}.json"))
                    for service in wave
                }
                for service, child in children.items():
                    assert child.stderr is not None
                    tail = child.stderr.read()
                    assert child.wait(60) == 0, f"{service}: {tail}"
                    made.ledgers[service] = json.loads((folder / f"{service}.json").read_text())
            end = time.monotonic() + HOLD
            # Who is not told by then is missed by a test of his own, which says more than a deadline here.
            with contextlib.suppress(AssertionError):
                poll(
                    "everybody to be told",
                    lambda: all(case.told <= made.alerts(service) for service, case in CASES.items()),
                    3 * HOLD,
                )
            # Whatever else began to fire with the last call has by now been held long enough to be told, too.
            poll("the hold to be over", lambda: time.monotonic() > end + _MARGIN, 2 * HOLD)
            yield made


@pytest.mark.parametrize("service", CASES)
def test_told(outcome: Outcome, service: str) -> None:
    """A bot is told of by the alerts that its fault deserves, and by no other."""
    assert CASES[service].told == outcome.alerts(service)


def test_nothing_else(outcome: Outcome) -> None:
    """The stack has nothing to say about itself; no message was refused as malformed; criticals and only they page."""
    services = {one.body["attachments"][0]["title"].split()[2] for one in outcome.told.slack}
    paged = {(one.body["payload"]["source"], one.body["payload"]["class"]) for one in outcome.told.pagerduty}

    assert {service for service, case in CASES.items() if case.told} == services
    assert [] == outcome.told.refused
    assert paged == {
        (service, alert) for service, case in CASES.items() for alert, severity in case.told if severity == "CRITICAL"
    }


PAGES = [
    (service, alert) for service, case in CASES.items() for alert, level in sorted(case.told) if level == "CRITICAL"
]


@pytest.mark.parametrize(("service", "alert"), PAGES, ids=["/".join(pair) for pair in PAGES])
def test_page(outcome: Outcome, service: str, alert: str) -> None:
    """A page names how many callers were hit, its links lead somewhere, its trace is a call of that bot."""
    details = outcome.page(service, alert).body["payload"]["custom_details"]
    calls = {call["trace_id"]: call for call in outcome.ledgers[service]["calls"]}
    runbook, dashboard = urlsplit(details["runbook_url"]).path, urlsplit(details["dashboard_url"]).path

    assert details["trend"] == "new: there was no value 10 minutes ago"
    assert (outcome.stack.folder / "config/grafana/dashboards" / f"{dashboard.split('/')[2]}.json").is_file()
    assert details["trace_id"] in calls
    assert details["trace_url"].endswith(f"&var-trace={details['trace_id']}")
    assert outcome.stack.trace(details["trace_id"])
    assert str(outcome.hit(service, alert)) == details["affected_conversations"]
    assert (REPOSITORY / "docs" / "runbooks" / Path(runbook).name).is_file()


def test_time_to_notification(outcome: Outcome, record_property: Callable[[str, object], None]) -> None:
    """From the end of the first slow turn to the page: reported, beyond what the alert is held back on purpose."""
    for service in ("slow-llm", "slow-tts"):
        ids = [call["trace_id"] for call in outcome.ledgers[service]["calls"]]
        first = min(_first_slow_turn(outcome.stack.trace(trace_id), LATE) for trace_id in ids)
        seconds = outcome.page(service, "PipecatTtfwHigh").at - first - HOLD
        record_property(f"seconds beyond for, {service}", round(seconds, 1))
        print(f"{service}: told {seconds:.1f} s beyond `for` after the first slow turn")  # noqa: T201 - the reported number
        assert seconds > 0


def _first_slow_turn(trace: dict[str, Any] | None, bound: float) -> float:
    """Return the Unix time at which a call's first turn beyond a bound ended."""
    assert trace is not None
    ends = []
    for batch in trace["batches"]:
        for span in (span for scope in batch["scopeSpans"] for span in scope["spans"] if span["name"] == "turn"):
            values = {one["key"]: one["value"] for one in span["attributes"]}
            latency = values.get("turn.user_bot_latency_seconds", {}).get("doubleValue", 0.0)
            if latency > bound:
                ends.append(int(span["endTimeUnixNano"]) / 1e9)
    return min(ends, default=float("inf"))
