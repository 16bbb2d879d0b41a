"""Metrics while nothing happens: lone events far apart, series that expire, several collectors, a remote store."""

import contextlib
import itertools
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import feeder
import httpx
import otlp
import pytest
from harness import Process, free_ports, poll, running
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.ops.alerts import address
from pipecat_lgtm.ops.engines import drain_of, draining, scraped

pytestmark = pytest.mark.stack

COUNTS = {
    "pipecat_turns_total": "turns",
    "pipecat_turn_ttfw_seconds_count": "turns",
    "pipecat_tokens_total": "tokens",
    "pipecat_tts_characters_total": "characters",
}
_FORGOTTEN = 130.0
"""Seconds that a series may take to be forgotten, whatever its expiry: `deltatocumulative` looks once a minute."""


def _card(stack: Stack) -> None:
    spoken = otlp.stage("stt", None, transcript="My card is 4111 1111 1111 1111.")
    otlp.send(stack.ports.otlp_http, otlp.traces([spoken]))


def _paged(stack: Stack) -> list[str]:
    return [
        one["annotations"]["summary"]
        for one in stack.prometheus("alerts")["alerts"]
        if one["labels"]["alertname"] == "PipecatPiiDisclosed" and one["state"] == "firing"
    ]


def test_a_lone_event_pages_and_so_does_the_next(tmp_path: Path, engine_bin: EngineBin) -> None:
    """A card, and one long after it, page once each and say "1"; the series had expired between, and counts go on."""
    began = time.time()
    overrides = {
        "cardinality": {"series_expiry": "5 s"},
        "alerts": {
            "interval": "1 s",
            "slow_interval": "1 s",
            "quality_window": "20 s",
            "overrides": {"PipecatPiiDisclosed": {"hold": "1 s"}},
        },
    }
    found = 'pipecat_compliance_findings_total{kind="card"}'
    with stack_of(tmp_path, engine_bin, "prometheus", "collector", overrides=overrides) as stack:
        _card(stack)
        first = poll("the first page", lambda: _paged(stack))
        poll("its end", lambda: not _paged(stack))
        forgotten = "otelcol_deltatocumulative_streams_tracked"
        poll("the count to be forgotten", lambda: stack.self_metric(forgotten) == 0, _FORGOTTEN)
        assert stack.value(f"sum({found})") == 1, "it is still shown: the next event follows without a gap"
        _card(stack)
        second = poll("the second page", lambda: _paged(stack))

        assert first == second
        assert ["1"] == re.findall(r"\b\d+\b", first[0])
        stack.until_grown(found, began, 2)
        stack.until_grown('pipecat_stage_requests_total{stage="stt"}', began, 2)


class _Balanced(threading.Thread):
    """Sends turns to one collector after the other, and to the next where one is away, until it is stopped."""

    def __init__(self, ports: list[int]) -> None:
        super().__init__()
        self._ports, self._done, self.sent = ports, threading.Event(), feeder.Sent()

    def run(self) -> None:
        for number in itertools.count():
            if self._done.wait(0.02):
                return
            for shift in range(len(self._ports)):
                port = self._ports[(number + shift) % len(self._ports)]
                with contextlib.suppress(httpx.HTTPError):
                    self.sent += feeder.feed(port, [feeder.payload(5, number)], rounds=1, senders=1)
                    break

    def finish(self) -> feeder.Sent:
        """Stop, and return what was acknowledged."""
        self._done.set()
        self.join()
        return self.sent


