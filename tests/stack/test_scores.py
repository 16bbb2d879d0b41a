"""Scores on the real collector: what becomes of their words, and that the example of the docs is counted."""

import json
import re
import time
from pathlib import Path
from typing import Any

import otlp
import pytest
from harness import poll
from protected import protected
from stacks import EngineBin, stack_of

pytestmark = pytest.mark.stack

DOCS = Path(__file__).parents[2] / "docs" / "telemetry.md"
CARD = "The caller said 4111 1111 1111 1111 twice."
SCORE = {
    "gen_ai.evaluation.name": "tone_accuracy",
    "gen_ai.evaluation.score.value": 0.25,
    "gen_ai.evaluation.score.label": "fail",
    "pipecat.quality.source": "human",
    "pipecat.quality.judge.model": "gpt-4.1",
    "pipecat.quality.judge.prompt_version": "3",
}
WHY = "gen_ai.evaluation.explanation"


@pytest.mark.parametrize(
    ("mode", "kept"),
    [("keep", CARD), ("redact", "The caller said [card] twice."), ("drop", None)],
)
def test_the_explanation_follows_the_mode(tmp_path: Path, engine_bin: EngineBin, mode: str, kept: str | None) -> None:
    """What a judge explains is stored, masked or dropped as what was said is; the score and who gave it stay."""
    event = otlp.event("gen_ai.evaluation.result", SCORE | {WHY: CARD}) | {"body": otlp.value(CARD)}
    with protected(tmp_path, engine_bin("otelcol"), mode) as collector:
        collector.send(otlp.logs([event]))
        (request,) = collector.received("logs")

    (record,) = request["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    found = {one["key"]: next(iter(one["value"].values())) for one in record["attributes"]}
    assert found.items() >= SCORE.items()
    assert kept == found.get(WHY)
    assert (CARD in json.dumps(request)) == (mode == "keep")


def _example() -> dict[str, Any]:
    """Return the example of the docs, as if it were sent now."""
    (text,) = re.findall(r"```json\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    return json.loads(text.replace("1771000000000000000", str(time.time_ns())))  # type: ignore[no-any-return]


def test_the_example_of_the_docs(tmp_path: Path, engine_bin: EngineBin) -> None:
    """What docs/telemetry.md tells judges to send is a score with its labels, and stands at its span in Loki."""
    with stack_of(tmp_path, engine_bin, "prometheus", "loki", "collector") as stack:
        otlp.send(stack.ports.otlp_http, _example())
        labels = 'service_name="my-bot",dimension="task_completion",source="judge",judge_model="gpt-4.1"'
        stack.until(f'sum(pipecat_quality_score_count{{{labels},prompt_version="3"}})', 1)
        stack.until(f"sum(pipecat_quality_score_sum{{{labels}}})", 0.75)
        query = '{service_name="my-bot"} | event_name="gen_ai.evaluation.result"'
        lines = poll("the score in Loki", lambda: stack.log_lines(query))

    (stored,) = [one for one, _ in lines]
    assert ("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174") == (stored["trace_id"], stored["span_id"])
