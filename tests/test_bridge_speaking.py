import array
from types import SimpleNamespace
from typing import Any

import pytest

from bridged import Bridged, f, pushed, service
from pipecat_lgtm_bridge.conversation import Conversation
from pipecat_lgtm_bridge.latency import Latency
from pipecat_lgtm_bridge.speaking import Speaking

VOICE = SimpleNamespace(name="voice")
SILENCE, TONE = bytes(4800 * 2), array.array("h", [9000] * 4800).tobytes()


class Floor:
    """Plays a call, at times in seconds."""

    def __init__(self, call: Conversation) -> None:
        self.call, self.speaking = call, Speaking(call, Latency())

    def user(self, began: float, ended: float) -> None:
        """The caller speaks."""
        self.speaking.user_began(pushed(f.VADUserStartedSpeakingFrame(0.2, began + 0.2)), began + 0.2)
        self.speaking.turn_began(pushed(f.UserStartedSpeakingFrame()), began + 0.2)
        self.speaking.cut(pushed(f.InterruptionFrame()), began + 0.2)
        self.speaking.user_ended(pushed(f.VADUserStoppedSpeakingFrame(0.3, ended + 0.3)), ended + 0.3)
        self.speaking.turn_ended(pushed(f.UserStoppedSpeakingFrame()), ended + 0.4)

    def think(self, began: float, ended: float) -> None:
        """The model answers."""
        self.speaking.llm_began(pushed(f.LLMFullResponseStartFrame()), began)
        self.speaking.llm_ended(pushed(f.LLMFullResponseEndFrame()), ended)

    def voice(self, at: float, *pieces: bytes) -> None:
        """Speech is synthesised: pieces of 0.2 s, 0.1 s apart."""
        self.speaking.tts_began(pushed(f.TTSStartedFrame()), at)
        for index, piece in enumerate(pieces):
            self.speaking.audio(pushed(f.TTSAudioRawFrame(piece, 24_000, 1), VOICE), at + index * 0.1)

    def synthesised(self, at: float) -> None:
        """Synthesis ends."""
        self.speaking.tts_ended(pushed(f.TTSStoppedFrame()), at)

    def bot(self, began: float, ended: float | None = None) -> None:
        """The bot is heard."""
        self.speaking.bot_began(pushed(f.BotStartedSpeakingFrame(), VOICE), began)
        if ended is not None:
            self.speaking.bot_ended(pushed(f.BotStoppedSpeakingFrame()), ended)


def _silences(bridged: Bridged) -> list[float]:
    """Return the silences, and that nothing else was stated."""
    found = bridged.events()
    assert {"pipecat.silence"} >= {one["event.name"] for one in found}
    return [one["pipecat.seconds"] for one in found]


@pytest.fixture
def floor(bridged: Bridged) -> Floor:
    """A call in its first turn."""
    return Floor(bridged.call())


def _turn(floor: Floor) -> Any:  # noqa: ANN401 - a span's attributes
    assert floor.call.turn is not None
    return floor.call.turn.span.attributes


def test_first_word(floor: Floor) -> None:
    """TTFW is the time from the true end of speech to the first audio, plus the silence that audio begins with."""
    floor.user(10.0, 11.0)
    floor.think(11.5, 11.9)
    floor.voice(12.0, SILENCE, TONE)
    floor.bot(12.05)

    assert 1.05 + 0.2 == pytest.approx(_turn(floor)["pipecat.ttfw_seconds"])


def test_first_word_comes_after_the_first_audio(floor: Floor) -> None:
    """Where the audible sample is synthesised only after playback began, TTFW is known then."""
    floor.user(10.0, 11.0)
    floor.voice(12.0, SILENCE)
    floor.bot(12.01)

    assert "pipecat.ttfw_seconds" not in _turn(floor)
    floor.speaking.audio(pushed(f.TTSAudioRawFrame(TONE, 24_000, 1), VOICE), 12.1)
    assert 1.21 == pytest.approx(_turn(floor)["pipecat.ttfw_seconds"])


def test_greeting_has_no_first_word(floor: Floor) -> None:
    """Nobody has asked for the greeting, so it has no latency."""
    floor.voice(1.0, TONE)
    floor.bot(1.1, 3.0)

    assert not {"pipecat.ttfw_seconds", "pipecat.e2e_seconds"} & set(_turn(floor))


def test_processed_when_the_last_stage_is_done(floor: Floor) -> None:
    """E2E ends with the last model's or synthesis' work, not with playback."""
    floor.user(10.0, 11.0)
    floor.speaking.llm_began(pushed(f.LLMFullResponseStartFrame()), 11.5)
    floor.voice(12.0, TONE)
    floor.bot(12.0)
    floor.speaking.llm_ended(pushed(f.LLMFullResponseEndFrame()), 12.8)

    assert "pipecat.e2e_seconds" not in _turn(floor), "speech is still being synthesised"
    floor.speaking.audio(pushed(f.TTSAudioRawFrame(TONE, 24_000, 1), VOICE), 13.1)
    floor.synthesised(13.2)
    floor.speaking.bot_ended(pushed(f.BotStoppedSpeakingFrame()), 19.0)
    assert 2.1 == pytest.approx(_turn(floor)["pipecat.e2e_seconds"])


