import io
import json
import logging
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from bridged import Bridged, f, lines_left_alone, pushed
from pipecat_lgtm_bridge import conversation, fields, latency, level, logs, speaking


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, bridged: Bridged) -> Iterator[Bridged]:
    """The bridge's log handling, taken away again after the test."""
    with lines_left_alone(monkeypatch):
        logs.install()
        yield bridged


def _lines(sent: Bridged) -> list[tuple[str, str]]:
    return [(str(one.log_record.severity_text), str(one.log_record.body)) for one in sent.records()]


def _attributes(sent: Bridged) -> dict[str, Any]:
    (record,) = sent.records()
    return dict(record.log_record.attributes or {})


def test_loguru(sent: Bridged) -> None:
    """A loguru line becomes a log record with its level, text and caller; below the level it does not."""
    logger.debug("not this")
    logger.info("Hello {}", "there")

    assert [("INFO", "Hello there")] == _lines(sent)
    assert "test_bridge_logs.test_loguru" == _attributes(sent)["code.function.name"]


def test_standard_library(sent: Bridged) -> None:
    """A standard-library line keeps its own caller, whatever stands between it and the bridge."""
    logging.getLogger("some.library").warning("Take %s", "care")

    assert [("WARNING", "Take care")] == _lines(sent)
    attributes = _attributes(sent)
    assert "some.library.test_standard_library" == attributes["code.function.name"]
    assert __file__ == attributes["code.file.path"]


@pytest.mark.parametrize(
    ("message", "arguments", "template"),
    [
        ("Take %s", ("care",), "Take %s"),
        ("Take %(what)s", ({"what": "care"},), "Take %(what)s"),
        ("Take care", (), None),
        ("Take care", ({"of": "yourself"},), None),
    ],
)
def test_a_lines_template(sent: Bridged, message: str, arguments: tuple[Any, ...], template: str | None) -> None:
    """A line says what it was before its arguments were put in, where some were; else it may be made of anything."""
    logging.getLogger("some.library").warning(message, *arguments)

    assert template == _attributes(sent).get("pipecat.log.template")


