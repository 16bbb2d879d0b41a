"""Time to first word, turn by turn, of bots of many kinds: right within 30 ms, or rightly absent; what is unanswered.

The truth is the caller's: the last loud frame in, the first audible sample out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

import turntaking as t
from bridged import Bridged, f
from pipecat_lgtm_bridge import conversation, logs, ticker
from pipecat_lgtm_bridge.contract.events import LEAST_SILENCE, LONG_SILENCE

_WITHIN, _SENTENCES = 0.03, 2
_SOON = 1.1
"""Seconds within which a silence is stated that has passed a bound."""


@dataclass(frozen=True)
class Exact:
    """The time from the end of one of the caller's sounds to one of the bot's first words, each from 0."""

    sound: int
    word: int


@dataclass(frozen=True)
class Near:
    """The time from what told of the end of speech best to one of the bot's first words."""

    source: str
    told: int
    word: int


def _min_words() -> Any:  # noqa: ANN401 - strategies
    from pipecat.turns.user_start import MinWordsUserTurnStartStrategy  # noqa: PLC0415

    return t.UserTurnStrategies(start=[MinWordsUserTurnStartStrategy(min_words=3)], stop=_pause())


def _pause() -> Any:  # noqa: ANN401
    from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy  # noqa: PLC0415

    return [SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.3)]


def _usual() -> Any:  # noqa: ANN401
    return t.UserTurnStrategies(stop=_pause())


def _transcripts() -> Any:  # noqa: ANN401
    from pipecat.turns.user_start import TranscriptionUserTurnStartStrategy  # noqa: PLC0415

    return t.UserTurnStrategies(start=[TranscriptionUserTurnStartStrategy()], stop=_pause())


def _polite() -> Any:  # noqa: ANN401
    from pipecat.turns.user_start import VADUserTurnStartStrategy  # noqa: PLC0415

    return t.UserTurnStrategies(start=[VADUserTurnStartStrategy(enable_interruptions=False)], stop=_pause())


def _external() -> Any:  # noqa: ANN401
    from pipecat.turns.user_turn_strategies import ExternalUserTurnStrategies  # noqa: PLC0415

    return ExternalUserTurnStrategies()


def _until_first_words() -> Any:  # noqa: ANN401
    from pipecat.turns.user_mute import MuteUntilFirstBotCompleteUserMuteStrategy  # noqa: PLC0415

    return [MuteUntilFirstBotCompleteUserMuteStrategy()]


def _until_first_speech() -> Any:  # noqa: ANN401
    from pipecat.turns.user_mute import FirstSpeechUserMuteStrategy  # noqa: PLC0415

    return [FirstSpeechUserMuteStrategy()]


def _while_a_tool_runs() -> Any:  # noqa: ANN401
    from pipecat.turns.user_mute import FunctionCallUserMuteStrategy  # noqa: PLC0415

    return [FunctionCallUserMuteStrategy()]


def _pressed() -> t.Step:
    return t.queue(f.UserStartedSpeakingFrame, f.InterruptionFrame)


def _released() -> t.Step:
    return t.queue(f.UserStoppedSpeakingFrame)


_START, _WAIT, _LONG = t.quiet(0.5), t.quiet(2.2), t.quiet(3.6)
_UNKNOWN = t.noise(1.5)
"""The caller speaks, and the STT says nothing of it."""
_LEFT = [t.quiet(1.0), t.off(5.5)]
"""The caller waits, and hangs up."""
_FOUR_TIMES = [_START, *[_UNKNOWN, t.quiet(3.0)] * 3, _UNKNOWN, *_LEFT]
Told = Exact | Near | str

