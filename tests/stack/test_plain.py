"""Spans that hold nothing said are not searched: but for those whose attributes are not what their names say."""

import json
from pathlib import Path

import otlp
import pytest
from protected import protected
from stacks import EngineBin

from pipecat_lgtm.renderers.collector import protect_plain as plain

pytestmark = pytest.mark.stack

CARD = 4111111111111111
SECRETS = (
    "4111 1111 1111 1111",
    "sk-abcdefghijklmnop",
    "DE89370400440532013000",
    CARD,
    -CARD,
    float(CARD),
    f"exact {CARD}",
    ["a", str(CARD)],
)
NAMES = (*(one.name for one in plain.NUMBERS), *plain.FLAGS, *plain.WORDS, *plain.FORMS)
STAGES = (*plain.STAGE_NUMBERS, *plain.STAGE_FLAGS, *plain.STAGE_WORDS, *plain.STAGE_FORMS)
MARKS = tuple(f"pipecat.protect.{one}" for one in ("plain", "text", "large", "nested", "found"))


@pytest.mark.parametrize("mode", ["redact", "drop"])
def test_a_secret_under_a_plain_name_is_found(tmp_path: Path, engine_bin: EngineBin, mode: str) -> None:
    """Every name with every kind of secret: as a number, alone, after a word that is plain, in a list, and twice.

    In mode drop a stage's span can be plain too.
    """
    spans = [otlp.turn(**{name.replace(".", "__"): secret}) for name in NAMES for secret in SECRETS]
    spans += [otlp.stage("llm", **{name: secret}) for name in (*NAMES, *STAGES) for secret in SECRETS]
    doubled = otlp.turn()
    doubled["attributes"] += otlp.attributes({"pipecat.ttfw.source": "vad"}) + otlp.attributes(
        {"pipecat.ttfw.source": str(CARD)}
    )
    forged = [
        {**one, "attributes": [*one["attributes"], *otlp.attributes({mark: True}) * times]}
        for one in (otlp.stage("stt", transcript=str(CARD)), otlp.turn(note=str(CARD)))
        for mark in MARKS
        for times in (1, 2)
    ]
    with protected(tmp_path, engine_bin("otelcol"), mode) as collector:
        collector.send(otlp.traces([*spans, doubled, *forged]))
        kept = json.dumps(collector.received("traces"))

    assert 0 == kept.count(str(CARD))
    assert [] == [one for one in SECRETS if isinstance(one, str) and one in kept]
    assert 0 == kept.count("pipecat.protect")
    assert len(spans) + 1 + len(forged) == kept.count('"spanId"')
