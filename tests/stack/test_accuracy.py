"""Real calls of a real bot: what is stored equals what the bot emitted and what the provider injected."""

from bisect import bisect_left
from collections import Counter

import pytest
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.config import buckets
from pipecat_lgtm.ops import demo

pytestmark = [pytest.mark.stack, pytest.mark.alone]


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> tuple[Stack, demo.Outcome]:
    """A whole stack on which each scenario has been called once."""
    folder = tmp_path_factory.mktemp("called")
    with stack_of(folder, engine_bin, "collector", "prometheus", "tempo", "loki") as stack:
        yield stack, demo.calls(stack.config, None, [], lambda _what, _elapsed: None, mode="spans-only")


def test_the_demo_finds_every_number_right(called: tuple[Stack, demo.Outcome]) -> None:
    """Counts of turns, requests and tokens are exact, stages within 60 ms of injected, traces and logs complete."""
    _, outcome = called

    assert [row for row in outcome.rows if row.verdict == "wrong"] == []
    assert len(outcome.rows) == 21


def test_ttfw_is_the_bots_own_latency_to_the_bucket(called: tuple[Stack, demo.Outcome]) -> None:
    """Every bucket of TTFW holds exactly the turns whose `turn.user_bot_latency_seconds` falls into it."""
    stack, outcome = called
    bounds = buckets.latency(stack.config)
    latencies = outcome.ledger["totals"]["latencies"]
    falls = Counter(bisect_left(bounds, latency) for latency in latencies)
    expected, total = {}, 0
    for index, bound in enumerate(bounds):
        total += falls[index]
        expected[f"{bound:g}"] = total
    expected["+Inf"] = len(latencies)

    rows = stack.query(f'pipecat_turn_ttfw_seconds_bucket{{service_name="{outcome.service}"}}')
    assert expected == {row["metric"]["le"]: int(row["value"][1]) for row in rows}


def test_ttfb_sums_are_what_the_bot_wrote(called: tuple[Stack, demo.Outcome]) -> None:
    """Per stage the TTFB histogram counts and sums exactly the bot's true values."""
    stack, outcome = called
    for stage, values in outcome.ledger["totals"]["ttfb"].items():
        selector = f'{{service_name="{outcome.service}", stage="{stage}"}}'
        assert stack.value(f"sum(pipecat_stage_ttfb_seconds_count{selector})") == len(values)
        assert stack.value(f"sum(pipecat_stage_ttfb_seconds_sum{selector})") == pytest.approx(sum(values), abs=1e-6)


def test_each_injected_failure_is_counted_once(called: tuple[Stack, demo.Outcome]) -> None:
    """The LLM failure is one error of category server; the TTS failure, which no span shows, is none."""
    stack, outcome = called
    rows = stack.query(f'sum by (stage, category) (pipecat_stage_errors_total{{service_name="{outcome.service}"}})')

    assert {(row["metric"]["stage"], row["metric"]["category"]): row["value"][1] for row in rows} == {
        ("llm", "server"): "1"
    }


def test_slow_scenarios_leave_breaches_with_their_trace(called: tuple[Stack, demo.Outcome]) -> None:
    """The breaches of TTFW beyond the critical bound name exactly the traces of the calls that were that slow."""
    stack, outcome = called
    critical = stack.config.thresholds.ttfw.p95.critical
    slow = {call["trace_id"] for call in outcome.ledger["calls"] if any(one > critical for one in call["latencies"])}
    selector = f'{{service_name="{outcome.service}", signal="ttfw", severity="critical"}}'

    assert slow
    assert slow == {row["metric"]["trace_id"] for row in stack.query(f"pipecat_breaches_total{selector}")}


def test_what_was_injected_stands_beside_what_was_measured(called: tuple[Stack, demo.Outcome]) -> None:
    """The provider's own truth is in Prometheus' reach, and a spoken card is counted as a finding."""
    stack, outcome = called
    selector = f'{{service_name="{outcome.service}"}}'

    assert stack.value(f'sum(pipecat_compliance_findings_total{selector[:-1]}, kind="card"}})') == 1
    trace_ids = {call["trace_id"] for call in outcome.ledger["calls"]}
    logged = {labels.get("trace_id") for labels, _ in stack.log_lines(selector)} - {None}
    assert logged == trace_ids, "no line carries an id of anything but a call"
