"""The bridge on real pipelines without services: attached explicitly, and by a setup file."""

import asyncio
import warnings
from typing import Any

import pytest
from loguru import logger

import pipecat_lgtm_bridge as bridge
from bridged import Bridged, f
from pipecat_lgtm_bridge import conversation, guard, logs, setup_file, speaking, ticker, version


def _worker(**options: Any) -> Any:  # noqa: ANN401 - a PipelineWorker
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from pipecat.pipeline.pipeline import Pipeline  # noqa: PLC0415 - after `bridged`
        from pipecat.pipeline.worker import PipelineWorker  # noqa: PLC0415
        from pipecat.transports.base_input import BaseInputTransport  # noqa: PLC0415
        from pipecat.transports.base_transport import TransportParams  # noqa: PLC0415

    # Within another pipeline, as in a bot that runs pipelines side by side.
    pipeline = Pipeline([Pipeline([BaseInputTransport(TransportParams())])])
    return PipelineWorker(pipeline, enable_rtvi=False, idle_timeout_secs=None, **options)


async def _run(*workers: Any, frames: list[f.Frame] | None = None) -> None:  # noqa: ANN401 - PipelineWorkers
    from pipecat.workers.runner import WorkerRunner  # noqa: PLC0415 - after `bridged`

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(*workers)
    for worker in workers:
        await worker.queue_frames([*(frames or []), f.EndFrame()])
    await runner.run()


@pytest.fixture(autouse=True)
def _only_the_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the process's threads and loggers alone."""
    monkeypatch.setattr(logs, "install", lambda: None)
    monkeypatch.setattr(ticker, "start", lambda: None)


def test_explicit_attach(bridged: Bridged) -> None:
    """`attach(worker)` switches tracing and metrics on for a bot that has neither; the session names the call."""
    worker = _worker()
    assert bridge.attach(worker, session_id="session-9")
    assert bridge.attach(worker), "a second time is no second observer"
    asyncio.run(_run(worker))
    spans = {span.name: dict(span.attributes or {}) for span in bridged.exporter.get_finished_spans()}

    assert worker.params.enable_metrics
    assert worker.params.enable_usage_metrics
    assert {"conversation", "turn"} == set(spans)
    assert "session-9" == spans["conversation"]["conversation.id"]
    assert spans["turn"]["pipecat.interrupted"] is False
    assert ["pipecat.conversation.start", "pipecat.startup", "pipecat.conversation.end"] == bridged.named()
    assert {"session-9"} == {one["session.id"] for one in bridged.events()}


def test_setup_file(monkeypatch: pytest.MonkeyPatch, bridged: Bridged) -> None:
    """Pipecat itself loads the file of `pipecat-lgtm bridge path`, and the bot's own tracing stays as it was."""
    monkeypatch.setenv("PIPECAT_SETUP_FILES", str(bridge.path()))
    worker = _worker(enable_tracing=True, conversation_id="its-own")
    observer = worker.turn_trace_observer
    asyncio.run(_run(worker))

    assert observer is worker.turn_trace_observer
    assert ["turn", "conversation"] == [span.name for span in bridged.exporter.get_finished_spans()]
    assert {"its-own"} == {one["conversation.id"] for one in bridged.events()}


@pytest.mark.parametrize("tracing", [True, False])
def test_bot_without_turn_tracking(
    monkeypatch: pytest.MonkeyPatch, bridged: Bridged, caplog: pytest.LogCaptureFixture, *, tracing: bool
) -> None:
    """Without Pipecat's turn tracking there would be no spans at all: the bridge adds it, and says so."""
    monkeypatch.setattr(guard, "_told", set())
    worker = _worker(enable_turn_tracking=False, enable_tracing=tracing)
    assert bridge.attach(worker)
    asyncio.run(_run(worker))

    assert ["turn", "conversation"] == [span.name for span in bridged.exporter.get_finished_spans()]
    assert "enable_turn_tracking=False" in caplog.text
    (end,) = [one for one in bridged.events() if one["event.name"] == "pipecat.conversation.end"]
    assert 1 == end["pipecat.conversation.turns"]


def test_session_of_the_log_lines(bridged: Bridged) -> None:
    """The session id that a platform puts on every log line becomes the id of a conversation that has none."""
    worker = _worker()
    with logger.contextualize(session_id="cloud-1"):
        bridge.attach(worker)
    asyncio.run(_run(worker))

    assert {"cloud-1"} == {one["conversation.id"] for one in bridged.events()}


