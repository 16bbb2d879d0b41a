"""YAML with the line of every key, so that an error or `config show` can say where a value came from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipecat_lgtm.errors import ConfigError

KeyPath = tuple[str | int, ...]
_DEEPEST = 20
_PLAIN_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


@dataclass(frozen=True)
class Source:
    """One file's data and the line of each key in it."""

    name: str
    data: dict[str, Any]
    lines: dict[KeyPath, int]

    def at(self, path: KeyPath) -> str:
        """Return `file:line: ` of a key, or nothing if the file does not have it."""
        line = self.lines.get(path)
        return f"{self.name}:{line}: " if line else ""


def read(path: Path, name: str | None = None) -> Source:
    """Return the content of a YAML file.

    Args:
        path: the file.
        name: how messages call it; its path by default.

    Raises:
        ConfigError: the file is missing, is no YAML, is no mapping, or says a key twice.
    """
    name = name or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{name}: {error.strerror}",
            "give the path of a stack.yaml, or make one with `pipecat-lgtm init DIR`",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name}: not UTF-8 text", "save the file as UTF-8") from error
    lines: dict[KeyPath, int] = {}
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        data = {} if node is None else _build(loader, node, (), lines, name)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise ConfigError(
            f"{name}{where}: not YAML: {getattr(error, 'problem', None) or str(error).splitlines()[0]}",
            "mend the syntax at that line",
        ) from error
    if not isinstance(data, dict):
        held = "a list" if isinstance(data, list) else "one value"
        raise ConfigError(f"{name}: holds {held}, not sections", "start from `pipecat-lgtm init DIR`")
    return Source(name, data, lines)


def _build(loader: yaml.SafeLoader, node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], name: str) -> Any:  # noqa: ANN401 - YAML
    lines[path] = node.start_mark.line + 1
    if len(path) > _DEEPEST:
        raise ConfigError(f"{name}:{lines[path]}: nested too deeply", "does an alias (*) contain itself?")
    if isinstance(node, yaml.CollectionNode) and node.tag not in _PLAIN_TAGS:
        raise ConfigError(f"{name}:{lines[path]}: tag {node.tag} is not allowed", "write plain sections and lists")
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in result:
                raise ConfigError(
                    f"{name}:{line}: {'.'.join(map(str, (*path, key)))} is given twice", "keep one of them"
                )
            result[key] = _build(loader, value_node, (*path, key), lines, name)
            lines[*path, key] = line
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, item, (*path, index), lines, name) for index, item in enumerate(node.value)]
    return loader.construct_object(node, deep=True)
