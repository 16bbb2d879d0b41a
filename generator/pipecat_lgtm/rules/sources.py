"""Where a bound comes from: a published preset, an override, or this distribution itself."""

from typing import Any

from pydantic import BaseModel

from pipecat_lgtm.config import Config
from pipecat_lgtm.config.thresholds import SignalBounds
from pipecat_lgtm.rules.model import Bound


def source_of(config: Config, bound: Bound) -> str:
    """Return who published a bound, and when."""
    section, *path = bound.key.split(".")
    if section != "thresholds":
        return "this distribution"
    if path[0] not in SignalBounds.model_fields:
        return "this distribution, 2026-02"
    preset = config.presets[config.thresholds.preset]
    if _at(preset, path) != _at(config.thresholds, path):
        return f"stack.yaml, in place of preset {config.thresholds.preset}"
    return f"{preset.source}, {preset.date}"


def _at(model: BaseModel, path: list[str]) -> Any:  # noqa: ANN401 - a number, whatever its unit
    value: Any = model
    for part in path:
        value = getattr(value, part)
    return value
