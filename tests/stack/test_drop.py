"""Mode drop on the real collector: nothing said leaves it, under whatever name; facts and numbers stay."""

import json
from collections.abc import Iterator
from typing import Any

import otlp
import pytest
from protected import protected
from stacks import EngineBin

from pipecat_lgtm.config import load_default
from pipecat_lgtm.renderers.collector import protect_drop, sums
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract.types import Attribute

pytestmark = pytest.mark.stack

SAID = "my knee hurts since Tuesday"
KNOWN = (
    "input", "output", "transcript", "text", "tools", "system", "messages", "content", "metadata", "prompt",
    "completion",
    "gen_ai.system_instructions", "settings.system_instruction", "gen_ai.prompt", "gen_ai.completion",
    "gen_ai.prompt.0.content", "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions",
    "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.tool.description", "tool.arguments", "tool.result",
    "tool.parameters", "llm.prompts", "llm.completions", "llm.input_messages", "llm.input_messages.0.message.content",
    "llm.output_messages.0.message.content", "llm.prompt_template.template", "input.value", "output.value",
    "langfuse.trace.input", "langfuse.trace.output", "langfuse.observation.input", "langfuse.trace.name",
    "traceloop.entity.input", "traceloop.entity.output", "stt.text", "stt.transcript", "stt.partial_transcript",
    "stt.final_transcript", "stt.alternatives", "tts.text", "message", "log.record.original", "exception.message",
    "exception.stacktrace", "url.query", "url.path", "url.fragment", "http.target", "db.statement", "db.query.text",
    "http.request.header.x_note", "user.id", "enduser.id", "user.name", "otel.status_description",
    "rpc.request.metadata",
    "decision.rationale", "decision.selected",
    *(one.name for module in (a, e) for one in vars(module).values() if isinstance(one, Attribute) and one.content),
)  # fmt: skip
"""Where dialects, conventions and other vendors' SDKs put what was said."""
INVENTED = tuple(
    f"{prefix}{word}"
    for prefix in ("", "my_bot.", "gen_ai.", "pipecat.", "gen_ai.usage.", "http.")
    for word in ("note", "utterance", "reason", "summary2", "context", "Memory")
)
ADDRESS = f"https://jane:hunter2@api.example.com:8443/notes/{SAID}?q={SAID}#{SAID}"
FACTS: dict[str, Any] = {
    "conversation.id": "call-7", "turn.number": 3, "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4.1-mini",
    "metrics.ttfb": 0.31, "gen_ai.usage.input_tokens": 321, "http.response.status_code": 429, "error.type": "timeout",
    "server.address": "api.example.com", "code.function.name": "bot.answer", "thread.id": 7, "rpc.method": "Synthesize",
    "pipecat.interrupted": True, "exception.type": "ValueError", "telemetry.sdk.language": "python",
}  # fmt: skip


def _events() -> list[dict[str, Any]]:
    """Return each event of the contract as the bridge sends it, with a body that says something."""
    return [
        otlp.event(one.name) | {"body": otlp.value(f"{one.name}: {SAID if one.content else 'a fact'}")}
        for one in e.EVENTS
    ]


def _lines() -> list[dict[str, Any]]:
    """Return log lines of a bot at DEBUG, with all a line can have."""
    bodies: tuple[Any, ...] = (SAID, f"prompt: {SAID}", {"message": SAID}, [SAID], SAID.encode(), 7, None)
    template = {"pipecat.log.template": "heard %s", "code.function.name": "bot.answer"}
    plain = otlp.event("x") | {"severityNumber": 5, "severityText": "DEBUG", "attributes": []}
    made = [plain | {"body": otlp.value(one)} for one in bodies]
    made.append(
        plain | {"body": otlp.value(SAID), "attributes": otlp.attributes(dict.fromkeys((*KNOWN, *INVENTED), SAID))}
    )
    made.append(plain | {"body": otlp.value(f"heard {SAID}"), "attributes": otlp.attributes(template)})
    made.append(plain | {"body": otlp.value(SAID), "attributes": otlp.attributes({"event.name": "my.event"})})
    return made


def _scoped(records: list[dict[str, Any]], scope: str) -> dict[str, Any]:
    request = otlp.logs(records)
    request["resourceLogs"][0]["scopeLogs"][0]["scope"] = {"name": scope}
    return request