def test_it_sees_a_frame_before_pipecats_observers(bridged: Bridged) -> None:
    """The bridge is first in line: what ends a turn finds the bridge's word on it already."""
    worker = _worker(enable_tracing=True)
    bridge.attach(worker)

    assert "BridgeObserver" == type(worker._observer._observers[0]).__name__  # noqa: SLF001 - the order is the point
    frames = [f.BotStartedSpeakingFrame(), f.UserStartedSpeakingFrame(), f.BotStoppedSpeakingFrame()]
    asyncio.run(_run(worker, frames=frames))
    cut, rest = [span for span in bridged.exporter.get_finished_spans() if span.name == "turn"]
    assert [True, False] == [dict(span.attributes or {})["pipecat.interrupted"] for span in (cut, rest)]
    assert 1 == bridged.named().count("pipecat.interruption")


def test_error_in_the_bridge_stays_there(
    monkeypatch: pytest.MonkeyPatch, bridged: Bridged, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception in a handler is logged once; the pipeline runs to its end and the other facts are stated."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(speaking.Speaking, "llm_began", broken)
    worker = _worker()
    bridge.attach(worker)
    asyncio.run(_run(worker, frames=[f.LLMFullResponseStartFrame(), f.LLMFullResponseStartFrame()]))

    assert worker.has_finished()
    assert "pipecat.conversation.end" in bridged.named()
    assert 1 == len([one for one in caplog.records if "ZeroDivisionError" in one.getMessage()])


def test_disabled(monkeypatch: pytest.MonkeyPatch, bridged: Bridged) -> None:
    """OTEL_SDK_DISABLED disables the bridge."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    worker = _worker()

    assert not bridge.attach(worker)
    assert not worker.params.enable_metrics
    assert [] == bridged.events()


@pytest.mark.parametrize("hook", ["setup_pipeline_worker", "setup_pipeline_task"])
def test_older_pipecat(monkeypatch: pytest.MonkeyPatch, bridged: Bridged, hook: str) -> None:
    """Below Pipecat 1.9, whatever it calls its hook, the log says what is needed; the bot is left alone."""
    monkeypatch.setattr(version, "pipecat", lambda: "1.8.1")
    worker, said = _worker(), []
    sink = logger.add(lambda message: said.append(message.record["message"]), level="WARNING")
    try:
        asyncio.run(getattr(setup_file, hook)(worker))
    finally:
        logger.remove(sink)

    assert [
        "pipecat-lgtm: the bridge needs Pipecat 1.9 or newer and this is 1.8.1; the bot runs without it. "
        "Spans-only mode works on every release: enable_tracing=True and enable_metrics=True"
    ] == said
    assert not worker.params.enable_metrics
    assert [] == bridged.events()


def test_two_calls_attached_in_one_task_do_not_mix(bridged: Bridged) -> None:
    """Code that attaches one call after the other belongs to neither: no statement goes to the wrong one."""

    async def both() -> None:
        first, second = _worker(conversation_id="a"), _worker(conversation_id="b")
        bridge.attach(first)
        assert conversation.current() is conversation.of_worker(first)
        bridge.attach(second)
        assert conversation.current() is None
        await _run(first, second)

    asyncio.run(both())
    assert {"a", "b"} == {one["conversation.id"] for one in bridged.events()}
    traces = {one.log_record.trace_id: dict(one.log_record.attributes or {}) for one in bridged.records()}
    roots = {
        span.context.trace_id: dict(span.attributes or {})["conversation.id"]
        for span in bridged.exporter.get_finished_spans()
        if span.name == "conversation" and span.context
    }
    assert roots == {trace_id: attributes["conversation.id"] for trace_id, attributes in traces.items()}


def test_last_outcome_counts(bridged: Bridged) -> None:
    """Of several outcomes the last one is stated, once, before the end of the call; a later one is refused."""

    async def call() -> Any:  # noqa: ANN401 - a PipelineWorker
        worker = _worker()
        bridge.attach(worker)
        assert bridge.record_outcome("failed", worker=worker)
        assert bridge.record_outcome("completed", worker=worker)
        assert "pipecat.outcome" not in bridged.named()
        await _run(worker)
        return worker

    worker = asyncio.run(call())
    assert not bridge.record_outcome("failed", worker=worker)
    assert ["completed"] == [one["pipecat.outcome"] for one in bridged.events() if "pipecat.outcome" in one]
    assert ["pipecat.outcome", "pipecat.conversation.end"] == bridged.named()[-2:]


def test_outcome_of_a_call_that_the_process_ends(bridged: Bridged) -> None:
    """A process that ends while a call goes on states the call's outcome."""
    worker = _worker()
    bridge.attach(worker)
    bridge.record_outcome("escalated", worker=worker)
    ticker.last_words()
    ticker.last_words()

    assert ["pipecat.outcome"] == bridged.named()
