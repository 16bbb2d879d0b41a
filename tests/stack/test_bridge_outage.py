"""A minute without a collector, of three kinds at once: what it costs real calls, and what is lost in it."""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bots import SOURCES
from counted_bot import NUMBER
from harness import poll
from receiver import Got, Received, receiver

from pipecat_lgtm.ops.provider import provider

pytestmark = [pytest.mark.stack, pytest.mark.alone]
KINDS = ("well", "down", "slow", "refusing")
OUTAGE_SECONDS = 60.0
TIMEOUT_SECONDS = 2
OUTBOX_MB = 0.25
MOST_RECORDS = OUTBOX_MB * 2**20 / 1100
"""Log records that such an outbox holds at most: none is taken for smaller."""

_SCRIPT = Path(__file__).with_name("counted_bot.py")
_CALLS, _AT_ONCE = 12, 2
_DEADLINE = 90.0
_GROWTH_BYTES = 8 * 2**20


@dataclass
class Bot:
    """A bot with the bridge.

    Args:
        kind: of outage that its collector has.
        process: its own.
        folder: where its ledger and its counts are in the end.
    """

    kind: str
    process: subprocess.Popen[bytes]
    folder: Path

    def resident_bytes(self) -> int:
        """Return its resident memory."""
        statm = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii")
        return int(statm.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def read(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """Return what it has written."""
        return json.loads((self.folder / name).read_text(encoding="utf-8"))


@dataclass
class Lived:
    """What one bot did.

    Args:
        grown: bytes by which its memory was larger in the outage than at its beginning, at most.
        made: spans and logs, as the SDK counted them, and how long the bot was held up for them.
        got: what its collector took.
        outage: seconds of the turns in it.
        held: log records of the outage that arrived after it.
    """

    grown: int
    made: dict[str, float]
    got: dict[str, list[Got]]
    outage: list[float]
    held: int

    def dropped(self, signal: str) -> int:
        """Return how many of a signal the bot reports as dropped."""
        told = [one.attributes for one in _named(self.got["logs"], "bridge.dropped")]
        return sum(one["pipecat.bridge.dropped"] for one in told if one["pipecat.bridge.signal"] == signal)


def _named(logs: list[Got], event: str) -> list[Got]:
    return [one for one in logs if one.attributes.get("event.name") == f"pipecat.{event}"]


@contextlib.contextmanager
def _bot(kind: str, folder: Path, otlp: str, api: str) -> Iterator[Bot]:
    folder.mkdir()
    argv = [
        sys.executable, str(_SCRIPT), str(folder / "made.json"), "calls", "--otlp", otlp, "--provider", api, "--mode",
        "plain", "--scenario=baseline", "--calls", str(_CALLS), "--concurrency", str(_AT_ONCE),
        "--ledger", str(folder / "ledger.json"),
    ]  # fmt: skip
    env = {"OTEL_EXPORTER_OTLP_TIMEOUT": str(TIMEOUT_SECONDS), "PIPECAT_LGTM_OUTBOX_MB": str(OUTBOX_MB)}
    with (folder / "stderr.txt").open("wb") as log:
        process = subprocess.Popen(argv, env={**os.environ, **env, "PYTHONPATH": SOURCES}, stdout=log, stderr=log)
        try:
            yield Bot(kind, process, folder)
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Lived]:
    """Four bots whose collectors are well, down, slow and refusing for the same minute, in the midst of their calls."""
    folder = tmp_path_factory.mktemp("outage")
    with contextlib.ExitStack() as stack:
        api = stack.enter_context(provider())
        well, slow, refusing = (stack.enter_context(receiver()) for _ in range(3))
        with receiver() as before:
            taken = {"well": well, "down": before, "slow": slow, "refusing": refusing}
            bots = [stack.enter_context(_bot(kind, folder / kind, taken[kind].url, api)) for kind in KINDS]
            poll("calls", lambda: all(one.events("pipecat.conversation.end") for one in taken.values()), _DEADLINE)
        slow.delay, refusing.status = 8.0, 503
        began, grown = time.time(), _outage(bots, refusing)
        slow.delay, refusing.status = 0.0, 200
        with receiver(before.port) as after:
            assert [0] * len(bots) == [bot.process.wait(_DEADLINE) for bot in bots]
        after.spans, after.records = before.spans + after.spans, before.records + after.records
        taken["down"] = after
        return {bot.kind: _lived(bot, taken[bot.kind], began, grown[bot.kind]) for bot in bots}


def _outage(bots: list[Bot], refusing: Received) -> dict[str, int]:
    """Wait for the length of the outage; return how much the bots' memory grew in it."""
    first = {bot.kind: bot.resident_bytes() for bot in bots}
    most = dict(first)
    end = time.monotonic() + OUTAGE_SECONDS
    while (left := end - time.monotonic()) > 0:
        if left < OUTAGE_SECONDS / 2:
            refusing.status = 429
        most |= {bot.kind: max(most[bot.kind], bot.resident_bytes()) for bot in bots}
        time.sleep(min(1.0, left))
    return {kind: most[kind] - first[kind] for kind in first}


def _lived(bot: Bot, got: Received, began: float, grown: int) -> Lived:
    turns = [(word["at"], word["seconds"]) for word in bot.read("ledger.json")["heard"]]
    within = [seconds for at, seconds in turns if began < at < began + OUTAGE_SECONDS]
    return Lived(
        grown,
        bot.read("made.json"),
        {"spans": got.spans, "logs": got.records},
        within,
        sum(began < one.start < began + OUTAGE_SECONDS for one in got.records),
    )


@pytest.mark.parametrize("kind", KINDS[1:])
def test_an_outage_costs_no_turn_anything(lived: dict[str, Lived], kind: str) -> None:
    """Nothing in a bot waits for its collector, and turns in the outage are as fast as those of the bot that has one.

    What waited for an answer would wait for TIMEOUT_SECONDS; a busy machine alone holds a bot up for less.
    """
    well, bot = lived["well"], lived[kind]

    assert min(len(bot.outage), len(well.outage)) >= 20
    assert bot.made["held"] >= 2 * bot.made["spans"] + bot.made["logs"]
    assert bot.made["longest_seconds"] < TIMEOUT_SECONDS * 0.75
    assert statistics.median(bot.outage) < statistics.median(well.outage) + TIMEOUT_SECONDS / 4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("signal", ["spans", "logs"])
def test_every_drop_is_counted_and_told(lived: dict[str, Lived], kind: str, signal: str) -> None:
    """What arrived, each once, and what is reported as dropped is together exactly what was made."""
    bot = lived[kind]
    ids = {
        "spans": [one.span_id for one in bot.got["spans"]],
        "logs": [one.attributes[NUMBER] for one in bot.got["logs"]],
    }

    assert len(set(ids[signal])) == len(ids[signal])
    assert bot.made[signal] == len(ids[signal]) + bot.dropped(signal)
    assert (kind == "well") == (bot.dropped(signal) == 0)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_memory_is_bounded(lived: dict[str, Lived], kind: str) -> None:
    """In the outage a bot grows no more than one whose collector is well, and holds no more than its outboxes may."""
    bot = lived[kind]

    assert 0 < bot.held <= MOST_RECORDS
    assert bot.grown < lived["well"].grown + _GROWTH_BYTES


def test_live_calls_beat(lived: dict[str, Lived]) -> None:
    """Every call beats after 5 s and then every 10 s, and its process states CPU and memory as often."""
    logs = lived["well"].got["logs"]
    seconds = {
        one.attributes["conversation.id"]: one.attributes["pipecat.seconds"] for one in _named(logs, "conversation.end")
    }
    beats = Counter(one.attributes["conversation.id"] for one in _named(logs, "conversation.heartbeat"))

    assert _CALLS == len(seconds)
    assert dict.fromkeys(seconds, True) == {
        call: abs(beats[call] - (length + 5) // 10) <= 1 for call, length in seconds.items()
    }
    assert all(beats[call] for call in seconds)
    assert len(_named(logs, "process")) >= OUTAGE_SECONDS // 10