def _spans() -> list[dict[str, Any]]:
    """Return spans of every kind with the sentence under every name, as a text, nested, and twice."""
    everything = dict.fromkeys((*KNOWN, *INVENTED), SAID)
    nested = {key: {"deep": [SAID]} for key in everything}
    twice = otlp.attributes({"transcript": SAID, "text": SAID, "output": SAID}) * 2
    event = {"name": "gen_ai.user.message", "timeUnixNano": "1700000000000000000"}
    failed = {"status": {"code": 2, "message": f"RateLimitError: {SAID}"}}
    bearing = [{**event, "attributes": otlp.attributes(one)} for one in (everything, nested, {"url.full": ADDRESS})]
    made = [otlp.stage(name, **everything) for name in ("stt", "llm", "tts")]
    made += [
        otlp.span(name, everything) for name in ("turn", "conversation", "llm_response", "execute_tool look_up", "x")
    ]
    made += [otlp.stage("llm", **nested) | failed, otlp.turn(), otlp.span("y", {}, events=bearing, **failed)]
    made += [otlp.span("GET", {"url.full": ADDRESS, "http.url": ADDRESS, "http.method": "GET"}, kind=3)]
    made += [otlp.span("GET", {"url.full": SAID, "http.url": f"/notes?q={SAID}", "http.method": "GET"}, kind=3)]
    made += [otlp.span("GET", {"server.address": ADDRESS, "http.host": ADDRESS, "http.method": "GET"}, kind=3)]
    return [{**one, "attributes": [*one["attributes"], *twice]} for one in made]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """What leaves a collector in mode drop after it was sent all of it: spans and records, in the order sent."""
    facts = otlp.span("facts", FACTS, events=[{"name": "exception", "attributes": otlp.attributes(FACTS)}])
    with protected(tmp_path_factory.mktemp("drop"), engine_bin("otelcol"), mode="drop") as collector:
        collector.send(otlp.traces(_spans()))
        collector.send(otlp.traces([facts]))
        collector.send(_scoped(_lines(), "my.bot"))
        collector.send(_scoped(_lines(), e.BRIDGE_SCOPE))
        collector.send(_scoped(_events(), e.BRIDGE_SCOPE))
        collector.send(_scoped(_events(), "my.bot"))
        collector.send(_scoped([otlp.event("line", FACTS)], "my.bot"))
        yield {signal: collector.received(signal) for signal in ("traces", "logs")}


def _records(out: dict[str, list[dict[str, Any]]], number: int) -> list[dict[str, Any]]:
    (resource,) = out["logs"][number]["resourceLogs"]
    return [one for scope in resource["scopeLogs"] for one in scope["logRecords"]]


def _bodies(out: dict[str, list[dict[str, Any]]], number: int) -> list[Any]:
    return [one.get("body", {}).get("stringValue") for one in _records(out, number)]


def test_nothing_said_leaves_the_collector(out: dict[str, list[dict[str, Any]]]) -> None:
    """No word of the sentence is in any place of a span, a span's event or a log record."""
    left = json.dumps(out)
    spans = [one["name"] for one in out["traces"][0]["resourceSpans"][0]["scopeSpans"][0]["spans"]]

    assert sorted(one["name"] for one in _spans()) == sorted(spans)
    assert len(INVENTED) >= 30
    assert 0 == left.count("knee")
    assert 0 == left.count("hunter2")
    assert 0 == left.count("RateLimitError")
    assert 0 == left.count("pipecat.protect")


def test_facts_stay(out: dict[str, list[dict[str, Any]]]) -> None:
    """Ids, numbers, flags, models, providers and what conventions name is on spans, their events and log records."""
    (span,) = out["traces"][1]["resourceSpans"][0]["scopeSpans"][0]["spans"]
    (record,) = _records(out, 4)
    wanted = sorted(otlp.attributes(FACTS), key=lambda one: str(one["key"]))

    for kept in (span["attributes"], span["events"][0]["attributes"], record["attributes"]):
        named = [one for one in kept if one["key"] not in ("event.name", "deployment.environment")]
        assert wanted == sorted(named, key=lambda one: str(one["key"]))


def test_an_address_is_scheme_host_and_port(out: dict[str, list[dict[str, Any]]]) -> None:
    """Of an address neither its user, path nor query stays; what is no address goes."""
    spans = out["traces"][0]["resourceSpans"][0]["scopeSpans"][0]["spans"]
    kept = [
        {one["key"]: one["value"]["stringValue"] for one in span["attributes"] if one["key"] != "http.method"}
        for span in spans
        if span["name"] == "GET"
    ]
    whole = "https://api.example.com:8443"

    assert [{"url.full": whole, "http.url": whole}, {}, {"server.address": whole, "http.host": whole}] == kept


def test_lines_of_a_bot_have_no_body_but_their_template(out: dict[str, list[dict[str, Any]]]) -> None:
    """Whatever a line's body is, it goes; the bridge says what the line was before its arguments were put in."""
    count = len(_lines())
    dropped = [protect_drop.DROPPED] * count

    assert dropped == _bodies(out, 0)
    assert [*dropped[:-2], f"{protect_drop.DROPPED} heard %s", dropped[-1]] == _bodies(out, 1)


def test_events_of_the_bridge_keep_what_is_a_fact(out: dict[str, list[dict[str, Any]]]) -> None:
    """Of an event whose body may hold words the name stays; with another scope it is a line of the bot."""
    assert [one.name if one.content else f"{one.name}: a fact" for one in e.EVENTS] == _bodies(out, 2)
    assert [protect_drop.DROPPED] * len(e.EVENTS) == _bodies(out, 3)
    assert {"pipecat.error", "pipecat.intent", "pipecat.decision", "gen_ai.evaluation.result"} == {
        one.name for one in e.EVENTS if one.content
    }


def test_no_invented_name_is_on_the_list() -> None:
    """The names that are planted are none that are stored: else a test above would plant nothing."""
    assert set() == {*KNOWN, *INVENTED} & set(protect_drop.allowed(sums.spoken(load_default())))