def test_processed_no_sooner_than_heard(floor: Floor) -> None:
    """A synthesis that is complete before its first word is played ends with that word."""
    floor.user(10.0, 11.0)
    floor.voice(12.0, SILENCE, TONE)
    floor.synthesised(12.1)
    floor.bot(12.2, 14.0)

    assert _turn(floor)["pipecat.e2e_seconds"] == _turn(floor)["pipecat.ttfw_seconds"] == pytest.approx(1.4)


def test_a_tool_prolongs_the_reply(floor: Floor) -> None:
    """A reply that says something, calls a tool and goes on is processed when the rest is."""
    floor.user(10.0, 11.0)
    floor.voice(12.0, TONE)
    floor.bot(12.0)
    floor.speaking.tool_began(pushed(f.ErrorFrame("any")), 12.1)
    floor.synthesised(12.2)

    assert "pipecat.e2e_seconds" not in _turn(floor)
    floor.speaking.tool_ended(pushed(f.ErrorFrame("any")), 13.0)
    floor.think(13.0, 13.5)
    floor.voice(13.6, TONE)
    floor.synthesised(13.7)
    assert 2.6 == pytest.approx(_turn(floor)["pipecat.e2e_seconds"])


def test_interruption(floor: Floor, bridged: Bridged) -> None:
    """Speaking while the bot speaks is one interruption, on the turn that is cut; its reply was never processed."""
    floor.user(10.0, 11.0)
    floor.voice(12.0, TONE)
    floor.bot(12.0)

    assert _turn(floor)["pipecat.interrupted"] is False
    floor.user(13.0, 14.0)
    assert _turn(floor)["pipecat.interrupted"] is True
    assert "pipecat.e2e_seconds" not in _turn(floor)
    assert ["pipecat.interruption"] == bridged.named()


def test_speaking_to_a_silent_bot_is_none(floor: Floor, bridged: Bridged) -> None:
    """Pipecat pushes an InterruptionFrame at every turn, and cuts turns at a call's end; neither is an interruption."""
    floor.bot(1.0, 2.0)
    floor.user(3.0, 4.0)
    floor.speaking.finish(4.5)

    assert _turn(floor)["pipecat.interrupted"] is False
    assert [] == bridged.named()


def test_cough_costs_nothing(floor: Floor) -> None:
    """A sound that starts no turn, after the reply began, leaves the turn's numbers alone."""
    floor.user(10.0, 11.0)
    floor.voice(12.0, TONE)
    floor.bot(12.0)
    floor.speaking.user_began(pushed(f.VADUserStartedSpeakingFrame(0.2, 12.5)), 12.5)
    floor.synthesised(12.6)

    assert 1.0 == pytest.approx(_turn(floor)["pipecat.ttfw_seconds"])
    assert "pipecat.e2e_seconds" in _turn(floor)


@pytest.mark.parametrize(
    ("quiet", "silences"),
    [
        pytest.param(0.9, [], id="under 1 s"),
        pytest.param(1.1, [1.1], id="over 1 s"),
        pytest.param(7.0, [7.0], id="7 s"),
    ],
)
def test_silence(floor: Floor, bridged: Bridged, quiet: float, silences: list[float]) -> None:
    """Over 1 s in which nobody speaks is a silence, and its length is from last to next sound."""
    floor.bot(1.0, 2.0)
    floor.user(2.0 + quiet, 10.0)

    assert [pytest.approx(one) for one in silences] == _silences(bridged)


@pytest.mark.parametrize(
    ("who", "silences"), [pytest.param("bot", 0, id="the bot spoke last"), pytest.param("user", 1, id="no answer came")]
)
def test_silence_at_the_end(floor: Floor, bridged: Bridged, who: str, silences: int) -> None:
    """A caller who waited in vain before the call ended heard a silence; one who had the last answer did not."""
    floor.user(1.0, 2.0)
    if who == "bot":
        floor.bot(2.5, 4.0)
    floor.speaking.finish(20.0)

    assert silences == bridged.named().count("pipecat.silence")


def test_provider_without_vad(floor: Floor, bridged: Bridged) -> None:
    """Where only the provider tells who speaks, its turns break the silence; the latency is an approximate one."""
    floor.bot(1.0, 2.0)
    floor.speaking.turn_began(pushed(f.UserStartedSpeakingFrame()), 5.0)
    floor.speaking.turn_ended(pushed(f.UserStoppedSpeakingFrame()), 12.0)
    floor.voice(12.8, TONE)
    floor.bot(13.0, 14.0)

    assert [3.0] == _silences(bridged)
    assert "pipecat.ttfw_seconds" not in _turn(floor)
    assert ("turn", pytest.approx(1.0)) == (
        _turn(floor)["pipecat.ttfw.source"],
        _turn(floor)["pipecat.ttfw_approximate_seconds"],
    )


