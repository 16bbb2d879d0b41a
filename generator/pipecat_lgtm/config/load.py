"""From stack.yaml to `Config`: the shipped file, then the user's file over it, then the preset under the overrides."""

import importlib.resources
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipecat_lgtm.config.explain import did_you_mean, explain
from pipecat_lgtm.config.model import Config
from pipecat_lgtm.config.source import KeyPath, Source, read
from pipecat_lgtm.errors import ConfigError

_ANNOTATIONS = ("source", "date")
SHIPPED_NAME = "pipecat-lgtm"
"""Of the stack of the shipped config."""
_NAME_LENGTH = 40


@dataclass(frozen=True)
class Loaded:
    """A valid config and where each of its values came from."""

    config: Config
    values: dict[str, Any]
    origins: dict[KeyPath, str]


def shipped_path() -> Path:
    """Return the stack.yaml that belongs to this installation."""
    packaged = Path(str(importlib.resources.files("pipecat_lgtm"))) / "stack.yaml"
    return packaged if packaged.exists() else Path(__file__).parents[3] / "stack.yaml"


def load_default() -> Config:
    """Return the shipped config."""
    return load(None).config


def name_of(path: Path | None) -> str:
    """Return the name of a stack whose stack.yaml gives none: its folder's, in the letters that Compose takes."""
    if path is None or path.resolve() == shipped_path().resolve():
        return SHIPPED_NAME
    folder = re.sub(r"[^a-z0-9_-]+", "-", path.resolve().parent.name.lower())
    return folder.strip("-_")[:_NAME_LENGTH] or "stack"


def load(path: Path | None, name: str = "") -> Loaded:
    """Return the config of a stack.yaml, over the shipped one.

    Args:
        path: the user's file; None for the shipped config alone.
        name: of the stack where the file gives none; by default its folder's.

    Raises:
        ConfigError: with the key, the line, what is wrong and what to do.
    """
    shipped = read(shipped_path(), "shipped stack.yaml")
    own = [read(path)] if path is not None and path.resolve() != shipped_path().resolve() else []
    return combine([shipped, *own], name or name_of(path))


def combine(sources: list[Source], name: str) -> Loaded:
    """Return the config of some files, the one that wins last.

    Args:
        sources: the shipped file, and perhaps the user's.
        name: of the stack where none of them gives one.

    Raises:
        ConfigError: with the key, the line, what is wrong and what to do.
    """
    values: dict[str, Any] = {}
    origins: dict[KeyPath, str] = {}
    for source in sources:
        _overlay(values, source.data, (), source, origins)
    if values.get("name") is None:
        values["name"] = name
        origins["name",] = "the folder's name" if len(sources) > 1 else origins["name",]
    _apply_preset(values, origins, sources[-1])
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise explain(error, sources) from error
    return Loaded(config, values, origins)


def _overlay(
    base: dict[str, Any], over: dict[str, Any], path: KeyPath, source: Source, origins: dict[KeyPath, str]
) -> None:
    for key, value in over.items():
        here = (*path, key)
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _overlay(base[key], value, here, source, origins)
        elif isinstance(value, dict):
            base[key] = {}
            _overlay(base[key], value, here, source, origins)
        else:
            base[key] = value
            origins[here] = f"{source.name}:{source.lines[here]}"


def _apply_preset(values: dict[str, Any], origins: dict[KeyPath, str], source: Source) -> None:
    thresholds, presets = values.get("thresholds"), values.get("presets")
    if not isinstance(thresholds, dict) or not isinstance(presets, dict):
        return  # the model says what is wrong with them
    name = thresholds.get("preset")
    if name in presets and not isinstance(presets[name], dict):
        return
    if name not in presets:
        raise ConfigError(
            f"{source.at(('thresholds', 'preset'))}thresholds.preset: there is no preset {name!r}"
            f"{did_you_mean(str(name), presets)}",
            f"use one of {', '.join(presets)}, or add it under presets",
        )
    merged: dict[str, Any] = {}
    bounds = {key: value for key, value in presets[name].items() if key not in _ANNOTATIONS}
    named = Source(f"preset {name}", bounds, {path: 0 for path, _ in _walk(bounds)})
    found: dict[KeyPath, str] = {}
    _overlay(merged, bounds, (), named, found)
    for path in found:
        origins.setdefault(("thresholds", *path), f"preset {name}")
    merged_over = Source("", thresholds, {path: 0 for path, _ in _walk(thresholds)})
    _overlay(merged, thresholds, (), merged_over, {})
    values["thresholds"] = merged


def _walk(data: dict[str, Any], path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    for key, value in data.items():
        yield (*path, key), value
        if isinstance(value, dict):
            yield from _walk(value, (*path, key))
