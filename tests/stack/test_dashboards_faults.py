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

import yamls
from pipecat_lgtm.ops.preview import run
from pipecat_lgtm.ops.preview.run import Board
from pipecat_lgtm.renderers.collector.offenders import HELD_SERVICES
from pipecat_lgtm.renderers.text import to_yaml

pytestmark = pytest.mark.stack

_UID = "pipecat-stack"
_CORE = "pipecat-core"
_ALARMED = "pipecat-network"
"""One of the dashboards with the list of firing alerts, which asks nothing but Prometheus."""
_LIMIT = 3
_ENTRANCE_BYTES, _QUEUE_BYTES = 200_000, 20_000
_TOO_MANY = 2000
"""Spans of one request, which the queue at the entrance has no place for."""
_SLOW_TURNS = 30
"""More than the least that an alert on turns judges."""
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
        _narrow(tmp_path / "config/collector/config.yaml")
        for name in ("prometheus", "alertmanager", "collector"):
            stack.start(name)
        yield stack


def _narrow(file: Path) -> None:
    """Make queues smaller than stack.yaml lets them be: the entrance's, and that of the destination that is away."""
    config = yamls.load(file.read_text(encoding="utf-8"))
    for name, size in (("otlp_grpc/intake", _ENTRANCE_BYTES), ("otlp_http/away", _QUEUE_BYTES)):
        config["exporters"][name]["sending_queue"] |= {
            "queue_size": size,
            "batch": {"flush_timeout": "200ms", "min_size": 1, "max_size": size},
        }
    file.write_text(yamls.dump(config), encoding="utf-8")


def test_every_fault_is_shown(troubled: Stack) -> None:
    """Refused, lost, counted without labels, a failing rule, a message not taken: each panel of faults has data."""

    def board() -> list[Board] | None:
        if (evaluated := troubled.value(_EVALUATED)) == (times[-1] if times else 0):
            return None
        times.append(evaluated)
        _trouble(troubled)
        seen[:] = run.boards(troubled.config, [_UID, _CORE, _ALARMED], "10m")
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
    """Send spans of many models, some cut, more than the queue of a destination that is away holds, many silences."""
    slow = otlp.traces([otlp.turn(5.0) for _ in range(_SLOW_TURNS)])
    too_large = otlp.traces([otlp.turn(0.5) for _ in range(_TOO_MANY)])
    for request in (slow, too_large):
        with contextlib.suppress(httpx.HTTPStatusError):
            otlp.send(stack.ports.otlp_http, request)
    for number in range(_CONSUMERS):
        cut = otlp.turn() | {"droppedAttributesCount": 1}
        sent = otlp.traces([otlp.stage("llm", gen_ai__request__model=f"model-{number}"), cut])
        with contextlib.suppress(httpx.HTTPStatusError):
            otlp.send(stack.ports.otlp_http, sent)
    silences = [
        otlp.event("pipecat.silence", {"pipecat.seconds": 9.0}) | {"traceId": otlp.trace_id()}
        for _ in range(2 * HELD_SERVICES)
    ]
    with contextlib.suppress(httpx.HTTPStatusError):
        otlp.send(stack.ports.otlp_http, otlp.logs(silences))
