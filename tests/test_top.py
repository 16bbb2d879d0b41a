"""`top`: from what Prometheus says to the table of bots."""

from typing import Any

import pytest

from pipecat_lgtm.config import load_default
from pipecat_lgtm.ops import top
from pipecat_lgtm.ops.deploy.prometheus import Prometheus
from pipecat_lgtm.queries import live

QUIET, LOUD = ({"service_name": name, "deployment_environment": "production"} for name in ("quiet", "loud"))


def _answering(monkeypatch: pytest.MonkeyPatch, answers: dict[str, list[tuple[dict[str, str], float]]]) -> Prometheus:
    """Return a server that answers queries by a word in them."""

    def get(_: Prometheus, path: str, query: str) -> dict[str, Any]:
        assert "query" == path
        samples = next((found for word, found in answers.items() if word in query), [])
        return {"result": [{"metric": metric, "value": [0, str(value)]} for metric, value in samples]}

    monkeypatch.setattr(Prometheus, "get", get)
    return Prometheus("http://127.0.0.1:1")


def test_those_in_trouble_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot with a critical alert stands above a slower one without; what nobody states is unknown, not nought."""
    firing = [
        (LOUD | {"alertname": name, "severity": severity}, 1.0)
        for name, severity in (("PipecatNacksRising", "info"), ("PipecatTtfwHigh", "critical"))
    ]
    server = _answering(
        monkeypatch,
        {
            "ALERTS": firing,
            "topk": [(LOUD | {"stage": "llm"}, 0.9)],
            "turn_ttfw": [(QUIET, 3.0), (LOUD, 1.3)],
            "turns:rate": [(LOUD, 0.5)],
        },
    )

    assert [
        top.Bot(
            "loud",
            "production",
            turns=30.0,
            ttfw=1.3,
            slowest=("llm", 0.9),
            alerts=[("critical", "PipecatTtfwHigh"), ("info", "PipecatNacksRising")],
        ),
        top.Bot("quiet", "production", ttfw=3.0),
    ] == top.bots(server, "5m")


@pytest.mark.parametrize(
    ("value", "severity"), [(None, ""), (0.8, ""), (0.9, "warning"), (1.2, "warning"), (1.3, "critical")]
)
def test_grade(value: float | None, severity: str) -> None:
    """A value is graded by the gravest bound it is beyond; one that equals a bound is not beyond it."""
    assert severity == top.grade(value, load_default().thresholds.ttfw.p95)


def test_one_row_a_service() -> None:
    """Every query is summed to one value per service and environment, so that rows of one bot meet."""
    queries = (
        live.active_calls(),
        live.value("x", "ratio"),
        live.slowest_stage("x"),
        live.firing(),
        live.bridged("1h"),
    )

    assert [] == [one.id for one in queries if "by (service_name, deployment_environment" not in one.expr]