def test_arguments_that_do_not_fit_make_no_template(sent: Bridged, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that does not take its arguments is none that they were meant for."""
    log = logging.getLogger("some.library")
    monkeypatch.setattr(log, "handlers", [logging.StreamHandler(io.StringIO())])
    monkeypatch.setattr(log, "propagate", False)
    monkeypatch.setattr(logging, "raiseExceptions", False)
    log.handle(log.makeRecord(log.name, logging.WARNING, "bot.py", 1, "Take care", ("of yourself",), None))

    assert [("WARNING", "Take care ('of yourself',)")] == _lines(sent)
    assert "pipecat.log.template" not in _attributes(sent)


def test_loguru_has_no_template(sent: Bridged) -> None:
    """Loguru's lines are put together before they reach a sink."""
    logger.info("Hello {}", "there")

    assert "pipecat.log.template" not in _attributes(sent)


def test_exporters_own_lines_stay_here(sent: Bridged) -> None:
    """What OpenTelemetry logs of a failed export is not exported: it would feed itself."""
    logging.getLogger("opentelemetry.exporter.otlp").error("Failed to export")

    assert [] == sent.records()


def test_exception_without_values(sent: Bridged) -> None:
    """An exception is named with its text; the values of local variables are nowhere."""
    password = "hunter2"  # noqa: S105 - shall be found nowhere
    try:
        _ = {}["no such city"]
    except KeyError:
        logger.exception("It failed")

    (record,) = sent.records()
    assert password not in str(record.log_record.body) + str(record.log_record.attributes)
    assert ("KeyError", "'no such city'") == (
        _attributes(sent)["exception.type"],
        _attributes(sent)["exception.message"],
    )


def test_line_of_a_call(sent: Bridged) -> None:
    """A line of a call has its trace and span, correlation and session id, and turn."""
    call = sent.call("call-3")
    conversation.enter(call)
    logger.info("in the call")
    call.ended = True
    logger.info("after it")
    inside, after = sent.records()

    assert call.turn is not None
    assert (call.trace_id(), call.turn.span.get_span_context().span_id) == (
        inside.log_record.trace_id,
        inside.log_record.span_id,
    )
    assert {"correlation_id": "call-3", "session_id": "session-1", "turn_number": 1}.items() <= dict(
        inside.log_record.attributes or {}
    ).items()
    assert 0 == after.log_record.trace_id
    assert "correlation_id" not in dict(after.log_record.attributes or {})


def test_bots_own_sinks_get_the_ids(sent: Bridged) -> None:
    """The bot's own format can print {extra[trace_id]} and {extra[correlation_id]}."""
    call, printed = sent.call("call-4"), []
    logger.add(printed.append, format="{extra[trace_id]} {extra[correlation_id]} {message}")
    conversation.enter(call)
    logger.info("hi")
    call.ended = True

    assert [f"{call.trace_id():032x} call-4 hi\n"] == printed


def test_survives_removal(sent: Bridged) -> None:
    """A bot, or Pipecat's runner, that removes all of loguru's sinks and adds its own does not lose the bridge's."""
    logger.remove()
    logger.add(lambda _: None, level="DEBUG")
    logger.info("still sent")
    logger.info("and this, once")

    assert [("INFO", "still sent"), ("INFO", "and this, once")] == _lines(sent)


def test_bots_patcher_still_runs(monkeypatch: pytest.MonkeyPatch, bridged: Bridged) -> None:
    """A patcher the bot has configured, before or after, stays in force; the bot's sinks have the ids all the same."""
    printed: list[str] = []
    with lines_left_alone(monkeypatch):
        logger.configure(patcher=lambda record: record.update(message=record["message"].upper()))
        logs.install()
        logger.info("loud")
        logger.configure(
            handlers=[{"sink": printed.append, "format": "{message} {extra[trace_id]}"}],
            patcher=lambda record: record.update(message=record["message"] + "!"),
        )
        logger.info("still")

        assert [("INFO", "LOUD"), ("INFO", "still!")] == _lines(bridged)
    assert ["still! None\n"] == printed


def test_level_of_a_file(sent: Bridged, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """PIPECAT_LOG_LEVEL_FILE changes the level of both kinds of lines at run time; nonsense in it is told and left."""
    file = tmp_path / "level"
    monkeypatch.setenv("PIPECAT_LOG_LEVEL_FILE", str(file))
    for text in ("debug\n", "ERROR", "loud"):
        file.write_text(text)
        level.follow_file()
        logger.debug(f"debug at {text.strip()}")
        logging.getLogger("library").warning("warning at %s", text.strip())

    assert [("DEBUG", "debug at debug"), ("WARNING", "warning at debug"), ("WARNING", "warning at loud")] == _lines(
        sent
    )


def test_level_of_a_signal(sent: Bridged) -> None:
    """SIGUSR1 switches to DEBUG and back."""
    for text in ("before", "while", "after"):
        logger.debug(text)
        signal.raise_signal(signal.SIGUSR1)
        level.follow_file()

    assert [("DEBUG", "while")] == _lines(sent)


def test_level_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """PIPECAT_LOG_LEVEL is honoured; without it, INFO."""
    monkeypatch.setenv("PIPECAT_LOG_LEVEL", "warning")
    assert "WARNING" == level.wanted()
    monkeypatch.delenv("PIPECAT_LOG_LEVEL")
    assert "INFO" == level.wanted()


def test_json_lines(sent: Bridged, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The JSON file has the same record: the seed fields always, the groups as far as something is known."""
    file = tmp_path / "bot.jsonl"
    monkeypatch.setenv("PIPECAT_LGTM_JSON_LOG", str(file))
    call = sent.call("call-5")
    assert call.turn is not None
    call.turn.confidence, call.turn.final, call.turn.prompt_tokens = 0.93, "Hello.", 42
    call.turn.interruptions = call.interruptions = 1
    call.model, call.latency_seconds, call.decision = "gpt-4.1", 0.8, {"selected": "greet"}
    logger.info("outside")
    conversation.enter(call)
    logger.info("inside")
    call.ended = True
    outside, inside = (json.loads(line) for line in file.read_text().splitlines())

    seeds = ("timestamp", "level", "service", "correlation_id", "session_id", "turn_number", "message")
    assert [None, "my-bot", "INFO", "outside"] == [
        outside[key] for key in ("correlation_id", "service", "level", "message")
    ]
    assert set(seeds) <= set(outside) & set(inside)
    assert inside["timestamp"].endswith("Z")
    assert {"confidence": 0.93, "final_transcript": "Hello."} == inside["stt"]
    assert {"silence_detected": False, "barge_in": True, "overlap_detected": False} == inside["audio"]
    assert {"model_version": "gpt-4.1", "prompt_tokens": 42, "latency_ms": 800} == inside["model"]
    assert {"selected": "greet"} == inside["decision"]
    assert {"turn_duration_ms", "interruption_count"} == set(inside["turn"])
    sent_too = dict(sent.records()[1].log_record.attributes or {})
    assert (0.93, True, 800) == tuple(sent_too[key] for key in ("stt.confidence", "audio.barge_in", "model.latency_ms"))


def test_barge_in(sent: Bridged) -> None:
    """Lines say so in the turn that is cut, from then on, and in the one that the caller begins by it; not after it."""
    call = sent.call()
    floor = speaking.Speaking(call, latency.Latency())
    said = []

    def note() -> None:
        said.append(fields.of_call(call)["audio"]["barge_in"])

    floor.bot_began(pushed(f.BotStartedSpeakingFrame()), 1.0)
    note()
    floor.turn_began(pushed(f.UserStartedSpeakingFrame()), 2.0)
    note()
    for number in (2, 3):
        call.turn_started(sent.traces.get_tracer("pipecat.turn").start_span(f"turn {number}"))  # type: ignore[arg-type]
        note()

    assert [False, True, True, False] == said
