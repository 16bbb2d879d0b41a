"""The real `docker compose up` on the real engines: healthy, right numbers, data kept, nothing left."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import images
import pytest
from daemon import Docker, docker
from harness import free_config, poll
from stacks import EngineBin

from pipecat_lgtm import output
from pipecat_lgtm.config import Config
from pipecat_lgtm.ops import comparing, demo
from pipecat_lgtm.ops.visible import Stores
from pipecat_lgtm.queries import audit, panels_stack
from pipecat_lgtm.renderers import render

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

PARTS = ["alertmanager", "collector", "loki", "notifications", "prometheus", "tempo"]
LEFT_OUT = "services:\n  grafana:\n    profiles: [left-out]\n"
"""Grafana cannot be built here; Compose reads this file by itself beside docker-compose.yml."""


@dataclass(frozen=True)
class Composed:
    """A state directory whose stack runs in containers."""

    docker: Docker
    folder: Path
    config: Config

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a verb of pipecat-lgtm on the state directory."""
        argv = [sys.executable, "-m", "pipecat_lgtm", *arguments, "--state-dir", str(self.folder)]
        return subprocess.run(argv, capture_output=True, text=True, env=self.docker.env, check=False)

    def compose(self, *arguments: str) -> str:
        """Run `docker compose` as a person would, in the rendered folder."""
        return self.docker.run("compose", "--project-directory", str(self.folder / "config"), *arguments)

    def up(self) -> None:
        """Start by `up --docker`; fail with what it said."""
        done = self.command("up", "--docker", "--config", str(self.folder / "stack.yaml"))
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"password in {self.folder / 'grafana-admin-password'}" in done.stdout


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Composed]:
    """A daemon with the images of all engines; its stack rendered but not started."""
    folder = tmp_path_factory.mktemp("composed")
    quick = {"group_wait": "100 ms", "group_interval": "1 s"}
    overrides = {"collector": {"flush_interval": "1 s"}, "routing": {"severities": {"critical": quick}}}
    config = free_config(folder, overrides)
    output.write(folder / "config", render(config))
    (folder / "config" / "docker-compose.override.yml").write_text(LEFT_OUT)
    with docker(engine_bin("docker-compose")) as daemon:
        images.build(daemon, config, engine_bin)
        yield Composed(daemon, folder, config)


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

    assert [f"{name} healthy" for name in PARTS] == sorted(filter(None, listed))
    nowhere = ["/tools/loki", "-health", "-health.url=http://127.0.0.1:1/ready"]
    asked = subprocess.run(
        ["docker", "exec", "pipecat-lgtm-tempo-1", *nowhere], env=composed.docker.env, capture_output=True, check=False
    )
    assert asked.returncode == 1
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
    composed.docker.run("stop", "pipecat-lgtm-alertmanager-1")
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
    counted = audit.turns(outcome.service)
    assert turns == comparing.until(lambda: stores.value(counted), turns, no_watch, "turns")
    spans = {call["trace_id"]: sum(call["spans"].values()) for call in outcome.ledger["calls"]}
    for trace_id, count in spans.items():
        assert count == comparing.until(lambda t=trace_id: stores.spans(t), count, no_watch, "spans")  # type: ignore[misc]
        assert stores.has_lines(outcome.service, trace_id)


def _down_leaves_nothing(composed: Composed) -> None:
    """`docker compose down -v` leaves no container, volume or network."""
    composed.compose("down", "--volumes")

    assert {"containers": [], "volumes": [], "networks": ["host", "none"]} == composed.docker.left()
