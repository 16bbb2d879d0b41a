"""What the bridge does when things fail: a speech-to-speech model, and the collector itself."""

import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bots import GENERATOR, Placed, place
from harness import free_ports
from receiver import receiver

pytestmark = pytest.mark.stack
_OUTAGE_SECONDS = 9.0
"""The first seconds of the bot's process: it has started and is in its call when the collector comes."""

REALTIME = Path(__file__).parents[1] / "dialects" / "realtime.py"


def test_failed_realtime_response_is_one_error(tmp_path: Path) -> None:
    """A response that a realtime model fails is one error of stage llm; the call is failed, its first turns are not."""
    with receiver() as received:
        env = {
            "PIPECAT_SETUP_FILES": str(GENERATOR / "pipecat_lgtm" / "bridge" / "setup_file.py"),
            "OTEL_EXPORTER_OTLP_ENDPOINT": received.url,
            "PYTHONPATH": str(GENERATOR),
        }
        argv = [sys.executable, str(REALTIME), "-", str(tmp_path / "spans.json")]
        subprocess.run(argv, env={**os.environ, **env}, check=True, timeout=120, capture_output=True)

    (error,) = received.events("pipecat.error")
    assert ("llm", "openai", "server", 1) == (
        error.attributes["pipecat.stage"],
        error.attributes["gen_ai.provider.name"],
        error.attributes["pipecat.error.category"],
        len({one.attributes["conversation.id"] for one in received.events("pipecat.conversation.end")}),
    )
    (end,) = received.events("pipecat.conversation.end")
    assert (1, True) == (end.attributes["pipecat.conversation.errors"], end.attributes["pipecat.conversation.failed"])


def test_a_collector_that_is_down_slow_or_refusing_costs_no_turn_anything(tmp_path: Path) -> None:
    """Four bots at once, their collectors well, down, slow and refusing: the same latencies, and all of them end."""
    kinds = ("well", "down", "slow", "refusing")
    with receiver() as well, receiver() as slow, receiver() as refusing:
        slow.delay, refusing.status = 30.0, 503
        (down,) = free_ports(1)
        urls = {"well": well.url, "down": f"http://127.0.0.1:{down}", "slow": slow.url, "refusing": refusing.url}
        with ThreadPoolExecutor(len(kinds)) as pool:
            done = dict(zip(kinds, pool.map(lambda kind: _baseline(tmp_path / kind, urls[kind]), kinds), strict=True))

    assert 1 == len(well.events("pipecat.conversation.end"))
    heard = {kind: placed.ledger["calls"][0]["heard"] for kind, placed in done.items()}
    assert dict.fromkeys(kinds, 4) == {kind: len(values) for kind, values in heard.items()}
    late = max(max(placed.ledger["calls"][0]["late"]) for placed in done.values())
    medians = {kind: statistics.median(values) for kind, values in heard.items()}
    assert dict.fromkeys(kinds, pytest.approx(medians["well"], abs=0.05 + late)) == medians


def _baseline(folder: Path, url: str) -> Placed:
    folder.mkdir()
    return place(folder, url, "baseline", env={"OTEL_EXPORTER_OTLP_TIMEOUT": "2"})


def test_nothing_is_lost_while_the_collector_is_away(tmp_path: Path) -> None:
    """Events of a collector's outage arrive once it is back, each once."""
    (port,) = free_ports(1)
    with ThreadPoolExecutor(1) as pool:
        env = {"OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
        call = pool.submit(place, tmp_path, f"http://127.0.0.1:{port}", "long-silence", mode="plain", env=env)
        time.sleep(_OUTAGE_SECONDS)
        with receiver(port) as received:
            call.result()

    names = ["pipecat.conversation.start", "pipecat.silence", "pipecat.conversation.end", "pipecat.bridge.dropped"]
    assert [1, 1, 1, 0] == [len(received.events(name)) for name in names]
    assert 3 == len(received.named("turn"))
