"""Log lines of loguru and of the standard library → OTLP and a JSON file or stdout, each with the ids of its own call.

Which call a line belongs to is a ContextVar that Pipecat's tasks inherit, so concurrent calls do not mix. A loguru
patcher survives `logger.remove()`, which Pipecat's development runner calls, and puts the bridge's sink back.
"""

import json
import logging
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from loguru import logger
from opentelemetry import _logs
from opentelemetry.context import Context, get_current

from pipecat_lgtm.bridge import emit, fields, level
from pipecat_lgtm.bridge.conversation import current
from pipecat_lgtm.bridge.guard import harmless

if TYPE_CHECKING:
    from loguru import Message, Record

JSON_VARIABLE = "PIPECAT_LGTM_JSON_LOG"
"""`stdout`, `stderr` or a file: there each record is also written, as a JSON object a line."""

_OURS = ("opentelemetry", "pipecat_lgtm.bridge")
"""Loggers whose lines are not sent: a failing export would make the next one larger."""

_STANDARD_LEVELS = {"TRACE": 5, "SUCCESS": 25}
_lock = threading.RLock()
_handler: list[int] = []
_files: dict[str, TextIO] = {}


@harmless
def install() -> None:
    """Take over the log lines of this process, once."""
    with _lock:
        if _handler:
            return
        _handler.append(-1)
        before = getattr(logger, "_core").patcher  # noqa: B009 - loguru has no public way to an earlier patcher

        def patch(record: "Record") -> None:
            if before is not None:
                before(record)
            _patch(record)

        logger.configure(patcher=patch)
        level.on_change(_add_sink)
        standard = _Standard()
        level.on_change(lambda name: standard.setLevel(_STANDARD_LEVELS.get(name, name)))
        logging.getLogger().addHandler(standard)
        level.listen_to_signals()


def _add_sink(name: str) -> None:
    """Send loguru's lines of a level and above."""
    with _lock:
        known = getattr(logger, "_core").handlers  # noqa: B009
        if _handler[0] in known:
            logger.remove(_handler[0])
        _handler[0] = logger.add(_sink, level=name, format="{message}", diagnose=False, backtrace=False)


@harmless
def _patch(record: "Record") -> None:
    """Give the bot's own sinks the ids, and bring the bridge's sink back if the bot has removed it."""
    call = current()
    found, _ = fields.ids(call)
    record["extra"].setdefault("trace_id", found["trace_id"])
    record["extra"].setdefault("span_id", found["span_id"])
    if call is not None:
        record["extra"].setdefault("correlation_id", call.id)
    if _handler[0] not in getattr(logger, "_core").handlers:  # noqa: B009
        _add_sink(level.wanted())


@harmless
def _sink(message: "Message") -> None:
    record = message.record
    exception = record["exception"]
    _send(
        seconds=record["time"].timestamp(),
        name=record["level"].name,
        text=record["message"],
        code=(f"{record['name']}.{record['function']}", record["file"].path, record["line"]),
        error=exception.value if exception is not None else None,
    )


class _Standard(logging.Handler):
    """The standard library's lines; the caller is the one the library found, whatever stands in between."""

    @harmless
    def emit(self, record: logging.LogRecord) -> None:
        """Send a line."""
        if record.name.startswith(_OURS):
            return
        _send(
            seconds=record.created,
            name=record.levelname,
            text=record.getMessage(),
            code=(f"{record.name}.{record.funcName}", record.pathname, record.lineno),
            error=record.exc_info[1] if record.exc_info else None,
        )


def _send(*, seconds: float, name: str, text: str, code: tuple[str, str, int], error: BaseException | None) -> None:
    call = current()
    found, context = fields.ids(call)
    own = fields.of_call(call)
    failed: fields.Fields = {}
    if error is not None:
        failed = {"exception.type": type(error).__name__, "exception.message": str(error)}
    where: fields.Fields = {"code.function.name": code[0], "code.file.path": code[1], "code.line.number": code[2]}
    if target := os.environ.get(JSON_VARIABLE):
        resource = getattr(_logs.get_logger_provider(), "resource", None)
        service = resource.attributes.get("service.name") if resource is not None else None
        head = {"timestamp": fields.timestamp(seconds), "level": name, "service": service}
        _write(target, {**head, **own, **found, "message": text, **where, **failed})
    emit.hand_over(_record, int(seconds * 1e9), context or get_current(), name, text, own, {**where, **failed})


def _record(at: int, context: Context, name: str, text: str, own: fields.Fields, other: fields.Fields) -> None:  # noqa: PLR0913, PLR0917
    emit.record(at, context, name, level.severity(name), text, {**fields.flat(own), **other})


def _write(target: str, record: dict[str, Any]) -> None:
    line = json.dumps(record, ensure_ascii=False, default=str) + "\n"
    with _lock:
        stream = {"stdout": sys.stdout, "stderr": sys.stderr}.get(target) or _file(target)
        stream.write(line)
        stream.flush()


def _file(target: str) -> TextIO:
    if target not in _files:
        _files[target] = Path(target).open("a", encoding="utf-8")  # noqa: SIM115 - open as long as the process
    return _files[target]
