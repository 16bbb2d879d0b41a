"""`pipecat-lgtm up` and `down` on real engines: a restart loses nothing and counts nothing twice."""

import subprocess
import sys
import time
from pathlib import Path

import feeder
import otlp
import pytest
from harness import QUICK_COLLECTOR, poll
from stacks import EngineBin, Stack

pytestmark = pytest.mark.stack

COUNTS = {
    "pipecat_turns_total": "turns",
    "pipecat_turn_ttfw_seconds_count": "turns",
    "pipecat_tokens_total": "tokens",
    "pipecat_tts_characters_total": "characters",
}


def _verb(folder: Path, *arguments: str) -> str:
    argv = [sys.executable, "-m", "pipecat_lgtm", *arguments, "--state-dir", str(folder)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_restart_by_its_verbs_loses_nothing(tmp_path: Path, engine_bin: EngineBin) -> None:
    """What was fed right before `down`, and what is fed after the next `up`, is all counted, and traces are kept."""
    for name in ("otelcol", "prometheus", "alertmanager", "tempo", "loki"):
        engine_bin(name)
    stack = Stack(tmp_path, engine_bin, QUICK_COLLECTOR)  # its config and questions; its processes are `up`'s
    config, began = ["--config", str(tmp_path / "stack.yaml")], time.time()
    kept = otlp.turn(0.5)
    _verb(tmp_path, "up", *config)
    try:
        sent = feeder.feed(stack.ports.otlp_http, [feeder.payload(50, 1)], rounds=2)
        otlp.send(stack.ports.otlp_http, otlp.traces([kept], {"service.name": "kept"}))
        assert "ended collector" in _verb(tmp_path, "down")
        _verb(tmp_path, "up", *config)
        sent += feeder.feed(stack.ports.otlp_http, [feeder.payload(50, 2)], rounds=6)

        for metric, name in COUNTS.items():
            selector, expected = f'{metric}{{service_name="bot"}}', getattr(sent, name)
            poll(f"{metric} to grow by {expected}", lambda s=selector, e=expected: stack.grown(s, began) == e)
        poll("the trace fed before", lambda: stack.trace(kept["traceId"]))
    finally:
        _verb(tmp_path, "down")
