"""A stack with every fault that it can have: the panels that count faults count them."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import otlp
import pytest
from drawn import ARTIFACTS, FAULTS, empty, faults, told
from fakes import receivers
from harness import poll
from receiver import receiver
from stacks import EngineBin, Stack, stack_of

from pipecat_lgtm.ops.preview import run
from pipecat_lgtm.ops.preview.run import Board
from pipecat_lgtm.renderers.collector.offenders import HELD_SERVICES
from pipecat_lgtm.renderers.text import to_yaml

pytestmark = pytest.mark.stack

_UID = "pipecat-stack"
_LIMIT = 3
_CONSUMERS = 10
"""Requests that an exporter holds besides its queue."""
_EVALUATED = "max(prometheus_rule_group_last_evaluation_timestamp_seconds)"
_BROKEN = {"groups": [{"name": "somebody's", "rules": [{"record": "broken", "expr": "up * on () up"}]}]}


@pytest.fixture
def troubled(tmp_path: Path, engine_bin: EngineBin) -> Iterator[Stack]:
    """A collector with small limits and two bad destinations, a rule that cannot be, a receiver that says no."""
    with contextlib.ExitStack() as running:
        post = running.enter_context(receivers())
        strict, away = running.enter_context(receiver()), running.enter_context(receiver())
        strict.status, away.status = 400, 503
        url = f"http://127.0.0.1:{post.port}"
        overrides = {
            "alerts": {"interval": "5 s", "hold": {"critical": "1 s"}},
            "cardinality": {"series_per_metric": _LIMIT, "breaches_per_service": 1},
            "collector": {"queue_requests": 1, "queue_batch": 1},
            "exporters": [
                {"name": "strict", "endpoint": strict.url, "signals": ["logs"]},
                {"name": "away", "endpoint": away.url, "signals": ["traces"]},
            ],
            "routing": {
                "severities": {
                    "critical": {"notify": ["wrong"], "group_wait": "1 s"},
                    "warning": {"notify": ["wrong"]},
                },
                "receivers": {
                    "alive": {"webhook": {"url": f"{url}/hook"}},
                    "wrong": {"webhook": {"url": f"{url}/slack"}},
                },
                "heartbeat": {"webhook": "alive", "every": "10 s"},
            },
        }
        stack = running.enter_context(stack_of(tmp_path, engine_bin, overrides=overrides))
        (tmp_path / "config/prometheus/rules/broken.yml").write_text(to_yaml(_BROKEN), encoding="utf-8")
        scraped = tmp_path / "config/prometheus/prometheus.yml"
        scraped.write_text(scraped.read_text().replace("scrape_interval: 15s", "scrape_interval: 3s"), encoding="utf-8")
        for name in ("prometheus", "alertmanager", "collector"):
            stack.start(name)
        yield stack


def test_every_fault_is_shown(troubled: Stack) -> None:
    """Refused, lost, counted without labels, a failing rule, a message not taken: each panel of faults has data."""

    def board() -> list[Board] | None:
        if (evaluated := troubled.value(_EVALUATED)) == (times[-1] if times else 0):
            return None
        times.append(evaluated)
        _trouble(troubled)
        seen[:] = run.boards(troubled.config, [_UID], "10m")
        return seen if not empty(seen, bridge=True) & set(FAULTS) else None

    times: list[float] = []
    seen: list[Board] = []
    try:
        boards = poll("every fault", board, 90)
    finally:
        print(told(seen))  # noqa: T201 - what was and was not shown
        (ARTIFACTS / "panels-faults.txt").write_text(told(seen), encoding="utf-8")
    assert [] == faults(boards)


def _trouble(stack: Stack) -> None:
    """Send spans of many models, more than the queue of a destination that is away can hold, and too many silences."""
    for number in range(_CONSUMERS):
        sent = otlp.traces([otlp.stage("llm", gen_ai__request__model=f"model-{number}"), otlp.turn()])
        with contextlib.suppress(httpx.HTTPStatusError):
            otlp.send(stack.ports.otlp_http, sent)
    silences = [
        otlp.event("pipecat.silence", {"pipecat.seconds": 9.0}) | {"traceId": otlp.trace_id()}
        for _ in range(2 * HELD_SERVICES)
    ]
    with contextlib.suppress(httpx.HTTPStatusError):
        otlp.send(stack.ports.otlp_http, otlp.logs(silences))
