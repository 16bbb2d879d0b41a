"""`config show`, `config schema`, `config migrate`, `init`: the config as text."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from pipecat_lgtm import output
from pipecat_lgtm.config import Config, Loaded
from pipecat_lgtm.config.load import SHIPPED_NAME, combine, name_of, shipped_path
from pipecat_lgtm.config.migrations import FORMER, REPLACED
from pipecat_lgtm.config.source import KeyPath, Source, read
from pipecat_lgtm.config.versions import KNOWN, is_known
from pipecat_lgtm.errors import OutputError
from pipecat_lgtm.renderers.text import TEMPLATES

_WIDTH = 110
_PORTS_APART = 2000
"""From the shipped ports, for a second stack: none of them is a shipped one then."""


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
    """Write a short stack.yaml into a folder: its name, and what people change first, commented out.

    Raises:
        OutputError: there is one already.
    """
    target = folder / "stack.yaml"
    if target.exists():
        raise OutputError(f"{target}: exists already", "edit it, or choose another folder")
    shipped = read(shipped_path()).data
    text = TEMPLATES.get_template("stack.yaml.j2").render(
        name=name_of(target),
        presets=list(shipped["presets"]),
        retention=shipped["retention"],
        ports={key: port + _PORTS_APART for key, port in shipped["network"]["ports"].items()},
    )
    try:
        output.save(target, text.encode())
    except OSError as error:
        raise OutputError(f"{error.filename}: {error.strerror}", "choose a folder you may write to") from error
    return target


@dataclass(frozen=True)
class Migrated:
    """A stack.yaml of an earlier version, written anew for this one.

    Args:
        text: holds only what differs from the shipped file.
        notes: what was changed, and why.
        copies: keys that are left out because they only repeat the shipped file.
    """

    text: str
    notes: list[str]
    copies: int


def migrate(path: Path) -> Migrated:
    """Return a user's stack.yaml as this version wants it.

    Raises:
        ConfigError: it cannot be read, or holds something that is not known to have changed and is wrong.
    """
    given, shipped = read(path), read(shipped_path(), "shipped stack.yaml")
    made = _Migration(given)
    kept = made.kept(given.data, shipped.data, ())
    if "name" not in given.data:
        kept = {"name": SHIPPED_NAME, **kept}
        made.notes.append(
            f"name: earlier versions called every stack {SHIPPED_NAME}; so its volumes and its state directory go on"
        )
    combine([shipped, replace(given, data=kept, lines={("name",): 0, **given.lines})], name_of(path))
    head = "# Only what differs from the shipped stack.yaml; `pipecat-lgtm config show` has the rest.\n"
    body = yaml.dump(kept, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return Migrated(head + body, made.notes, made.copies)


class _Migration:
    """Goes through a user's file beside the shipped one."""

    def __init__(self, given: Source) -> None:
        self.given, self.notes, self.copies = given, list[str](), 0

    def kept(self, given: dict[str, Any], shipped: dict[str, Any], path: KeyPath) -> dict[str, Any]:
        """Return what of a section has to be said; note what has not, where it is no copy of the shipped one."""
        found: dict[str, Any] = {}
        for key, value in given.items():
            here = (*path, key)
            if isinstance(value, dict) and isinstance(shipped.get(key), dict):
                if inner := self.kept(value, shipped[key], here):
                    found[key] = inner
            elif key in shipped and value == shipped[key]:
                self.copies += 1
            elif here in REPLACED:
                self._note(here, REPLACED[here].split("; remove")[0])
            elif value in FORMER.get(here, ()):
                self._note(here, f"{value} is what an earlier version shipped; this one ships {_said(shipped[key])}")
            elif here[0] == "versions" and key in KNOWN and not is_known(key, str(value)):
                self._note(here, f"{value} is not known to this version, which ships {shipped[key]}")
            else:
                found[key] = value
        return found

    def _note(self, path: KeyPath, what: str) -> None:
        self.notes.append(f"{self.given.at(path)}{'.'.join(map(str, path))}: {what}; left out")


def _said(value: object) -> str:
    return "none" if value is None else str(value)
