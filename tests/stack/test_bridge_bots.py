"""Real bots with the bridge, of different making; every span and record they send is looked at."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from bots import place
from receiver import Got, Received, receiver

pytestmark = [pytest.mark.stack, pytest.mark.alone]
CALL = re.compile(r"\b[0-9a-f]{6}-\d{4}\b")


def _conversations(received: Received) -> dict[str, str]:
    """Return conversation ids by trace id."""
    return {one.trace_id: one.attributes["conversation.id"] for one in received.named("conversation")}


def test_zero_code_on_a_bot_that_configures_nothing(tmp_path: Path) -> None:
    """One variable turns on tracing, metrics, events and logs, under the service name of the environment."""
    with receiver() as received:
        place(tmp_path, received.url, "normal", mode="plain", env={"OTEL_RESOURCE_ATTRIBUTES": "team=blue"})

    spans = {one.name for one in received.spans}
    assert {"conversation", "turn", "stt", "llm", "tts", "response", "contribution llm_inference"} <= spans
    answered = [one for one in received.named("turn") if "pipecat.ttfw_seconds" in one.attributes]
    assert 2 == len(answered)
    assert all(one.attributes["pipecat.e2e_seconds"] >= one.attributes["pipecat.ttfw_seconds"] for one in answered)
    assert all(one.attributes["pipecat.turn.tokens"] == 59 for one in answered)
    assert all("metrics.ttfb" in one.attributes for one in received.named("llm"))
    assert {("sandbox-bot", "demo", "blue")} == {
        (one.resource["service.name"], one.resource["deployment.environment.name"], one.resource["team"])
        for one in [*received.spans, *received.records]
    }
    spans_say, bridge_says = _characters(received)
    assert 0 < spans_say == bridge_says, "all that was asked for was spoken, so both count the same"
    assert 2 == len(received.events("pipecat.transcription"))
    assert 2 == len(received.events("pipecat.startup")) + len(received.events("pipecat.conversation.end"))
    assert {one.trace_id for one in received.spans} == set(_conversations(received))


def test_characters_are_of_what_was_synthesised(tmp_path: Path) -> None:
    """Pipecat's span counts the text of a synthesis that failed; the bridge does not."""
    with receiver() as received:
        place(tmp_path, received.url, "tts-failure")

    (failed,) = [one for one in received.named("tts") if "metrics.ttfb" not in one.attributes]
    spans_say, bridge_says = _characters(received)
    assert spans_say - failed.attributes["metrics.character_count"] == bridge_says > 0


def _characters(received: Received) -> tuple[int, int]:
    """Return the characters of all synthesis, as Pipecat's spans and as the bridge's events have them."""
    return (
        sum(one.attributes["metrics.character_count"] for one in received.named("tts")),
        sum(one.attributes["pipecat.tts.characters"] for one in received.events("pipecat.synthesis")),
    )


def test_a_bot_with_its_own_tracing_keeps_it(tmp_path: Path) -> None:
    """Provider, exporter and resource of a bot that calls setup_tracing stay; events and logs take its resource."""
    with receiver() as received:
        placed = place(tmp_path, received.url, "tool-failure", env={"HOSTNAME": "bot-7"})

    assert sum(placed.ledger["totals"]["spans"].values()) == len(received.spans), "each span is sent once"
    assert {("sandbox-bot", "demo", "bot-7")} == {
        (one.resource["service.name"], one.resource["deployment.environment"], one.resource["service.instance.id"])
        for one in [*received.spans, *received.records]
    }
    (tool,) = received.named("execute_tool get_weather")
    assert (2, "get_weather") == (tool.status, tool.attributes["gen_ai.tool.name"])
    (error,) = received.events("pipecat.error")
    assert ("tool", "get_weather", "application", True) == tuple(
        error.attributes[key]
        for key in ("pipecat.stage", "gen_ai.provider.name", "pipecat.error.category", "pipecat.error.usable")
    )
    (call,) = received.named("conversation")
    assert (True, 1, "completed") == tuple(
        call.attributes[f"pipecat.conversation.{key}"] for key in ("failed", "errors", "outcome")
    )
    (intent,), (outcome,) = received.events("pipecat.intent"), received.events("pipecat.outcome")
    assert (False, "completed") == (intent.attributes["pipecat.intent.matched"], outcome.attributes["pipecat.outcome"])
    posts = [
        one for one in received.spans if "http.method" in one.attributes or "http.request.method" in one.attributes
    ]
    assert len(posts) >= 5
    assert {call.trace_id} == {one.trace_id for one in posts}, "HTTP is in the call's own trace"