TABLE: dict[str, tuple[t.Bot, list[Told]]] = {
    "two plain turns": (
        t.Bot([_START, t.says(0.8), _LONG, t.says(0.6), _WAIT], turns=_usual),
        [Exact(0, 0), Exact(1, 1)],
    ),
    "the bot speaks first": (
        t.Bot([_START, t.greet(), t.quiet(2.0), t.says(0.8), _WAIT], turns=_usual),
        ["nothing_said", Exact(0, 1)],
    ),
    "a tool": (t.Bot([_START, t.says(0.8), t.quiet(3.0)], turns=_usual, tool=0.5), [Exact(0, 0)]),
    "a tool, muted meanwhile, noise under it": (
        t.Bot(
            [_START, t.says(0.8), t.quiet(1.2), t.noise(), t.quiet(3.0)],
            turns=_usual, tool=1.2, mute=_while_a_tool_runs, vad_first=True,
        ),
        [Exact(0, 0)],
    ),
    "barge-in": (
        t.Bot([_START, t.says(0.8), t.quiet(1.4), t.says(0.8), _WAIT], turns=_usual, think=0.2, think_more=0.1),
        [Exact(0, 0), Exact(1, 1)],
    ),
    "the caller goes on before the answer": (
        t.Bot([_START, t.says(0.6), t.quiet(1.0), t.says(0.6), t.quiet(3.0)], turns=_usual, think=1.2),
        [Exact(1, 0)],
    ),
    "noise without a transcript, later an idle prompt": (
        t.Bot([_START, t.noise(), t.quiet(2.5), t.prompt(), _WAIT], turns=_usual),
        ["no_words"],
    ),
    "an idle prompt while the noise's turn is open": (
        t.Bot([_START, t.noise(), t.quiet(0.8), t.prompt(), _WAIT], turns=_usual, timeout=3.0),
        ["no_words"],
    ),
    "typed text after a noise": (
        t.Bot([_START, t.noise(), t.quiet(2.0), t.typed(), _WAIT], turns=_usual),
        ["no_words"],
    ),
    "typed text while the answer is awaited": (
        t.Bot([_START, t.says(0.8), t.quiet(1.0), t.typed(), t.quiet(3.0)], turns=_usual, think=1.2),
        ["unanswered"],
    ),
    "typed text alone": (t.Bot([_START, t.typed(), _WAIT], turns=_usual), ["nothing_said"]),
    "muted until the first words, speaks, then the greeting": (
        t.Bot(
            [_START, t.says(0.8), t.quiet(1.0), t.greet(), t.quiet(2.5), t.says(0.8), _WAIT],
            turns=_usual, mute=_until_first_words, vad_first=True,
        ),
        ["nothing_said", Exact(1, 1)],
    ),
    "the greeting comes while the caller speaks": (
        t.Bot([_START, t.says(1.6), _WAIT, t.quiet(1.0)], turns=_polite),
        [Exact(0, 0)],
    ),
    "the STT decides, the local VAD is later than the answer": (
        t.Bot([_START, t.says(0.8), _LONG, t.says(0.8), _WAIT], turns=_external, decides=True, vad=1.0, stt=0.15,
              think=0.05),
        [Exact(0, 0), Exact(1, 1)],
    ),
    "the STT decides, the local VAD is earlier": (
        t.Bot([_START, t.says(0.8), _WAIT], turns=_external, decides=True), [Exact(0, 0)],
    ),
    "the STT decides, no VAD": (
        t.Bot([_START, t.says(0.8), _WAIT], turns=_external, decides=True, vad=None), [Near("stt", 0, 0)],
    ),
    "minimum words, a turn": (t.Bot([_START, t.says(0.8), _WAIT], turns=_min_words), [Exact(0, 0)]),
    "minimum words, noise while the model thinks": (
        t.Bot([_START, t.says(0.8), t.quiet(1.2), t.noise(0.5), t.quiet(3.5)], turns=_min_words, think=2.0),
        [Exact(0, 0)],
    ),
    "minimum words, noise over the answer, a slow second sentence": (
        t.Bot([_START, t.says(0.8), t.quiet(1.2), t.noise(0.4), t.quiet(3.5)], turns=_min_words, think=0.3,
              think_more=1.8),
        [Exact(0, 0)],
    ),
    "a slow second sentence": (
        t.Bot([_START, t.says(0.8), t.quiet(4.5)], turns=_usual, think_more=1.6), [Exact(0, 0)],
    ),
    "a transcript begins the turn": (t.Bot([_START, t.says(0.8), _WAIT], turns=_transcripts), [Exact(0, 0)]),
    "a slow STT": (t.Bot([_START, t.says(0.8), t.quiet(4.0)], turns=_usual, stt=1.8, timeout=5.0), [Exact(0, 0)]),
    "a slow STT, the bot asks again before its transcript": (
        # A cough, the bot's question and words that the VAD misses look the same, so this one is not exact.
        t.Bot([_START, t.says(0.8), t.quiet(5.0)], turns=_usual, stt=2.2, timeout=0.8),
        ["no_words", Near("transcript", 0, 1)],
    ),
    "transcripts only, no VAD": (
        t.Bot([_START, t.says(0.8), _WAIT], turns=_transcripts, vad=None), [Near("transcript", 0, 0)],
    ),
    "push to talk, no VAD": (
        t.Bot([_START, _pressed(), t.says(0.8), _released(), t.quiet(0.4), t.off(2.2)], turns=_external, vad=None),
        [Near("turn", 0, 0)],
    ),
    "push to talk: the microphone goes off, the VAD waits for audio": (
        t.Bot([_START, t.says(0.8), t.off(3.5)], turns=_usual), [Exact(0, 0)],
    ),
    "speech to speech, the model tells of speech": (
        t.Bot([_START, t.says(0.8), _LONG, t.says(0.8), _WAIT], model="speech", decides=True, stt=None, vad=None),
        [Near("service", 0, 0), Near("service", 1, 1)],
    ),
    "speech to speech, the local VAD too": (
        t.Bot([_START, t.says(0.8), _WAIT], model="speech", decides=True, stt=None), [Exact(0, 0)],
    ),
    "speech to speech, local turns": (
        t.Bot([_START, t.says(0.8), _WAIT], model="speech", stt=None, turns=_usual), [Exact(0, 0)],
    ),
    "speech to speech, an STT beside it": (
        t.Bot([_START, t.says(0.8), _WAIT], model="speech", turns=_usual, stt=1.2), [Exact(0, 0)],
    ),
    "speech to speech, a noise, later an idle prompt": (
        t.Bot([_START, t.noise(), t.quiet(2.0), t.prompt(), _WAIT], model="speech", stt=None, turns=_usual),
        ["no_words"],
    ),
    "the STT fails, the caller asks again": (
        t.Bot([_START, t.greet(), t.quiet(3.0), t.unheard(0.8), t.quiet(3.4), t.says(0.8), _WAIT], turns=_usual,
              timeout=5.0),
        ["nothing_said", Exact(1, 1)],
    ),
    "a cough over the answer, the bot asks what was said": (
        t.Bot([_START, t.says(0.8), t.quiet(0.9), t.noise(), t.quiet(3.5)], turns=_usual, think=0.05, stt=0.45),
        [Exact(0, 0), "no_words"],
    ),
    "a cough over the answer, an idle prompt": (
        t.Bot([_START, t.says(0.8), t.quiet(0.9), t.noise(), t.quiet(3.0), t.prompt(), _WAIT], turns=_usual, think=0.1,
              stt=0.45, asks_again=False),
        [Exact(0, 0), "no_words"],
    ),
    "a cough cuts the answer, an idle prompt": (
        t.Bot([_START, t.says(0.8), t.quiet(0.5), t.noise(), t.quiet(1.5), t.prompt(), t.quiet(3.0)], turns=_usual,
              think=1.2, asks_again=False),
        ["no_words"],
    ),
    "a cough cuts the answer, typed text": (
        t.Bot([_START, t.says(0.8), t.quiet(0.5), t.noise(), t.quiet(1.5), t.typed(), t.quiet(3.0)], turns=_usual,
              think=1.2, asks_again=False),
        ["no_words"],
    ),
    "muted words, soon after a cough, an idle prompt": (
        t.Bot([_START, t.greet(), t.quiet(0.3), t.says(0.4), t.quiet(0.4), t.noise(), t.quiet(2.0), t.prompt(), _WAIT],
              turns=_usual, mute=_until_first_speech, vad_first=True, asks_again=False),
        ["nothing_said", "no_words"],
    ),
    "speech to speech, a cough over the answer, an idle prompt": (
        t.Bot([_START, t.says(0.8), t.quiet(0.9), t.noise(), t.quiet(3.0), t.prompt(), _WAIT], model="speech", stt=None,
              turns=_usual),
        [Exact(0, 0), "no_words"],
    ),
    "speech to speech, the program's own context after a cough": (
        t.Bot([_START, t.noise(), t.quiet(3.0), t.asked(), _WAIT], model="speech", stt=None, turns=_usual),
        ["no_words"],
    ),
    "speech to speech, nothing tells of speech": (
        t.Bot([_START, t.says(0.8), _LONG, t.says(0.8), _WAIT], model="speech", decides=True, tells=False, stt=None,
              vad=None),
        ["no_end_of_speech"],
    ),
    "speech to speech, nothing tells of speech, the words come after the answer": (
        t.Bot([_START, t.says(0.8), _LONG, t.says(0.8), _WAIT], model="speech", decides=True, tells=False, stt=None,
              vad=None, words_late=True),
        ["no_end_of_speech"],
    ),
    "speech to speech, nothing tells of speech, nothing is said": (
        t.Bot([_START, t.prompt(), t.quiet(3.0), t.prompt(), _WAIT], model="speech", decides=True, tells=False,
              stt=None, vad=None),
        ["nothing_said"],
    ),
    "speech to speech, only the local VAD tells": (
        t.Bot([_START, t.says(0.8), _LONG, t.says(0.8), _WAIT], model="speech", decides=True, tells=False, stt=None),
        [Exact(0, 0), Exact(1, 1)],
    ),
    "no interruptions, a cough while the model thinks": (
        t.Bot([_START, t.says(0.8), t.quiet(1.5), t.noise(), t.quiet(3.0)], turns=_polite, think=2.0), [Exact(0, 0)],
    ),
    "no interruptions, a cough at the begin of the answer": (
        t.Bot([_START, t.says(0.8), t.quiet(1.2), t.noise(0.6), t.quiet(3.0)], turns=_polite, think=1.2,
              asks_again=False),
        [Exact(0, 0)],
    ),
    "no interruptions, a cough soon after the words": (
        t.Bot([_START, t.says(0.8), t.quiet(0.7), t.noise(0.3), t.quiet(4.0)], turns=_polite, think=3.0,
              asks_again=False),
        [Exact(0, 0)],
    ),
    "no interruptions, more words before the first answer": (
        t.Bot([_START, t.says(0.8), t.quiet(0.8), t.says(0.5), t.quiet(4.0)], turns=_polite, think=1.5),
        [Exact(0, 0)],
    ),
    "no interruptions, a cough after the model has failed, an idle prompt": (
        t.Bot([_START, t.says(0.8), t.quiet(1.5), t.noise(), t.quiet(1.5), t.prompt(), _WAIT], turns=_polite, fails=1,
              asks_again=False),
        ["unanswered"],
    ),
    "push to talk, pressed again before the model is asked": (
        t.Bot([_START, _pressed(), t.says(0.8), t.quiet(0.2), _released(), t.quiet(0.5), _pressed(), t.quiet(0.4),
               _released(), t.quiet(4.0), t.prompt(), _WAIT], turns=_external, think=3.0, asks_again=False),
        [Exact(0, 0)],
    ),
    "a cough, then words that the VAD misses": (
        t.Bot([_START, t.noise(), t.quiet(3.0), t.soft(0.8), _WAIT], turns=_usual, asks_again=False),
        [Near("transcript", 0, 0)],
    ),
    "a cough, the STT decides, words that the VAD misses": (
        t.Bot([_START, t.noise(), t.quiet(2.0), t.soft(0.8), _WAIT], turns=_external, decides=True),
        [Near("stt", 0, 0)],
    ),
    "a cough, minimum words, which the VAD misses": (
        t.Bot([_START, t.noise(), t.quiet(3.0), t.soft(0.8), _WAIT], turns=_min_words), [Near("transcript", 0, 0)],
    ),
    "words that the VAD misses": (
        t.Bot([_START, t.soft(0.8), _WAIT], turns=_usual), [Near("transcript", 0, 0)],
    ),
    "the model fails, an idle prompt by the model": (
        t.Bot([_START, t.says(0.8), t.quiet(3.0), t.prompt(), _WAIT], turns=_usual, fails=1), ["unanswered"],
    ),
    "the model fails, an idle prompt": (
        t.Bot([_START, t.says(0.8), t.quiet(3.0), t.greet(), _WAIT], turns=_usual, fails=1), ["unanswered"],
    ),
    "the program bridges the wait for the model": (
        t.Bot([_START, t.says(0.8), t.quiet(1.5), t.greet(), t.quiet(3.5)], turns=_usual, think=2.5), [Exact(0, 0)],
    ),
    "nobody answers": (
        t.Bot([_START, t.says(0.8), t.quiet(1.5)], turns=_usual, think=30.0), ["unanswered"],
    ),
    "a deaf STT, the caller speaks four times": (
        t.Bot(_FOUR_TIMES, turns=_usual, asks_again=False), ["no_words"],
    ),
    "a deaf STT, the bot asks once what was said": (t.Bot(_FOUR_TIMES, turns=_usual), ["no_words", "no_words"]),
    "a deaf STT, and only words begin a turn": (t.Bot(_FOUR_TIMES, turns=_min_words), ["nothing_said"]),
    "a deaf STT, the caller hangs up soon": (
        # Pipecat takes 2 s more to end, and from 5 s on it is not soon.
        t.Bot([_START, _UNKNOWN, t.quiet(2.0)], turns=_usual, asks_again=False), ["no_words"],
    ),
    "a deaf STT, the caller goes on after a pause": (
        t.Bot([_START, _UNKNOWN, t.quiet(1.0), _UNKNOWN, *_LEFT], turns=_usual, asks_again=False), ["no_words"],
    ),
    "a deaf STT, an idle prompt": (
        t.Bot([_START, _UNKNOWN, t.quiet(3.0), t.prompt(), *_LEFT], turns=_usual, asks_again=False), ["no_words"],
    ),
    "coughs": (
        t.Bot([_START, *[t.noise(), t.quiet(2.5)] * 3, *_LEFT], turns=_usual, asks_again=False), ["no_words"],
    ),
    "cut by speech that the STT does not hear": (
        t.Bot([_START, t.greet(), t.quiet(0.3), _UNKNOWN, *_LEFT], turns=_usual, asks_again=False),
        ["nothing_said", "no_words"],
    ),
    "speech over a bot that is not to be cut": (
        t.Bot([_START, t.greet(), t.quiet(0.3), _UNKNOWN, *_LEFT], turns=_min_words), ["nothing_said"],
    ),
    "muted, the caller speaks all the same": (
        t.Bot([_START, _UNKNOWN, *_LEFT], turns=_usual, mute=_until_first_words, vad_first=True), ["nothing_said"],
    ),
    "a tool that takes its time": (
        t.Bot([_START, t.says(0.8), t.quiet(1.0), t.off(15.0)], turns=_usual, tool=13.0), [Exact(0, 0)],
    ),
    "a greeting, and the caller says nothing": (
        t.Bot([_START, t.greet(), t.quiet(2.0), t.off(10.0)], turns=_usual), ["nothing_said"],
    ),
    "push to talk, no VAD, a deaf STT": (
        t.Bot([_START, _pressed(), _UNKNOWN, _released(), t.quiet(0.4), t.off(6.0)], turns=_external, vad=None,
              asks_again=False),
        ["no_words"],
    ),
    "push to talk, no VAD, pressed by mistake": (
        t.Bot([_START, _pressed(), t.quiet(0.4), _released(), t.off(6.0)], turns=_external, vad=None,
              asks_again=False),
        ["no_words"],
    ),
    "speech to speech, the model hangs": (
        t.Bot([_START, t.says(1.2), t.quiet(1.0), t.off(11.0)], model="speech", decides=True, stt=None, vad=None,
              think=30.0),
        ["unanswered"],
    ),
}  # fmt: skip


