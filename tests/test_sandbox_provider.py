"""The provider: OpenAI's API, what it injects, and what it says that it injected."""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from pipecat_lgtm.sandbox import tuning
from pipecat_lgtm.sandbox.provider import Provider
from pipecat_lgtm.sandbox.scenarios import SCENARIOS, Fault
from pipecat_lgtm.sandbox.tuning import Tuning

Client = TestClient[Any, Any]
T = TypeVar("T")
USER = {"role": "user", "content": "Tell me something nice."}


class Waits:
    """Waits not at all, and remembers how long it should have."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Remember."""
        self.seconds.append(seconds)
        await asyncio.sleep(0)


def serve(provider: Provider, talk: Callable[[Client], Awaitable[T]]) -> T:
    """Run a conversation with a provider over HTTP."""

    async def run() -> T:
        async with TestClient(TestServer(provider.app())) as client:
            return await talk(client)

    return asyncio.run(run())


def _key(scenario: str, seed: int = 1) -> dict[str, str]:
    return {"Authorization": f"Bearer {scenario}.call.{seed}"}


async def _hear(client: Client, scenario: str, seed: int = 1, **headers: str) -> tuple[int, Any]:
    form = aiohttp.FormData({"model": "gpt-transcribe"})
    form.add_field("file", b"RIFF....", filename="audio.wav")
    answer = await client.post("/v1/audio/transcriptions", data=form, headers=_key(scenario, seed) | headers)
    return answer.status, await answer.json()


async def _think(client: Client, scenario: str, *messages: dict[str, str]) -> tuple[int, Any]:
    body = {"model": "gpt-4.1", "stream": True, "messages": messages or [USER]}
    answer = await client.post("/v1/chat/completions", json=body, headers=_key(scenario))
    if answer.status != 200:
        return answer.status, await answer.json()
    lines = [line.removeprefix("data: ") for line in (await answer.text()).split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    return answer.status, [json.loads(line) for line in lines]


async def _speak(client: Client, scenario: str) -> tuple[int, bytes]:
    body = {"model": "tts", "voice": "alloy", "response_format": "pcm", "input": "Hello."}
    answer = await client.post("/v1/audio/speech", json=body, headers=_key(scenario))
    return answer.status, await answer.read()


def test_it_transcribes_what_the_scenario_says_turn_by_turn() -> None:
    """Each utterance gets the words of its turn; a request tried again by OpenAI's client gets the same words."""

    async def talk(client: Client) -> list[str]:
        retried = {"x-stainless-retry-count": "1"}
        answers = [await _hear(client, "slow-llm", **extra) for extra in ({}, retried, {}, {})]
        return [body["text"] for _, body in answers]

    assert ["Tell me something nice.", "Tell me something nice.", "Why?", ""] == serve(Provider(sleep=Waits()), talk)


def test_it_streams_an_answer_with_its_usage() -> None:
    """A chat answer comes in chunks that spell the reply, and ends with the tokens it cost."""
    provider = Provider(sleep=Waits())
    _, chunks = serve(provider, lambda client: _think(client, "normal"))
    words = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk["choices"])

    assert words == "The sun is out and the birds do sing."
    assert (42, 17) == (chunks[-1]["usage"]["prompt_tokens"], chunks[-1]["usage"]["completion_tokens"])
    assert provider.truth.as_dict()["sandbox_tokens_total{type=input}"] == 42


def test_it_calls_a_tool_with_the_city_that_was_asked_for() -> None:
    """A question about the weather becomes a tool call; its result becomes a sentence."""
    ask, result = {"role": "user", "content": "What is the weather in Atlantis?"}, {"role": "tool", "content": "failed"}

    async def talk(client: Client) -> tuple[Any, Any]:
        return (await _think(client, "tool-failure", ask))[1], (await _think(client, "tool-failure", ask, result))[1]

    called, said = serve(Provider(sleep=Waits()), talk)
    function = called[0]["choices"][0]["delta"]["tool_calls"][0]["function"]
    assert function == {"name": "get_weather", "arguments": '{"city": "Atlantis"}'}
    assert said[0]["choices"][0]["delta"]["content"] == "I"


