"""Synthetic calls without a bot: when they are placed, what is shown of them, how the part is rendered."""

import asyncio
import http.client
import re
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import yamls
from pipecat_lgtm import output
from pipecat_lgtm.config import Config, load
from pipecat_lgtm.errors import CheckFailed, ConfigError, StackError
from pipecat_lgtm.ops import heartbeat as op
from pipecat_lgtm.ops import parts, preflight
from pipecat_lgtm.ops.doctor import quality
from pipecat_lgtm.ops.validate import validate
from pipecat_lgtm.quality.facts import Facts, Turn
from pipecat_lgtm.quality.verdict import Verdict
from pipecat_lgtm.quality.words import Errors
from pipecat_lgtm.renderers import COMPOSE, native, render
from pipecat_lgtm_bridge.contract import heartbeat as h

with warnings.catch_warnings():
    # Pipecat's own modules warn of what they import.
    warnings.simplefilter("ignore", DeprecationWarning)
    from pipecat_lgtm.quality import schedule, telling
    from pipecat_lgtm.quality.calls import Done

TARGET = {"name": "my-bot", "kind": "eval", "url": "ws://127.0.0.1:1/ws", "scenario": "/etc/pipecat/booking.yaml"}


def _config(folder: Path, targets: list[dict[str, Any]], **heartbeat: object) -> Config:
    file = folder / "stack.yaml"
    file.write_text(yamls.dump({"quality": {"heartbeat": {"targets": targets, **heartbeat}}}), encoding="utf-8")
    return load(file).config


def _done(config: Config, verdict: str = h.OK) -> Done:
    facts = Facts(connect=0.02, turns=[Turn("hello", answered=True, ended=1.0, first_word=0.7)], gap=0.3, sounded=2.0)
    (target, *_) = config.quality.heartbeat.targets
    return Done(target, "booking", Verdict(verdict), facts, Errors(8, 1, 1, 2), 1000.0, 4.0)


def _shown(metrics: telling.Metrics) -> dict[str, float]:
    text = telling.generate_latest(metrics.registry).decode()
    return {name: float(value) for name, value in re.findall(r"^([^#].*) (\S+)$", text, re.MULTILINE)}


def test_shown(tmp_path: Path) -> None:
    """Every verdict is there from the start as 0, and a call moves its own, the words and the last verdict."""
    config = _config(tmp_path, [TARGET | {"cost": 0.02}])
    metrics = telling.Metrics(config.quality.heartbeat.targets)
    at_first = _shown(metrics)
    metrics.tell(_done(config, h.SLOW))
    shown = _shown(metrics)

    assert {0.0} == {at_first[f'{h.CALLS}{{target="my-bot",verdict="{verdict}"}}'] for verdict in h.VERDICTS}
    assert {
        f'{h.CALLS}{{target="my-bot",verdict="slow"}}': 1.0,
        f'{h.UP}{{target="my-bot"}}': 0.0,
    }.items() <= shown.items()
    assert {"hit": 8, "substitution": 1, "deletion": 1, "insertion": 2} == {
        kind: shown[f'{h.WORDS}{{kind="{kind}",target="my-bot"}}']
        for kind in ("hit", "substitution", "deletion", "insertion")
    }
    assert 0.02 == pytest.approx(shown[f'{h.COST}{{target="my-bot"}}'])
    assert 1004.0 == shown[f'{h.LAST_CALL}{{target="my-bot"}}']


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/metrics", "127.0.0.1:9096", 200),
        ("/ready", "localhost", 200),
        ("/metrics", "[::1]:9096", 200),
        ("/metrics", "heartbeat:9096", 200),
        ("/metrics", "evil.example", 421),
        ("/metrics", "", 421),
        ("/etc/passwd", "127.0.0.1", 404),
    ],
)
def test_served(tmp_path: Path, path: str, host: str, status: int) -> None:
    """/metrics is for those who ask by a name of ours: a page of another site that was rebound to it reads nothing."""
    metrics = telling.Metrics(_config(tmp_path, [TARGET]).quality.heartbeat.targets)
    server = telling.serve(metrics.registry, "127.0.0.1", 0, "heartbeat")
    try:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
        connection.request("GET", path, headers={"Host": host})

        assert status == connection.getresponse().status
        connection.close()
    finally:
        server.shutdown()
        server.server_close()


