"""YAML by libyaml: PyYAML's own reader and writer take seconds for one rendered configuration of the collector."""

from typing import Any

import yaml

from pipecat_lgtm.renderers.text import from_yaml as load

__all__ = ["dump", "load"]


def dump(data: Any, *, sort_keys: bool = True, width: int = 80) -> str:  # noqa: ANN401 - YAML
    """Return data as YAML text, its lines broken behind a width where they can be."""
    text: str = yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=sort_keys, width=width)
    return text
