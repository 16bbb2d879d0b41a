"""The bridge in forked processes, each real: what a child says arrives once, and what the parent says too."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from bots import SOURCES
from receiver import Received, receiver

pytestmark = [pytest.mark.stack, pytest.mark.alone]

_SCRIPT = Path(__file__).with_name("forked_bot.py")
_CHILDREN, _SECONDS = 3, 90


@pytest.fixture(scope="module", params=["exit", "server", "fork", "forkserver", "spawn"])
def forked(request: pytest.FixtureRequest) -> tuple[str, Received]:
    """What bots sent whose processes were made, and ended, in one way.

    exit: os.fork in the midst of a call, and os._exit after the child's last one. server: a pre-forking server, whose
    workers end as programs do. The others are multiprocessing's, which runs nothing that is registered by atexit.
    """
    with receiver() as received:
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": received.url, "PYTHONPATH": SOURCES}
        done = subprocess.run(
            [sys.executable, str(_SCRIPT), request.param], env={**os.environ, **env}, timeout=_SECONDS, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return request.param, received


def _calls(kind: str) -> list[str]:
    children = [f"{kind}-{child}.{number}" for child in range(_CHILDREN) for number in (1, 2)]
    return ["first", "second", *children]


def test_each_call_once(forked: tuple[str, Received]) -> None:
    """Each call has its start, its end and its spans once, in whichever process it was."""
    kind, received = forked
    once = dict.fromkeys(_calls(kind), 1)

    for name in ("pipecat.conversation.start", "pipecat.conversation.end"):
        assert once == Counter(one.attributes["conversation.id"] for one in received.events(name))
    for name in ("conversation", "turn"):
        assert once == Counter(one.attributes["conversation.id"] for one in received.named(name))
    assert [] == received.events("pipecat.bridge.dropped")


def test_each_line_once(forked: tuple[str, Received]) -> None:
    """Each log line arrives once: also what waited in the parent when it forked, and what a child says last."""
    kind, received = forked
    lines = [f"line of {call}" for call in _calls(kind)] + ["waits in the parent's queue"]
    # After the last call of a process that ends by os._exit nothing of it runs any more.
    lines += [] if kind == "exit" else [f"last line of {kind}-{child}" for child in range(_CHILDREN)]
    got = Counter(one.name for one in received.records if "line" in one.name or "waits" in one.name)

    assert dict.fromkeys(lines, 1) == {line: got[line] for line in lines}
    assert 1 == max(got.values())