def test_purse() -> None:
    """A call that would cost more than a day's money is not placed, until what was spent is a day old."""
    clock = SimpleNamespace(now=0.0)
    purse = schedule.Purse(0.05, lambda: clock.now)

    assert [True, True, False] == [purse.pays(0.02), purse.pays(0.03), purse.pays(0.01)]
    assert purse.pays(0.0)

    clock.now = 86_400.0

    assert purse.pays(0.05)


_breathe = asyncio.sleep


class _Clock:
    """Time that passes when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await _breathe(0)


def _scheduled(
    config: Config, monkeypatch: pytest.MonkeyPatch, lasts: float, error: StackError | None = None
) -> tuple[schedule.Schedule, telling.Metrics, list[float], _Clock]:
    clock, placed = _Clock(), []

    async def place(*_: object) -> Done:
        placed.append(clock.now)
        await clock.sleep(lasts)
        if error is not None:
            raise error
        return _done(config)

    monkeypatch.setattr(schedule, "place", place)
    monkeypatch.setattr(schedule, "time", clock)
    monkeypatch.setattr(schedule.asyncio, "sleep", clock.sleep)
    (target,) = config.quality.heartbeat.targets
    metrics = telling.Metrics([target])
    plan: Any = [(target, SimpleNamespace(name="booking"))]
    made = schedule.Schedule(config.quality.heartbeat, plan, telling.Telling(metrics, None), lambda _: None)
    return made, metrics, placed, clock


async def _until(made: schedule.Schedule, placed: list[float], count: int) -> None:
    stop = asyncio.Event()

    async def watch() -> None:
        while len(placed) < count:
            await _breathe(0)
        stop.set()

    await asyncio.gather(made.until(stop), watch())


def test_jitter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls come once an interval, late by up to the jitter, which does not add up."""
    config = _config(tmp_path, [TARGET], every="100 s", jitter="20 %")
    made, _, placed, _ = _scheduled(config, monkeypatch, lasts=5.0)
    asyncio.run(_until(made, placed, 40))

    late = [at - 100 * number for number, at in enumerate(placed[:40])]

    assert 0 <= min(late) < 5 < max(late) <= 20.001


def test_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that lasts longer than an interval takes the place of the next ones, which are counted."""
    config = _config(tmp_path, [TARGET], every="10 s", jitter="1 %")
    made, metrics, placed, _ = _scheduled(config, monkeypatch, lasts=35.0)
    asyncio.run(_until(made, placed, 3))

    assert _shown(metrics)[f'{h.SKIPPED}{{reason="busy",target="my-bot"}}'] >= 6
    assert [0, 40, 80] == [round(one, -1) for one in placed[:3]]


def test_money(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the day's money a call is left out and counted, and the next one comes when there is money again."""
    config = _config(tmp_path, [TARGET | {"cost": 2}], every="7 h", jitter="1 %", cost_per_day=4)
    made, metrics, placed, _ = _scheduled(config, monkeypatch, lasts=1.0)
    asyncio.run(_until(made, placed, 4))

    assert [0, 7, 28, 35] == [round(one / 3600) for one in placed[:4]]
    assert 1 <= _shown(metrics)[f'{h.SKIPPED}{{reason="cost",target="my-bot"}}']


def test_the_caller_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails in the caller itself is no verdict on the bot, and the next call comes all the same."""
    config = _config(tmp_path, [TARGET], every="10 s", jitter="1 %")
    made, metrics, placed, _ = _scheduled(config, monkeypatch, lasts=1.0, error=CheckFailed("no judge", "give one"))
    asyncio.run(_until(made, placed, 3))
    shown = _shown(metrics)

    assert 3 <= shown[f'{h.SKIPPED}{{reason="broken",target="my-bot"}}']
    assert {0.0} == {value for name, value in shown.items() if name.startswith(h.CALLS)}


def test_nobody(tmp_path: Path) -> None:
    """Without a target, with an unknown one, with a scenario that is not there: two lines, and nobody is called."""
    place = op.Place("127.0.0.1")
    for config, names, said in (
        (_config(tmp_path, []), [], "nobody is to be called"),
        (_config(tmp_path, [TARGET]), ["other"], "--target other"),
        (_config(tmp_path, [TARGET]), [], "/etc/pipecat/booking.yaml: No such file"),
    ):
        with pytest.raises(ConfigError, match=re.escape(said)):
            op.once(config, names, place, lambda _: None)


TYPED = "name: t\nscenarios: [{name: t, turns: [{user: hello, expect: [{event: llm_response}]}]}]\n"
SPOKEN = """
name: t
user: {modality: audio}
judge: {modality: audio, transcription: {service: moonshine}}
scenarios: [{name: t, turns: [{user: hello%s, expect: [{event: tts_response}]}]}]
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TYPED, "is typed, not spoken"),
        (SPOKEN % "", "requires a 'user.speech:' block"),
        (SPOKEN % ", audio: gone.wav", "there is no such recording"),
        ("name: t\nscenarios: [{name: t, turns: 7}]\n", "turns"),
        ("{", "line 1"),
    ],
)
def test_no_call(tmp_path: Path, text: str, said: str) -> None:
    """A scenario that is no call is refused before anybody is called, with its file and what is wrong."""
    file = tmp_path / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(said)) as error:
        op.once(_config(tmp_path, [TARGET | {"scenario": str(file)}]), [], op.Place("127.0.0.1"), lambda _: None)

    assert str(file) in error.value.message or "gone.wav" in error.value.message


