"""Mode drop: the list of what is stored, held against everything that reads it."""

import json
import re
from typing import Any

import pytest

import rendered
from pipecat_lgtm.config import Config, load, load_default
from pipecat_lgtm.queries import panels_calls
from pipecat_lgtm.renderers import COMPOSE
from pipecat_lgtm.renderers.collector import accept, collector, events, normalise, protect, protect_drop, sums
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import stored
from pipecat_lgtm_bridge.contract.types import Attribute

CONFIGS = [pytest.param(load_default(), id="default"), pytest.param(load(rendered.EVERYTHING).config, id="everything")]
CONTRACT = [one for module in (a, e) for one in vars(module).values() if isinstance(one, Attribute)]
CONTENT = {one.name for one in CONTRACT if one.content}
BEFORE = {normalise.PROCESSOR, accept.PROCESSOR, "transform/frustration", protect.SPANS, protect.LOGS, events.NAMES}
"""Processors that run before anything is taken away, or take it away."""


def _texts(node: object) -> list[str]:
    if isinstance(node, dict):
        return [text for value in node.values() for text in _texts(value)]
    if isinstance(node, list):
        return [text for value in node for text in _texts(value)]
    return [node] if isinstance(node, str) else []


def _read(node: object) -> set[str]:
    """Return the names of all attributes of spans and log records that statements and conditions read."""
    found = re.compile(r'(?<![a-z])(?:span\.|log\.|spanevent\.)?attributes\["([^"]+)"\]')
    others = re.compile(r'(?:resource|datapoint|scope)\.attributes\["[^"]+"\]')
    return {name for text in _texts(node) for name in found.findall(others.sub("", text))}


def _made(config: Config) -> dict[str, Any]:
    dropping = config.model_copy(update={"content": config.content.model_copy(update={"mode": "drop"})})
    return collector(dropping, COMPOSE)


@pytest.mark.parametrize("config", CONFIGS)
def test_what_is_read_behind_protection_stays(config: Config) -> None:
    """No later processor or connector reads an attribute that is not stored: metrics are the same in every mode."""
    made = _made(config)
    later = {name: body for name, body in made["processors"].items() if name not in BEFORE}
    working = re.compile(r"^(?:sum\.|refused\.|pipecat\.protect\.)|^[a-z_0-9]+$|^otel\.metric\.overflow$")
    read = {name for name in _read([later, made["connectors"]]) if not working.search(name)}

    assert {a.TTFW.name, e.CONFIDENCE.name, e.SILENCE_STATED.name} <= read
    assert set() == read - set(protect_drop.allowed(sums.spoken(config)))


def test_what_dashboards_read_stays_or_is_content() -> None:
    """Every attribute of a span or a log line in a query is stored, or is a text that drop is there to leave out."""
    known = {*protect_drop.allowed(sums.spoken(load_default())), *CONTENT}
    files = rendered.files(rendered.EVERYTHING)
    queries = [text for path in files if path.endswith(".json") for text in _texts(json.loads(files[path]))]
    spans = {name for text in queries for name in re.findall(r"\bspan\.([a-z][a-z0-9_.]*)", text)}
    of_logs = [text for text in queries if "| event_name" in text or "line_format" in text]
    lines = {name for text in of_logs for name in re.findall(r'(?<![\w"])(?:pipecat|gen_ai|event|turn)_\w+', text)}

    assert {a.TTFW.name, a.TRANSCRIPT.name} <= spans
    assert set() == spans - known
    assert {panels_calls.loki_key(one.name) for one in (e.EVENT_NAME, e.SECONDS, a.PROVIDER)} <= lines
    assert set() == lines - {panels_calls.loki_key(name) for name in known}


def test_no_content_is_on_the_list() -> None:
    """What the contract calls content, in any spelling of a dialect, is not stored."""
    allowed = set(protect_drop.allowed(()))
    known = {
        "input", "output", "transcript", "text", "tools", "gen_ai.system_instructions", "gen_ai.prompt",
        "gen_ai.completion",
        "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions", "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result", "llm.prompts", "llm.completions", "llm.input_messages.0.message.content",
        "langfuse.trace.input", "langfuse.trace.output", "langfuse.observation.input", "content", "message.content",
        "exception.message", "exception.stacktrace", "url.query", "url.path", "http.target", "db.query.text",
        "db.statement", "stt.partial_transcript", "stt.final_transcript", "stt.alternatives", "decision.rationale",
        "stt.transcript", "input.value", "output.value", "metadata", "settings.system_instruction", "tool.result",
    }  # fmt: skip

    assert {a.INPUT.name, a.TRANSCRIPT.name, e.DECISION_RATIONALE.name, e.INTENT_NAME.name} <= CONTENT
    assert set() == allowed & (known | CONTENT)


def test_hand_written_names_are_listed_once() -> None:
    """A name of the contract is on the list by itself; no name is written twice."""
    written = [*stored.PIPECAT, *stored.LINES, *stored.CONVENTIONS]

    assert sorted(set(written)) == sorted(written)
    assert set() == {one.name for one in CONTRACT} & set(written)
