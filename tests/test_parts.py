"""What a running part is: which parts a change of stack.yaml concerns, and what makes containers anew."""

from pathlib import Path

import pytest

import yamls
from changes import ALL, CHANGES
from pipecat_lgtm.config import Config, load
from pipecat_lgtm.engines.process import Running
from pipecat_lgtm.engines.state import State
from pipecat_lgtm.ops import parts
from pipecat_lgtm.renderers import ENGINE_RENDERERS, native
from pipecat_lgtm.renderers.compose import CONFIG_LABEL
from rendered import EVERYTHING, files


def _parts(config: Config) -> dict[str, parts.Part]:
    placement = native(config, Path("/state"))
    # Grafana does not run natively.
    rendered = {path: text for one in ENGINE_RENDERERS[:-1] for path, text in one(config, placement).items()}
    return parts.wanted(config, placement, rendered)


@pytest.fixture(scope="module")
def shipped() -> dict[str, parts.Part]:
    """The parts of the shipped config."""
    return _parts(load(None).config)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_concerns_its_parts(name: str, shipped: dict[str, parts.Part], tmp_path: Path) -> None:
    """A change of one key starts again exactly the parts that read it, in files, arguments or program."""
    change, expected = CHANGES[name]
    (tmp_path / "stack.yaml").write_text(change)
    changed = _parts(load(tmp_path / "stack.yaml", "pipecat-lgtm").config)

    assert expected == {one for one in ALL if shipped.get(one) != changed.get(one)}


def test_there_are_enough_changes() -> None:
    """Every section that has to do with running is changed, and every part but two is concerned by one alone."""
    assert len(CHANGES) >= 60
    assert {frozenset({one}) for one in ALL - {"notifications", "guard"}} <= {
        expected for _, expected in CHANGES.values()
    }


def test_variables_are_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another value of a variable that the collector reads makes it another part; the value itself is not kept."""
    config = load(EVERYTHING).config
    placement = native(config, Path("/state"))
    monkeypatch.setenv("VENDOR_TOKEN", "s3cret")
    part = parts.wanted(config, placement, {})["collector"]
    running = Running("collector", 1, 1.0, "/log", 1, part.fingerprint, part.environment)

    assert parts.same(running, part)
    assert "s3cret" not in part.environment
    monkeypatch.setenv("VENDOR_TOKEN", "another")
    assert not parts.same(running, part)
    monkeypatch.delenv("VENDOR_TOKEN")
    assert parts.same(running, part), "what is not known here is not compared"
    assert not parts.same(running, None)


def test_a_part_of_an_older_version_is_another(shipped: dict[str, parts.Part]) -> None:
    """What an older version has started has no fingerprint, and counts as changed."""
    assert not parts.same(Running("loki", 1, 1.0, "/log", 1), shipped["loki"])


def test_what_is_missing_is_seen(tmp_path: Path) -> None:
    """A part that should run and that the state has lost is missing, not forgotten."""
    state = State(tmp_path, "native", "", [Running("loki", 2**22, 1.0, "/log", 1)], parts=["tempo", "loki"])

    assert [("tempo", "missing"), ("loki", "ended")] == [(one.name, one.condition) for one in parts.seen(state)]


def _labels(path: Path | None = None) -> dict[str, str]:
    services = yamls.load(files(path)["docker-compose.yml"])["services"]
    return {name: one["labels"][CONFIG_LABEL] for name, one in services.items() if "labels" in one}


def test_containers_carry_their_fingerprint(tmp_path: Path) -> None:
    """Compose sees by a label that a mounted file has changed: what reads the file gets another one, the rest none."""
    (tmp_path / "stack.yaml").write_text("{name: pipecat-lgtm, retention: {traces: 3 d}}")
    before, after = _labels(), _labels(tmp_path / "stack.yaml")

    assert ALL | {"grafana", "queues"} == set(before)
    assert {"tempo"} == {name for name in before if before[name] != after[name]}
