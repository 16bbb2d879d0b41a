"""Silences while they last, and speech that gets no answer: at times in seconds, told by what the bridge emits."""

from collections.abc import Callable
from typing import Any

import pytest

from bridged import Bridged, f, pushed, service
from pipecat_lgtm_bridge.latency import Latency
from pipecat_lgtm_bridge.speaking import Speaking

Do = Callable[["Played"], None]
_STARTED, _STOPPED = pushed(f.BotStartedSpeakingFrame()), pushed(f.BotStoppedSpeakingFrame())
_LAST = 60.0


class Played:
    """A call that is looked at every half a second, with an STT that has understood something before."""

    def __init__(self, bridged: Bridged) -> None:
        self.call = bridged.call()
        self.speaking = Speaking(self.call, Latency())
        self.speaking.described(pushed(f.STTMetadataFrame("ear", 0.3), service("STT", "FakeSTTService")), 0.0)
        self._now = 0.0

    def until(self, at: float) -> None:
        """Let time pass."""
        while self._now + 0.5 <= at:
            self._now += 0.5
            self.speaking.look(self._now)


def sound(began: float, ended: float, *, turn: bool = True, late: float = 0.3) -> Do:
    """The VAD hears the caller, and the turn strategies take it for a turn, or do not."""

    def do(played: Played) -> None:
        speaking = played.speaking
        played.until(began)
        speaking.user_began(pushed(f.VADUserStartedSpeakingFrame(0.2, began + 0.2)), began + 0.2)
        if turn:
            speaking.turn_began(pushed(f.UserStartedSpeakingFrame()), began + 0.2)
        played.until(ended + late)
        speaking.user_ended(pushed(f.VADUserStoppedSpeakingFrame(late, ended + late)), ended + late)
        if turn:
            speaking.turn_ended(pushed(f.UserStoppedSpeakingFrame()), ended + late)

    return do


def words(at: float) -> Do:
    """A transcript comes."""

    def do(played: Played) -> None:
        played.until(at)
        played.speaking.transcribed(pushed(f.TranscriptionFrame("Hello?", "caller", "now")), at)

    return do


def bot(began: float, ended: float) -> Do:
    """The bot speaks."""

    def do(played: Played) -> None:
        played.until(began)
        played.speaking.bot_began(_STARTED, began)
        played.until(ended)
        played.speaking.bot_ended(_STOPPED, ended)

    return do


def over_the_bot(began: float, ended: float, stops: float, *, turn: bool, goes_on: bool = False) -> Do:
    """The caller speaks over a bot that began before and stops later, or says more in the same breath."""

    def do(played: Played) -> None:
        played.speaking.bot_began(_STARTED, began - 1.0)
        sound(began, ended, turn=turn)(played)
        if goes_on:
            played.speaking.tts_began(pushed(f.TTSStartedFrame()), ended + 0.5)
        played.until(stops)
        played.speaking.bot_ended(_STOPPED, stops)

    return do


def tool(began: float, ended: float) -> Do:
    """A tool runs."""

    def do(played: Played) -> None:
        played.until(began)
        played.speaking.tool_began(pushed(f.ErrorFrame("any")), began)
        played.until(ended)
        played.speaking.tool_ended(pushed(f.ErrorFrame("any")), ended)

    return do


def muted(began: float, what: Do, ended: float) -> Do:
    """The bot does not listen while something happens."""

    def do(played: Played) -> None:
        played.until(began)
        played.speaking.mute_began(pushed(f.UserMuteStartedFrame()), began)
        what(played)
        played.speaking.mute_ended(pushed(f.UserMuteStoppedFrame()), ended)

    return do


def late_vad(began: float, ended: float, answer: float) -> Do:
    """The bot answers before the VAD says that speech has ended."""

    def do(played: Played) -> None:
        speaking = played.speaking
        speaking.user_began(pushed(f.VADUserStartedSpeakingFrame(0.2, began + 0.2)), began + 0.2)
        speaking.turn_began(pushed(f.UserStartedSpeakingFrame()), began + 0.2)
        speaking.transcribed(pushed(f.TranscriptionFrame("Hello?", "caller", "now")), ended + 0.1)
        speaking.bot_began(_STARTED, answer)
        speaking.user_ended(pushed(f.VADUserStoppedSpeakingFrame(1.0, ended + 1.0)), ended + 1.0)
        speaking.bot_ended(_STOPPED, answer + 2.0)

    return do