UNANSWERED: dict[str, list[str]] = {
    "the STT fails, the caller asks again": ["no_transcript"],
    "nobody answers": ["no_reply"],
    "a deaf STT, the caller speaks four times": ["no_transcript"] * 4,
    "a deaf STT, the bot asks once what was said": ["no_transcript"] * 3,
    "a deaf STT, and only words begin a turn": ["no_transcript"] * 4,
    "a deaf STT, the caller goes on after a pause": ["no_transcript"],
    "cut by speech that the STT does not hear": ["no_transcript"],
    "push to talk, no VAD, a deaf STT": ["no_transcript"],
    "speech to speech, the model hangs": ["no_reply"],
}
"""What the caller said and nobody answered, of each call; of all others nothing."""

SILENCES: dict[str, list[float]] = {
    "nobody answers": [5.0, 10.0, 15.0, 20.0],
    "a deaf STT, the caller speaks four times": [5.0],
    "a deaf STT, the bot asks once what was said": [5.0],
    "a deaf STT, and only words begin a turn": [5.0],
    "a deaf STT, the caller goes on after a pause": [5.0],
    "cut by speech that the STT does not hear": [5.0],
    "a tool that takes its time": [5.0, 10.0],
    "push to talk, no VAD, a deaf STT": [5.0],
    "speech to speech, the model hangs": [5.0, 10.0],
}
"""At which lengths a silence was stated while it lasted; each was stated at its end too, and no other was over 5 s."""