def test_three_collectors_of_which_one_is_restarted(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Each has series of its own; together they count what was acknowledged, over a drained restart under load."""
    began, stacks = time.time(), list[Stack]()
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        stacks.append(Stack(folder, engine_bin, {"collector": {"instance_id": f"gateway-{number}"}}))
    first = stacks[0]
    for one in stacks[1:]:
        first.scrape(one)
    try:
        first.start("prometheus")
        for one in stacks:
            one.start("collector")
        load = _Balanced([one.ports.otlp_http for one in stacks])
        load.start()
        first.until("count(count by (instance) (pipecat_turns_total))", 3)
        drain = drain_of(draining(first.config))
        drain.hold()
        first.processes["collector"].send_signal(signal.SIGTERM)
        drain.release_when(scraped(draining(first.config), lambda _what, _elapsed: None))
        first.stop("collector")
        first.start("collector")
        before = load.sent.turns
        poll("load on all three", lambda: load.sent.turns > before + 100)
        sent = load.finish()

        for metric, name in COUNTS.items():
            poll(f"{metric} to grow", lambda m=metric, n=name: first.grown(m, began) == getattr(sent, n))
        instances = {row["metric"]["instance"] for row in first.query("count by (instance) (pipecat_turns_total)")}
        assert {f"gateway-{number}/spans" for number in range(3)} == instances
    finally:
        for one in stacks:
            one.stop_all()


@pytest.fixture
def remote(tmp_path: Path, engine_bin: EngineBin) -> Iterator[tuple[Stack, Process]]:
    """A stack whose Prometheus is elsewhere: a server that scrapes nothing and takes remote write; with its process."""
    (port,), folder = free_ports(1), tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "prometheus.yml").write_text("{}\n")
    url = f"http://127.0.0.1:{port}"
    argv = [
        str(engine_bin("prometheus")),
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-remote-write-receiver",
        "--enable-feature=exemplar-storage",
    ]
    overrides = {"stores": {"prometheus": {"url": url, "write_url": f"{url}/api/v1/write"}}}
    elsewhere = Process("elsewhere", argv, folder / "log")
    with (
        running(elsewhere, f"{url}/-/ready"),
        stack_of(tmp_path, engine_bin, "prometheus", "collector", overrides=overrides) as stack,
    ):
        yield stack, elsewhere


def test_a_store_that_takes_a_push_only(remote: tuple[Stack, Process]) -> None:
    """It has the same series, as dense, from the first event on, with exemplars; also after it was away."""
    began = time.time()
    stack, elsewhere = remote
    slow = otlp.turn(2.5, duration=2.0)
    otlp.send(stack.ports.otlp_http, otlp.traces([slow, otlp.stage("llm", gen_ai__usage__input_tokens=5)]))
    otlp.send(stack.ports.otlp_http, otlp.logs([otlp.event("pipecat.interruption")]))
    counts = {"pipecat_turns_total": 1, "pipecat_tokens_total": 5, "pipecat_interruptions_total": 1}
    for metric, value in counts.items():
        stack.until(metric, value)
    up = f'up{{job="collector", instance="gateway-0:{stack.ports.collector_pipecat}"}}'
    scrapes = stack.value(f"count_over_time({up}[1h])")
    poll("scrapes in silence", lambda: stack.value(f"count_over_time({up}[1h])") >= scrapes + 8)
    elsewhere.stop()
    otlp.send(stack.ports.otlp_http, otlp.logs([otlp.event("pipecat.interruption")] * 2))
    elsewhere.start()
    elsewhere.ready(f"{address(stack.config).rstrip('/')}/-/ready")
    stack.until("pipecat_interruptions_total", 3)

    at = stack.value("min(timestamp(pipecat_tokens_total))")
    for metric in counts:
        samples = stack.value(f"count_over_time({metric}[8s] @ {at})")
        assert samples >= stack.value(f"count_over_time({up}[8s] @ {at})") - 1, metric
    assert 5 == stack.grown("pipecat_tokens_total", began)
    assert 3 == stack.grown("pipecat_interruptions_total", began)
    labels = {"service_name", "deployment_environment", "job", "instance", "le"}
    buckets = [row["metric"] for row in stack.query("pipecat_turn_duration_seconds_bucket")]
    assert [labels] == [*{frozenset(row) - {"__name__"} for row in buckets}]
    assert {"1", "2", "5"} <= {row["le"] for row in buckets}
    exemplars = stack.prometheus("query_exemplars", query="pipecat_turn_ttfw_seconds_bucket", start=0, end=2 * began)
    assert [slow["traceId"]] == [one["labels"]["trace_id"] for row in exemplars for one in row["exemplars"]]

    otlp.send(stack.ports.otlp_http, otlp.logs([otlp.event("pipecat.interruption")] * 4))
    drain = drain_of(draining(stack.config))
    drain.hold()
    stack.processes["collector"].send_signal(signal.SIGTERM)
    drain.release_when(scraped(draining(stack.config), lambda _what, _elapsed: None))
    stack.stop("collector")
    stack.stop("prometheus")
    assert 7 == stack.grown("pipecat_interruptions_total", began), "the agent ends when it has sent what it read"


def test_native_histograms(tmp_path: Path, engine_bin: EngineBin) -> None:
    """With native rules a histogram is one series with the same bounds, a zero at its start, and exemplars."""
    with stack_of(
        tmp_path, engine_bin, "prometheus", "collector", overrides={"alerts": {"flavour": "native"}}
    ) as stack:
        slow = otlp.turn(2.5)
        otlp.send(stack.ports.otlp_http, otlp.traces([slow, otlp.turn(0.8)]))
        otlp.send(stack.ports.otlp_http, otlp.logs([otlp.event("pipecat.silence", {"pipecat.seconds": 6.5})]))
        stack.until("histogram_count(pipecat_turn_ttfw_seconds)", 2)
        stack.until("histogram_count(pipecat_silence_seconds)", 1)

        assert 0.5 == stack.value("histogram_fraction(0.8, +Inf, pipecat_turn_ttfw_seconds)")
        for name in ("pipecat_turn_ttfw_seconds", "pipecat_silence_seconds"):
            assert "0" == stack.query(f"{name}[1h]")[0]["histograms"][0][1]["count"]
        assert [] == stack.query('{__name__=~"pipecat_.+_bucket"}')
        series = stack.prometheus("query_exemplars", query="pipecat_turn_ttfw_seconds", start=0, end=2 * time.time())
        assert slow["traceId"] in {one["labels"]["trace_id"] for row in series for one in row["exemplars"]}