def test_a_token_burst_states_thousands_of_tokens() -> None:
    """In a burst's turn the answer says what the scenario wants it to have cost; before it, the usual."""

    async def talk(client: Client) -> list[int]:
        before = await _think(client, "token-burst")
        await _hear(client, "token-burst")
        burst = await _think(client, "token-burst")
        return [chunks[-1]["usage"]["total_tokens"] for _, chunks in (before, burst)]

    assert [59, 8200] == serve(Provider(sleep=Waits()), talk)


def test_it_speaks_as_long_as_the_text() -> None:
    """Speech is 24 kHz 16-bit PCM: 0.2 s of silence, then 20 ms a character."""
    _, audio = serve(Provider(sleep=Waits()), lambda client: _speak(client, "normal"))

    assert 48_000 * (0.2 + 0.02 * len("Hello.")) == len(audio)
    assert bytes(9_600) == audio[:9_600]


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [("http_500", 500, "server_error"), ("http_429", 429, "rate_limit_exceeded"), ("hang", 504, "timeout")],
)
@pytest.mark.parametrize("stage", ["stt", "llm", "tts"])
def test_a_fault_is_answered_and_counted(stage: str, fault: Fault, status: int, kind: str) -> None:
    """Each stage can fail in each way, with OpenAI's own error body, and no answer is counted."""
    provider, ask = Provider(Tuning(faults={stage: (fault, 1.0)}), waits := Waits()), {"stt": _hear, "llm": _think}
    seen, body = serve(provider, lambda client: ask.get(stage, _speak)(client, "normal"))
    error = body if isinstance(body, dict) else json.loads(body)

    assert (status, kind) == (seen, error["error"]["type"])
    assert {f"sandbox_injected_faults_total{{fault={fault},scenario=normal,stage={stage}}}": 1.0} == {
        key: value for key, value in provider.truth.as_dict().items() if "injected" in key or "requests" in key
    }
    assert waits.seconds == ([30.0] if fault == "hang" else [])


def test_a_slow_stream_is_a_whole_answer_with_pauses() -> None:
    """Slow chat pauses 0.4 s after every chunk, and counts as fault and as answer."""
    provider = Provider(Tuning(faults={"llm": ("slow_stream", 1.0)}), waits := Waits())
    _, chunks = serve(provider, lambda client: _think(client, "normal"))
    truth = provider.truth.as_dict()

    assert [0.25] + [0.4] * len(chunks) == waits.seconds
    assert truth["sandbox_requests_total{scenario=normal,stage=llm}"] == 1
    assert truth["sandbox_injected_faults_total{fault=slow_stream,scenario=normal,stage=llm}"] == 1


def _delays(seed: int) -> list[float]:
    provider = Provider(Tuning(delays={"stt": 0.5}, jitter=0.2), waits := Waits())

    async def talk(client: Client) -> None:
        for _ in range(5):
            await _hear(client, "normal", seed)

    serve(provider, talk)
    assert provider.truth.as_dict()["sandbox_injected_delay_seconds_sum{scenario=normal,stage=stt}"] == sum(
        waits.seconds
    )
    return waits.seconds


def test_delays_are_the_same_for_the_same_seed() -> None:
    """Jitter lies between nought and its bound, differs within a call, repeats with the seed, and is what is stated."""
    first = _delays(7)

    assert first == _delays(7)
    assert first != _delays(8)
    assert len(set(first)) == 5
    assert all(0.5 <= one <= 0.7 for one in first)


def test_faults_by_chance_meet_their_share_and_repeat() -> None:
    """A share of one half makes some requests fail and others not, the same ones for the same seed."""

    def statuses() -> list[int]:
        async def talk(client: Client) -> list[int]:
            return [(await _hear(client, "normal"))[0] for _ in range(20)]

        return serve(Provider(Tuning(faults={"stt": ("http_500", 0.5)}), Waits()), talk)

    assert {200, 500} == set(statuses())
    assert statuses() == statuses()


