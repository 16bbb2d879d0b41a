"""`config show`, `config schema`, `init`: the config as text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipecat_lgtm.config import Config, Loaded
from pipecat_lgtm.config.load import shipped_path
from pipecat_lgtm.errors import OutputError


def schema() -> str:
    """Return the JSON Schema (2020-12) of a stack.yaml; every key is optional, the shipped file has the rest."""
    found: dict[str, Any] = Config.model_json_schema()
    for section in (found, *found.get("$defs", {}).values()):
        section.pop("required", None)
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **found}, indent=2)


def rows(loaded: Loaded) -> Iterator[tuple[str, str, str]]:
    """Yield (key, value as written, where it came from) of the effective config; unused presets are left out."""
    for path, origin in sorted(_effective(loaded), key=lambda row: [str(part) for part in row[0]]):
        value: Any = loaded.values
        for part in path:
            value = value[part]
        yield ".".join(map(str, path)), json.dumps(value, ensure_ascii=False), origin


def _effective(loaded: Loaded) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for path, origin in loaded.origins.items():
        if path[0] != "presets":
            yield path, origin


def init(folder: Path) -> Path:
    """Write the shipped stack.yaml into a folder, to be edited.

    Raises:
        OutputError: there is one already.
    """
    target = folder / "stack.yaml"
    if target.exists():
        raise OutputError(f"{target}: exists already", "edit it, or choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target.write_text(shipped_path().read_text(encoding="utf-8"), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{error.filename}: {error.strerror}", "choose a folder you may write to") from error
    return target
