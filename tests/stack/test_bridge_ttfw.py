"""Time to first word against the known audio, turn by turn: last loud sample in, first audible sample out."""

from pathlib import Path

import pytest
from bots import place
from receiver import receiver

pytestmark = [pytest.mark.stack, pytest.mark.alone]
_SECONDS = 0.03
_SCENARIOS = ("baseline", "slow-llm", "slow-tts", "tool-call", "normal", "baseline")
_TURNS = 15
"""All that the caller says in these."""


def test_every_turn_is_within_30_ms(tmp_path: Path) -> None:
    """With delays from none to 1.6 s and a tool, no turn's TTFW is off by more than 30 ms.

    Both ends are dated by the samples that passed the bot's edges: a machine that is late with audio is late in both.
    """
    with receiver() as received:
        calls = place(tmp_path, received.url, *_SCENARIOS, concurrency=2).ledger["calls"]

    assert [len(call["ttfw"]) for call in calls] == [len(call["heard"]) for call in calls]
    turns = [one for call in calls for one in zip(call["heard"], call["ttfw"], call["unseen"], strict=True)]
    assert _TURNS == len(turns)
    assert [] == [one for one in turns if abs(one[0] - one[1]) > _SECONDS]