@pytest.mark.parametrize(
    ("path", "headers", "body", "status", "reason"),
    [
        pytest.param("chat/completions", {}, {}, 401, "invalid_api_key", id="no key"),
        pytest.param("chat/completions", _key("nonsense"), {}, 401, "invalid_api_key", id="unknown scenario"),
        pytest.param("chat/completions", _key("normal"), {"messages": []}, 400, "chat_request_malformed", id="chat"),
        pytest.param("audio/speech", _key("normal"), {"input": ""}, 400, "speech_request_malformed", id="speech"),
        pytest.param("audio/speech", _key("normal"), [1], 400, "not_an_object", id="no object"),
        pytest.param("audio/transcriptions", _key("normal"), {"file": 1}, 400, "file_is_no_wav", id="no audio"),
    ],
)
def test_what_is_no_valid_call_is_refused_and_counted(
    path: str, headers: dict[str, str], body: object, status: int, reason: str
) -> None:
    """A request that a real provider would refuse is refused, so that a wrong client cannot pass for a right one."""
    provider = Provider(sleep=Waits())

    async def talk(client: Client) -> int:
        return int((await client.post(f"/v1/{path}", json=body, headers=headers)).status)

    assert status == serve(provider, talk)
    truth = {key: value for key, value in provider.truth.as_dict().items() if value}
    assert {f"sandbox_rejected_requests_total{{reason={reason}}}": 1.0} == truth


def test_the_scrape_says_what_the_truth_says() -> None:
    """`/metrics` has, for Prometheus, the numbers that `/truth` has for tests."""

    async def talk(client: Client) -> tuple[str, Any]:
        await _think(client, "slow-llm")
        return await (await client.get("/metrics")).text(), await (await client.get("/truth")).json()

    scraped, truth = serve(Provider(sleep=Waits()), talk)
    assert truth["sandbox_injected_delay_seconds_sum{scenario=slow-llm,stage=llm}"] == 1.6
    assert 'sandbox_injected_delay_seconds_sum{scenario="slow-llm",stage="llm"} 1.6' in scraped.splitlines()


def test_options_become_a_tuning() -> None:
    """Delays, jitter and faults are given on the command line, by stage."""
    parser = argparse.ArgumentParser()
    tuning.add_options(parser)
    words = "--delay llm=0.9 --delay tts=0 --jitter 0.1 --fault stt=http_429:0.25 --fault llm=hang"

    assert Tuning({"llm": 0.9, "tts": 0.0}, 0.1, {"stt": ("http_429", 0.25), "llm": ("hang", 1.0)}) == tuning.chosen(
        parser.parse_args(words.split())
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--delay ear=1", "'ear' is no stage; one of stt, llm, tts"),
        ("--delay llm=soon", "'soon' is no number"),
        ("--jitter=-1", "-1: must be nought or more"),
        ("--fault llm=fire", "'fire' is no fault; one of http_500, http_429, hang, slow_stream"),
    ],
)
def test_a_bad_option_says_what_is_wrong(words: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong stage, number or fault is refused with what would be right."""
    parser = argparse.ArgumentParser()
    tuning.add_options(parser)

    with pytest.raises(SystemExit):
        parser.parse_args(words.split())
    assert message in capsys.readouterr().err


def test_every_scenario_says_what_is_to_be_seen() -> None:
    """Each scenario has turns, a sentence for the demo's table, and only the baseline injects nothing."""
    for name, scenario in SCENARIOS.items():
        assert name == scenario.name
        assert scenario.turns
        assert scenario.visible
        injects = any(scenario.delays.of(stage) for stage in ("stt", "llm", "tts"))
        assert injects != scenario.baseline


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"host": "localhost:8090"}, 200),
        ({"host": "rebound.example:8090"}, 421),
        ({"origin": "https://example.com"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_no_page_is_heard(headers: dict[str, str], expected: int) -> None:
    """What a page in a browser sends is refused, under whatever name it asks."""

    async def talk(client: Client) -> int:
        return (await client.get("/truth", headers=headers)).status

    assert expected == serve(Provider(sleep=Waits()), talk)
