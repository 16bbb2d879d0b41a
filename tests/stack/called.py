"""What tests of synthetic calls share: a provider with planted faults, a bot on it that can be called, scenarios."""

import contextlib
import json
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

from bots import SOURCES
from harness import Process, free_ports, running

from pipecat_lgtm.sandbox.replies import tone

SAID = "My name is Dr. Smith and I would like a table for four at the window at 7 PM."
SPOKEN = "my name is doctor smith and i would like a table for four at the window at seven p.m."
PLANTED = "my name is doctor smyth and i would like table for four at the big window at seven p.m."
"""One substitution, one deletion, one insertion."""
WRONG = "the car is very old and blue and i do not know why"
HEARD = {"heartbeat": (SPOKEN, 0.25), "planted": (PLANTED, 0.25), "wrong": (WRONG, 0.25), "late": (SPOKEN, 6.0)}
"""What the provider hears, and how many seconds its LLM takes, by the case of a call."""

SCENARIO = f"""name: booking
user: {{modality: audio}}
judge: {{modality: audio, transcription: {{service: moonshine}}}}
scenarios:
  - name: booking
    turns:
      - user: "{SAID}"
        audio: booking.wav
        expect:
          - {{event: user_transcription, text_contains: "my name is doctor"}}
          - {{event: tts_response, text_contains: "sun is out", within_ms: 6000}}
"""
TOKEN = "a-token-of-twenty-letters"  # noqa: S105 - of a test
"""That a guarded bot asks for."""
_RATE = 16_000


def write_scenario(folder: Path, text: str = SCENARIO, seconds: float = 0.6) -> Path:
    """Write a scenario with its recording; return its path."""
    with wave.open(str(folder / "booking.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(tone(int(_RATE * seconds), _RATE))
    path = folder / "booking.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@contextlib.contextmanager
def fake_provider(folder: Path) -> Iterator[str]:
    """Run a provider that hears what is planted, for the length of a block; yield its address."""
    (port,) = free_ports(1)
    argv = [sys.executable, str(Path(__file__).with_name("called_provider.py")), str(port), json.dumps(HEARD)]
    env = {"PYTHONPATH": SOURCES}
    with running(Process("provider", argv, folder / "provider.log", env, grace=10), f"http://127.0.0.1:{port}/truth"):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def bot(folder: Path, provider: str, python: str, env: dict[str, str] | None = None) -> Iterator[tuple[Process, str]]:
    """Run a bot for the length of a block; yield it and the address at which it is called."""
    (port,) = free_ports(1)
    argv = [python, str(Path(__file__).with_name("called_bot.py")), str(port), provider, TOKEN]
    process = Process("bot", argv, folder / "bot.log", {"PYTHONPATH": SOURCES, **(env or {})}, grace=10)
    with running(process, f"http://127.0.0.1:{port}/docs"):
        yield process, f"ws://127.0.0.1:{port}/ws"
