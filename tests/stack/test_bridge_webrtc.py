"""WebRTC as the bot sees it: what is done to the caller's packets is what the events state."""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import mean

import pytest
from receiver import Received, receiver

import pipecat_lgtm_bridge as bridge

pytestmark = [pytest.mark.stack, pytest.mark.alone]
_SECONDS = 17


def _call(received: Received, loss_every: int, late_seconds: float) -> dict[str, int]:
    """Place a call of a bot that configures nothing; return what the network did."""
    script = str(Path(__file__).with_name("webrtc_call.py"))
    env = {
        **os.environ,
        "PIPECAT_SETUP_FILES": str(bridge.path()),
        "OTEL_EXPORTER_OTLP_ENDPOINT": received.url,
        "OTEL_SERVICE_NAME": "webrtc-bot",
    }
    argv = [sys.executable, script, str(loss_every), str(late_seconds), str(_SECONDS)]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def _values(received: Received, name: str, direction: str = "inbound") -> list[float]:
    return [
        one.attributes[f"pipecat.webrtc.{name}"]
        for one in received.events("pipecat.webrtc")
        if one.attributes.get("pipecat.webrtc.direction") == direction and f"pipecat.webrtc.{name}" in one.attributes
    ]


def test_injected_loss_and_jitter_are_stated() -> None:
    """One packet in eight lost and every other 12 ms late read as that loss and at least that jitter."""
    with receiver() as received:
        did = _call(received, loss_every=8, late_seconds=0.012)

    assert did["lost"] == did["sent"] // 8
    losses = _values(received, "packet_loss_ratio")
    assert len(losses) >= 2
    assert mean(losses) == pytest.approx(did["lost"] / did["sent"], abs=0.015)
    # A busy machine is late by itself, never early: RFC 3550's estimate approaches the injected difference from below.
    assert 0.010 <= _values(received, "jitter_seconds")[-1]
    assert 0.1 < max(_values(received, "audio_level_ratio")) < 0.2, "a tone at a quarter of full scale"


def test_a_good_line_is_stated_as_good() -> None:
    """Nothing lost reads as nought; states, round trips and both directions are there, on the call's conversation."""
    with receiver() as received:
        assert _call(received, loss_every=0, late_seconds=0)["lost"] == 0

    assert {0.0} == set(_values(received, "packet_loss_ratio"))
    assert {0.0} == set(_values(received, "packet_loss_ratio", "outbound"))
    assert all(0 < value < 1 for value in _values(received, "rtt_seconds", "outbound"))
    states = [one.attributes.get("pipecat.webrtc.state") for one in received.events("pipecat.webrtc")]
    assert "connected" in states
    assert "closed" in states
    (call,) = received.named("conversation")
    assert {call.attributes["conversation.id"]} == {
        one.attributes["conversation.id"] for one in received.events("pipecat.webrtc")
    }
    assert {"bot"} == {one.attributes["pipecat.webrtc.side"] for one in received.events("pipecat.webrtc")}
