"""A real bot with the bridge, attached by environment variables only, on a real stack."""

import pytest
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.ops import demo

pytestmark = [pytest.mark.stack, pytest.mark.alone]
_HEARD_SECONDS = 0.03


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> tuple[Stack, demo.Outcome]:
    """A whole stack on which each scenario has been called once by a bot with the bridge."""
    folder = tmp_path_factory.mktemp("bridge")
    with stack_of(folder, engine_bin, "collector", "prometheus", "tempo", "loki") as stack:
        yield stack, demo.calls(stack.config, None, [], lambda _what, _elapsed: None, mode="bridge")


def test_every_number_is_right(called: tuple[Stack, demo.Outcome]) -> None:
    """Counts are exact, errors of every stage too, TTFW is what the caller heard, its parts sum to it."""
    _, outcome = called

    assert [] == [row for row in outcome.rows if row.verdict in {"wrong", "unseen"}]


def test_ttfw_is_what_the_caller_heard(called: tuple[Stack, demo.Outcome]) -> None:
    """In every turn TTFW is within 30 ms of what the caller heard, but for what no observer in the bot can know.

    Here the stack itself, tests and eight calls share the machine; test_bridge_ttfw.py has a bot of its own.
    """
    _, outcome = called
    calls = outcome.ledger["calls"]

    assert [len(call["ttfw"]) for call in calls] == [len(call["heard"]) for call in calls]
    turns = [
        one for call in calls for one in zip(call["heard"], call["ttfw"], call["late"], call["unseen"], strict=True)
    ]
    assert len(turns) > 10
    assert [] == [one for one in turns if abs(one[0] - one[1]) > _HEARD_SECONDS + one[2] + one[3]]


def test_each_failure_is_counted_once(called: tuple[Stack, demo.Outcome]) -> None:
    """Each injected failure is one error of its stage, provider and category; no span counts it again."""
    stack, outcome = called
    rows = stack.query(
        f'sum by (stage, provider, category) (pipecat_stage_errors_total{{service_name="{outcome.service}"}})'
    )

    assert {
        ("llm", "openai", "server"): 1,
        ("tts", "openai", "rate_limit"): 1,
        ("stt", "openai", "server"): 1,
        ("tool", "get_weather", "application"): 1,
    } == {
        (row["metric"]["stage"], row["metric"]["provider"], row["metric"]["category"]): int(row["value"][1])
        for row in rows
    }
