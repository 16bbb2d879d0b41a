"""Outgoing HTTP as spans, by the ecosystem's own instrumentations, in the trace of the call that makes the request."""

from importlib import import_module
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Tracer, get_current_span
from opentelemetry.trace import TracerProvider as AnyTracerProvider

from pipecat_lgtm_bridge.conversation import current
from pipecat_lgtm_bridge.guard import once

_INSTRUMENTORS = (
    ("httpx", "opentelemetry.instrumentation.httpx", "HTTPXClientInstrumentor"),
    ("httpx2", "opentelemetry.instrumentation.httpx", "HTTPX2ClientInstrumentor"),
    ("aiohttp", "opentelemetry.instrumentation.aiohttp_client", "AioHttpClientInstrumentor"),
)


def instrument(traces: TracerProvider) -> None:
    """Switch on what is installed and not yet on."""
    for library, module, name in _INSTRUMENTORS:
        try:
            import_module(library)
            instrumentor = getattr(import_module(module), name)()
        except (ImportError, AttributeError):
            continue
        if instrumentor.is_instrumented_by_opentelemetry:
            continue
        try:
            instrumentor.instrument(tracer_provider=_InCalls(traces))
        except Exception as error:  # noqa: BLE001 - HTTP spans are worth less than the call
            once(f"instrumenting {library}: {type(error).__name__}", error)


class _InCalls(AnyTracerProvider):
    def __init__(self, traces: TracerProvider) -> None:
        self._traces = traces

    def get_tracer(self, *args: Any, **kwargs: Any) -> Tracer:  # noqa: ANN401 - OpenTelemetry's signature
        return _InCall(self._traces.get_tracer(*args, **kwargs))


class _InCall(Tracer):
    """Gives a span that would begin a trace of its own the open turn as its parent; without a call there is no span.

    Pipecat has no current span while it transcribes or speaks, so each request would be a trace of one span.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def start_span(self, name: str, context: Context | None = None, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        return self._tracer.start_span(name, self._parent(context), *args, **kwargs)

    def start_as_current_span(self, name: str, context: Context | None = None, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        return self._tracer.start_as_current_span(name, self._parent(context), *args, **kwargs)

    @staticmethod
    def _parent(context: Context | None) -> Context | None:
        if get_current_span(context).get_span_context().is_valid:
            return context
        call = current()
        return (call.context() if call is not None else None) or context
