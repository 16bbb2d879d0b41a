"""Signals that a call goes badly: on the labelled dialogues, and on what could break them or the bot."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import turntaking
from bridged import Bridged, f, lines_left_alone, pushed
from pipecat_lgtm.errors import ConfigError
from pipecat_lgtm.ops.signals.dialogues import KINDS, Dialogue, read
from pipecat_lgtm.ops.signals.playing import play
from pipecat_lgtm.ops.signals.scoring import scores
from pipecat_lgtm_bridge import conversation_signals, emit, later, wording
from pipecat_lgtm_bridge.contract import labels
from pipecat_lgtm_bridge.conversation_signals import ConversationSignals
from pipecat_lgtm_bridge.repeats import REMEMBERED, Repeats
from pipecat_lgtm_bridge.voice import Voice
from pipecat_lgtm_bridge.wording import likeness, words_of

DIALOGUES = read()
LEAST = {  # precision, recall: by hand, a little below what there is
    "repeated_request": (0.85, 0.75),
    "repeated_question": (0.85, 0.9),
    "reply_loop": (0.85, 0.85),
    "early_hangup": (0.8, 0.85),
    "raised_voice": (0.85, 0.9),
    "reprompt": (0.85, 0.85),
    "no_reply": (0.95, 0.95),
}
KIND = "pipecat.conversation.signal.kind"
TEN_WORDS = "one can say ten words in a row like this"


def test_precision_and_recall(bridged: Bridged) -> None:
    """On the labelled dialogues each kind of signal is at least as precise and complete as written here."""
    made = scores(DIALOGUES, play(DIALOGUES, bridged.events))  # type: ignore[arg-type] - dicts are mappings

    assert set(LEAST) == set(made)
    worse = {
        kind: (one.precision, one.recall, one.wrong, one.missed)
        for kind, one in made.items()
        if (one.precision or 0.0) < LEAST[kind][0] or (one.recall or 0.0) < LEAST[kind][1]
    }
    assert {} == worse


@pytest.mark.parametrize("kind", KINDS)
def test_set_has_both(kind: str) -> None:
    """Each kind has dialogues with it and at least as many others in its file, in several languages."""
    own = [one for one in DIALOGUES if one.name.startswith(f"{kind} ")]
    there = [one for one in own if kind in one.expected]

    assert len(there) >= 7
    assert len(own) - len(there) >= 6
    assert len({one.language for one in own}) >= 3


def test_set_is_large_enough() -> None:
    """There are 120 dialogues or more, and no two are the same."""
    assert len(DIALOGUES) >= 120
    assert len(DIALOGUES) == len({one.lines for one in DIALOGUES})


@pytest.mark.parametrize(
    ("row", "words"),
    [
        pytest.param("expect: [loop]\n  talk: |\n    bot: Hi.", "no kind of signal", id="unknown kind"),
        pytest.param("expect: []\n  talk: |\n    dog: Wuff.", "no line of a dialogue: 'dog: Wuff.'", id="no line"),
    ],
)
def test_wrong_dialogue(tmp_path: Path, row: str, words: str) -> None:
    """A dialogue with an unknown kind of signal, or a line that is none, is refused by its name."""
    (tmp_path / "file.yaml").write_text(f"- language: en\n  about: x\n  {row}\n")

    with pytest.raises(ConfigError, match="file 1") as raised:
        read(tmp_path)
    assert words in str(raised.value)


def test_command_prints_them() -> None:
    """The command prints a row for each kind of signal, and reads nothing but what is installed."""
    argv = [sys.executable, "-m", "pipecat_lgtm", "bridge", "signals", "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "200"})

    assert list(KINDS) == [row["signal"] for row in json.loads(done.stdout)]


def _signals(events: list[dict[str, Any]]) -> list[str]:
    return [str(one[KIND]) for one in events if one["event.name"] == "pipecat.conversation.signal"]


def test_events_hold_no_text(bridged: Bridged) -> None:
    """Of all dialogues together, no event of a signal holds anything but ids, a kind and seconds."""
    play(DIALOGUES, bridged.events)  # type: ignore[arg-type]
    stated = [one for one in bridged.records() if (one.log_record.attributes or {}).get(KIND)]

    allowed = {"event.name", "conversation.id", "session.id", "turn.number", KIND, "pipecat.seconds"}
    assert set() == {key for one in stated for key in one.log_record.attributes or {}} - allowed
    assert {f"signal {kind}" for kind in labels.CONVERSATION_SIGNALS} == {str(one.log_record.body) for one in stated}


class _Talk:
    """A call told by its frames, without a pipeline."""

    def __init__(self, bridged: Bridged) -> None:
        self.bridged, self.call = bridged, bridged.call()
        self.signals, self._now = ConversationSignals(self.call), 0.0

    def bot(self, text: str) -> None:
        self._now += 3.0
        for word in text.split():
            self.signals.said(pushed(f.TTSTextFrame(word, "word")), self._now)
        self.signals.bot_began(pushed(f.BotStartedSpeakingFrame()), self._now)
        self.signals.bot_ended(pushed(f.BotStoppedSpeakingFrame()), self._now + 2.0)

    def caller(self, text: str) -> None:
        self.signals.transcribed(pushed(f.TranscriptionFrame(text, "caller", "now")), self._now + 3.0)

    def stated(self) -> list[str]:
        self.signals.finish(self._now + 3.0)
        later.catch_up()
        return _signals(self.bridged.events())


def test_a_failure_is_counted_and_stays_there(bridged: Bridged, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails in judging is counted as dropped, by the number of failures, and the call goes on."""
    emit.tell_of_lost()
    talk = _Talk(bridged)

    def fails(*_: object, **__: object) -> None:
        raise ValueError("a secret of the caller")

    monkeypatch.setattr(Repeats, "bot", fails)
    monkeypatch.setattr(Voice, "ended", fails)
    talk.bot("Hello, who is there?")
    talk.caller("I am.")
    talk.signals.user_ended(pushed(f.VADUserStoppedSpeakingFrame(0.2, 1.0)), 1.0)
    assert [] == talk.stated()
    emit.tell_of_lost()

    (dropped,) = [one for one in bridged.events() if one["event.name"] == "pipecat.bridge.dropped"]
    assert ("conversation_signals", "failed", 2) == tuple(
        dropped[f"pipecat.bridge.{key}"] for key in ("signal", "reason", "dropped")
    )


