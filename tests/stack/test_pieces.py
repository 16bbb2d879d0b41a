"""Searches for what is in a call that Tempo keeps in pieces: it cuts a trace at each pause of 5 s."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import otlp
import pytest
from harness import poll
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.queries import panels_calls
from pipecat_lgtm.queries.query import Query

pytestmark = pytest.mark.stack

CALL = otlp.trace_id()


def _searched(stack: Stack, query: Query) -> list[dict[str, str]]:
    """Return the attributes of the spans that a search finds, one for each span."""
    expr = query.expr.replace("$short", CALL.lstrip("0"))
    for name in ("$service", "$environment"):
        expr = expr.replace(name, ".*")
    now = int(time.time())
    params = {"q": expr, "limit": "20", "spss": "100", "start": str(now - 600), "end": str(now + 60)}
    answer = httpx.get(f"http://127.0.0.1:{stack.ports.tempo}/api/search", params=params, timeout=30)
    answer.raise_for_status()
    return [
        {one["key"]: str(next(iter(one["value"].values()))) for one in span["attributes"]}
        for trace in answer.json().get("traces", [])
        for spans in trace["spanSets"]
        for span in spans["spans"]
    ]


def _send(stack: Stack, *spans: dict[str, Any]) -> None:
    otlp.send(stack.ports.otlp_http, otlp.traces([one | {"traceId": CALL} for one in spans]))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Stack]:
    """A stack with a call of four turns, three of which are in one piece with three failed requests."""
    with stack_of(tmp_path_factory.mktemp("pieces"), engine_bin, "tempo", "collector") as made:
        failed = [otlp.span("POST", {}, status={"code": 2}) for _ in range(3)]
        _send(made, *(otlp.turn(2.0, turn__number=number) for number in (1, 2, 3)), *failed)
        poll("the first piece", lambda: _searched(made, panels_calls.turns()))
        facts = {"conversation.id": "call-1", "pipecat.conversation.turns": 4, "pipecat.conversation.errors": 1}
        outcome = {"pipecat.conversation.outcome": "failed"}
        _send(made, otlp.turn(2.5, turn__number=4), otlp.span("conversation", facts | outcome))
        poll("the second piece", lambda: _searched(made, panels_calls.verdict()))
        yield made


def test_every_turn_is_found(stack: Stack) -> None:
    """The turns of a call are those of all its pieces."""
    found = Counter(one["turn.number"] for one in _searched(stack, panels_calls.turns()))

    assert Counter("1234") == found


def test_a_bad_call_says_what_became_of_it(stack: Stack) -> None:
    """The call's outcome is found also where the piece that has it holds fewer failed spans than another."""
    found = _searched(stack, panels_calls.bad_calls())

    assert {("failed", "1")} == {
        (one["pipecat.conversation.outcome"], one["pipecat.conversation.errors"])
        for one in found
        if "pipecat.conversation.outcome" in one
    }
    assert len(found) == 4


def test_a_piece_is_no_short_call(stack: Stack) -> None:
    """A call of four turns is none with fewer than three, though one of its pieces has but one."""
    assert [] == _searched(stack, panels_calls.short_calls(3))
    assert ["4"] == [one["pipecat.conversation.turns"] for one in _searched(stack, panels_calls.short_calls(5))]