def test_rendered(tmp_path: Path) -> None:
    """With a target there are part, scrape, alert and a Compose service of the profile `quality`; without, none."""
    off, on = _config(tmp_path, []), _config(tmp_path, [TARGET | {"every": "90 s"}], every="7 m")
    before, after = render(off, COMPOSE), render(on, COMPOSE)
    compose = yamls.load(after["docker-compose.yml"])["services"]["heartbeat"]
    jobs = [one["job_name"] for one in yamls.load(after["prometheus/prometheus.yml"])["scrape_configs"]]

    assert {"heartbeat/stack.yaml", "docs/runbooks/PipecatHeartbeatDown.md"} == after.keys() - before.keys()
    assert ("heartbeat" in jobs, ["quality"]) == (True, compose["profiles"])
    assert "/etc/pipecat:/etc/pipecat:ro" in compose["volumes"]
    assert "heartbeat" not in yamls.load(before["docker-compose.yml"])["services"]
    assert ("heartbeat" in parts.names(on), "heartbeat" in parts.names(off)) == (True, False)


def test_its_own_config(tmp_path: Path) -> None:
    """The part's own stack.yaml says of synthetic calls, ports and entrance what the stack's says."""
    config = _config(tmp_path, [TARGET | {"every": "90 s", "token_file": "/etc/token"}], slow="1900 ms", jitter="15 %")
    file = tmp_path / "own.yaml"
    file.write_text(render(config, native(config, tmp_path))["heartbeat/stack.yaml"], encoding="utf-8")
    own = load(file).config

    assert (config.quality, config.network) == (own.quality, own.network.model_copy(update={"cors_origins": ()}))


def test_checked_before_it_starts(tmp_path: Path) -> None:
    """`up` looks whether everybody could be called before it ends what runs; `validate` asks for no scenario."""
    config = _config(tmp_path, [TARGET | {"scenario": f"{tmp_path}/gone.yaml"}])
    files = render(config, native(config, tmp_path))
    (found,) = preflight.configs(files, ["heartbeat"], lambda _: None)
    output.write(tmp_path / "out", files)

    assert "gone.yaml: No such file" in found[0]
    assert "heartbeat" not in {one.name for one in validate(tmp_path / "out", lambda _: None)}


def _doctor(config: Config) -> list[tuple[str, str, str]]:
    return [(one.what, one.verdict, one.says) for one in quality.findings(config) if one.what != "producers"]


def test_doctor(tmp_path: Path) -> None:
    """It says that nobody is called; or how the last call of each went, and who is called too seldom to be judged."""
    off = _config(tmp_path, [])
    on = _config(tmp_path, [TARGET, TARGET | {"name": "rare-bot", "every": "10 m"}])
    metrics = telling.Metrics(on.quality.heartbeat.targets)
    metrics.tell(_done(on, h.SILENT))
    server = telling.serve(metrics.registry, "127.0.0.1", 0)
    ports = on.network.ports.model_copy(update={"heartbeat": server.server_address[1]})
    on = on.model_copy(update={"network": on.network.model_copy(update={"ports": ports})})
    try:
        found = _doctor(on)
    finally:
        server.shutdown()
        server.server_close()

    assert [("synthetic calls", "look", "are off: nothing feeds uptime and word errors")] == _doctor(off)
    assert [
        ("rare-bot", "look", "is called less than 20 times in 1h: that burn rate never fires"),
        ("my-bot", "wrong", "its last synthetic call was not ok"),
        ("rare-bot", "look", "has not been called yet"),
    ] == found
