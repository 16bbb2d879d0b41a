"""WebRTC as the caller's browser sees it: a real call from Chromium, its reports taken by the real collector."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import poll
from playwright.sync_api import Browser
from stacks import EngineBin, stack_of

pytestmark = [pytest.mark.stack, pytest.mark.alone]
_LINE = '{side="client", direction="inbound"}'


@contextlib.contextmanager
def _peer(loss_every: int) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, str(Path(__file__).with_name("webrtc_peer.py")), str(loss_every)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.terminate()


def test_the_callers_loss_is_measured(tmp_path: Path, engine_bin: EngineBin, chromium: Browser) -> None:
    """One packet in eight lost on the way to the browser is what Prometheus has of the caller's side."""
    with _peer(8) as peer:
        origin = f"http://127.0.0.1:{json.loads(peer.stdout.readline())['port']}"
        overrides = {"network": {"cors_origins": [origin]}}
        with stack_of(tmp_path, engine_bin, "prometheus", "collector", overrides=overrides) as stack:
            page, said = chromium.new_page(), []
            page.on("console", lambda message: said.append(message.text))
            page.goto(origin)
            to = {
                "endpoint": f"http://127.0.0.1:{stack.ports.otlp_http}", "serviceName": "browser-bot",
                "environment": "test", "conversationId": "call-1", "seconds": 2,
            }  # fmt: skip
            page.evaluate("to => window.call(to)", to)
            name = "pipecat_webrtc_packet_loss_ratio"
            poll("four reports", lambda: stack.value(f"sum({name}_count{_LINE})") >= 4)
            page.evaluate("window.pc.close()")
            page.close()
            peer.stdin.close()
            did = json.loads(peer.stdout.readline())
            loss = stack.value(f"sum({name}_sum{_LINE}) / sum({name}_count{_LINE})")

            assert [] == said
            assert loss == pytest.approx(did["lost"] / did["sent"], abs=0.03)
            for metric in ("jitter_seconds", "jitter_buffer_seconds", "audio_level_ratio", "rtt_seconds"):
                assert stack.value(f"sum(pipecat_webrtc_{metric}_count{_LINE})") >= 3, metric
            assert 0.1 < stack.value(f"sum(pipecat_webrtc_audio_level_ratio_sum{_LINE})") / 3
            assert stack.value('sum(pipecat_webrtc_states_total{state="connected"})') == 1