NO_WORDS, NO_REPLY = "no_transcript", "no_reply"
CALLS: dict[str, tuple[list[Do], float, list[tuple[str, float]]]] = {
    "words, and no answer": ([sound(1, 2), words(2.2)], _LAST, [(NO_REPLY, 10.5)]),
    "a short word, and no answer": ([sound(1, 1.4), words(2.0)], _LAST, [(NO_REPLY, 10.1)]),
    "no words for over a second of speech": ([sound(1, 2.1)], _LAST, [(NO_WORDS, 10.4)]),
    "no words for less": ([sound(1, 1.9)], _LAST, []),
    "a late answer": ([sound(1, 2), words(2.2), bot(11.5, 13)], _LAST, []),
    "hung up after 5 s": ([sound(1, 2), words(2.2)], 7.5, [(NO_REPLY, 5.5)]),
    "hung up sooner": ([sound(1, 2), words(2.2)], 6.5, []),
    "said again": ([sound(1, 2), words(2.2), sound(5, 6), words(6.2), bot(7, 9)], _LAST, [(NO_REPLY, 3.0)]),
    "gone on after a pause": ([sound(1, 2), words(2.2), sound(3.5, 4), words(4.2), bot(5, 9)], _LAST, []),
    "a cough while the answer is awaited": (
        [sound(1, 2), words(2.2), sound(5, 5.4, turn=False), bot(6, 9)], _LAST, [],
    ),
    "no turn begins": ([sound(1, 2, turn=False), words(2.2)], _LAST, [(NO_REPLY, 10.5)]),
    "a word over a bot that goes on": ([over_the_bot(3, 3.6, 6, turn=False), words(6.2)], _LAST, []),
    "a turn over a bot that goes on": ([over_the_bot(3, 4.2, 6, turn=True)], _LAST, [(NO_WORDS, 10.5)]),
    "answered in the same breath": ([over_the_bot(3, 4.2, 8, turn=True, goes_on=True)], _LAST, []),
    "the bot stops, and does not answer": ([over_the_bot(3, 4.2, 3.3, turn=True)], _LAST, [(NO_WORDS, 10.3)]),
    "muted": ([muted(0.5, sound(1, 4), 5)], _LAST, []),
    "muted in the middle": ([muted(0.5, sound(0.6, 4), 4.1)], _LAST, []),
    "a tool": ([sound(1, 2), words(2.2), tool(3, 20), bot(21, 23)], _LAST, []),
    "a tool, and no answer": ([sound(1, 2), words(2.2), tool(3, 20)], _LAST, [(NO_REPLY, 28.5)]),
    "a VAD later than the answer": ([late_vad(1, 2, 2.5)], _LAST, []),
    "words after the answer began": ([sound(1, 2), bot(2.5, 4), words(4.2)], _LAST, []),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_speech_without_an_answer(bridged: Bridged, name: str) -> None:
    """It is counted once, when it is certain, with why and how long the caller had waited; all else is not counted."""
    script, end, expected = CALLS[name]
    played = Played(bridged)
    for do in script:
        do(played)
    played.until(end)
    played.speaking.finish(end)

    found = [one for one in bridged.events() if one["event.name"] == "pipecat.unanswered_speech"]
    assert [(why, pytest.approx(waited)) for why, waited in expected] == [
        (one["pipecat.unanswered_speech.reason"], one["pipecat.seconds"]) for one in found
    ]
    assert len(expected) == played.call.unanswered


def _silences(bridged: Bridged) -> list[tuple[float, float, bool]]:
    keys = ("pipecat.seconds", "pipecat.silence.stated_seconds", "pipecat.silence.ongoing")
    found = [one for one in bridged.events() if one["event.name"] == "pipecat.silence"]
    return [tuple(one[key] for key in keys) for one in found]  # type: ignore[misc]


def _at(*stated: float, end: float | None) -> list[Any]:
    before = [0.0, *stated]
    made = [(pytest.approx(one), pytest.approx(last), True) for one, last in zip(stated, before, strict=False)]
    return made if end is None else [*made, (pytest.approx(end), pytest.approx(before[-1]), False)]


@pytest.mark.parametrize(
    ("script", "end", "expected"),
    [
        pytest.param([sound(1, 2), words(2.2)], 6.9, _at(end=4.9), id="hung up before 5 s"),
        pytest.param([sound(1, 2), words(2.2), bot(7.0, 9)], 20, _at(end=5), id="5 s"),
        pytest.param([sound(1, 2), words(2.2), bot(2.9, 9)], 20, _at(end=None), id="under 1 s"),
        pytest.param([sound(1, 2), words(2.2), bot(3.1, 9)], 20, _at(end=1.1), id="over 1 s"),
        pytest.param([sound(1, 2), words(2.2)], 2.9, _at(end=None), id="hung up at once"),
        pytest.param([sound(1, 2), words(2.2), bot(8.6, 9)], 20, _at(5.5, end=6.6), id="answered"),
        pytest.param([sound(1, 2), words(2.2)], 20, _at(5.5, 10.5, 15.5, end=18), id="hung up"),
        pytest.param([bot(1, 2)], 20, _at(end=None), id="the bot spoke last"),
        pytest.param([bot(1, 2), sound(9, 10), words(10.2), bot(11, 12)], 20, _at(end=7), id="the caller thinks"),
        pytest.param(
            [sound(1, 2), words(2.2), sound(6.5, 6.9, turn=False), words(7.6), bot(9, 10)], 20,
            [*_at(end=4.5), *_at(end=2.1)], id="broken by a word that is late",
        ),
        pytest.param(
            [sound(1, 2), words(2.2), sound(6.5, 6.9, turn=False), bot(10, 11)], 20, _at(7.0, end=8), id="a cough in it"
        ),
        pytest.param([sound(1, 2.5), sound(4, 5.5), bot(6, 7)], 20, _at(end=1.5), id="a deaf STT, said again"),
        pytest.param(
            [sound(1, 2.5)], 400, _at(5.5, 10.5, 15.5, 20.5, 30.5, 60.5, 120.5, 300.5, end=397.5), id="nobody hangs up"
        ),
    ],
)  # fmt: skip
def test_silence_while_it_lasts(bridged: Bridged, script: list[Do], end: float, expected: list[Any]) -> None:
    """A silence over 1 s is stated at its end; one in which the caller waits also when it passes a bound."""
    played = Played(bridged)
    for do in script:
        do(played)
    played.until(end)
    played.speaking.finish(end)

    assert expected == _silences(bridged)


def test_log_lines_know_of_a_silence(bridged: Bridged) -> None:
    """While nobody has been heard for over 5 s, log lines say so."""
    played = Played(bridged)
    bot(1, 2)(played)
    played.until(7.0)
    assert not played.call.silent
    played.until(7.5)
    assert played.call.silent
