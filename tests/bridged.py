"""What the bridge's tests share: a call without a pipeline, its frames, and what it emits."""

import contextlib
import logging
import signal
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from loguru import logger
from opentelemetry.sdk import _logs as sdk_logs
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import set_span_in_context

with warnings.catch_warnings():
    # Pipecat's own modules warn of each other while they are imported.
    warnings.simplefilter("ignore", DeprecationWarning)
    from pipecat.frames import frames as f
    from pipecat.observers.base_observer import FramePushed
    from pipecat.processors.frame_processor import FrameDirection

    from pipecat_lgtm_bridge import (
        attaching,
        conversation,
        http,
        later,
        level,
        logs,
        observer,
        providers,
        switching,
        ticker,
    )

Conversation = conversation.Conversation
LOADED = (attaching, http, logs, observer, providers, switching, ticker)


def pushed(frame: f.Frame, source: object = None) -> Any:  # noqa: ANN401 - a FramePushed of a source that is no processor
    """Return a frame as an observer sees it."""
    return FramePushed(source, None, frame, FrameDirection.DOWNSTREAM, 0)  # type: ignore[arg-type]


@dataclass
class Bridged:
    """Providers in memory, in place of the process's own."""

    exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    logs: InMemoryLogRecordExporter = field(default_factory=InMemoryLogRecordExporter)

    def __post_init__(self) -> None:
        """Make the providers; what an earlier test left goes elsewhere."""
        later.catch_up()
        self._workers: list[Worker] = []
        resource = Resource({"service.name": "my-bot"})
        self.traces, self.logging = TracerProvider(resource=resource), LoggerProvider(resource=resource)
        self.traces.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.logging.add_log_record_processor(SimpleLogRecordProcessor(self.logs))

    def call(self, name: str = "call-1") -> Conversation:
        """Return a call in its first turn."""
        tracer = self.traces.get_tracer("pipecat.turn")
        root = tracer.start_span("conversation")
        turn = tracer.start_span("turn", set_span_in_context(root))
        tracing = SimpleNamespace(
            conversation_id=name,
            get_turn_context=lambda: set_span_in_context(turn),
            get_conversation_context=lambda: set_span_in_context(root),
        )
        worker = Worker(_tracing_context=tracing, _conversation_id=name)
        made = Conversation(worker, "session-1")
        made.started = True
        self._workers.append(worker)
        conversation.register(worker, made)
        conversation.LIVE[root.get_span_context().trace_id] = root  # type: ignore[assignment]
        made.turn_started(turn)  # type: ignore[arg-type]
        return made

    def spans(self, call: Conversation) -> dict[str, ReadableSpan]:
        """Return the ended spans by name, after ending the call's own."""
        assert call.turn is not None
        turn = call.turn.span
        turn.end()
        call.turn_ended(turn)
        conversation.LIVE[call.trace_id()].end()
        return {span.name: span for span in self.exporter.get_finished_spans()}

    def records(self) -> list[ReadableLogRecord]:
        """Return the log records."""
        later.catch_up()
        return list(self.logs.get_finished_logs())

    def events(self) -> list[dict[str, Any]]:
        """Return the attributes of the events."""
        found = [dict(one.log_record.attributes or {}) for one in self.records()]
        return [one for one in found if "event.name" in one]

    def named(self) -> list[str]:
        """Return the names of the events."""
        return [str(one["event.name"]) for one in self.events()]


class Worker(SimpleNamespace):
    """Stands where a pipeline worker would; can be held weakly."""

    __hash__ = object.__hash__  # type: ignore[assignment]


def service(kind: str, name: str) -> Any:  # noqa: ANN401 - a service without its connections
    """Return a service by its kind, STT, LLM or TTS, and the name of its class."""
    from pipecat.services import llm_service, stt_service, tts_service  # noqa: PLC0415

    base = {"STT": stt_service.STTService, "LLM": llm_service.LLMService, "TTS": tts_service.TTSService}[kind]
    made = type(name, (base,), {"__init__": lambda _: None, "run_stt": None, "run_tts": None, "is_usable": True})
    return made()


@contextlib.contextmanager
def lines_left_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give this process's logging back, as it was, after a block in which the bridge may take it over."""
    for name in ("_sink_id", "_files"):
        monkeypatch.setattr(logs, name, type(getattr(logs, name))())
    for name in ("_listeners", "_shown", "_by_signal"):
        monkeypatch.setattr(level, name, [])
    taken = ((type(logger), "remove"), (type(logger), "configure"), (logging.Logger, "callHandlers"),
             (logging.Logger, "handle"), (logging.LogRecord, "getMessage"))  # fmt: skip
    for owner, name in (*taken, (sdk_logs.LoggingHandler, "emit")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    root = logging.getLogger()
    disabled = {one: one.disabled for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger)}
    handlers, threshold, previous = list(root.handlers), root.level, signal.getsignal(signal.SIGUSR1)
    try:
        yield
    finally:
        for file in logs._files.values():  # noqa: SLF001 - there is no other end to them than the process's
            file.close()
        monkeypatch.undo()
        signal.signal(signal.SIGUSR1, previous)
        root.handlers[:] = handlers
        for log, was in disabled.items():
            log.disabled = was
        root.setLevel(threshold)
        logger.configure(handlers=[], patcher=lambda _: None)
