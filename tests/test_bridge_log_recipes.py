"""Each log line is sent once, with the ids of its call, whatever a bot configures, before it is attached or after."""

import contextlib
import inspect
import io
import json
import logging
import logging.config
import logging.handlers
import queue
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
from loguru import logger
from opentelemetry import _logs
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor

from bridged import Bridged, lines_left_alone
from pipecat_lgtm_bridge import conversation, guard, logs

Recipe = Callable[[contextlib.ExitStack], object]
LOGGERS = ("app", "app.module", "library", "quiet")


class InterceptHandler(logging.Handler):
    """Loguru's own recipe: the standard library's lines become loguru's."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a line to loguru."""
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        frame, depth = inspect.currentframe(), 0
        while frame and (depth == 0 or frame.f_code.co_filename == logging.__file__):
            frame, depth = frame.f_back, depth + 1
        logger.opt(depth=depth, exception=record.exc_info).log(level, record.getMessage())


class NamingHandler(logging.Handler):
    """A variation: it says which logger it was."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a line to loguru."""
        logger.log(record.levelno, f"[{record.name}] {record.getMessage()}")


class PropagateHandler(logging.Handler):
    """Loguru's own recipe: loguru's lines become the standard library's."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a line to the standard library."""
        logging.getLogger(record.name).handle(record)


def _nothing(_: contextlib.ExitStack) -> None:
    """Leave all as it is."""


def _loguru_configured(_: contextlib.ExitStack) -> None:
    logger.configure(handlers=[{"sink": lambda _: None, "level": "ERROR"}], patcher=lambda r: r["extra"].update(own=1))


def _loguru_removed(_: contextlib.ExitStack) -> None:
    logger.remove()


def _loguru_own_sinks(_: contextlib.ExitStack) -> None:
    logger.remove()
    logger.add(lambda _: None, level="DEBUG", serialize=True)
    logger.remove(logger.add(lambda _: None))


def _dict_config(_: contextlib.ExitStack, *, existing: bool = False) -> None:
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": existing,
            "handlers": {"null": {"class": "logging.StreamHandler", "level": "CRITICAL"}},
            "root": {"handlers": ["null"], "level": "INFO"},
            "loggers": {"app": {"handlers": ["null"], "level": "INFO", "propagate": False}}
            | {name: {} for name in LOGGERS[1:]},
        }
    )


def _dict_config_of_its_own(stack: contextlib.ExitStack) -> None:
    _dict_config(stack, existing=True)


def _basic_config(_: contextlib.ExitStack) -> None:
    logging.basicConfig(level=logging.INFO, force=True)


def _handlers_cleared(_: contextlib.ExitStack) -> None:
    logging.getLogger().handlers.clear()


def _intercepted(_: contextlib.ExitStack) -> None:
    logging.basicConfig(handlers=[InterceptHandler()], level=0, force=True)


def _intercepted_and_configured(stack: contextlib.ExitStack) -> None:
    _intercepted(stack)
    _loguru_configured(stack)


def _intercepted_with_names(_: contextlib.ExitStack) -> None:
    logging.basicConfig(handlers=[NamingHandler()], level=0, force=True)


def _intercepted_at_the_logger(stack: contextlib.ExitStack) -> None:
    app = logging.getLogger("app")
    handler = InterceptHandler()
    app.addHandler(handler)
    app.propagate = False
    stack.callback(app.removeHandler, handler)


def _intercepted_by_a_listener(stack: contextlib.ExitStack) -> None:
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    logging.basicConfig(handlers=[logging.handlers.QueueHandler(waiting)], level=0, force=True)
    listener = logging.handlers.QueueListener(waiting, InterceptHandler())
    listener.start()
    stack.callback(listener.stop)


def _propagated(stack: contextlib.ExitStack) -> None:
    stack.callback(logger.remove, logger.add(PropagateHandler(), format="{message}"))


def _propagated_formatted(stack: contextlib.ExitStack) -> None:
    stack.callback(logger.remove, logger.add(PropagateHandler(), format="{level} {message}", enqueue=True))


def _propagated_by_a_function(stack: contextlib.ExitStack) -> None:
    def sink(message: Any) -> None:  # noqa: ANN401 - loguru's
        record = message.record
        logging.getLogger(record["name"]).log(record["level"].no, record["message"])

    stack.callback(logger.remove, logger.add(sink))


