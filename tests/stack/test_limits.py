"""What one request may cost: a query that asks for more than is sensible is refused, and the engine goes on."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import otlp
import pytest
from harness import QUICK_COLLECTOR, poll
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.renderers import resources

pytestmark = pytest.mark.stack

_AGES = str(10**9)
"""A second of 2001, from which hostile queries look."""
_BOT = '{service_name="bot"}'
_SEARCH, _TAGS, _QUERY = "tempo /api/search", "tempo /api/v2/search/tags", "prometheus /api/v1/query"
_LINES, _INSTANT = "loki /loki/api/v1/query_range", "loki /loki/api/v1/query"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_bin: EngineBin) -> Iterator[Stack]:
    """Run the three stores, with a turn and a line in them."""
    folder = tmp_path_factory.mktemp("limits")
    engines = ("prometheus", "tempo", "loki", "alertmanager", "collector")
    with stack_of(folder, engine_bin, *engines, overrides=QUICK_COLLECTOR) as made:
        otlp.send(made.ports.otlp_http, otlp.traces([otlp.turn()]))
        otlp.send(made.ports.otlp_http, otlp.logs([otlp.event("said")]))
        yield made


def _ask(stack: Stack, what: str, **params: str) -> httpx.Response:
    engine, path = what.split(" ")
    return httpx.get(f"http://127.0.0.1:{getattr(stack.ports, engine)}{path}", params=params, timeout=120)


def _greatest_mib(stack: Stack, engine: str) -> int:
    """Return the most memory that a program ever had, in MiB."""
    popen = stack.processes[engine].popen
    assert popen is not None
    status = Path(f"/proc/{popen.pid}/status").read_text(encoding="utf-8")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) // 1024


def _ordinary(stack: Stack, engine: str) -> None:
    """Wait for the answer to what a dashboard asks."""
    now = int(time.time())
    if engine == "prometheus":
        stack.until("sum(pipecat_turns_total)", 1)
    elif engine == "tempo":
        window = {"start": str(now - 7 * 86_400), "end": str(now + 60)}
        asked = {"q": '{ name = "turn" }', "limit": "50", "spss": "100", **window}
        poll("the turn in Tempo", lambda: _ask(stack, _SEARCH, **asked).raise_for_status().json().get("traces"))
    else:
        assert poll("the line in Loki", lambda: stack.log_lines(_BOT))


@pytest.mark.parametrize(
    ("what", "params", "status", "said"),
    [
        (_SEARCH, {"q": "{}", "limit": "2000000000"}, 400, "limit 2000000000 exceeds max limit"),
        (_SEARCH, {"tags": "name=x", "limit": "2000000000"}, 400, "limit 2000000000 exceeds max limit"),
        (_SEARCH, {"q": "{}", "limit": "1001"}, 400, "limit 1001 exceeds max limit 1000"),
        (_SEARCH, {"q": "{}", "spss": "1000000000"}, 400, "spans per span set exceeds 100"),
        (_SEARCH, {"q": "{}", "start": _AGES, "end": "{now}"}, 400, "range specified by start and end exceeds"),
        (_TAGS, {"start": _AGES, "end": "{now}"}, 400, "range specified by start and end exceeds"),
        (_LINES, {"query": _BOT, "limit": "2000000000"}, 400, "max entries limit per query exceeded"),
        (_LINES, {"query": f"count_over_time({_BOT}[100y])"}, 400, "[interval] value exceeds limit"),
        (_LINES, {"query": f"count_over_time({_BOT}[1m])", "step": "1ms"}, 400, "exceeded maximum resolution"),
        (_INSTANT, {"query": f"count_over_time({_BOT}[9d])"}, 400, "max_query_lookback"),
        (_QUERY, {"query": "sum_over_time(vector(1)[11000000s:1s])"}, 422, "would load too many samples"),
        ("prometheus /api/v1/query_range", {"query": "up", "start": "0", "end": "{now}", "step": "1"}, 400, "11,000"),
    ],
)
def test_hostile_queries(stack: Stack, what: str, params: dict[str, str], status: int, said: str) -> None:
    """A query for more than anybody can look at is refused, and takes no memory; the next is answered."""
    engine = what.split(" ", maxsplit=1)[0]
    now = str(int(time.time()))
    answer = _ask(stack, what, **{name: one.replace("{now}", now) for name, one in params.items()})

    assert (status, True) == (answer.status_code, said in answer.text), answer.text
    _ordinary(stack, engine)
    assert _greatest_mib(stack, engine) < resources.memory_mib(stack.config, engine)


def test_hostile_queries_at_once(stack: Stack) -> None:
    """Ten queries that want more samples than there is memory are refused, a few at a time."""
    queries = [f"sum_over_time(vector({index})[11000000s:1s])" for index in range(10)]
    with ThreadPoolExecutor(len(queries)) as pool:
        answers = list(pool.map(lambda query: _ask(stack, _QUERY, query=query), queries))

    # A slow machine ends those that waited for too long: 503.
    assert {422} <= {answer.status_code for answer in answers} <= {422, 503}
    _ordinary(stack, "prometheus")
    assert _greatest_mib(stack, "prometheus") < 2 * resources.memory_mib(stack.config, "prometheus")


def test_logs_of_ages(stack: Stack) -> None:
    """Lines are looked for where there can be some: a range of 25 years is answered as one of a week is."""
    end = str(time.time_ns())
    answer = _ask(stack, _LINES, query=_BOT, start=f"{_AGES}{'0' * 9}", end=end)

    assert answer.status_code == httpx.codes.OK
    _ordinary(stack, "loki")
    assert _greatest_mib(stack, "loki") < resources.memory_mib(stack.config, "loki")
