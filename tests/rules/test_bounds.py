"""A bound is one number: changed in stack.yaml, it changes in rule, bucket, panel and runbook."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import yamls
from pipecat_lgtm.config import Config, load, load_default
from pipecat_lgtm.config.load import shipped_path
from pipecat_lgtm.renderers import COMPOSE, collector, grafana, rules, runbooks

DEFAULT = load_default()
pytestmark = pytest.mark.rules

LEVELS = ("info", "warning", "critical")
IN_BUCKETS = {
    "ttfw", "e2e", "stt_ttfb", "llm_ttfb", "tts_ttfb", "remainder", "silence", "tokens_per_turn", "stt_confidence",
    "webrtc_packet_loss", "webrtc_jitter", "webrtc_jitter_buffer",
}  # fmt: skip
"""Bounds of single values, which must be bucket bounds; the others are bounds of shares, counts and ratios."""
IN_TITLES = {"silence"}
"""A bound that says which silences count: the panel draws their share of the turns, so the bound is in its title."""


def _leaves(model: BaseModel, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], float]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, (*path, name))
        elif value is not None and name in LEVELS:
            yield (*path, name), float(value)


TOLD = dict(_leaves(DEFAULT.thresholds))


def _written(path: tuple[str, ...]) -> str:
    """Return the bound as it is written in the shipped stack.yaml."""
    raw = yamls.load(shipped_path().read_text())
    for tree in (raw["thresholds"], raw["presets"][raw["thresholds"]["preset"]]):
        found: Any = tree
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        if found is not None:
            return str(found)
    raise AssertionError(path)


def _nudged(path: tuple[str, ...]) -> str:
    """Return the bound a little beyond itself, in its own unit."""
    number, _, unit = _written(path).partition(" ")
    if not unit and float(number) == int(number) and path[0] not in {"stage_regression", "nack_rise"}:
        return str(int(number) + 1321)
    step = -0.01 if path[-1] == "warning" else 0.01
    return f"{float(number) * (1 + step):.6g} {unit}".strip()


def _changed(folder: Path, path: tuple[str, ...]) -> Config:
    tree: Any = _nudged(path)
    if " " not in tree:
        tree = float(tree) if "." in tree else int(tree)
    if path[-1] == "warning" and _below_target(path):
        tree = {"warning": tree, "target": None}
        path = path[:-1]
    for part in reversed(path):
        tree = {part: tree}
    file = folder / "stack.yaml"
    file.write_text(yamls.dump({"thresholds": tree}))
    return load(file).config


def _below_target(path: tuple[str, ...]) -> bool:
    """Tell whether a target equal to the bound would stand in its way."""
    bounds: Any = DEFAULT.thresholds
    for part in path[:-1]:
        bounds = getattr(bounds, part)
    return bounds.target is not None and bounds.target == bounds.warning


def _bound(config: Config, path: tuple[str, ...]) -> float:
    value: Any = config.thresholds
    for part in path:
        value = getattr(value, part)
    return float(value)


def _rendered(config: Config) -> dict[str, str]:
    """Return the files that a bound may be in."""
    parts = (collector.render(config, COMPOSE), grafana.render(config, COMPOSE), rules.files(config))
    return {path: text for part in (*parts, runbooks.files(config)) for path, text in part.items()}


def _panels(files: dict[str, str]) -> list[dict[str, Any]]:
    boards = [json.loads(text) for path, text in files.items() if path.startswith("grafana/dashboards/")]
    return [panel for board in boards for panel in board["panels"] if panel["type"] != "row"]


def _drawn(files: dict[str, str]) -> set[float]:
    """Return the values at which panels draw a line or change their colour."""
    defaults = [panel["fieldConfig"]["defaults"] for panel in _panels(files)]
    return {step["value"] for one in defaults for step in one.get("thresholds", {}).get("steps", [])} - {None}


def _titles(files: dict[str, str]) -> set[str]:
    return {panel["title"] for panel in _panels(files)}


BEFORE = _rendered(DEFAULT)


@pytest.mark.parametrize("path", TOLD, ids=".".join)
def test_a_bound_moves_everywhere(tmp_path: Path, path: tuple[str, ...]) -> None:
    """The new number is in rule, runbook, table and panel; and among the buckets, if it is the bound of one value."""
    config = _changed(tmp_path, path)
    after, new = _rendered(config), _bound(config, path)
    text = f"{new:.10g}"
    ruled = [name for name in BEFORE if name.startswith("prometheus/rules/") and after[name] != BEFORE[name]]
    explained = [name for name in BEFORE if name.startswith("docs/runbooks/") and after[name] != BEFORE[name]]

    assert new != TOLD[path]
    assert ruled
    assert any(text in after[name] and text not in BEFORE[name] for name in ruled), text
    assert explained
    assert after["docs/alerts.md"] != BEFORE["docs/alerts.md"]
    if path[0] in IN_BUCKETS:
        nanoseconds = f"{round(new * 1e9)}ns"
        collector = after["collector/config.yaml"]
        assert nanoseconds in collector or f"- {new:g}\n" in collector.replace(f"- {new!r}\n", f"- {new:g}\n")
    if path[0] in IN_TITLES:
        assert [title for title in _titles(after) if f" {new:g} s" in title and title not in _titles(BEFORE)]
    else:
        assert new in _drawn(after)
        assert new not in _drawn(BEFORE)


def test_uptime_moves_everywhere(tmp_path: Path) -> None:
    """The target of `uptime` is the one target that alerts are held against: burn rates, runbook and line move."""
    (tmp_path / "stack.yaml").write_text("thresholds: {uptime: {target: 98.3 %}}")
    after = _rendered(load(tmp_path / "stack.yaml").config)
    for factor in (one.factor for one in DEFAULT.alerts.burn_rates):
        assert f"> {factor * 0.017:.10g} " in after["prometheus/rules/alerts.yml"]
        assert f"> {factor * 1.7:g} %" in after["docs/runbooks/PipecatUptimeBurnRate.md"]
    assert {0.017} == _drawn(after) - _drawn(BEFORE)
