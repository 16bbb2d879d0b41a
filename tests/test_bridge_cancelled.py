"""The bridge says of an LLM request whether it was cancelled: no span of Pipecat does."""

import asyncio
import contextlib

import pytest
from opentelemetry.trace import set_span_in_context

from bridged import Bridged
from pipecat_lgtm_bridge.enrich import Enricher


@pytest.mark.parametrize("is_cut", [True, False])
def test_a_cut_request_is_marked(bridged: Bridged, is_cut: bool) -> None:  # noqa: FBT001 - a case
    """A request whose task is cancelled is, one that ends by itself is not."""
    bridged.traces.add_span_processor(Enricher())
    call = bridged.call()
    assert call.turn is not None
    context = set_span_in_context(call.turn.span)

    async def request() -> None:
        with bridged.traces.get_tracer("pipecat").start_as_current_span("llm", context=context):
            await asyncio.sleep(60 if is_cut else 0)

    async def main() -> None:
        task = asyncio.create_task(request())
        await asyncio.sleep(0)
        if is_cut:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(main())
    (span,) = (one for one in bridged.exporter.get_finished_spans() if one.name == "llm")

    assert is_cut == dict(span.attributes or {})["pipecat.cancelled"]
