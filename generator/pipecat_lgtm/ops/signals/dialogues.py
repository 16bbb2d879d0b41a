"""Reads the dialogues: who says what, when, how loud, and which signals are in it.

A line of a dialogue is one of:

    bot: What is your name?
    caller: Anna Weber.
    caller [-15 dBFS]: I said Weber!
    caller [interrupts]: No, wait.
    silence 8 s
    tool 6 s
    noise 0.4 s
    background -40 dBFS
    hangs up after 1 s
    hangs up during the reply
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from pipecat_lgtm.errors import ConfigError
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.wording import weight, words_of

FOLDER = Path(__file__).with_name("dialogues")
KINDS = (*labels.CONVERSATION_SIGNALS, labels.NO_REPLY)

_VOICE_DBFS = -28.0
_ROOM_DBFS = -62.0
_WORD_SECONDS, _LEAST_SECONDS = 0.35, 0.6
_ANSWER_SECONDS = 0.8
_AGAIN_SECONDS = 3.0
"""After which a caller speaks again whom nobody answers."""

_SPOKEN = re.compile(r"(bot|caller)(?: \[(?:(-?[\d.]+) dBFS|(interrupts))\])?: (.+)")
_TIMED = re.compile(r"(silence|tool|noise) ([\d.]+) s")
_ROOM = re.compile(r"background (-[\d.]+) dBFS")
_HANGS_UP = re.compile(r"hangs up (?:after ([\d.]+) s|during the reply)")


@dataclass(frozen=True)
class Step:
    """Something that happens from one time to another, in seconds from the call's begin.

    Args:
        kind: what.
        began: when it begins.
        ended: when it ends.
        text: what is said.
        level: how loud, in dB of full scale.
    """

    kind: Literal["bot", "caller", "noise", "tool", "background", "hang-up", "end"]
    began: float
    ended: float
    text: str = ""
    level: float = _VOICE_DBFS


@dataclass(frozen=True)
class Dialogue:
    """One dialogue.

    Args:
        name: file and number.
        language: BCP 47.
        about: what it shows.
        expected: the kinds of signals that are in it.
        lines: what happens.
    """

    name: str
    language: str
    about: str
    expected: frozenset[str]
    lines: tuple[str, ...]

    def steps(self) -> list[Step]:
        """Return what happens, with its times.

        Raises:
            ConfigError: for a line that is none.
        """
        return list(_timed(self))


def read(folder: Path = FOLDER) -> list[Dialogue]:
    """Return all dialogues of a folder.

    Raises:
        ConfigError: for an unknown kind of signal, or a line that is none.
    """
    found = []
    for file in sorted(folder.glob("*.yaml")):
        for number, row in enumerate(yaml.safe_load(file.read_text(encoding="utf-8")), 1):
            name, expected = f"{file.stem} {number}", frozenset(row["expect"])
            if unknown := expected - set(KINDS):
                raise ConfigError(f"{name}: {', '.join(sorted(unknown))}: no kind of signal", f"one of {KINDS}")
            lines = tuple(row["talk"].strip().splitlines())
            found.append(Dialogue(name, row["language"], row["about"], expected, lines))
            found[-1].steps()
    return found


def _timed(dialogue: Dialogue) -> Iterator[Step]:
    now, last, pause = 0.0, "", 0.0
    bot_until = 0.0
    for line in dialogue.lines:
        if spoken := _SPOKEN.fullmatch(line):
            who, level, interrupts, text = spoken.groups()
            began = now + (pause or (_AGAIN_SECONDS if last == who == "caller" else _ANSWER_SECONDS))
            if interrupts:
                began = bot_until - 0.6
            seconds = max(_LEAST_SECONDS, _WORD_SECONDS * weight(words_of(text)))
            now, last, pause = began + seconds, who, 0.0
            bot_until = now if who == "bot" else bot_until
            yield Step("bot" if who == "bot" else "caller", began, now, text, float(level or _VOICE_DBFS))
        elif timed := _TIMED.fullmatch(line):
            what, seconds = timed[1], float(timed[2])
            if what == "silence":
                pause += seconds
                continue
            began = now + (pause or _ANSWER_SECONDS)
            yield Step("tool" if what == "tool" else "noise", began, began + seconds)
            now, pause = began + seconds, 0.0
        elif room := _ROOM.fullmatch(line):
            yield Step("background", now, now, level=float(room[1]))
        elif hung_up := _HANGS_UP.fullmatch(line):
            at = now + float(hung_up[1]) if hung_up[1] else bot_until - 0.4
            yield Step("hang-up", at, at)
            return
        else:
            raise ConfigError(f"{dialogue.name}: no line of a dialogue: {line!r}", "dialogues.py lists what there is")
    now += pause or 1.0
    yield Step("end", now, now)


def room() -> float:
    """Return how loud it is around the caller when a call begins, in dB of full scale."""
    return _ROOM_DBFS
