"""Log lines of loguru and of the standard library → OTLP and a JSON file or stdout, each with the ids of its own call.

Which call a line belongs to is a ContextVar that Pipecat's tasks inherit, so concurrent calls do not mix.

Each line is sent once, whatever a bot configures before or after. No handler of the standard library is needed, which
`logging.config.dictConfig` would remove: the place where a logger calls its handlers is taken over, as Sentry's SDK
does. Loguru's sink comes back when it is removed. A line that one library hands to the other (loguru's recipes
InterceptHandler and PropagateHandler, in any variation) is seen by who is calling with which record: a handler that has
read a record and writes its words hands it on, whatever it puts around them. One that OpenTelemetry's LoggingHandler
would send to the same place is left to the bridge, which knows its call.
"""

import functools
import json
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, TextIO

from loguru import _handler as loguru_handler
from loguru import logger
from opentelemetry import _logs
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, Context, get_current, get_value
from opentelemetry.sdk._logs import LoggerProvider

from pipecat_lgtm_bridge import emit, fields, fit, forking, level
from pipecat_lgtm_bridge.contract import attributes as a
from pipecat_lgtm_bridge.contract import events as e
from pipecat_lgtm_bridge.conversation import current
from pipecat_lgtm_bridge.guard import harmless

if TYPE_CHECKING:
    from loguru import Message, Record

JSON_VARIABLE = "PIPECAT_LGTM_JSON_LOG"
"""`stdout`, `stderr` or a file: there each record is also written, as a JSON object a line."""

_OURS = ("opentelemetry", "pipecat_lgtm_bridge")
"""Loggers whose lines are not sent: a failing export would make the next one larger."""

_OPENTELEMETRYS = ("opentelemetry.sdk._logs", "opentelemetry.instrumentation.logging.handler")
"""Modules with a LoggingHandler."""

_TAKEN = "_pipecat_lgtm_took"
_lock = forking.Lock(threading.RLock)
_sink_id: list[int] = []
_files: dict[str, TextIO] = {}
_handled: list[logging.LogRecord] = []
"""Records whose handlers run now, in any thread."""

_SURE_WORDS = 2
"""A line of so many words is known again within another one; a single word may be there by chance."""


class _Read(threading.local):
    """The record whose message a handler of this thread has read last."""

    record: logging.LogRecord | None = None


_read = _Read()


class _Sent(str):
    """The thread's name on a record that the bridge sends.

    Copies of the record, such as a QueueHandler makes, have it too; an attribute of its own would be in the bot's JSON.
    """

    __slots__ = ()


@harmless
def install() -> None:
    """Take over the log lines of this process, or what the bot has taken back since."""
    with _lock:
        first = not _sink_id
        if first:
            _sink_id.append(-1)
        keep()
        if first:
            level.on_change(_add_sink)
            level.listen_to_signals()


@harmless
def keep() -> None:
    """Take back what the bot has replaced meanwhile."""
    with _lock:
        if not _sink_id:
            return
        for name in ("remove", "configure"):
            _take(type(logger), name, _loguru_changed)
        _take(logging.Logger, "callHandlers", _standard)
        _take(logging.Logger, "handle", _any_logger)
        _take(logging.LogRecord, "getMessage", _message_read)
        for module in _OPENTELEMETRYS:
            if (handler := getattr(sys.modules.get(module), "LoggingHandler", None)) is not None:
                _take(handler, "emit", _opentelemetrys)
        _keep_sink()


