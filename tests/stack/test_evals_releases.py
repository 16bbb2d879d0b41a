"""The adapter to `pipecat.evals` on the lowest release that it is for; on the highest: test_heartbeat_calls.py."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from bots import SOURCES
from called import bot, fake_provider, write_scenario
from environments import environment

import yamls

pytestmark = [pytest.mark.stack, pytest.mark.alone]

LOWEST = "1.13.0"
NEEDED = ("google-re2", "jiwer==4.0.0", "pyyaml", "soundfile", "uvicorn", "whisper-normalizer==0.1.15")


@pytest.mark.parametrize(
    ("case", "verdict", "words"),
    [("heartbeat", "ok", [19, 0, 0, 0]), ("planted", "ok", [17, 1, 1, 1]), ("hangup", "dropped", None)],
)
def test_lowest(tmp_path: Path, case: str, verdict: str, words: list[int] | None) -> None:
    """A bot and its caller, both on that release: what is said, heard and understood arrives, and a hang-up too."""
    python = environment(f"evals-{LOWEST}", f"pipecat-ai[openai,tracing,websocket]=={LOWEST}", *NEEDED)
    scenario = write_scenario(tmp_path)
    with fake_provider(tmp_path) as provider, bot(tmp_path, provider, python) as (_, url):
        target = {"name": "my-bot", "kind": "eval", "url": f"{url}?case={case}", "scenario": str(scenario)}
        calls = {"targets": [target], "slow": "4500 ms"}
        (tmp_path / "stack.yaml").write_text(yamls.dump({"quality": {"heartbeat": calls}}), encoding="utf-8")
        argv = [python, str(Path(__file__).with_name("called_once.py")), str(tmp_path / "stack.yaml")]
        env = os.environ | {"PYTHONPATH": SOURCES}
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=90, check=False)
    said = json.loads(done.stdout or "{}")

    assert (LOWEST, verdict, True) == (said.get("pipecat"), said.get("verdict"), said.get("connected")), done.stderr[
        -2000:
    ]
    assert words is None or ([True], words) == (said["heard"], said["words"])
