"""The parts of a latency are Pipecat's own, though they are worked out late and from fewer frames."""

from types import SimpleNamespace
from typing import Any

import pytest
from pipecat.metrics.metrics import TextAggregationMetricsData, TTFBMetricsData

from bridged import f, pushed
from pipecat_lgtm_bridge.latency import Latency

STT, LLM, TTS, OUT = (SimpleNamespace(name=name) for name in ("STT#0", "LLM#0", "TTS#0", "Out#0"))
Step = tuple[float, f.Frame, Any]


def _ttfb(who: SimpleNamespace, seconds: float) -> f.MetricsFrame:
    return f.MetricsFrame([TTFBMetricsData(processor=who.name, value=seconds)])


def _aggregated(seconds: float) -> f.MetricsFrame:
    return f.MetricsFrame([TextAggregationMetricsData(processor="TTS#0", value=seconds)])


def _text(at: float, count: int) -> list[Step]:
    return [(at + 0.01 * number, f.LLMTextFrame("word"), LLM) for number in range(count)]


def _audio(at: float, count: int) -> list[Step]:
    return [(at + 0.02 * number, f.TTSAudioRawFrame(bytes(2), 24_000, 1), TTS) for number in range(count)]


def _asked(at: float) -> list[Step]:
    return [
        (at - 1.0, f.VADUserStartedSpeakingFrame(0.2, at - 1.0), OUT),
        (at - 0.9, f.UserStartedSpeakingFrame(), OUT),
        (at - 0.9, f.InterruptionFrame(), OUT),
        (at, f.VADUserStoppedSpeakingFrame(0.2, at), OUT),
        (at + 0.12, f.TranscriptionFrame("Hello.", "user", "now"), STT),
        (at + 0.15, f.UserStoppedSpeakingFrame(), OUT),
    ]


def _answered(at: float) -> list[Step]:
    return [
        (at, f.LLMFullResponseStartFrame(), LLM),
        (at + 0.3, _ttfb(LLM, 0.3), LLM),
        *_text(at + 0.31, 8),
        (at + 0.4, _aggregated(0.05), TTS),
        (at + 0.6, _ttfb(TTS, 0.2), TTS),
        *_audio(at + 0.6, 3),
        (at + 0.61, f.BotStartedSpeakingFrame(), OUT),
    ]


CALLS: dict[str, list[Step]] = {
    "a turn": [*_asked(10.0), *_answered(10.2)],
    "two turns": [*_asked(10.0), *_answered(10.2), *_asked(20.0), *_answered(20.2)],
    "a greeting, then a turn": [
        (1.0, f.ClientConnectedFrame(), OUT),
        *_answered(1.5),
        *_audio(2.2, 5),
        *_asked(10.0),
        *_answered(10.2),
    ],
    "a tool": [
        *_asked(10.0),
        (10.2, f.LLMFullResponseStartFrame(), LLM),
        (10.5, _ttfb(LLM, 0.3), LLM),
        (10.51, f.FunctionCallInProgressFrame("find", "1", {}), LLM),
        (10.8, f.FunctionCallResultFrame("find", "1", {}, "found"), LLM),
        *_answered(10.9),
    ],
    "cut before it was heard": [
        *_asked(10.0),
        (10.2, f.LLMFullResponseStartFrame(), LLM),
        *_text(10.5, 3),
        (10.6, f.InterruptionFrame(), OUT),
        *_asked(12.0),
        *_answered(12.2),
    ],
    "the caller speaks on while the model answers": [
        *_asked(10.0),
        (10.2, f.LLMFullResponseStartFrame(), LLM),
        *_text(10.5, 4),
        *_asked(12.0),
        *_text(12.2, 4),
        *_audio(12.4, 2),
        (12.5, f.BotStartedSpeakingFrame(), OUT),
    ],
    "no voice for long": [*_asked(10.0), *[(10.3, _ttfb(STT, 0.1), STT)] * 600, *_answered(10.4)],
}


