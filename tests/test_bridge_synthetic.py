"""A call by Pipecat's evals is marked in all that the bridge tells of it."""

from types import SimpleNamespace

import pytest
from opentelemetry.trace import set_span_in_context

from bridged import Bridged
from pipecat_lgtm_bridge import attaching, emit
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.enrich import Enricher


@pytest.mark.parametrize("synthetic", [True, False])
def test_marked(bridged: Bridged, *, synthetic: bool) -> None:
    """Spans of the call, whoever makes them, and its events say so; those of other calls do not."""
    bridged.traces.add_span_processor(Enricher())
    call = bridged.call()
    call.synthetic = synthetic
    for scope in ("pipecat", "opentelemetry.instrumentation.httpx"):
        parent = set_span_in_context(call.turn.span) if call.turn else None
        bridged.traces.get_tracer(scope).start_span(f"of {scope}", parent).end()
    bridged.traces.get_tracer("other").start_span("of nobody").end()
    emit.started(call)
    emit.event(call, e.INTERRUPTION, {})
    spans = bridged.spans(call)
    marked = {name for name, span in spans.items() if (span.attributes or {}).get(a.SYNTHETIC.name)}

    assert marked == ({"conversation", "of pipecat", "of opentelemetry.instrumentation.httpx"} if synthetic else set())
    assert {True if synthetic else None} == {one.get(a.SYNTHETIC.name) for one in bridged.events()}


def test_told_by_its_transport() -> None:
    """It is by a transport of `pipecat.evals`, a class derived from one too; any other is a caller's."""
    theirs = type("EvalInput", (), {"__module__": "pipecat.evals.fastapi_transport"})
    derived, other = type("Own", (theirs,), {}), SimpleNamespace

    assert [True, True, False] == [attaching._serves_evals(one()) for one in (theirs, derived, other)]  # noqa: SLF001
