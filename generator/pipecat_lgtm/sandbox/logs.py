"""The bot's loguru lines as OTLP log records, each with the ids of its own call."""

from contextvars import ContextVar
from typing import TYPE_CHECKING

from loguru import logger
from opentelemetry import trace
from opentelemetry._logs import LogRecord
from opentelemetry.context import Context
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from pipecat.pipeline.worker import PipelineWorker

from pipecat_lgtm_bridge.level import severity

if TYPE_CHECKING:
    from loguru import Message
    from opentelemetry.sdk._logs.export import LogRecordExporter

_WORKER: ContextVar[PipelineWorker | None] = ContextVar("worker", default=None)


def belongs_to(worker: PipelineWorker) -> None:
    """Say whose call the current context is; tasks started from here inherit it."""
    _WORKER.set(worker)


def set_up(exporter: "LogRecordExporter", resource: Resource, level: str) -> LoggerProvider:
    """Send loguru's lines of a level and above to an exporter; return what flushes them."""
    provider = LoggerProvider(resource=resource)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    otel = provider.get_logger("pipecat_lgtm.sandbox")

    def sink(message: "Message") -> None:
        record = message.record
        otel.emit(
            LogRecord(
                timestamp=int(record["time"].timestamp() * 1e9),
                context=_context(),
                severity_text=record["level"].name,
                severity_number=severity(record["level"].no),
                body=record["message"],
                attributes={
                    "code.function": f"{record['name']}.{record['function']}",
                    "code.lineno": record["line"],
                },
            )
        )

    logger.remove()
    logger.add(sink, level=level, format="{message}", diagnose=False)
    return provider


def _context() -> Context | None:
    """Return the current span's context, else the turn's, else the conversation's."""
    if trace.get_current_span().get_span_context().is_valid:
        return None
    worker = _WORKER.get()
    tracing = getattr(worker, "_tracing_context", None)
    if tracing is None:
        return None
    found: Context | None = tracing.get_turn_context() or tracing.get_conversation_context()
    return found
