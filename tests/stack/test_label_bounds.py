"""A service that makes up names without end: its series have a bound, rules keep up, other services lose nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import otlp
import pytest
from harness import poll
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.contract import labels

pytestmark = pytest.mark.stack

_ENVIRONMENTS, _LABEL_SETS, _NAMES = 3000, 4000, 5000
_TURNS = 7
_SERIES = 200_000
"""What one service can make at most, histograms with all their buckets."""
_GROUPS = "prometheus_rule_group_last_duration_seconds"
_HOSTILE = '{service_name="hostile"}'


def _hostile(**more: str) -> dict[str, Any]:
    return {"service.name": "hostile", "deployment.environment": "production"} | more


def _each(requests: Iterator[dict[str, Any]], stack: Stack, kind: str, count: int = 500) -> None:
    """Send parts of requests, many at once."""
    parts = list(requests)
    for first in range(0, len(parts), count):
        otlp.send(stack.ports.otlp_http, {kind: parts[first : first + count]})


def _in_many_environments() -> Iterator[dict[str, Any]]:
    for number in range(_ENVIRONMENTS):
        spans = [otlp.turn(), otlp.stage("llm", gen_ai__usage__input_tokens=1)]
        where = _hostile(**{"deployment.environment": f"environment-{number}"})
        yield otlp.traces(spans, where)["resourceSpans"][0]


def _of_many_versions() -> Iterator[dict[str, Any]]:
    for number in range(_NAMES):
        yield otlp.traces([otlp.turn()], _hostile(**{"service.version": f"1.{number}"}))["resourceSpans"][0]


def _of_many_names() -> Iterator[dict[str, Any]]:
    for first in range(0, _NAMES, 100):
        spans = [
            span
            for number in range(first, first + 100)
            for span in (
                otlp.stage("llm", gen_ai__request__model=f"model-{number}", gen_ai__usage__input_tokens=1),
                otlp.span(f"execute_tool t{number}", {a.TOOL_NAME.name: f"tool-{number}"}),
            )
        ]
        yield otlp.traces(spans, _hostile())["resourceSpans"][0]


def _events() -> Iterator[dict[str, Any]]:
    """Yield events whose every label has many values, also where a label has a list."""
    for first in range(0, _LABEL_SETS, 100):
        records = []
        for number in range(first, first + 100):
            who = {a.PROVIDER.name: f"p-{number}", a.MODEL.name: f"m-{number}"}
            records += [
                otlp.event(e.ERROR.name, {a.STAGE.name: f"x-{number}", e.CATEGORY.name: f"c-{number}", **who}),
                otlp.event(e.TRANSCRIPTION.name, {e.CONFIDENCE.name: 0.5, **who}),
                otlp.event(
                    e.EVALUATION.name, {e.EVALUATION_NAME.name: f"dimension-{number}", e.EVALUATION_SCORE.name: 0.5}
                ),
            ]
        yield otlp.logs(records, _hostile())["resourceLogs"][0]


def _unlisted(stack: Stack) -> None:
    """Send what labels with a list do not have on it."""
    line = {e.DIRECTION.name: "sideways", e.SIDE.name: "top", e.JITTER.name: 0.01, e.STATE.name: "odd"}
    records = [
        otlp.event(e.WEBRTC.name, line),
        otlp.event(e.UNANSWERED_SPEECH.name, {e.UNANSWERED_REASON.name: "because", e.SECONDS.name: 1.0}),
        otlp.event(e.TASK_OUTCOME.name, {e.OUTCOME.name: "grand"}),
        otlp.event(e.ERROR.name, {a.STAGE.name: "dance", e.CATEGORY.name: "bad luck"}),
    ]
    where = {"service.name": "listless", "deployment.environment": "the moon"}
    otlp.send(stack.ports.otlp_http, otlp.logs(records, where))
    otlp.send(stack.ports.otlp_http, otlp.traces([otlp.turn()], where))


def _ordinary(stack: Stack) -> None:
    """Send a call's worth of an ordinary service."""
    where = {"service.name": "ordinary", "deployment.environment": "production", "service.version": "2"}
    spans = [otlp.turn(0.7), otlp.stage("llm", 0.3, gen_ai__usage__input_tokens=10)]
    heard = {e.CONFIDENCE.name: 0.9, a.PROVIDER.name: "deepgram", a.MODEL.name: "nova-3"}
    otlp.send(stack.ports.otlp_http, otlp.traces(spans, where))
    otlp.send(stack.ports.otlp_http, otlp.logs([otlp.event(e.TRANSCRIPTION.name, heard)], where))


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Stack]:
    """Run a collector and a Prometheus with all rules, and send the attacks between calls of an ordinary service."""
    overrides = {
        "content": {"mode": "keep"},
        "cardinality": {"resource_labels": ["service.version"]},
        "collector": {"scrape_interval": "5 s"},
        "alerts": {"interval": "5 s"},
    }
    folder = tmp_path_factory.mktemp("bounds")
    with stack_of(folder, engine_bin, "prometheus", "collector", overrides=overrides) as stack:
        _ordinary(stack)
        _unlisted(stack)
        for requests, kind in (
            (_in_many_environments(), "resourceSpans"),
            (_events(), "resourceLogs"),
            (_of_many_names(), "resourceSpans"),
            (_of_many_versions(), "resourceSpans"),
        ):
            _each(requests, stack, kind)
            _ordinary(stack)
        for _ in range(_TURNS - 5):
            _ordinary(stack)
        yield stack


