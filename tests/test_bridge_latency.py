"""The parts of a latency are Pipecat's own, though they are worked out late and from fewer frames."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from pipecat.metrics.metrics import TextAggregationMetricsData, TTFBMetricsData

from bridged import f, pushed
from pipecat_lgtm.bridge.latency import Latency

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


@pytest.mark.parametrize("name", CALLS)
def test_parts_are_those_of_pipecats_observer(name: str) -> None:
    """Fed late, and of words and audio only the first, the observer names what it names when it is fed at once."""

    async def both() -> tuple[list[Any], list[Any]]:
        late, at_once = Latency(), Latency()
        found: tuple[list[Any], list[Any]] = ([], [])
        for at, frame, source in CALLS[name]:
            data = pushed(frame, source)
            at_once._at = at  # noqa: SLF001 - the time it would be told
            await at_once.on_push_frame(data)
            if late.wants(type(frame)):
                await late.take(data, at)
            if isinstance(frame, f.BotStartedSpeakingFrame):
                found[0].append(at_once.parts())
                found[1].append(late.parts())
        return found

    expected, got = asyncio.run(both())

    assert expected == got
    assert expected[-1]
    assert sum(one.duration_secs for one in got[-1]) == pytest.approx(CALLS[name][-1][0] - got[-1][0].start_time)


def test_most_words_are_let_go() -> None:
    """Of a reply's words and audio only the first is looked at."""

    async def taken() -> list[str]:
        latency, found = Latency(), []
        for at, frame, source in CALLS["a turn"]:
            if latency.wants(type(frame)):
                found.append(type(frame).__name__)
                await latency.take(pushed(frame, source), at)
        return found

    names = asyncio.run(taken())

    assert (1, 1) == (names.count("LLMTextFrame"), names.count("TTSAudioRawFrame"))


def test_error_in_one_frame_is_no_error_in_the_next(caplog: pytest.LogCaptureFixture) -> None:
    """A frame that Pipecat's observer cannot take is logged; the others still make up the latency."""
    spoilt = [*_asked(10.0), (10.1, f.LLMFullResponseStartFrame(), object()), *_answered(10.2)]

    async def parts() -> list[Any]:
        latency = Latency()
        for at, frame, source in spoilt:
            await latency.take(pushed(frame, source), at)
        return latency.parts()

    assert sum(one.duration_secs for one in asyncio.run(parts())) == pytest.approx(10.81 - 9.8)
    assert ["LLMFullResponseStartFrame in a latency" in one.getMessage() for one in caplog.records] == [True]