def _take(owner: type, name: str, instead: Callable[..., Any]) -> None:
    """Put a function in the place of a method, once; it is given the method."""
    before = getattr(owner, name)
    if hasattr(before, _TAKEN):
        return

    @functools.wraps(before)
    def taken(self: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as the method
        return instead(functools.partial(before, self), self, *arguments, **options)

    setattr(taken, _TAKEN, True)
    setattr(owner, name, taken)


def _loguru_changed(change: Callable[..., Any], _logger: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
    """Change loguru's configuration as the bot wants, and put back what is the bridge's."""
    try:
        return change(*arguments, **options)
    finally:
        _keep_sink()


@harmless
def _keep_sink() -> None:
    """Put the sink and the patcher back where they are missing; loguru has no public way to see either."""
    with _lock:
        if not _sink_id:
            return
        core = getattr(logger, "_core")  # noqa: B009
        if not isinstance(core.patcher, _Patcher):
            with core.lock:
                core.patcher = _Patcher(core.patcher)
        if _sink_id[0] not in core.handlers:
            _add_sink(level.wanted())


def _add_sink(name: str) -> None:
    """Send loguru's lines of a level and above."""
    with _lock:
        before, _sink_id[0] = _sink_id[0], -1
        if before in getattr(logger, "_core").handlers:  # noqa: B009
            logger.remove(before)  # which puts a new one in its place
        if _sink_id[0] == -1:
            _sink_id[0] = logger.add(_sink, level=name, format="{message}", diagnose=False, backtrace=False)


class _Patcher:
    """Gives the bot's own sinks the ids.

    Args:
        before: the bot's patcher.
    """

    def __init__(self, before: "Callable[[Record], object] | None") -> None:
        self._before = before

    def __call__(self, record: "Record") -> None:
        """Change a record."""
        if self._before is not None:
            self._before(record)
        _give_ids(record)


@harmless
def _give_ids(record: "Record") -> None:
    call = current()
    found, _ = fields.ids(call)
    record["extra"].setdefault("trace_id", found["trace_id"])
    record["extra"].setdefault("span_id", found["span_id"])
    if call is not None:
        record["extra"].setdefault("correlation_id", call.id)


@harmless
def _sink(message: "Message") -> None:
    record = message.record
    if get_value(_SUPPRESS_INSTRUMENTATION_KEY) or _of_standard(record["message"]):
        return
    exception = record["exception"]
    _send(
        seconds=record["time"].timestamp(),
        name=record["level"].name,
        number=record["level"].no,
        text=record["message"],
        code=(f"{record['name']}.{record['function']}", record["file"].path, record["line"]),
        error=exception.value if exception is not None else None,
    )


def _standard(call_handlers: Callable[..., Any], log: logging.Logger, record: logging.LogRecord) -> Any:  # noqa: ANN401
    """Send a line of the standard library, before a handler can change it; the caller is the one the library found."""
    _send_standard(log, record)
    before, _read.record = _read.record, None
    _handled.append(record)
    try:
        return call_handlers(record)
    finally:
        _read.record = before
        _forget(record)


def _forget(record: logging.LogRecord) -> None:
    for index, one in enumerate(_handled):
        if one is record:
            del _handled[index]
            return


def _any_logger(handle: Callable[..., Any], log: logging.Logger, record: logging.LogRecord) -> Any:  # noqa: ANN401
    """Take over the place in a class of loggers that has a `callHandlers` of its own."""
    _take(type(log), "callHandlers", _standard)
    return handle(record)


def _message_read(get_message: Callable[..., str], record: logging.LogRecord) -> str:
    """Note which record a handler reads."""
    _read.record = record
    return get_message()


@harmless
def _send_standard(log: logging.Logger, record: logging.LogRecord) -> None:
    sent = isinstance(record.threadName, _Sent)
    if sent or record.levelno < level.number(level.shown()) or not _heard(log, record):
        return
    text = _message(record)
    of_loguru = _of_loguru(record, text)
    record.threadName = _Sent(record.threadName or "")
    if not of_loguru:
        _send(
            seconds=record.created,
            name=record.levelname,
            number=record.levelno,
            text=text,
            code=(f"{record.name}.{record.funcName}", record.pathname, record.lineno),
            error=record.exc_info[1] if isinstance(record.exc_info, tuple) else None,
            template=_template(record, text),
        )


def _heard(log: logging.Logger | None, record: logging.LogRecord) -> bool:
    """Return whether a line is anybody's: none of what exports the lines before it, nor of a silenced logger."""
    if record.name.startswith(_OURS) or get_value(_SUPPRESS_INSTRUMENTATION_KEY):
        return False
    while log is not None:
        if any(not isinstance(one, logging.NullHandler) for one in log.handlers):
            return True
        if not log.propagate:
            return False
        log = log.parent
    return True


def _opentelemetrys(emit_record: Callable[..., Any], handler: Any, record: logging.LogRecord) -> Any:  # noqa: ANN401
    """Let OpenTelemetry's handler send a line that the bridge does not send to the same provider."""
    if get_value(_SUPPRESS_INSTRUMENTATION_KEY):
        return None
    provider = getattr(handler, "_logger_provider", None)
    elsewhere = isinstance(provider, LoggerProvider) and provider is not _logs.get_logger_provider()
    return emit_record(record) if elsewhere or not isinstance(record.threadName, _Sent) else None


def _callers(*codes: CodeType) -> Iterator[FrameType]:
    """Yield the frames, from here outwards, that run one of some functions."""
    frame = sys._getframe(1)  # noqa: SLF001 - as the logging module does
    while frame is not None:
        if frame.f_code in codes:
            yield frame
        frame = frame.f_back  # type: ignore[assignment]


def _of_standard(text: str) -> bool:
    """Return whether a line of loguru's is one of the standard library's that is sent already, or never."""
    for frame in _callers(logging.Handler.handle.__code__, _standard.__code__):
        record = frame.f_locals.get("record")
        if isinstance(record, logging.LogRecord) and _told(_message(record), text, read=record is _read.record):
            return isinstance(record.threadName, _Sent) or record.name.startswith(_OURS)
    # A handler may have it written by another thread, and wait.
    return any(isinstance(one.threadName, _Sent) and _message(one) == text for one in list(_handled))


def _of_loguru(handed: logging.LogRecord, text: str) -> bool:
    """Return whether a line of the standard library's is one of loguru's, which the bridge's sink sends."""
    emits = (loguru_handler.Handler.emit.__code__, loguru_handler.Handler._queued_writer.__code__)  # noqa: SLF001
    same = False
    for frame in _callers(logging.Handler.handle.__code__, *emits):
        if frame.f_code not in emits:
            same = same or frame.f_locals.get("record") is handed  # which loguru has made
            continue
        record = frame.f_locals.get("record") or getattr(frame.f_locals.get("message"), "record", None)
        if same or (record is not None and _told(record["message"], text, read=False)):
            return True
    return False


def _told(message: str, text: str, *, read: bool) -> bool:
    """Return whether a line says what a message says: itself, within more, cut short, without its markup, escaped.

    Args:
        message: of the record that is being handled.
        text: of the line that is written meanwhile.
        read: whoever writes it has read the message.
    """
    if text == message:
        return True
    said, line = _words(message), _words(text)
    if not said or not line or (not read and len(said) < _SURE_WORDS):
        return False
    shorter = read and (message.startswith(text.rstrip(".…")) or _within(line, said))
    return shorter or _within(said, line)


def _words(text: str) -> list[str]:
    """Return the words of a text, which may be escaped as JSON has it."""
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return re.findall(r"\w+", re.sub(r"\\[nrt]", " ", plain))


def _within(some: list[str], more: list[str]) -> bool:
    """Return whether words come in others, in their order."""
    left = iter(more)
    return all(one in left for one in some)


def _text(value: object) -> str:
    """Return a value as text, also if it has none."""
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - whatever a bot has written there
        return f"<unprintable {type(value).__name__} object>"


def _message(record: logging.LogRecord) -> str:
    before = _read.record
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - arguments that do not fit the message
        return _unfit(record)
    finally:
        _read.record = before


def _unfit(record: logging.LogRecord) -> str:
    """Return the text of a line whose arguments do not fit its message."""
    return f"{_text(record.msg)} {_text(record.args)}"


def _template(record: logging.LogRecord, text: str) -> str | None:
    """Return a line without its arguments; one without any may be put together of what was said, so it has none."""
    known = record.args and isinstance(record.msg, str) and text not in (record.msg, _unfit(record))
    return record.msg if known else None


def _send(  # noqa: PLR0913 - the parts of a line
    *,
    seconds: float,
    name: str,
    number: int,
    text: str,
    code: tuple[str, str, int],
    error: BaseException | None,
    template: str | None = None,
) -> None:
    call = current()
    found, context = fields.ids(call)
    own = fields.of_call(call)
    if call is not None:
        text = call.halves.hide(text)
    other: fields.Fields = {"code.function.name": code[0], "code.file.path": code[1], "code.line.number": code[2]}
    if error is not None:
        other |= {"exception.type": type(error).__name__, "exception.message": _text(error)}
    if target := os.environ.get(JSON_VARIABLE):
        _write(target, seconds, {"level": name}, {**own, **found, "message": text, **other})
    if template is not None:
        other[a.LOG_TEMPLATE.name] = fit.text(template)
    if len(text) > fit.TEXT_LIMIT:  # at once: it may have to wait
        text, other[e.CUT.name] = fit.text(text), len(text)
    emit.hand_over(_record, int(seconds * 1e9), context or get_current(), (name, number), text, own, other)


def _record(  # noqa: PLR0913, PLR0917 - the parts of a record
    at: int, context: Context, named: tuple[str, int], text: str, own: fields.Fields, other: fields.Fields
) -> None:
    emit.record(at, context, named[0], level.severity(named[1]), text, {**fields.flat(own), **other})


@harmless
def _write(target: str, seconds: float, head: dict[str, Any], record: dict[str, Any]) -> None:
    resource = getattr(_logs.get_logger_provider(), "resource", None)
    service = resource.attributes.get("service.name") if resource is not None else None
    whole = {"timestamp": fields.timestamp(seconds), **head, "service": service, **record}
    with _lock:
        stream = {"stdout": sys.stdout, "stderr": sys.stderr}.get(target) or _file(target)
        try:
            stream.write(json.dumps(whole, ensure_ascii=False, default=_text) + "\n")
        except UnicodeEncodeError:
            stream.write(json.dumps(whole, default=_text) + "\n")
        stream.flush()


def _file(target: str) -> TextIO:
    if target not in _files:
        _files[target] = Path(target).open("a", encoding="utf-8")  # noqa: SIM115 - open as long as the process
    return _files[target]
