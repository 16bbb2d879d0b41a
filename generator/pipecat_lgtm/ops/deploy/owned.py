"""The rule files that are ours in a folder that is not: told by their first line, never by their name alone."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipecat_lgtm.errors import OutputError
from pipecat_lgtm.output import Changes, replace
from pipecat_lgtm.renderers.text import from_yaml

MARKER = "# Deployed by pipecat-lgtm"
_HEAD = f"{MARKER} (`deploy rules`); what is changed here is overwritten. `deploy rules --remove` takes it away.\n"
_PREFIX = "pipecat-"
Files = dict[str, str]
"""Text by file name, without folder."""


def deployed(rendered: Files) -> Files:
    """Return rendered rule files under the names and with the first line that they get in a foreign folder."""
    return {f"{_PREFIX}{Path(path).name.removeprefix(_PREFIX)}": _HEAD + text for path, text in rendered.items()}


@dataclass(frozen=True)
class Folder:
    """A folder of rule files, ours among others'."""

    path: Path

    def ours(self) -> Files:
        """Return what is there of ours, told by its first line, whatever its name.

        Raises:
            OutputError: there is no such folder.
        """
        if not self.path.is_dir():
            raise OutputError(
                f"{self.path}: is no folder", "give --rules-dir the folder of that Prometheus' rule files"
            )
        found: Files = {}
        for file in sorted(self.path.iterdir()):
            if file.is_file() and (text := _text(file)) is not None and text.startswith(MARKER):
                found[file.name] = text
        return found

    def plan(self, wanted: Files) -> Changes:
        """Return what would change.

        Raises:
            OutputError: a file of somebody else has a name that we need.
        """
        there = self.ours()
        for name in wanted:
            if name not in there and (self.path / name).exists():
                raise OutputError(
                    f"{self.path / name}: is there, but does not begin with {MARKER!r}",
                    "it is not ours to change: move it away, then deploy again",
                )
        return Changes(
            tuple(sorted(wanted.keys() - there.keys())),
            tuple(sorted(name for name in wanted.keys() & there.keys() if wanted[name] != there[name])),
            tuple(sorted(there.keys() - wanted.keys())),
        )

    def difference(self, wanted: Files) -> str:
        """Return what would change: a line per rule, then the unified diff of each file."""
        there, changes = self.ours(), self.plan(wanted)
        lines: list[str] = []
        for name in sorted((*changes.added, *changes.changed, *changes.removed)):
            before, after = there.get(name, ""), wanted.get(name, "")
            lines += (f"{line}\n" for line in _summary(name, before, after))
            lines += difflib.unified_diff(
                before.splitlines(keepends=True),
                after.splitlines(keepends=True),
                f"{self.path / name} (now)",
                f"{self.path / name} (to be)",
                n=1,
            )
            lines.append("\n")
        return "".join(lines)

    def become(self, wanted: Files) -> None:
        """Make our files these and no others, each whole or not at all.

        Raises:
            OutputError: the disk or its permissions refuse.
        """
        changes = self.plan(wanted)
        try:
            for name in (*changes.added, *changes.changed):
                replace(self.path / name, wanted[name])
            for name in changes.removed:
                (self.path / name).unlink()
        except OSError as error:
            raise OutputError(f"{error.filename}: {error.strerror}", "check permissions and free space") from error


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _summary(name: str, before: str, after: str) -> Iterator[str]:
    old, new = rules_of(before), rules_of(after)
    changed = [key for key in new if key in old and old[key] != new[key]]
    added, removed = [key for key in new if key not in old], [key for key in old if key not in new]
    counts = [
        f"{len(keys)} {word}" for keys, word in ((added, "added"), (changed, "changed"), (removed, "removed")) if keys
    ]
    yield f"{name}: {', '.join(counts) or 'no rule differs'}"
    for sign, keys in (("+", added), ("~", changed), ("-", removed)):
        yield from (f"  {sign} {' '.join(key)}" for key in keys)


def rules_of(text: str) -> dict[tuple[str, ...], dict[str, str]]:
    """Return the rules of a rule file by group, name and severity; a file that is no YAML has none."""
    try:
        data = from_yaml(text) or {}
        return {
            tuple(filter(None, (group["name"], _name(rule), rule.get("labels", {}).get("severity")))): rule
            for group in data.get("groups", [])
            for rule in group["rules"]
        }
    except (yaml.YAMLError, AttributeError, KeyError, TypeError):
        return {}


def _name(rule: dict[str, str]) -> str:
    return rule.get("record") or rule["alert"]
