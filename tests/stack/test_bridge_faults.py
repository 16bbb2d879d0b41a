"""What the bridge does when things fail: a speech-to-speech model, and the collector for a moment."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bots import SOURCES, place
from harness import free_ports
from receiver import receiver

import pipecat_lgtm_bridge as bridge
from pipecat_lgtm_bridge.contract.events import LONG_SILENCE

pytestmark = [pytest.mark.stack, pytest.mark.alone]
_OUTAGE_SECONDS = 9.0
"""The first seconds of the bot's process: it has started and is in its call when the collector comes."""

REALTIME = Path(__file__).parents[1] / "dialects" / "realtime.py"


def test_failed_realtime_response_is_one_error(tmp_path: Path) -> None:
    """A response that a realtime model fails is one error of stage llm; the call is failed, its first turns are not."""
    with receiver() as received:
        env = {
            "PIPECAT_SETUP_FILES": str(bridge.path()),
            "OTEL_EXPORTER_OTLP_ENDPOINT": received.url,
            "PYTHONPATH": SOURCES,
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


def test_nothing_is_lost_while_the_collector_is_away(tmp_path: Path) -> None:
    """Events of a collector's outage arrive once it is back, each once."""
    (port,) = free_ports(1)
    with ThreadPoolExecutor(1) as pool:
        env = {"OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
        call = pool.submit(place, tmp_path, f"http://127.0.0.1:{port}", "long-silence", mode="plain", env=env)
        time.sleep(_OUTAGE_SECONDS)  # the outage itself: it is over when its time is up, whatever the bot does
        with receiver(port) as received:
            call.result()

    names = ["pipecat.conversation.start", "pipecat.conversation.end", "pipecat.bridge.dropped"]
    assert [1, 1, 0] == [len(received.events(name)) for name in names]
    silences: list[float] = [one.attributes["pipecat.seconds"] for one in received.events("pipecat.silence")]
    assert 1 == sum(seconds > LONG_SILENCE for seconds in silences), silences
    assert 3 == len(received.named("turn"))