PREMISES: dict[str, Callable[[t.Facts], bool]] = {
    "barge-in": lambda facts: facts.words[0] < facts.ends[1] - 0.6,
    "the STT decides, the local VAD is later than the answer": lambda facts: facts.words[0] < facts.ends[0] + 1.0,
    "minimum words, noise while the model thinks": lambda facts: facts.ends[1] < facts.words[0],
    "minimum words, noise over the answer, a slow second sentence": lambda facts: (
        facts.words[0] < facts.ends[1] < facts.words[1]
    ),
    "a slow second sentence": lambda facts: len(facts.words) == _SENTENCES,
    "a tool, muted meanwhile, noise under it": lambda facts: facts.ends[1] < facts.words[0],
    "typed text while the answer is awaited": lambda facts: len(facts.words) == 1,
}
"""What makes a row the case it is named for."""


@pytest.fixture
def _only_the_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the process's threads and loggers alone."""
    monkeypatch.setattr(logs, "install", lambda: None)
    monkeypatch.setattr(ticker, "start", lambda: None)


@pytest.mark.usefixtures("_only_the_bridge")
def test_truth_table(bridged: Bridged) -> None:
    """Every turn of every bot has the latency its caller felt, or none and the reason why."""
    conversation.LIVE.clear()
    t.run({name: bot for name, (bot, _) in TABLE.items()})

    assert [] == [name for name, holds in PREMISES.items() if not holds(TABLE[name][0].facts)]
    wrong = {}
    for name, (bot, expected) in TABLE.items():
        turns = t.turns_of(bridged, name)
        found = [_said(turn) for turn in turns]
        if len(found) != len(expected) or not all(
            _right(said, told, bot.facts) for said, told in zip(found, expected, strict=True)
        ):
            wrong[name] = f"expected {expected}, found {found}; {bot.facts}"
    assert not wrong, "\n".join(f"{name}: {what}" for name, what in wrong.items())
    unanswered = _by_call(bridged, "pipecat.unanswered_speech")
    assert UNANSWERED == {call: [one["pipecat.unanswered_speech.reason"] for one in found]
                          for call, found in unanswered.items()}  # fmt: skip
    assert {call: len(found) for call, found in UNANSWERED.items()} == {
        call: found for (call, found) in _numbers(bridged, "pipecat.conversation.unanswered") if found
    }
    stated_by = _by_call(bridged, "pipecat.silence")
    silences = {call: long for call, found in stated_by.items() if (long := [one for one in found if _is_long(one)])}
    assert SILENCES.keys() == silences.keys()
    brief = [one for found in stated_by.values() for one in found if not _is_long(one)]
    assert {(False, 0.0)} == {(one["pipecat.silence.ongoing"], one["pipecat.silence.stated_seconds"]) for one in brief}
    assert all(one["pipecat.seconds"] > LEAST_SILENCE for one in brief)
    for call, stated in silences.items():
        assert [True] * len(SILENCES[call]) + [False] == [one["pipecat.silence.ongoing"] for one in stated], call
        lengths = [one["pipecat.seconds"] for one in stated]
        assert [0.0, *lengths[:-1]] == [one["pipecat.silence.stated_seconds"] for one in stated], call
        assert all(bound < length < bound + _SOON for bound, length in zip(SILENCES[call], lengths, strict=False)), call
        assert lengths == sorted(lengths), call