def _at_once(name: str) -> list[list[Any]]:
    """Return the parts as Pipecat's observer names them when it sees each frame in its time."""
    latency, found = Latency(), []
    for at, frame, source in CALLS[name]:
        latency._see((pushed(frame, source), at))  # noqa: SLF001 - the time it would be told
        if isinstance(frame, f.BotStartedSpeakingFrame):
            found.append(latency._latest)  # noqa: SLF001
            latency._latest = []  # noqa: SLF001
    return found


def _late(steps: list[Step]) -> list[list[Any]]:
    """Return the parts that the bridge names."""
    latency, found = Latency(), []
    stopped: Any = None
    for at, frame, source in steps:
        data = pushed(frame, source)
        if isinstance(frame, f.VADUserStoppedSpeakingFrame):
            stopped = data
        elif isinstance(frame, f.InterruptionFrame):
            latency.cut()
        elif isinstance(frame, f.BotStartedSpeakingFrame):
            stretch = latency.stretch(data, at)
            if stopped is not None:
                asked = stopped.frame.timestamp - stopped.frame.stop_secs
                found.append(latency.parts(stretch, asked, stopped))
            stopped = None
        elif Latency.measures(type(frame)) and latency.wants(type(frame)):
            latency.take(data, at)
    return found


@pytest.mark.parametrize("name", CALLS)
def test_parts_are_those_of_pipecats_observer(name: str) -> None:
    """Fed late, and of words and audio only the first, the observer names what it names when it is fed at once."""
    expected, got = _at_once(name)[-1], _late(CALLS[name])[-1]

    assert expected == got
    assert expected
    assert sum(one.duration_secs for one in got) == pytest.approx(CALLS[name][-1][0] - got[0].start_time)


def test_a_noise_takes_nothing_away() -> None:
    """A sound between question and answer, which Pipecat's observer takes for a new turn, changes no part."""
    noise: list[Step] = [
        (10.3, f.VADUserStartedSpeakingFrame(0.2, 10.3), OUT),
    ]
    calls = [*_asked(10.0), *_answered(10.2)]
    noisy = sorted([*calls, *noise], key=lambda one: one[0])

    assert _late(calls) == _late(noisy)
    assert "llm_inference" in [one.key for one in _late(noisy)[-1]]


def test_a_vad_later_than_the_answer_is_no_part_of_it() -> None:
    """Where the STT decides and the VAD is sure only later, the parts still sum to the wait."""
    latency = Latency()
    for at, frame, source in _answered(10.2)[:-1]:
        if latency.wants(type(frame)):
            latency.take(pushed(frame, source), at)
    stretch = latency.stretch(pushed(f.BotStartedSpeakingFrame(), OUT), 10.81)
    parts = latency.parts(stretch, 10.0, pushed(f.VADUserStoppedSpeakingFrame(1.0, 11.0), OUT))

    assert sum(one.duration_secs for one in parts) == pytest.approx(0.81)
    assert {"llm_inference", "speech_synthesis"} <= {one.key for one in parts}


def test_most_words_are_let_go() -> None:
    """Of a reply's words and audio only the first is looked at."""
    latency, names = Latency(), []
    for at, frame, source in CALLS["a turn"]:
        if Latency.measures(type(frame)) and latency.wants(type(frame)):
            names.append(type(frame).__name__)
            latency.take(pushed(frame, source), at)

    assert (1, 1) == (names.count("LLMTextFrame"), names.count("TTSAudioRawFrame"))


def test_error_in_one_frame_is_no_error_in_the_next(caplog: pytest.LogCaptureFixture) -> None:
    """A frame that Pipecat's observer cannot take is logged; the others still make up the latency."""
    spoilt: list[Step] = [*_asked(10.0), (10.1, f.LLMTextFrame("word"), object()), *_answered(10.2)]

    assert sum(one.duration_secs for one in _late(spoilt)[-1]) == pytest.approx(10.81 - 9.8)
    assert ["LLMTextFrame in a latency" in one.getMessage() for one in caplog.records] == [True]
