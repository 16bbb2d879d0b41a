"""The real `docker compose up` on the real engines: healthy, right numbers, data kept, nothing left."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace

import httpx
import images
import pytest
from composed import Composed, rendered
from daemon import docker
from harness import poll
from stacks import EngineBin

from pipecat_lgtm.ops import comparing, demo
from pipecat_lgtm.ops.visible import Stores
from pipecat_lgtm.queries import audit, panels_stack
from pipecat_lgtm_bridge.contract import metrics as m

pytestmark = [pytest.mark.stack, pytest.mark.alone, pytest.mark.timeout(600)]

PARTS = ["alertmanager", "collector", "guard", "loki", "notifications", "prometheus", "queues", "tempo"]


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Composed]:
    """A daemon with the images of all engines; its stack rendered but not started."""
    quick = {"group_wait": "100 ms", "group_interval": "1 s"}
    overrides = {"collector": {"flush_interval": "1 s"}, "routing": {"severities": {"critical": quick}}}
    with docker(engine_bin("docker-compose")) as daemon:
        stack = rendered(daemon, tmp_path_factory.mktemp("composed"), overrides)
        images.build(daemon, stack.config, engine_bin)
        yield stack


def test_a_stack_in_containers(composed: Composed) -> None:
    """From the first `docker compose up` to `down -v`: one story, as each step needs the one before."""
    stores = Stores(composed.config)

    _plain_up_is_healthy(composed)
    outcome = _calls_come_out_right(composed)
    _what_nobody_is_told_is_kept(composed)
    _ended_part_is_reported(composed)
    _restart_keeps_data(composed, stores, outcome)
    _down_leaves_nothing(composed)


def _plain_up_is_healthy(composed: Composed) -> None:
    """What a person types after `git clone` makes every part healthy, and the check can fail."""
    composed.compose("up", "--detach", "--wait", "--wait-timeout", "120")
    listed = composed.compose("ps", "--format", "{{.Service}} {{.Health}}").split("\n")

    assert sorted([*(f"{name} healthy" for name in PARTS), "pod "]) == sorted(filter(None, listed))
    nowhere = ["/tools/loki", "-health", "-health.url=http://127.0.0.1:1/ready"]
    asked = subprocess.run(
        ["docker", "exec", f"{composed.config.name}-tempo-1", *nowhere],
        env=composed.docker.env,
        capture_output=True,
        check=False,
    )
    assert (1, b"") == (asked.returncode, asked.stdout), asked.stderr
    assert b"No such container" not in asked.stderr
    composed.up()  # over the running stack: the same one, now known to `status` and `down`
    assert composed.command("status").returncode == 0


def _calls_come_out_right(composed: Composed) -> demo.Outcome:
    """Calls through the published ports: every count exact, traces whole, logs there."""
    conditions = comparing.Conditions(scraped=False)
    wanted = ["normal", "llm-failure", "tool-call"]
    outcome = demo.calls(composed.config, None, wanted, lambda _what, _elapsed: None, conditions=conditions)

    assert [] == [row for row in outcome.rows if row.verdict == "wrong"]
    return outcome


def _what_nobody_is_told_is_kept(composed: Composed) -> None:
    """Without receivers an alert goes from Alertmanager by the notification log's container into Loki."""
    ports = composed.config.network.ports
    alert = {"labels": {"alertname": "PipecatExample", "severity": "critical"}, "annotations": {"summary": "It burns"}}
    httpx.post(f"http://127.0.0.1:{ports.alertmanager}/api/v2/alerts", json=[alert], timeout=10).raise_for_status()
    url, query = f"http://127.0.0.1:{ports.loki}/loki/api/v1/query_range", panels_stack.notifications().expr

    def kept() -> list[list[str]]:
        streams = httpx.get(url, params={"query": query}, timeout=10).json()["data"]["result"]
        return [value for stream in streams for value in stream["values"]]

    assert ["critical firing PipecatExample: It burns"] == [line for _, line in poll("the notification", kept)]


def _ended_part_is_reported(composed: Composed) -> None:
    """A part that has ended makes `status` fail and name it; `up` starts it again."""
    composed.docker.run("stop", f"{composed.config.name}-alertmanager-1")
    done = composed.command("status")

    assert done.returncode == 1
    assert "ended by themselves: alertmanager" in done.stderr
    composed.up()
    assert composed.command("status").returncode == 0


def _restart_keeps_data(composed: Composed, stores: Stores, outcome: demo.Outcome) -> None:
    """After a drained `down` and an `up`, counters, traces and logs are as they were; `down` twice is harmless."""
    turns = outcome.ledger["totals"]["spans"]["turn"]
    done = composed.command("down")
    assert done.returncode == 0, done.stderr
    assert "intake closed, flushing" in done.stderr, "drained"
    assert composed.docker.left()["containers"] == []
    again = composed.command("down")
    assert (0, True) == (again.returncode, "nothing runs" in again.stderr)
    composed.up()

    no_watch = lambda _what, _elapsed: None  # noqa: E731 - said three times
    # The collector that counted them is gone, and so is its series now.
    series = f'{m.TURNS.prometheus}{{service_name="{outcome.service}"}}'
    counted = replace(audit.turns(outcome.service, "10m"), source=f"sum(last_over_time({series}[10m]))")
    assert turns == comparing.until(lambda: stores.value(counted), turns, no_watch, "turns")
    spans = {call["trace_id"]: sum(call["spans"].values()) for call in outcome.ledger["calls"]}
    for trace_id, count in spans.items():
        assert count == comparing.until(lambda t=trace_id: stores.spans(t), count, no_watch, "spans")  # type: ignore[misc]
        assert stores.has_lines(outcome.service, trace_id)


def _down_leaves_nothing(composed: Composed) -> None:
    """`docker compose down -v` leaves no container, volume or network."""
    composed.compose("down", "--volumes")

    assert {"containers": [], "volumes": [], "networks": ["host", "none"]} == composed.docker.left()