def test_parts_sum_to_the_latency(tmp_path: Path) -> None:
    """Under each `response` the contributions follow each other and sum to the time to first word, to 1 ms each."""
    with receiver() as received:
        place(tmp_path, received.url, "normal", "tool-call")

    responses = received.named("response")
    assert 3 == len(responses)
    for response in responses:
        parts = [one for one in received.spans if one.parent == response.span_id]
        assert response.attributes["pipecat.ttfw_seconds"] == pytest.approx(
            sum(one.end - one.start for one in parts), abs=0.001
        )
        assert {"service", "setting", "pipeline"} >= {one.attributes["pipecat.owner"] for one in parts}
        (turn,) = [one for one in received.named("turn") if one.span_id == response.parent]
        assert turn.attributes["pipecat.ttfw_seconds"] == response.attributes["pipecat.ttfw_seconds"]


def test_twenty_calls_at_once_do_not_mix(tmp_path: Path) -> None:
    """No log line, span or event of 20 concurrent calls in one process carries another call's ids."""
    file = tmp_path / "bot.jsonl"
    with receiver() as received:
        place(tmp_path, received.url, *["tool-call"] * 20, env={"PIPECAT_LGTM_JSON_LOG": str(file)}, seconds=240)

    calls = _conversations(received)
    assert 20 == len(calls)
    said = [one for one in received.records if CALL.search(one.name) and "weather" in one.name]
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    # On a machine that is too slow for 20 calls at once, a caller may have hung up before the tool was called.
    asked = Counter(_call(line["message"]) for line in lines if _call(line["message"]) and "weather" in line["message"])
    assert len(asked) > 10
    assert {2} == set(asked.values()), "the tool's two lines, of loguru and of the standard library, per call"
    assert asked == Counter(_call(one.name) for one in said)
    assert all(one.trace_id for one in said)
    wrong = [one for one in [*received.records, *received.spans] if not _of_its_own_call(one, calls)]
    assert [] == wrong
    events = [one for one in received.records if "event.name" in one.attributes and one.trace_id]
    told = {
        name: {calls[one.trace_id] for one in events if one.attributes["event.name"] == name}
        for name in ("pipecat.conversation.end", "pipecat.transcription", "pipecat.decision")
    }
    assert set(calls.values()) == told["pipecat.conversation.end"]
    assert set(asked) == told["pipecat.decision"]
    assert set(asked) <= told["pipecat.transcription"]
    assert all(_call(line["message"]) == line["correlation_id"] for line in lines if _names_a_call(line))


def _call(text: str) -> str:
    """Return the id of the call that a text names, or nothing."""
    found = CALL.search(text)
    return found[0] if found else ""


def _names_a_call(line: dict[str, str]) -> bool:
    return bool(CALL.search(line["message"])) and bool(line["correlation_id"])


def _of_its_own_call(one: Got, calls: dict[str, str]) -> bool:
    """Return whether all ids that a record names are of one call."""
    ids = {one.attributes[key] for key in ("conversation.id", "correlation_id") if key in one.attributes}
    ids |= set(CALL.findall(one.name)) | set(CALL.findall(str(one.attributes.get("pipecat.decision.rationale"))))
    ids |= {calls[one.trace_id]} if one.trace_id else set()
    return len(ids) <= 1