def test_an_ordinary_service_is_counted_exactly(attacked: Stack) -> None:
    """What its neighbour does changes none of its numbers, of spans, sums and events."""
    mine = 'service_name="ordinary", deployment_environment="production", service_version="2"'

    attacked.until(f"sum(pipecat_turns_total{{{mine}}})", _TURNS, 180)
    attacked.until(f'sum(pipecat_tokens_total{{{mine}, type="input", model="llm-model"}})', 10 * _TURNS)
    attacked.until(f"sum(pipecat_stage_ttfb_seconds_count{{{mine}}})", _TURNS)
    attacked.until(f'sum(pipecat_stt_confidence_count{{{mine}, provider="deepgram", model="nova-3"}})', _TURNS)
    assert 0 == attacked.value('sum(pipecat_series_overflowed_total{service_name="ordinary"})')


def test_rules_keep_up(attacked: Stack) -> None:
    """With the attack in Prometheus every group is evaluated within its interval, and no evaluation is left out."""
    attacked.settled(f"count({_HOSTILE})", 6)
    evaluated = attacked.value("sum(prometheus_rule_group_iterations_total)")
    groups = attacked.value("count(prometheus_rule_group_interval_seconds)")
    poll("every group", lambda: attacked.value("sum(prometheus_rule_group_iterations_total)") > evaluated + groups, 180)

    series = attacked.value(f"count({_HOSTILE})")
    share = attacked.value(f"max({_GROUPS} / prometheus_rule_group_interval_seconds)")
    assert share < 1
    assert series < _SERIES
    assert 0 == attacked.value("sum(prometheus_rule_group_iterations_missed_total)")
    for family in ("counts", "latency", "duration"):
        assert attacked.value(f'pipecat_series_overflowed_total{{service_name="hostile", signal="{family}"}}') > 0


def test_labels_with_a_list(attacked: Stack) -> None:
    """What is on no list is counted as `other`: the labels of events that have one."""
    for name, label in (
        ("pipecat_webrtc_jitter_seconds_count", labels.DIRECTION),
        ("pipecat_webrtc_jitter_seconds_count", labels.SIDE),
        ("pipecat_webrtc_states_total", labels.STATE),
        ("pipecat_unanswered_speech_total", labels.REASON),
        ("pipecat_task_outcomes_total", labels.OUTCOME),
        ("pipecat_stage_errors_total", labels.STAGE),
        ("pipecat_stage_errors_total", labels.CATEGORY),
    ):
        attacked.until(f'count({name}{{service_name="listless"}})', 1, 180)
        found = [row["metric"][label] for row in attacked.query(f'{name}{{service_name="listless"}}')]
        assert [labels.OTHER] == found, (name, label)


def test_environments_on_a_list(tmp_path: Path, engine_bin: EngineBin) -> None:
    """With a list an environment that is not on it is `other`, of spans and of events."""
    overrides = {"services": {"environments": ["production"]}}
    with stack_of(tmp_path, engine_bin, "prometheus", "collector", overrides=overrides) as stack:
        _ordinary(stack)
        _unlisted(stack)
        for name in ("pipecat_turns_total", "pipecat_webrtc_jitter_seconds_count"):
            stack.until(f'count({name}{{service_name="listless", {labels.ENVIRONMENT}="{labels.OTHER}"}})', 1)
        stack.until(f'count(pipecat_turns_total{{service_name="ordinary", {labels.ENVIRONMENT}="production"}})', 1)
        assert 0 == len(stack.query(f'{{{labels.ENVIRONMENT}="the moon"}}'))
