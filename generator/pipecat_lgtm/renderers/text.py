"""How rendered files begin and how data becomes YAML."""

import json
import textwrap
from importlib import resources
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipecat_lgtm.config.units import format_bytes

HEADER = (
    "Rendered by pipecat-lgtm from stack.yaml. Do not edit: change stack.yaml (or the generator) "
    "and run `pipecat-lgtm render`."
)
TEMPLATES = Environment(
    loader=PackageLoader("pipecat_lgtm.renderers"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 - Markdown from our own data
)
"""Texts people read; a name that is not given is an error."""

TEMPLATES.filters["bytes"] = format_bytes

_WIDTH = 110

_BYTE_ORDER_MARK = "\ufeff"
"""Not to be seen outside of double quotes, where it is escaped."""


class _Dumper(yaml.CSafeDumper):
    """Block style, long and multi-line texts readable; libyaml, because PyYAML's own takes most of a render's time."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    style = "|" if "\n" in value else '"' if _BYTE_ORDER_MARK in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def from_yaml(text: str) -> Any:  # noqa: ANN401 - any YAML data
    """Return the data of a YAML text.

    Raises:
        yaml.YAMLError: it is no YAML.
    """
    return yaml.load(text, Loader=yaml.CSafeLoader)


def program(name: str, settings: dict[str, Any]) -> dict[str, str]:
    """Return a program of this package as it is, which needs Python alone, with the settings that it reads beside it.

    Args:
        name: of its module, and of its folder.
        settings: what the generator tells it.
    """
    text = resources.files("pipecat_lgtm").joinpath(f"{name}.py").read_text(encoding="utf-8")
    data = {"generated": HEADER, "settings": settings}
    return {f"{name}/{name}.py": f"# {HEADER}\n{text}", f"{name}/settings.json": json.dumps(data, indent=2) + "\n"}


def to_yaml(data: Any, *, note: str = "") -> str:  # noqa: ANN401 - any YAML data
    """Return data as a rendered YAML file.

    Args:
        data: mappings keep their order.
        note: a sentence or two for the reader of the file, below the header.
    """
    head = "\n".join(
        f"# {line}" for part in (HEADER, note) if part for line in textwrap.wrap(part, _WIDTH, break_on_hyphens=False)
    )
    body = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=False)
    return f"{head}\n{body}"