def _opentelemetrys(stack: contextlib.ExitStack, provider: LoggerProvider | None = None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        handler = LoggingHandler(logging.INFO, logger_provider=provider or _logs.get_logger_provider())
    logging.getLogger().addHandler(handler)
    stack.callback(logging.getLogger().removeHandler, handler)


def _opentelemetrys_and_propagated(stack: contextlib.ExitStack) -> None:
    _opentelemetrys(stack)
    _propagated(stack)


def _opentelemetrys_and_intercepted(stack: contextlib.ExitStack) -> None:
    _intercepted(stack)
    _opentelemetrys(stack)


def _sentrys(stack: contextlib.ExitStack) -> None:
    """Take over where a logger calls its handlers, as Sentry's SDK does."""
    before = logging.Logger.callHandlers

    def patched(log: logging.Logger, record: logging.LogRecord) -> None:
        before(log, record)

    logging.Logger.callHandlers = patched  # type: ignore[method-assign]
    stack.callback(setattr, logging.Logger, "callHandlers", before)


RECIPES: tuple[Recipe, ...] = (
    _nothing, _loguru_configured, _loguru_removed, _loguru_own_sinks, _dict_config, _dict_config_of_its_own,
    _basic_config, _handlers_cleared, _intercepted, _intercepted_and_configured, _intercepted_with_names,
    _intercepted_at_the_logger, _intercepted_by_a_listener, _propagated, _propagated_formatted,
    _propagated_by_a_function, _opentelemetrys, _opentelemetrys_and_propagated, _opentelemetrys_and_intercepted,
    _sentrys,
)  # fmt: skip


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch, bridged: Bridged) -> Iterator[Bridged]:
    """A bot's process with the sink that loguru has of itself."""
    with lines_left_alone(monkeypatch):
        logging.getLogger().setLevel(logging.INFO)
        logger.configure(handlers=[{"sink": lambda _: None}])
        yield bridged
        for name in LOGGERS:
            log = logging.getLogger(name)
            log.handlers.clear()
            log.propagate, log.disabled = True, False
            log.setLevel(logging.NOTSET)


def _write(call: conversation.Conversation) -> None:
    conversation.enter(call)
    logger.info("one of loguru's")
    try:
        logging.getLogger("app.module").warning("one of the app's: %d", 1)
        logging.getLogger("library").error("one of a library's")
        {}["city"]
    except KeyError:
        logger.exception("one with an exception")
        logging.getLogger("app").exception("the app's with an exception")
    logger.debug("not this")
    logging.getLogger("library").debug("nor this")


EXPECTED = Counter(
    [
        ("INFO", "one of loguru's", ""),
        ("WARNING", "one of the app's: 1", ""),
        ("ERROR", "one of a library's", ""),
        ("ERROR", "one with an exception", "KeyError"),
        ("ERROR", "the app's with an exception", "KeyError"),
    ]
)


def _sent(bot: Bridged) -> Counter[tuple[str, str, str]]:
    found = ((one.log_record, dict(one.log_record.attributes or {})) for one in bot.records())
    return Counter((str(one.severity_text), str(one.body), str(own.get("exception.type", ""))) for one, own in found)


@pytest.mark.parametrize("order", ["before", "after", "after, and attached again", "twice"])
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda one: one.__name__.strip("_"))
def test_each_line_once(bot: Bridged, recipe: Recipe, order: str) -> None:
    """Each line above the level arrives once and belongs to its call, in whichever order things are configured."""
    call = bot.call("call-7")
    with contextlib.ExitStack() as stack:
        if order in {"before", "twice"}:
            recipe(stack)
        logs.install()
        if order != "before":
            recipe(stack)
        if "again" in order:
            logs.install()
        _write(call)
        logger.complete()
    call.ended = True

    assert EXPECTED == _sent(bot)
    assert {"call-7"} == {(one.log_record.attributes or {}).get("correlation_id") for one in bot.records()}


class _Handler(logging.Handler):
    """Does something with each record."""

    def __init__(self, write: Callable[[logging.LogRecord], object]) -> None:
        super().__init__()
        self.emit = write  # type: ignore[method-assign]


def _by_a_thread(record: logging.LogRecord) -> None:
    thread = threading.Thread(target=lambda: logger.info(record.getMessage()))
    thread.start()
    thread.join()


