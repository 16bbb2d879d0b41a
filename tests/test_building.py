"""What is told while programs are built one after another."""

import pytest

from pipecat_lgtm.config import load_default
from pipecat_lgtm.engines import build
from pipecat_lgtm.engines.catalogue import ENGINES
from pipecat_lgtm.ops import building, signposts
from pipecat_lgtm.ops.parts import ORDER


def test_step_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step is told with its number; the time is that of all steps, and so is the estimate, until it is passed."""
    now = [100.0]
    monkeypatch.setattr(build.time, "monotonic", lambda: now[0])
    said: list[tuple[str, float]] = []
    first, second = build.steps([ENGINES["otelcol"], ENGINES["tempo"]], lambda *told: said.append(told))
    whole = ENGINES["otelcol"].minutes + ENGINES["tempo"].minutes
    now[0] += 10
    first("otelcol: building", 10)
    now[0] += whole * 60 - 10
    second("tempo: building", 3)
    now[0] += 1
    second("tempo: building", 4)

    assert [
        (f"otelcol: building, step 1 of 2, about {whole:g} min for all", 10.0),
        (f"tempo: building, step 2 of 2, about {whole:g} min for all", whole * 60),
        (f"tempo: building, step 2 of 2, longer than the usual {whole:g} min for all", whole * 60 + 1),
    ] == said


def test_what_is_there_is_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what has to be built counts as a step."""
    said: list[str] = []
    monkeypatch.setattr(building, "locate", lambda engine, _: None if engine.name == "loki" else engine.name)
    monkeypatch.setattr(building, "build", lambda engine, _, watch: watch("building", 0.0) or engine.name)
    engines = [ENGINES["tempo"], ENGINES["loki"]]

    assert ["tempo", "loki"] == list(building.built(load_default(), engines, lambda what, _: said.append(what)))
    assert [f"building, step 1 of 1, about {ENGINES['loki'].minutes:g} min for all"] == said


def test_every_part_has_an_address() -> None:
    """What is up is shown with the address at which it answers; the collector with the bots' entrance."""
    shown = {part: signposts.address(load_default(), part) for part in ORDER}

    assert {
        "guard": "http://127.0.0.1:9097",
        "collector": "http://127.0.0.1:4318",
        "prometheus": "http://127.0.0.1:9090",
        "alertmanager": "http://127.0.0.1:9093",
        "notifications": "http://127.0.0.1:9095",
        "tempo": "http://127.0.0.1:3200",
        "loki": "http://127.0.0.1:3100",
        "heartbeat": "http://127.0.0.1:9096",
    } == shown
