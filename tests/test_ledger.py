import json
from pathlib import Path

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Status, StatusCode

from pipecat_lgtm.sandbox.hearing import Heard
from pipecat_lgtm.sandbox.ledger import Ledger


def _emit(ledger: Ledger) -> str:
    """Emit one call's spans as Pipecat does, children first; return its trace id."""
    provider = TracerProvider()
    provider.add_span_processor(ledger)
    tracer = provider.get_tracer("pipecat")
    with tracer.start_as_current_span("conversation", attributes={"conversation.id": "c1"}) as root:
        turn = {"turn.number": 1, "turn.user_bot_latency_seconds": 0.9, "turn.was_interrupted": True}
        with tracer.start_as_current_span("turn", attributes=turn):
            tokens = {"gen_ai.usage.input_tokens": 40, "gen_ai.usage.output_tokens": 17, "metrics.ttfb": 0.25}
            tracer.start_span("llm", attributes=tokens).end()
            failed = tracer.start_span("llm", attributes={"metrics.ttfb": 1.6, "gen_ai.usage.input_tokens": 2})
            failed.set_status(Status(StatusCode.ERROR))
            failed.end()
            tracer.start_span("tts", attributes={"metrics.ttfb": 0.15}).end()
            tracer.start_span("tts", attributes={"metrics.ttfb": 2.4, "tts.interrupted": True}).end()
            tracer.start_span("stt", attributes={"metrics.ttfb": 0.0}).end()
    return f"{root.get_span_context().trace_id:032x}"


def test_summary(tmp_path: Path) -> None:
    """The ledger counts every span, and of TTFBs only those that neither failed, nor were cut, nor are nought."""
    ledger = Ledger()
    trace_id = _emit(ledger)
    totals = {
        "spans": {"llm": 2, "tts": 2, "stt": 1, "turn": 1, "conversation": 1},
        "latencies": [0.9],
        "ttfw": [],
        "e2e": [],
        "interrupted": 1,
        "ttfb": {"stt": [], "llm": [0.25], "tts": [0.15]},
        "tokens": {"input": 42, "output": 17, "cache_read": 0, "reasoning": 0},
        "errors": {"stt": 0, "llm": 1, "tts": 0},
    }
    call = {"conversation_id": "c1", "trace_id": trace_id, "scenario": "normal", "heard": [1.08]} | {
        "late": [0.01],
        "unseen": [0.002],
    }
    heard = {"c1": [Heard(seconds=1.1, passed=1.08, late=0.01, unseen=0.002, at=1000.0)]}
    ledger.write(tmp_path / "ledger.json", {"c1": "normal"}, heard, {"cpu_seconds": 1.5})

    assert {
        "calls": [{**call, **totals}],
        "totals": totals,
        "heard": [{"seconds": 1.1, "passed": 1.08, "late": 0.01, "unseen": 0.002, "at": 1000.0}],
        "cost": {"cpu_seconds": 1.5},
    } == json.loads((tmp_path / "ledger.json").read_text())


def test_calls_are_kept_apart() -> None:
    """Each call has its own entry; the totals are over all."""
    ledger = Ledger()
    traces = {_emit(ledger), _emit(ledger)}
    summary = ledger.summary({}, {})

    assert traces == {call["trace_id"] for call in summary["calls"]}
    assert [1, 1] == [call["spans"]["turn"] for call in summary["calls"]]
    assert 2 == summary["totals"]["spans"]["turn"]
