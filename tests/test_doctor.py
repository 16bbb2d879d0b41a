"""What `doctor` finds without a stack; with one: stack/test_look.py."""

import contextlib
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

import yamls
from pipecat_lgtm.config import Config, load
from pipecat_lgtm.config.network import Ports
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.ops import doctor, native, preflight
from pipecat_lgtm.ops.deploy import target
from pipecat_lgtm.ops.deploy.prometheus import Prometheus, Sample
from pipecat_lgtm.ops.doctor import Finding, bots
from pipecat_lgtm.queries import health, live


@pytest.fixture(autouse=True)
def every_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """No program is missing."""
    monkeypatch.setattr(native, "to_build", lambda *_: [])


def _free() -> Iterator[int]:
    """Yield ports nobody listens on, below those that the kernel gives to whoever connects meanwhile."""
    for port in random.sample(range(20_000, 32_000), 1000):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            yield port


def _config(folder: Path, **sections: object) -> Config:
    """Return a config whose ports nobody listens on."""
    ports = dict(zip(Ports.model_fields, _free(), strict=False))
    network = {"ports": ports} | dict(sections.pop("network", {}))  # type: ignore[call-overload]
    file = folder / "stack.yaml"
    file.write_text(yamls.dump({"network": network, **sections}))
    return load(file).config


def _found(config: Config, folder: Path) -> dict[str, Finding]:
    return {one.what: one for one in doctor.findings(config, State(folder / "state"))}


def test_nothing_runs(tmp_path: Path) -> None:
    """Where nothing runs, and nothing is in the way, there is one thing to do."""
    programs, parts = _found(_config(tmp_path), tmp_path).values()

    assert Finding("machine", "programs", "fine", "all are here") == programs
    assert ("look", "`pipecat-lgtm up`") == (parts.verdict, parts.hint)
    assert parts.says.startswith("not started: guard, collector, prometheus")


def test_a_port_in_the_way(tmp_path: Path) -> None:
    """A port that somebody else holds is wrong before anybody tries to start; its key and holder are named."""
    config = _config(tmp_path)
    port = config.network.ports.loki_grpc
    with socket.create_server(("127.0.0.1", port)):
        found = _found(config, tmp_path)["loki"]

    assert "wrong" == found.verdict
    assert found.says.startswith(f"does not run, and cannot: network.ports: loki_grpc {port} is held by ")


def test_a_store_elsewhere(tmp_path: Path) -> None:
    """A store of the user's own that does not answer is named with its key."""
    config = _config(tmp_path, stores={"prometheus": dict.fromkeys(("url", "write_url"), "http://127.0.0.1:1")})
    found = _found(config, tmp_path)["prometheus"]

    assert ("wrong", "check stores.prometheus.url, and its login if it wants one") == (found.verdict, found.hint)
    assert "http://127.0.0.1:1" in found.says


@pytest.mark.parametrize(
    ("content", "verdict", "says"),
    [("secret\n", "fine", "can be read"), ("\n", "wrong", "is empty"), (None, "wrong", "No such file or directory")],
    ids=["fine", "empty", "missing"],
)
def test_a_secret(tmp_path: Path, content: str | None, verdict: str, says: str) -> None:
    """Every file that stack.yaml names is looked into, found by its key; its content is not shown."""
    file = tmp_path / "slack-url"
    if content is not None:
        file.write_text(content)
    config = _config(tmp_path, routing={"receivers": {"slack": {"slack": {"api_url_file": str(file)}}}})
    found = _found(config, tmp_path)["routing.receivers.slack.slack.api_url_file"]

    assert verdict == found.verdict
    assert says in found.says
    assert "secret" not in found.says.replace(str(file), "")


def test_every_named_file(tmp_path: Path) -> None:
    """Files are found wherever a config can name one."""
    file = str(tmp_path / "file")
    config = _config(
        tmp_path,
        network={"auth": {"token_file": file}, "tls": {"cert_file": file, "key_file": file}},
        routing={
            "receivers": {"webhook": {"webhook": {"url_file": file, "bearer_token_file": file}}},
            "severities": {name: {"notify": ["webhook"]} for name in ("critical", "warning")},
        },
    )

    assert {
        "network.auth.token_file",
        "network.tls.cert_file",
        "network.tls.key_file",
        "routing.receivers.webhook.webhook.url_file",
        "routing.receivers.webhook.webhook.bearer_token_file",
    } == {key for key, _ in preflight.named_files(config)}


def test_neither_go_nor_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which the stack can neither be built nor pulled is told so, with both remedies."""
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = _found(_config(tmp_path), tmp_path)["programs"]

    assert ("wrong", "install Go 1.21 or newer, or Docker with Compose v2") == (found.verdict, found.hint)


@pytest.mark.parametrize(
    ("turns", "alive", "in_spans", "says"),
    [
        pytest.param(40, 3600, 3550, "sends spans and events: with the bridge", id="all calls have spans"),
        pytest.param(40, 3600, 700, "about 19% of its calls have spans, and metrics are of these alone", id="sampled"),
        pytest.param(2, 200, 10, "sends spans and events: with the bridge", id="a call has just begun"),
        pytest.param(40, None, 700, "sends spans only: failures of STT, TTS and tools", id="without the bridge"),
        pytest.param(None, 3600, None, "sends events and no spans", id="no spans"),
    ],
)
def test_bot_whose_spans_do_not_arrive(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    turns: float | None,
    alive: float | None,
    in_spans: float | None,
    says: str,
) -> None:
    """A bot is pointed out whose calls last much longer, by heartbeats, than its spans say."""
    answers = {live.heard_of("1h").expr: turns, live.seconds_alive("1h").expr: alive,
               live.seconds_in_spans("1h").expr: in_spans}  # fmt: skip

    def samples(_: Prometheus, expr: str) -> list[Sample]:
        metric = {"service_name": "my-bot", "deployment_environment": "production"}
        value = answers.get(expr)
        return [] if value is None else [Sample(metric=metric, value=(0.0, value))]

    monkeypatch.setattr(Prometheus, "samples", samples)
    monkeypatch.setattr(target, "silent", lambda *_: [])
    (found,) = bots.findings(_config(tmp_path))

    assert ("bots", "my-bot (production)") == (found.area, found.what)
    assert found.says.startswith(says)
    assert ("fine" if says.startswith("sends spans") else "look") == found.verdict


def test_bots_beyond_a_bound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A bot whose environment is on no list is named, and so is a service above a limit; one that was is not."""
    answers = {
        live.heard_of("1h").expr: [("lost", "other", 3.0), ("known", "production", 3.0)],
        health.overflow("1h").expr: [("greedy", "other", 5000.0), ("modest", "other", 0.0)],
    }

    def samples(_: Prometheus, expr: str) -> list[Sample]:
        return [
            Sample(metric={"service_name": service, "deployment_environment": where}, value=(0.0, value))
            for service, where, value in answers.get(expr, [])
        ]

    monkeypatch.setattr(Prometheus, "samples", samples)
    monkeypatch.setattr(target, "silent", lambda *_: [])
    found = {one.what: one for one in bots.findings(_config(tmp_path))}

    assert {"greedy": "look", "lost (other)": "look", "known (production)": "fine"} == {
        what: one.verdict for what, one in found.items()
    }
    assert found["greedy"].says.startswith("5000 values were counted without their labels")
    assert found["lost (other)"].hint == "name it in stack.yaml under services.environments"