def test_where_too_much_waits_it_is_counted(bridged: Bridged, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot whose ticker is far behind drops judgements and counts them; nothing waits."""
    emit.tell_of_lost()
    talk = _Talk(bridged)
    monkeypatch.setattr(conversation_signals, "later", lambda *_: False)
    talk.bot("Hello, who is there?")
    talk.caller("I am.")
    talk.bot("Good.")
    assert [] == talk.stated()
    emit.tell_of_lost()

    assert [3] == [one["pipecat.bridge.dropped"] for one in bridged.events() if "pipecat.bridge.dropped" in one]


def test_nothing_is_compared_on_the_loop(bridged: Bridged, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames only collect texts: until the ticker's thread catches up no two of them are compared."""
    compared: list[object] = []
    monkeypatch.setattr(wording, "words_of", lambda text: compared.append(text) or ())
    talk = _Talk(bridged)
    for _ in range(5):
        talk.bot("What would you like to do today?")
        talk.caller("I want to cancel my order.")
    assert [] == compared

    talk.stated()
    assert compared


def test_a_long_call_holds_little(bridged: Bridged) -> None:
    """A thousand turns, and an utterance of a million characters, leave a bounded number of bounded texts."""
    talk = _Talk(bridged)
    for number in range(1000):
        talk.bot(f"Reply {number} is about nothing of interest.")
        talk.caller(f"Caller {number} says something else now.")
    talk.bot("word " * 20_000)
    talk.caller("word " * 20_000)
    talk.stated()

    held = talk.signals._repeats._said  # noqa: SLF001 - what is held is the subject
    assert len(held) <= 2 * REMEMBERED
    assert all(len(one.utterance.text) <= wording.MOST_CHARACTERS for one in held)
    voice = Voice()
    for piece in range(10_000):
        voice.piece(piece, 0.1)
        if not voice.due(10**18):
            break
    assert len(voice._pieces) <= 100  # noqa: SLF001


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a" * 20_000, id="one word"),
        pytest.param("ab? " * 1000, id="questions"),
        pytest.param("is it so? " * 500, id="longer questions"),
        pytest.param("あ" * 20_000, id="no spaces"),
        pytest.param("\u0301" * 20_000, id="marks alone"),
        pytest.param("a b " * 1000, id="letters"),
        pytest.param("\ud800 \x00 \u202e" * 1000, id="no text"),
    ],
)
def test_a_hostile_caller_takes_no_time(bridged: Bridged, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """However long and odd an utterance is, few comparisons of few words or letters are made of it, and none fails.

    Counted are the steps that difflib takes at most: words, times how often the commonest is there, times the parts.
    """
    made: list[int] = []
    real = wording.SequenceMatcher

    def counted(junk: None, one: Any, two: Any, *, autojunk: bool) -> Any:  # noqa: ANN401 - as difflib has it
        size = len(one) * max(two.count(each) for each in two)
        made.append(size * min(len(one), len(two)))
        return real(junk, one, two, autojunk=autojunk)

    monkeypatch.setattr(wording, "SequenceMatcher", counted)
    emit.tell_of_lost()
    talk = _Talk(bridged)
    for number in range(2 * REMEMBERED):
        talk.bot(f"{text[:-1]}{number}?")
        talk.caller(f"{number}{text}")
    talk.stated()
    emit.tell_of_lost()

    assert max(made, default=0) <= wording.MOST_WORDS**3 // 10
    assert sum(made) <= 4 * REMEMBERED * 2_000_000
    assert [] == [one for one in bridged.events() if "pipecat.bridge.dropped" in one]


def test_unsampled_calls_state_none(bridged: Bridged, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call whose spans are not sent states no signal: its turns are not counted either."""
    talk = _Talk(bridged)
    monkeypatch.setattr(type(talk.call), "sampled", lambda _: False)
    for _ in range(4):
        talk.bot("Please hold the line for an agent.")
        talk.caller("Nobody comes.")

    assert [] == talk.stated()


def test_a_signal_is_stated_in_its_own_turn(bridged: Bridged) -> None:
    """A reply that is judged when the caller speaks again belongs to the turn in which it was given."""
    talk = _Talk(bridged)
    turn = talk.call.turn
    assert turn is not None
    for number in range(1, 4):
        turn.number = number
        talk.bot("Please hold the line for an agent.")
        turn.number = 9
        talk.caller("Nobody comes.")
    talk.stated()

    stated = [one for one in bridged.events() if one.get(KIND) == "reply_loop"]
    assert [3] == [one["turn.number"] for one in stated]


@pytest.mark.parametrize(
    ("outcome", "kinds"),
    [("", ["early_hangup"]), ("abandoned", ["early_hangup"]), ("completed", [])],
)
def test_a_call_that_is_done_may_end_at_once(bridged: Bridged, outcome: str, kinds: list[str]) -> None:
    """Where the bot says that it completed its task a caller who leaves right after a reply is no early hang-up."""
    talk = _Talk(bridged)
    talk.bot("The table is booked for you.")
    talk.call.outcome = outcome
    talk.signals.hung_up(pushed(f.CancelFrame()), 6.0)

    assert kinds == talk.stated()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("It's 5 o'clock!", ("its", "5", "oclock"), id="marks"),
        pytest.param("ＡＢＣ", ("abc",), id="full width"),  # noqa: RUF001 - what is folded
        pytest.param("हिन्दी में", ("हिन्दी", "में"), id="marks that belong to letters"),
        pytest.param("営業時間", ("営", "業", "時", "間"), id="no spaces"),
        pytest.param("", (), id="nothing"),
        pytest.param("… ?!", (), id="only marks"),
    ],
)
def test_words(text: str, words: tuple[str, ...]) -> None:
    """Words are folded, without punctuation; a script without spaces is read sign by sign."""
    assert words == words_of(text)


@pytest.mark.parametrize(
    ("one", "two", "other"),
    [
        ("is monday good for you", "is tuesday good for you", True),
        ("it is 4 degrees", "it is 5 degrees", True),
        ("would you like that", "and would you like that now", False),
        ("what is your name", "tell me your name", False),
        ("the order", "the orders", False),
    ],
)
def test_the_same_of_something_else(one: str, two: str, *, other: bool) -> None:
    """A number or a word after the first that is replaced makes it another thing; what is added does not."""
    assert other == likeness(words_of(one), words_of(two)).other


def test_real_pipeline(bridged: Bridged, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a real pipeline with audio, VAD, STT, model and TTS the same signals come out of what both sides say."""
    shout = [turntaking.says(1.5, TEN_WORDS), turntaking.quiet(3.0)]
    circles = turntaking.Bot(
        [turntaking.quiet(1.0), *[turntaking.says(1.0, "I want to cancel my order"), turntaking.quiet(3.0)] * 3]
    )
    spoken_to = [turntaking.quiet(0.5), turntaking.says(1.0)]
    gone = turntaking.Bot([*spoken_to, turntaking.quiet(2.2), turntaking.gone()])
    cut = turntaking.Bot([turntaking.quiet(0.5), turntaking.greet(), turntaking.quiet(0.6), turntaking.gone()])
    waited = turntaking.Bot([*spoken_to, turntaking.quiet(8.0), turntaking.gone()])
    ended = turntaking.Bot([*spoken_to, turntaking.quiet(2.2)])
    idle = turntaking.Bot([turntaking.quiet(0.5), turntaking.greet(), turntaking.quiet(8.0), turntaking.greet(),
                           turntaking.quiet(2.0), *shout])  # fmt: skip
    bots = {"circles": circles, "gone": gone, "cut": cut, "waited": waited, "ended": ended, "idle": idle}
    with lines_left_alone(monkeypatch):
        turntaking.run(bots)
        events = bridged.events()
    found: dict[str, list[str]] = {}
    for one in events:
        if KIND in one:
            found.setdefault(str(one["conversation.id"]), []).append(str(one[KIND]))

    assert {
        "circles": ["repeated_request", "repeated_request"],
        "gone": ["early_hangup"],
        "cut": ["early_hangup"],
        "idle": ["reprompt"],
    } == {call: sorted(kinds) for call, kinds in found.items()}


def test_dialogues_are_named() -> None:
    """A dialogue is named by its file and its place in it."""
    assert isinstance(DIALOGUES[0], Dialogue)
    assert "early_hangup 1" == DIALOGUES[0].name
