"""The oldest supported Pipecat, and Pipecat's own tools beside the bridge, each in an environment of its own."""

import json
import sys
from pathlib import Path

import pytest
from bots import place
from environments import environment
from harness import free_ports
from receiver import Received, receiver

from pipecat_lgtm_bridge.version import pipecat as version

pytestmark = [pytest.mark.stack, pytest.mark.alone]

TAIL = """
import asyncio, json, os
from pipecat_tail.observer import TailObserver
from websockets.asyncio.client import connect

async def setup_pipeline_worker(worker):
    port = int(os.environ["TAIL_PORT"])
    worker.add_observer(TailObserver(port=port))
    asyncio.create_task(watch(port))

async def setup_worker_runner(runner):
    pass

async def watch(port):
    kinds = []
    while True:  # connect's own retry waits up to 5 s, by chance: most of the call
        try:
            socket = await connect(f"ws://localhost:{port}")
        except OSError:
            await asyncio.sleep(0.05)
            continue
        async for message in socket:
            kinds.append(json.loads(message)["type"])
            with open(os.environ["TAIL_FILE"], "w") as file:
                json.dump(kinds, file)
"""


def _full(received: Received) -> None:
    """Fail if anything of one call with a failing tool is missing."""
    spans = {one.name for one in received.spans}
    assert {"conversation", "turn", "response", "contribution llm_inference", "execute_tool get_weather"} <= spans
    (error,) = received.events("pipecat.error")
    assert ("tool", "application") == (
        error.attributes["pipecat.stage"],
        error.attributes["pipecat.error.category"],
    )
    (answered,) = [one for one in received.named("turn") if "pipecat.ttfw_seconds" in one.attributes]
    assert {
        "pipecat.interrupted": False,
        "pipecat.turn.errors": 1,
        "pipecat.turn.tokens": 118,
    }.items() <= answered.attributes.items()
    asks = [one for one in received.records if "asks for the weather" in one.name]
    assert [answered.trace_id] == [one.trace_id for one in asks]


def test_oldest_release(tmp_path: Path) -> None:
    """On Pipecat 1.9.0, with neither pydantic settings, grafanalib nor any other package of the generator's there."""
    with receiver() as received:
        python = environment("1.9.0", "pipecat-ai[tracing]==1.9.0")
        placed = place(tmp_path, received.url, "tool-failure", mode="plain", python=python)

    assert "Pipecat 1.9.0" in placed.stderr
    _full(received)


@pytest.mark.parametrize("release", ["1.9.0", "1.13.0", "1.14.0"])
def test_signals(tmp_path: Path, release: str) -> None:
    """A real bot that goes in circles says so, on every release, and of a call without a fault nothing."""
    with receiver() as received:
        python = environment(release, f"pipecat-ai[tracing]=={release}") if release != version() else sys.executable
        place(tmp_path, received.url, "in-circles", "normal", mode="plain", python=python)

    stated = received.events("pipecat.conversation.signal")
    kinds = sorted(str(one.attributes["pipecat.conversation.signal.kind"]) for one in stated)
    assert ["repeated_request", "repeated_request", "reply_loop"] == kinds
    assert 1 == len({one.trace_id for one in stated})
    assert set() == {word for one in stated for word in ("cancel", "offers") if word in str(one)}
    turns = {one.span_id for one in received.named("turn")}
    assert {one.span_id for one in stated} <= turns


def test_beside_tail(tmp_path: Path) -> None:
    """With TailObserver on the same pipeline both see everything: Tail's client its messages, the receiver ours."""
    setup, file = tmp_path / "tail.py", tmp_path / "tail.json"
    setup.write_text(TAIL)
    with receiver() as received:
        python = environment("tail", "pipecat-ai[tracing]==1.14.0", "pipecat-ai-tail==0.0.5")
        env = {"PIPECAT_SETUP_FILES": str(setup), "TAIL_FILE": str(file), "TAIL_PORT": str(free_ports(1)[0])}
        place(tmp_path, received.url, "tool-failure", python=python, env=env)

    _full(received)
    assert {"metrics", "system-log", "bot-tts-text"} <= set(json.loads(file.read_text()))
