"""How rendered files begin and how data becomes YAML."""

import textwrap
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

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

_WIDTH = 110


class _Dumper(yaml.SafeDumper):
    """Block style, lists indented, long and multi-line texts readable."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's signature
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


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