def _is_long(silence: dict[str, Any]) -> bool:
    seconds: float = silence["pipecat.seconds"]
    return seconds > LONG_SILENCE


def _by_call(bridged: Bridged, event: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in bridged.events():
        if one["event.name"] == event:
            found.setdefault(str(one["conversation.id"]), []).append(one)
    return found


def _numbers(bridged: Bridged, attribute: str) -> list[tuple[str, int]]:
    """Return a number that the spans of the conversations have, by call."""
    spans = [dict(one.attributes or {}) for one in bridged.exporter.get_finished_spans() if one.name == "conversation"]
    return [(str(one["conversation.id"]), int(one[attribute])) for one in spans]  # type: ignore[call-overload]


def _said(turn: dict[str, Any]) -> tuple[str, float | None, str]:
    exact, near = turn.get("pipecat.ttfw_seconds"), turn.get("pipecat.ttfw_approximate_seconds")
    assert exact is None or near is None, "one latency, exact or not"
    return turn["pipecat.turn.latency"], exact or near, turn.get("pipecat.ttfw.source", "")


def _right(said: tuple[str, float | None, str], told: Told, facts: t.Facts) -> bool:
    how, seconds, source = said
    if isinstance(told, str):
        return (how, seconds) == (told, None)
    if isinstance(told, Exact):
        kind, by, ends, end = "exact", "vad", facts.ends, told.sound
    else:
        kind, by, ends, end = "approximate", told.source, facts.marks.get(told.source, []), told.told
    if seconds is None or (how, source) != (kind, by) or len(ends) <= end or len(facts.words) <= told.word:
        return False
    return abs(facts.words[told.word] - ends[end] - seconds) < _WITHIN
