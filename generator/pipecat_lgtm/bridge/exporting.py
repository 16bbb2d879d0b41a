"""From OpenTelemetry's SDK to the outboxes: one processor for spans, one for log records."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk._logs import LogRecordProcessor, ReadableLogRecord, ReadWriteLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from pipecat_lgtm.bridge.later import catch_up
from pipecat_lgtm.bridge.outbox import Outbox
from pipecat_lgtm.contract import events as e

_SPAN_BYTES, _RECORD_BYTES, _ATTRIBUTE_BYTES = 2900, 1100, 75
"""What a span, a log record and an attribute take besides texts: tracemalloc on Python 3.11 (a test repeats it)."""

Lost = Callable[[str, int], object]


def _texts(attributes: Mapping[str, Any] | None) -> int:
    found = (attributes or {}).values()
    return _ATTRIBUTE_BYTES * len(found) + sum(len(value) for value in found if isinstance(value, str))


class SpanOutbox(SpanProcessor):
    """Queues sampled spans for an exporter."""

    def __init__(self, exporter: SpanExporter, lost: Lost) -> None:
        self._exporter = exporter
        self.outbox: Outbox[ReadableSpan] = Outbox("spans", self._send, self._size, lost)

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a span."""
        if span.context is not None and span.context.trace_flags.sampled:
            self.outbox.put_later(span)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Wait until all is sent."""
        catch_up()
        return self.outbox.flush(timeout_millis / 1000)

    def shutdown(self) -> None:
        """Send what is queued and end."""
        self.outbox.close()
        self._exporter.shutdown()

    def _send(self, batch: Sequence[ReadableSpan]) -> bool:
        return self._exporter.export(batch) is SpanExportResult.SUCCESS

    @staticmethod
    def _size(span: ReadableSpan) -> int:
        return _SPAN_BYTES + _texts(span.attributes) + sum(_texts(event.attributes) for event in span.events)


class LogOutbox(LogRecordProcessor):
    """Queues log records for an exporter."""

    def __init__(self, exporter: LogRecordExporter, lost: Lost) -> None:
        self._exporter = exporter
        self.outbox: Outbox[ReadableLogRecord] = Outbox("logs", self._send, self._size, lost)

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Queue a record."""
        # The record's context holds on to what may be large; its ids have been read.
        lean = copy.copy(log_record.log_record)
        lean.context = Context()
        self.outbox.put(
            ReadableLogRecord(
                log_record=lean,
                resource=log_record.resource or Resource.create({}),
                instrumentation_scope=log_record.instrumentation_scope,
                limits=log_record.limits,
            ),
            full=(lean.attributes or {}).get(e.EVENT_NAME.name) == e.DROPPED.name,
        )

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Wait until all is sent."""
        catch_up()
        return self.outbox.flush(timeout_millis / 1000)

    def shutdown(self) -> None:
        """Send what is queued and end."""
        self.outbox.close()
        self._exporter.shutdown()  # type: ignore[no-untyped-call]

    def _send(self, batch: Sequence[ReadableLogRecord]) -> bool:
        return self._exporter.export(batch) is LogRecordExportResult.SUCCESS

    @staticmethod
    def _size(record: ReadableLogRecord) -> int:
        body = record.log_record.body
        return _RECORD_BYTES + (len(body) if isinstance(body, str) else 0) + _texts(record.log_record.attributes)