@pytest.mark.parametrize(
    ("line", "write", "also"),
    [
        ('say "hi"', lambda one: logger.info(json.dumps({"logger": one.name, "message": one.getMessage()})), []),
        ("größer als\nzuvor", lambda one: logger.info(json.dumps(one.getMessage())), []),
        ("a long message that is cut short", lambda one: logger.info(one.getMessage()[:10]), []),
        ("<red>hot</red> stuff", lambda one: logger.opt(colors=True).info(one.getMessage()), []),
        ("stop", lambda one: logger.info(f"[{one.name}] {one.getMessage()}"), []),
        ("", lambda one: logger.info(one.getMessage()), []),
        ("written by a thread", _by_a_thread, []),
        ("ok", lambda _: logger.info("webhook token refreshed"), ["webhook token refreshed"]),
        ("ok", lambda _: logger.info("all is ok now"), ["all is ok now"]),
        ("ok", lambda one: (one.getMessage(), logger.info("webhook token refreshed")), ["webhook token refreshed"]),
        ("", lambda _: logger.info("token refreshed"), ["token refreshed"]),
    ],
    ids=["json", "escaped", "cut", "colours", "word", "empty", "thread", "part", "whole", "read", "beside"],
)
def test_what_a_handler_writes(
    bot: Bridged, line: str, write: Callable[[logging.LogRecord], object], also: list[str]
) -> None:
    """A line that a handler hands to loguru is sent once, however it is changed; another line of its is one more."""
    logs.install()
    logging.basicConfig(handlers=[_Handler(write)], level=0, force=True)
    logging.getLogger("app").info(line)

    assert sorted([line, *also]) == sorted(str(one.log_record.body) for one in bot.records())


@pytest.mark.parametrize(
    ("line", "write", "also"),
    [
        ('quo"te', lambda one: json.dumps({"m": one.record["message"]}), []),
        ("as it is formatted", str, []),
        ("retry", lambda _: "retrying in 5 s", ["retrying in 5 s"]),
        ("order placed", lambda _: "posting to slack", ["posting to slack"]),
        ("", lambda _: "a warning in a sink", ["a warning in a sink"]),
    ],
    ids=["json", "formatted", "part", "other", "empty"],
)
def test_what_a_sink_writes(bot: Bridged, line: str, write: Callable[[Any], str], also: list[str]) -> None:
    """A line that a sink hands to the standard library is sent once; another line of its is one more."""
    logs.install()
    logging.basicConfig(handlers=[logging.StreamHandler(io.StringIO())], level=0, force=True)
    logger.add(lambda message: logging.getLogger("library").info(write(message)))
    logger.info(line)

    assert sorted([line, *also]) == sorted(str(one.log_record.body) for one in bot.records())


