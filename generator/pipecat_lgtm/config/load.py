"""From stack.yaml to `Config`: the shipped file, then the user's file over it, then the preset under the overrides."""

import difflib
import importlib.resources
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from pipecat_lgtm.config.model import Config
from pipecat_lgtm.config.source import KeyPath, Source, read
from pipecat_lgtm.errors import ConfigError

_ANNOTATIONS = ("source", "date")


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


def load(path: Path | None) -> Loaded:
    """Return the config of a stack.yaml, over the shipped one.

    Args:
        path: the user's file; None for the shipped config alone.

    Raises:
        ConfigError: with the key, the line, what is wrong and what to do.
    """
    shipped = read(shipped_path(), "shipped stack.yaml")
    sources = [shipped]
    if path is not None and path.resolve() != shipped_path().resolve():
        sources.append(read(path))
    values: dict[str, Any] = {}
    origins: dict[KeyPath, str] = {}
    for source in sources:
        _overlay(values, source.data, (), source, origins)
    preset = _apply_preset(values, origins, sources[-1])
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise _explain(error, sources, preset) from error
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


def _apply_preset(values: dict[str, Any], origins: dict[KeyPath, str], source: Source) -> str:
    thresholds, presets = values.get("thresholds"), values.get("presets")
    if not isinstance(thresholds, dict) or not isinstance(presets, dict):
        raise ConfigError(
            f"{source.name}: thresholds and presets are sections with keys below them",
            "see the shipped stack.yaml",
        )
    name = thresholds.get("preset")
    if name not in presets:
        where, guess = _at(source, ("thresholds", "preset")), _did_you_mean(str(name), presets)
        raise ConfigError(
            f"{where}thresholds.preset: there is no preset {name!r}{guess}",
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
    return str(name)


def _walk(data: dict[str, Any], path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    for key, value in data.items():
        yield (*path, key), value
        if isinstance(value, dict):
            yield from _walk(value, (*path, key))


def _explain(error: ValidationError, sources: list[Source], preset: str) -> ConfigError:
    """Turn pydantic's first complaint into which key, which line, what is wrong and what to do."""
    first = error.errors()[0]
    path = tuple(part for part in first["loc"] if not _is_tag(part))
    dotted = ".".join(map(str, path))
    where = next((at for source in reversed(sources) if (at := _at(source, path))), "")
    if first["type"] == "extra_forbidden":
        siblings = _fields_at(Config, path[:-1])
        guess = _did_you_mean(str(path[-1]), siblings)
        return ConfigError(f"{where}{dotted}: unknown key{guess}", f"keys here: {', '.join(sorted(siblings))}")
    what = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        what = f"missing (preset {preset} does not give it either)"
    given = first.get("input")
    shown = f" (got {given!r})" if isinstance(given, str | int | float) and not isinstance(given, bool) else ""
    return ConfigError(
        f"{where}{dotted}: {what}{shown}", "correct that key; `pipecat-lgtm config show` prints all of them"
    )


def _is_tag(part: str | int) -> bool:
    return part in {"IPv4Address", "IPv6Address", "ipv4", "ipv6"}


def _at(source: Source, path: KeyPath) -> str:
    line = source.lines.get(path)
    return f"{source.name}:{line}: " if line else ""


def _did_you_mean(word: str, known: Any) -> str:  # noqa: ANN401 - any collection of names
    close = difflib.get_close_matches(word, [str(name) for name in known], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _fields_at(model: Any, path: KeyPath) -> list[str]:  # noqa: ANN401 - a type annotation
    """Return the keys allowed at a path, following sections, lists and maps."""
    for part in path:
        if isinstance(model, type) and issubclass(model, BaseModel):
            field = model.model_fields.get(str(part))
            model = field.annotation if field else None
        else:
            model = next((arg for arg in get_args(model) if isinstance(arg, type) and issubclass(arg, BaseModel)), None)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []
