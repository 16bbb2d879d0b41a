"""From OpenTelemetry's SDK to the outboxes: one processor for spans, one for log records."""

import copy
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Generic, TypeVar

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, Context, get_value
from opentelemetry.sdk._logs import LogRecordProcessor, ReadableLogRecord, ReadWriteLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter

from pipecat_lgtm_bridge import fit
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.later import catch_up
from pipecat_lgtm_bridge.outbox import Outbox
from pipecat_lgtm_bridge.wire import Wire

_SPAN_BYTES, _RECORD_BYTES, _ATTRIBUTE_BYTES = 2900, 1100, 75
"""What a span, a log record and an attribute take besides texts: tracemalloc on Python 3.11 (a test repeats it)."""

Lost = Callable[[str, str, int], object]


def _texts(attributes: Mapping[str, Any] | None) -> int:
    found = (attributes or {}).values()
    return _ATTRIBUTE_BYTES * len(found) + sum(len(value) for value in found if isinstance(value, str))


_Item = TypeVar("_Item")


class _Queue(Generic[_Item]):
    """An outbox and the wire behind it, ended as OpenTelemetry's SDK ends its processors.

    Args:
        exporter: of the signal.
        signal: spans or logs.
        size: of an item, bytes.
        lost: told what is dropped.
    """

    def __init__(
        self, exporter: SpanExporter | LogRecordExporter, signal: str, size: Callable[[_Item], int], lost: Lost
    ) -> None:
        self._wire = Wire(exporter, signal)
        self.outbox: Outbox[_Item] = Outbox(signal, self._wire.send, size, lost)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Wait until all is sent."""
        end = time.monotonic() + timeout_millis / 1000
        catch_up(timeout_millis / 1000)
        return self.outbox.flush(end - time.monotonic())

    def shutdown(self) -> None:
        """Send what is queued and end."""
        self.outbox.close()
        self._wire.exporter.shutdown()


class SpanOutbox(_Queue[ReadableSpan], SpanProcessor):
    """Queues sampled spans for an exporter."""

    def __init__(self, exporter: SpanExporter, lost: Lost) -> None:
        super().__init__(exporter, "spans", self._size, lost)

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a span."""
        if span.context is not None and span.context.trace_flags.sampled:
            self.outbox.put_later(partial(fit.span, span))

    @staticmethod
    def _size(span: ReadableSpan) -> int:
        return _SPAN_BYTES + _texts(span.attributes) + sum(_texts(event.attributes) for event in span.events)


class LogOutbox(_Queue[ReadableLogRecord], LogRecordProcessor):
    """Queues log records for an exporter."""

    def __init__(self, exporter: LogRecordExporter, lost: Lost) -> None:
        super().__init__(exporter, "logs", self._size, lost)

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Queue a record, unless it was written by what exports the records before it: that would never end."""
        attributes = log_record.log_record.attributes or {}
        report = attributes.get(e.EVENT_NAME.name) == e.DROPPED.name
        if get_value(_SUPPRESS_INSTRUMENTATION_KEY) and not report:
            return
        self.outbox.put(partial(_fitted, log_record), full=report)

    @staticmethod
    def _size(record: ReadableLogRecord) -> int:
        body = record.log_record.body
        return _RECORD_BYTES + (len(body) if isinstance(body, str) else 0) + _texts(record.log_record.attributes)


def _fitted(given: ReadWriteLogRecord) -> ReadableLogRecord:
    # The record's context holds on to what may be large; its ids have been read.
    lean = copy.copy(given.log_record)
    lean.context = Context()
    return fit.record(
        ReadableLogRecord(
            log_record=lean,
            resource=given.resource or Resource.create({}),
            instrumentation_scope=given.instrumentation_scope,
            limits=given.limits,
        )
    )