class _Logger(logging.Logger):
    """Calls handlers in a way of its own."""

    def callHandlers(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's
        """Call the root's."""
        for one in logging.getLogger().handlers:
            one.handle(record)


class _PoliteLogger(logging.Logger):
    """Does something before it calls handlers."""

    def callHandlers(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Call them."""
        super().callHandlers(record)


@pytest.mark.parametrize("kind", [_Logger, _PoliteLogger])
def test_loggers_of_ones_own_class(bot: Bridged, kind: type[logging.Logger]) -> None:
    """Loggers of a class with a `callHandlers` of its own are heard, once."""
    logs.install()
    logging.basicConfig(handlers=[logging.StreamHandler(io.StringIO())], level=0, force=True)
    log = kind("app.own")
    log.parent = logging.getLogger()
    log.info("one line")

    assert ["one line"] == [str(one.log_record.body) for one in bot.records()]


def test_record_made_by_hand(bot: Bridged) -> None:
    """A record whose exception is none is a line all the same."""
    logs.install()
    logging.basicConfig(handlers=[logging.StreamHandler(io.StringIO())], level=0, force=True)
    made = {"name": "app", "msg": "made by hand", "levelno": 20, "levelname": "INFO", "exc_info": True}
    with mock.patch.object(logging, "raiseExceptions", new=False):
        logging.getLogger("app").handle(logging.makeLogRecord(made))

    assert ["made by hand"] == [str(one.log_record.body) for one in bot.records()]


def test_warnings_of_the_bridge_outlive_a_dict_config(bot: Bridged, caplog: pytest.LogCaptureFixture) -> None:
    """A configuration that disables all loggers it does not name does not hide what the bridge has to say."""
    guard.once("first of this test")
    _dict_config(contextlib.ExitStack(), existing=True)
    logging.getLogger().addHandler(caplog.handler)
    guard.once("second of this test")

    assert "second of this test" in caplog.text
    assert Counter() == _sent(bot)


def test_silenced_logger_stays_silent(bot: Bridged) -> None:
    """A logger that a bot silences, by a NullHandler that hands on nothing or by its level, is silent here too."""
    logs.install()
    quiet = logging.getLogger("quiet")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    quiet.error("hush")
    logging.getLogger("library").setLevel(logging.CRITICAL)
    logging.getLogger("library").error("hush")

    assert Counter() == _sent(bot)


def test_other_destination_keeps_its_copy(bot: Bridged) -> None:
    """A LoggingHandler whose provider is another one sends there what it is given: that is no second time."""
    kept = InMemoryLogRecordExporter()
    other = LoggerProvider(shutdown_on_exit=False)
    other.add_log_record_processor(SimpleLogRecordProcessor(kept))
    logs.install()
    with contextlib.ExitStack() as stack:
        _opentelemetrys(stack, other)
        logging.getLogger("app").warning("both")

    assert ["both"] == [one.log_record.body for one in kept.get_finished_logs()]
    assert Counter([("WARNING", "both", "")]) == _sent(bot)


@pytest.mark.parametrize("recipe", [_nothing, _intercepted, _opentelemetrys], ids=lambda one: one.__name__.strip("_"))
def test_exporters_own_lines_stay_here(bot: Bridged, recipe: Recipe) -> None:
    """What is logged while telemetry is exported is not exported, by any recipe: it would feed itself for ever."""
    from opentelemetry import context  # noqa: PLC0415 - only here

    logs.install()
    with contextlib.ExitStack() as stack:
        recipe(stack)
        token = context.attach(context.set_value(context._SUPPRESS_INSTRUMENTATION_KEY, True))  # noqa: FBT003, SLF001
        logging.getLogger("opentelemetry.exporter.otlp").error("Failed to export")
        logging.getLogger("urllib3.connectionpool").warning("Retrying")
        context.detach(token)

    assert Counter() == _sent(bot)


class Unprintable(Exception):  # noqa: N818 - it is what it is
    """An error that has no text."""

    def __str__(self) -> str:
        """Fail."""
        raise RuntimeError("no text")

    __repr__ = __str__


def test_exception_without_a_text(bot: Bridged) -> None:
    """A line whose exception, message or argument cannot be printed arrives, and says so."""
    logs.install()
    logging.getLogger().handlers.clear()  # pytest's own raise what a line's arguments raise
    error, log = Unprintable(), logging.getLogger("app")
    logger.opt(exception=error).error("of loguru")
    log.error("of the library", exc_info=error)
    log.error("argument %s", error)
    log.error(error)
    log.error("one argument too many", *(1, 2))

    bodies = Counter(str(one.log_record.body) for one in bot.records())
    assert {
        "of loguru": 1,
        "of the library": 1,
        "argument %s <unprintable tuple object>": 1,
        "<unprintable Unprintable object> ()": 1,
        "one argument too many (1, 2)": 1,
    } == bodies
    texts = [(one.log_record.attributes or {}).get("exception.message") for one in bot.records()]
    assert 2 == texts.count("<unprintable Unprintable object>")


@pytest.mark.parametrize(
    ("number", "severity"),
    [(5, 1), (10, 5), (15, 6), (20, 9), (25, 10), (30, 13), (33, 14), (40, 17), (50, 21), (55, 22), (99, 22)],
)
def test_severity_of_any_level(bot: Bridged, monkeypatch: pytest.MonkeyPatch, number: int, severity: int) -> None:
    """A level of a bot's own, with a name or a number only, has the severity of the standard ones around it."""
    monkeypatch.setenv("PIPECAT_LOG_LEVEL", "TRACE")
    logs.install()
    logger.log(number, "of loguru")
    logging.getLogger("app").setLevel(1)
    logging.getLogger("app").log(number, "of the library")

    sent = [one.log_record.severity_number for one in bot.records()]
    assert {severity} == {one.value for one in sent if one is not None}
    assert 2 == len(sent)


def test_json_of_what_utf8_does_not_have(
    bot: Bridged,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,  # noqa: ANN401 - pytest's
) -> None:
    """A lone surrogate costs neither the JSON line nor the record; a file that cannot be written costs no record."""
    file = tmp_path / "bot.jsonl"
    monkeypatch.setenv(logs.JSON_VARIABLE, str(file))
    logs.install()
    logger.info("half \ud83d")
    monkeypatch.setenv(logs.JSON_VARIABLE, str(tmp_path))
    logger.info("still sent")

    assert 1 == len(file.read_text(encoding="utf-8").splitlines())
    assert 2 == len(bot.records())
