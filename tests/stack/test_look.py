"""`doctor` and `top` on a running stack: each fault is found by the one it concerns."""

import subprocess
import sys
from pathlib import Path

import otlp
import pytest
from harness import poll
from stacks import EngineBin, Stack, stack_of

pytestmark = pytest.mark.stack

ENGINES = ("alertmanager", "tempo", "loki", "prometheus", "collector")


def _verb(stack: Stack, verb: str, *more: str) -> tuple[int, str]:
    argv = [sys.executable, "-m", "pipecat_lgtm", verb, "--config", str(stack.folder / "stack.yaml"), *more]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout


def _doctor(stack: Stack) -> tuple[int, list[str]]:
    code, out = _verb(stack, "doctor", "--state-dir", str(stack.folder / "state"))
    return code, [line for line in out.splitlines() if line[:5].strip() in {"fine", "look", "wrong"}]


def _said(lines: list[str], start: str) -> list[str]:
    return [line for line in lines if line.startswith(start)]


def test_from_nothing_to_a_bot_and_back(tmp_path: Path, engine_bin: EngineBin) -> None:
    """A stack without bots is no fault; a bot without metrics is pointed out; a part that died is wrong."""
    token = tmp_path / "tokens"
    token.write_text("a-token-of-this-test-only\n")
    overrides = {"network": {"auth": {"token_file": str(token)}}, "alerts": {"interval": "1 s"}}
    with stack_of(tmp_path, engine_bin, *ENGINES, overrides=overrides) as stack:
        poll("the rules to be evaluated", lambda: _said(_doctor(stack)[1], "fine  alerts  rules: all "))
        code, lines = _doctor(stack)

        assert (0, []) == (code, _said(lines, "wrong"))
        assert ["look  bots    all: nobody has sent a turn in the last hour"] == _said(lines, "look  bots")
        assert _said(lines, f"fine  stack   entrance: telemetry is taken at http://127.0.0.1:{stack.ports.otlp_http}")

        headers = {"Authorization": "Bearer a-token-of-this-test-only"}
        spans = [one for _ in range(3) for one in (otlp.turn(2.0), otlp.stage("llm", ttfb=None))]
        otlp.send(stack.ports.otlp_http, otlp.traces(spans, {"service.name": "deaf"}), headers=headers)
        poll("its row", lambda: "deaf" in _verb(stack, "top", "--once")[1])
        _, lines = _doctor(stack)
        said = "only 0% of its LLM requests come with a time to first byte"
        assert [f"look  bots    deaf (development): {said}"] == _said(lines, "look  bots")

        near = [otlp.turn(None, pipecat__turn__latency="approximate") for _ in range(3)]
        otlp.send(stack.ports.otlp_http, otlp.traces(near, {"service.name": "near"}), headers=headers)
        poll("its row", lambda: "near" in _verb(stack, "top", "--once")[1])
        said = "100% of its answered turns have no exact time to first word: no VAD tells when speech ended"
        poll("its finding", lambda: _said(_doctor(stack)[1], f"look  bots    near (development): {said}"))

        stack.stop("alertmanager")
        token.write_text("")
        code, lines = _doctor(stack)
        assert 1 == code
        assert [f"wrong machine network.auth.token_file: {token}: holds no token"] == _said(lines, "wrong machine")
        assert [f"wrong stack   entrance: {token}: holds no token"] == _said(lines, "wrong stack")
        assert _said(lines, "look  stack   parts: not started: alertmanager")
