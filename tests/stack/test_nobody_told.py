"""Nobody configured to be told: what a real Alertmanager would say is in a real Loki, whatever was down meanwhile."""

import ssl
from collections.abc import Iterator

import httpx
import otlp
import pytest
from certificates import certificate
from harness import poll
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.queries import panels_stack
from pipecat_lgtm_bridge.contract import annotations
from pipecat_lgtm_bridge.contract import events as e

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]

TRACE = "0af7651916cd43dd8448eb211c80319c"
SAID = {
    annotations.SUMMARY: "TTFW P95 of front-desk is 1.4 s, above 1.2 s",
    annotations.DESCRIPTION: "Callers hear nothing for so long. Over 5 min, 213 turns; bound 1.2 s of hamming-2026-02.",
    annotations.AFFECTED_CONVERSATIONS: "at least 17",
    annotations.TREND: "getting worse (+0.2134 s against 10 minutes ago)",
    annotations.TRACE_ID: TRACE,
    annotations.TRACE_URL: "http://127.0.0.1:3000/d/pipecat-conversation/pipecat-conversation?from=1764038400000&to="
    f"1764045600000&var-tempo=pipecat-tempo&var-environment=production&var-service=front-desk&var-trace={TRACE}",
    annotations.RUNBOOK_URL: "http://127.0.0.1:3000/public/runbooks/PipecatTtfwHigh.md",
    annotations.DASHBOARD_URL: "http://127.0.0.1:3000/d/pipecat-latency/pipecat-latency?from=1764038400000&to="
    "1764042000000&var-service=front-desk",
}
LABELS = {"service_name": "front-desk", "deployment_environment": "production", "stage": "llm"}
QUICK = {"acknowledge": "10 m", "group_wait": "100 ms", "group_interval": "1 s"}
KEPT = '{service_name="pipecat-notifications"}'


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Stack]:
    """A stack without receivers, its entrance guarded by a token and TLS."""
    folder = tmp_path_factory.mktemp("notifications")
    (folder / "tokens").write_text("a-token\n")
    overrides = {
        "network": {"auth": {"token_file": str(folder / "tokens")}, "tls": certificate(folder)},
        "routing": {"severities": dict.fromkeys(("critical", "warning", "info"), QUICK)},
        "alerts": {"interval": "1 s", "resend_interval": "1 s"},
    }
    names = ("prometheus", "loki", "collector", "notifications", "alertmanager")
    with stack_of(folder, engine_bin, *names, overrides=overrides) as running:
        yield running


def _kept(stack: Stack, alertname: str) -> list[tuple[dict[str, str], str]]:
    """Return what the notification log has of an alert, newest first."""
    return stack.log_lines(f'{KEPT} | pipecat_alert_alertname="{alertname}"')


def test_every_word_is_kept(stack: Stack) -> None:
    """An alert of which nobody is told is in Loki with its labels and every annotation, unchanged, and its trace."""
    stack.fire(SAID, alertname="PipecatTtfwHigh", severity="critical", **LABELS)
    ((found, line),) = poll("the notification", lambda: _kept(stack, "PipecatTtfwHigh"))

    assert SAID[annotations.SUMMARY] == line
    assert SAID == {name: found[f"pipecat_annotation_{name}"] for name in annotations.ANNOTATIONS}
    assert LABELS == {name: found[f"pipecat_alert_{name}"] for name in LABELS}
    assert ("critical", "firing", TRACE, "pipecat.notification") == (
        found["pipecat_notification_receiver"],
        found["pipecat_notification_status"],
        found["trace_id"],
        found["event_name"],
    )
    assert ("17", "critical") == (found["severity_number"], found["severity_text"])


def test_the_panel_shows_it(stack: Stack) -> None:
    """The dashboard's own query shows an alert's beginning and end in a line each."""
    for lasts in (600.0, 0.0):
        stack.fire({"summary": "It burns"}, lasts=lasts, alertname="PipecatE2eHigh", severity="warning", **LABELS)
        poll("the notification", lambda n=1 if lasts else 2: len(_kept(stack, "PipecatE2eHigh")) == n)
    lines = [line for _, line in stack.log_lines(panels_stack.notifications().expr)]
    name = "PipecatE2eHigh: It burns"

    assert [f"warning firing {name}", f"warning resolved {name}"] == sorted(line for line in lines if name in line)


def test_nothing_is_lost_while_the_collector_is_away(stack: Stack) -> None:
    """What fires while the collector is down is kept once it is back. By design at least once; here it is once."""
    stack.stop("collector")
    stack.fire(SAID, alertname="PipecatStoreDown", severity="critical", job="tempo")
    log = stack.folder / "notifications.log"
    poll("a refusal", lambda: "not kept, Alertmanager will try again" in log.read_text())
    assert "critical PipecatStoreDown firing" in log.read_text()
    assert [] == _kept(stack, "PipecatStoreDown")
    stack.start("collector")
    poll("the notification", lambda: _kept(stack, "PipecatStoreDown"))

    assert ["firing"] == [found["pipecat_notification_status"] for found, _ in _kept(stack, "PipecatStoreDown")]


def test_only_what_somebody_should_be_told(stack: Stack) -> None:
    """Neither info nor the Watchdog, which fires for ever, are kept; an alert of somebody else's severity is."""
    stack.fire(alertname="PipecatWatchdog", severity="info")
    stack.fire(alertname="PipecatJitterHigh", severity="info", **LABELS)
    stack.fire(alertname="Foreign", severity="page", **LABELS)
    poll("the foreign alert", lambda: _kept(stack, "Foreign"))
    groups = httpx.get(f"http://127.0.0.1:{stack.ports.alertmanager}/api/v2/alerts/groups", timeout=10).json()

    assert {"PipecatWatchdog", "PipecatJitterHigh"} <= {one["labels"]["alertname"] for one in groups}
    assert [] == [*_kept(stack, "PipecatWatchdog"), *_kept(stack, "PipecatJitterHigh")]


def test_no_metric_is_made_of_it(stack: Stack) -> None:
    """The notification log is no bot: it is in no metric, in no choice of services, and nobody misses its telemetry."""
    stack.fire(alertname="PipecatTokensHigh", severity="warning", **LABELS)
    poll("the notification", lambda: _kept(stack, "PipecatTokensHigh"))
    trusted = ssl.create_default_context(cafile=str(stack.config.network.tls.cert_file))
    beat = otlp.logs([otlp.event(e.HEARTBEAT.name, {})], {"service.name": "bot"})
    url = f"{stack.config.network.entrance}:{stack.ports.otlp_http}/v1/logs"
    httpx.post(url, json=beat, headers={"authorization": "Bearer a-token"}, verify=trusted).raise_for_status()
    poll("a bot's metric, sent later", lambda: stack.query('{__name__=~"pipecat_.*"}'))

    scraped = {"otelcol"}  # the collector's own, from the first scrape on
    assert {"bot"} == set(stack.prometheus("label/service_name/values")) - scraped
