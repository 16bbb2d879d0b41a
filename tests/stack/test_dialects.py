"""Every dialect, recorded from the real releases, yields the contract's metrics with the right values."""

import json
from pathlib import Path
from typing import Any

import articles
import otlp
import pytest
from expect import Expected, expected
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.contract.metrics import BY_PROMETHEUS_NAME

pytestmark = pytest.mark.stack

FIXTURES = Path(__file__).parents[1] / "fixtures" / "dialects"
RELEASES = ("0.0.68", "0.0.77", "0.0.96", "0.0.102", "0.0.107", "1.0.0", "1.2.0", "1.6.0", "1.14.0")
NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))
_NOT_EXPECTED = ("pipecat_breaches", "pipecat_values", "pipecat_frustration", "pipecat_compliance", "pipecat_series")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Stack:
    """One collector and Prometheus for all fixtures, told apart by service name."""
    with stack_of(tmp_path_factory.mktemp("dialects"), engine_bin, "prometheus", "collector") as one:
        yield one


def _load(name: str) -> list[dict[str, Any]]:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def _feed(stack: Stack, name: str, requests: list[dict[str, Any]]) -> None:
    for request in requests:
        for resource in request["resourceSpans"]:
            resource["resource"] = {"attributes": otlp.attributes({"service.name": name})}
        otlp.send(stack.ports.otlp_http, request)


def _measured(stack: Stack, service: str) -> Expected:
    found: Expected = Expected()
    names = "|".join(one for one in BY_PROMETHEUS_NAME if not one.startswith(_NOT_EXPECTED))
    for row in stack.query(f'{{__name__=~"({names})(_count|_sum)?", service_name="{service}"}}'):
        metric = BY_PROMETHEUS_NAME[row["metric"]["__name__"].removesuffix("_count").removesuffix("_sum")]
        labels = tuple(sorted((label, row["metric"][label]) for label in metric.labels))
        found[row["metric"]["__name__"], labels] += float(row["value"][1])
    return found


def _check(stack: Stack, name: str, requests: list[dict[str, Any]]) -> None:
    wanted = expected(requests)
    _feed(stack, name, requests)
    turns = sum(count for (metric, _), count in wanted.items() if metric == "pipecat_turns_total")
    calls = sum(count for (metric, _), count in wanted.items() if metric == "pipecat_stage_requests_total")
    tokens = sum(count for (metric, _), count in wanted.items() if metric == "pipecat_tokens_total")
    for metric, total in (("turns", turns), ("stage_requests", calls), ("tokens", tokens)):
        stack.until(f'sum(pipecat_{metric}_total{{service_name="{name}"}}) or vector(0)', total)
    seen = _measured(stack, name)

    assert sorted(wanted) == sorted(seen)
    for key, value in wanted.items():
        assert seen[key] == pytest.approx(value, rel=1e-6), key


def test_every_release_is_recorded() -> None:
    """There is a recording of each release that the contract names, and of what is not Pipecat itself."""
    assert {f"pipecat-{release}" for release in RELEASES} <= set(NAMES)
    assert {"article-names", "openinference"} <= {name.split("-2")[0] for name in NAMES}
    assert sum(name.startswith("realtime-") for name in NAMES) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_a_dialect_yields_the_contracts_metrics(stack: Stack, name: str) -> None:
    """Counts, sums and labels are those an independent calculation gives, and no others."""
    _check(stack, name, _load(name))


def test_the_article_names_are_what_their_script_writes() -> None:
    """The hand-made fixture can be made again, byte by byte."""
    assert articles.fixture() == articles.TARGET.read_text(encoding="utf-8")


def test_the_canonical_attributes_win(stack: Stack) -> None:
    """Old and new spelling on one span (0.0.69 to 1.5 realtime) count once, with the new one's value."""
    span = otlp.stage("llm", 0.4, gen_ai__usage__input_tokens=100, tokens__prompt=100, tokens__completion=7)
    requests = [otlp.traces([span | {"name": "llm_response"}])]

    wanted = expected(requests)
    assert wanted["pipecat_tokens_total", (("model", "llm-model"), ("provider", "openai"), ("type", "input"))] == 100
    _check(stack, "both-spellings", requests)