def test_a_cough_ends_no_silence(floor: Floor, bridged: Bridged) -> None:
    """Where an STT tells words from noise, a sound without words is part of the silence."""
    floor.speaking.transcribed(pushed(f.TranscriptionFrame("Hello.", "caller", "now")), 0.5)
    floor.bot(1.0, 2.0)
    floor.speaking.user_began(pushed(f.VADUserStartedSpeakingFrame(0.2, 5.2)), 5.2)
    floor.speaking.user_ended(pushed(f.VADUserStoppedSpeakingFrame(0.3, 5.6)), 5.6)
    floor.bot(9.0, 10.0)

    assert [7.0] == _silences(bridged)


def test_a_cough_awaits_no_answer(floor: Floor, bridged: Bridged) -> None:
    """A caller who coughs and hangs up has not waited for the bot."""
    floor.speaking.transcribed(pushed(f.TranscriptionFrame("Hello.", "caller", "now")), 0.5)
    floor.bot(1.0, 2.0)
    floor.speaking.user_began(pushed(f.VADUserStartedSpeakingFrame(0.2, 5.2)), 5.2)
    floor.speaking.user_ended(pushed(f.VADUserStoppedSpeakingFrame(0.3, 5.6)), 5.6)
    floor.speaking.finish(15.0)

    assert [] == bridged.named()


def test_audio_of_the_transport_is_not_counted_again(floor: Floor) -> None:
    """Only the first source of a reply's audio counts; what filters or transports push again does not."""
    floor.user(10.0, 11.0)
    floor.voice(12.0, SILENCE)
    floor.speaking.audio(pushed(f.TTSAudioRawFrame(SILENCE, 24_000, 1), SimpleNamespace(name="filter")), 12.0)
    floor.voice(12.1, TONE)
    floor.bot(12.2)

    assert 1.4 == pytest.approx(_turn(floor)["pipecat.ttfw_seconds"])


def test_what_is_left_of_a_cut_reply_is_not_the_next_one(floor: Floor) -> None:
    """Audio that still arrives after a barge-in does not hide the silence the next reply begins with."""
    floor.user(10.0, 11.0)
    floor.voice(12.0, TONE)
    floor.bot(12.0)
    floor.speaking.user_began(pushed(f.VADUserStartedSpeakingFrame(0.2, 13.2)), 13.2)
    floor.speaking.turn_began(pushed(f.UserStartedSpeakingFrame()), 13.2)
    floor.speaking.cut(pushed(f.InterruptionFrame()), 13.2)
    floor.speaking.audio(pushed(f.TTSAudioRawFrame(TONE, 24_000, 1), VOICE), 13.21)
    floor.speaking.bot_ended(pushed(f.BotStoppedSpeakingFrame()), 13.3)
    assert floor.call.turn is not None
    floor.call.turn.bot_spoke = floor.call.turn.latency_known = False  # Pipecat's next turn has begun
    floor.speaking.user_ended(pushed(f.VADUserStoppedSpeakingFrame(0.3, 14.3)), 14.3)
    floor.speaking.turn_ended(pushed(f.UserStoppedSpeakingFrame()), 14.4)
    floor.voice(15.0, SILENCE, TONE)
    floor.bot(15.0)

    assert 1.2 == pytest.approx(_turn(floor)["pipecat.ttfw_seconds"])


def test_a_caller_whom_the_stt_fails_has_spoken(floor: Floor, bridged: Bridged) -> None:
    """Where the STT fails nobody can tell words from noise: the sound breaks the silence, and awaits an answer."""
    floor.speaking.transcribed(pushed(f.TranscriptionFrame("Hello.", "caller", "now")), 0.5)
    floor.bot(1.0, 2.0)
    floor.speaking.user_began(pushed(f.VADUserStartedSpeakingFrame(0.2, 4.2)), 4.2)
    floor.speaking.turn_began(pushed(f.UserStartedSpeakingFrame()), 4.2)
    floor.speaking.user_ended(pushed(f.VADUserStoppedSpeakingFrame(0.3, 5.3)), 5.3)
    floor.call.turn.bot_spoke = False  # type: ignore[union-attr] # Pipecat's next turn has begun
    floor.speaking.failed(pushed(f.ErrorFrame("HTTP 500"), service("STT", "FakeSTTService")), 5.4)
    floor.speaking.user_began(pushed(f.VADUserStartedSpeakingFrame(0.2, 9.2)), 9.2)
    floor.speaking.transcribed(pushed(f.TranscriptionFrame("Are you there?", "caller", "now")), 9.8)

    assert [pytest.approx(2.0), pytest.approx(4.0)] == _silences(bridged)
    assert "unanswered" == _turn(floor)["pipecat.turn.latency"]
