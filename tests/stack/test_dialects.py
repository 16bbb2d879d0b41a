"""Every dialect, recorded from the real releases, yields the contract's metrics with the right values."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import articles
import otlp
import pytest
from expect import Expected, expected
from harness import poll
from receiver import receiver
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm_bridge.contract.metrics import BY_PROMETHEUS_NAME

pytestmark = pytest.mark.stack

FIXTURES = Path(__file__).parents[1] / "fixtures" / "dialects"
RELEASES = ("0.0.68", "0.0.77", "0.0.96", "0.0.102", "0.0.107", "1.0.0", "1.2.0", "1.6.0", "1.14.0")
NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))
_SAID = re.compile(
    r"nice\\.|Hello|weather in|sunny|Paris|sentence number|Are you|recorded bot|balance|repeat that|realtime model"
)
_LAST = "pipecat_tokens_total"
_NOT_EXPECTED = (
    "pipecat_breaches",
    "pipecat_conversations_affected",
    "pipecat_values",
    "pipecat_frustration",
    "pipecat_compliance",
    "pipecat_series",
)


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


def _both_spellings() -> list[dict[str, Any]]:
    """Return a span as realtime services of 0.0.69 to 1.5 write it: the same tokens under the old and the new name."""
    span = otlp.stage("llm", 0.4, gen_ai__usage__input_tokens=100, tokens__prompt=100, tokens__completion=7)
    return [otlp.traces([span | {"name": "llm_response"}])]


@pytest.fixture(scope="module")
def requests() -> dict[str, list[dict[str, Any]]]:
    """What is sent, by the name of the service that sends it."""
    return {name: _load(name) for name in NAMES} | {"both-spellings": _both_spellings()}


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin, requests: dict[str, list[dict[str, Any]]]
) -> Iterator[Stack]:
    """One collector and Prometheus that were sent everything."""
    with stack_of(tmp_path_factory.mktemp("dialects"), engine_bin, "prometheus", "collector") as one:
        for name, sent in requests.items():
            _feed(one, name, sent)
        wanted = [row for sent in requests.values() for row in expected(sent).items()]
        one.until(f"sum({_LAST})", sum(count for (metric, _), count in wanted if metric == _LAST))
        # What came is settled: anything more than wanted would be there by now, too.
        one.settled('sum({__name__=~"pipecat_.*_(total|count)"})')
        yield one


def test_every_release_is_recorded() -> None:
    """There is a recording of each release that the contract names, and of what is not Pipecat itself."""
    assert {f"pipecat-{release}" for release in RELEASES} <= set(NAMES)
    assert {"article-names", "openinference"} <= {name.split("-2")[0] for name in NAMES}
    assert sum(name.startswith("realtime-") for name in NAMES) >= 3


@pytest.mark.parametrize("name", [*NAMES, "both-spellings"])
def test_a_dialect_yields_the_contracts_metrics(
    stack: Stack, requests: dict[str, list[dict[str, Any]]], name: str
) -> None:
    """Counts, sums and labels are those an independent calculation gives, and no others."""
    wanted, seen = expected(requests[name]), _measured(stack, name)

    assert sorted(wanted) == sorted(seen)
    for key, value in wanted.items():
        assert value == pytest.approx(seen[key], rel=1e-6), key


def test_the_article_names_are_what_their_script_writes() -> None:
    """The hand-made fixture can be made again, byte by byte."""
    assert articles.fixture() == articles.TARGET.read_text(encoding="utf-8")


def test_two_spellings_count_once() -> None:
    """The calculation itself takes the new name's value, not the sum."""
    counted = expected(_both_spellings())

    assert counted["pipecat_tokens_total", (("model", "llm-model"), ("provider", "openai"), ("type", "input"))] == 100


def test_drop_leaves_nothing_that_was_said(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Under `content.mode: drop` no word of caller, bot, prompt or tool leaves the collector, in any dialect."""
    with receiver() as vendor:
        overrides = {
            "content": {"mode": "drop"},
            "exporters": [{"name": "vendor", "endpoint": vendor.url, "signals": ["traces"]}],
        }
        with stack_of(tmp_path, engine_bin, "collector", overrides=overrides) as stack:
            for name in NAMES:
                _feed(stack, name, _load(name))
            sent = sum(len(scope["spans"]) for name in NAMES for scope in _scopes(name))
            poll(f"{sent} spans", lambda: len(vendor.spans) == sent)

    left = {
        (span.resource["service.name"], span.name, key, value)
        for span in vendor.spans
        for key, value in span.attributes.items()
        if _SAID.search(str(value))
    }
    assert set() == left


def _scopes(name: str) -> list[dict[str, Any]]:
    return [scope for request in _load(name) for one in request["resourceSpans"] for scope in one["scopeSpans"]]
