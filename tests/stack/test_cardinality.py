"""Series do not grow with calls."""

from pathlib import Path

import otlp
import pytest
from stacks import EngineBin, Stack, stack_of

pytestmark = pytest.mark.stack

_CALLS = 2000


def _call(number: int) -> dict[str, object]:
    """Return one call of a bot on its own host, for its own user, with one slow turn."""
    who = {"enduser.id": f"user-{number}", "session.id": f"session-{number}", "user_id": f"user-{number}"}
    spans = [
        otlp.stage("llm", 0.4, gen_ai__usage__input_tokens=10, **who),
        otlp.turn(2.5, conversation__id=f"call-{number}", **who),
        otlp.span("conversation", {"conversation.id": f"call-{number}", **who}),
    ]
    resource = {
        "service.name": "bot",
        "service.instance.id": f"host-{number}",
        "host.name": f"host-{number}",
        "process.pid": number,
    }
    return otlp.traces(spans, resource)["resourceSpans"][0]


def _series(stack: Stack) -> dict[str, int]:
    return {
        row["metric"]["__name__"]: int(row["value"][1])
        for row in stack.query('count by (__name__) ({__name__=~"pipecat_.*"})')
    }


def test_two_thousand_hosts_calls_and_users_add_no_series(tmp_path: Path, engine_bin: EngineBin) -> None:
    """After 2,000 calls there are the series of the first call; only the bounded breaches are more."""
    with stack_of(tmp_path, engine_bin, "prometheus", "collector") as stack:
        otlp.send(stack.ports.otlp_http, {"resourceSpans": [_call(0)]})
        stack.until("sum(pipecat_turns_total)", 1)
        stack.until("sum(pipecat_tokens_total)", 10)
        first = _series(stack)
        for start in range(1, _CALLS, 100):
            batch = [_call(number) for number in range(start, min(start + 100, _CALLS))]
            otlp.send(stack.ports.otlp_http, {"resourceSpans": batch})
        stack.until("sum(pipecat_turns_total)", _CALLS)
        stack.until("sum(pipecat_tokens_total)", 10 * _CALLS)
        last = _series(stack)

        limit = stack.config.cardinality.breaches_per_service
        overflow = last.pop("pipecat_series_overflowed_total")
        assert last.pop("pipecat_breaches_total") <= 2 * (limit + 1)
        first.pop("pipecat_breaches_total")
        assert first == last
        assert overflow == 2, "trace ids of ttfw and of e2e"
        # Each slow turn breaches ttfw and e2e, held or counted as overflow.
        stack.until("sum(pipecat_breaches_total) + sum(pipecat_series_overflowed_total)", 2 * _CALLS)


def test_overflowing_warnings_and_criticals_are_told_apart(tmp_path: Path, engine_bin: EngineBin) -> None:
    """Two connectors never write one series: of two values under one name only one is shown."""
    with stack_of(tmp_path, engine_bin, "prometheus", "collector") as stack:
        for latency in [1.0, 2.5] * 5:
            spans = [otlp.turn(latency, conversation__id=f"call-{number}") for number in range(100)]
            otlp.send(stack.ports.otlp_http, otlp.traces(spans, {"service.name": "bot"}))
        stack.until("sum(pipecat_breaches_total) + sum(pipecat_series_overflowed_total)", 1500)

        overflowed = stack.query("pipecat_series_overflowed_total")
        assert {"breaches_ttfw_warning", "breaches_ttfw_critical", "breaches_e2e_critical"} == {
            row["metric"]["signal"] for row in overflowed
        }


def test_no_label_names_a_host_or_a_call(tmp_path: Path, engine_bin: EngineBin) -> None:
    """No series but the breaches has a label with a call's, host's or user's value."""
    with stack_of(tmp_path, engine_bin, "prometheus", "collector") as stack:
        otlp.send(stack.ports.otlp_http, {"resourceSpans": [_call(7_777_777)]})
        stack.until("sum(pipecat_turns_total)", 1)
        stack.until("sum(pipecat_tokens_total)", 10)

        series = stack.prometheus("series", **{"match[]": '{__name__=~".+",__name__!="pipecat_breaches_total"}'})
        values = {value for one in series for value in one.values()}
        assert not {value for value in values if "7777777" in value}


def test_unlisted_services_are_counted_together(tmp_path: Path, engine_bin: EngineBin) -> None:
    """With services.names given, a name that is not on the list becomes the one series `other`."""
    overrides = {"services": {"names": ["bot"]}}
    with stack_of(tmp_path, engine_bin, "prometheus", "collector", overrides=overrides) as stack:
        for name in ("bot", "stranger-1", "stranger-2"):
            otlp.send(stack.ports.otlp_http, otlp.traces([otlp.turn()], {"service.name": name}))
        stack.until("sum(pipecat_turns_total)", 3)

        counts = {
            row["metric"]["service_name"]: row["value"][1]
            for row in stack.query("sum by (service_name) (pipecat_turns_total)")
        }
        assert counts == {"bot": "1", "other": "2"}
