"""The words of `content.frustration` as the collector searches for them."""

import json
from pathlib import Path

from pipecat_lgtm.config import Config, load, load_default
from pipecat_lgtm.renderers.collector import sums


def _config(folder: Path, frustration: dict[str, list[str]]) -> Config:
    file = folder / "stack.yaml"
    file.write_text(json.dumps({"content": {"frustration": frustration}}))
    return load(file).config


def _statements(config: Config) -> dict[str, str]:
    """Return what is searched for by the kind it flags."""
    found: list[str] = sums.frustration(config)["statements"]
    return {one.split("pipecat.frustration.")[1].split('"')[0]: one.split("IsMatch(")[1] for one in found}


def test_an_empty_list_switches_a_kind_off(tmp_path: Path) -> None:
    """Nothing is searched for where there is nothing to search, instead of a pattern that matches everything."""
    shipped = _statements(load_default())
    shipped.pop("complaint")

    assert shipped == _statements(_config(tmp_path, {"complaint": []}))


def test_patterns_stand_apart(tmp_path: Path) -> None:
    """A flag or a choice within one pattern ends with it."""
    searched = _statements(_config(tmp_path, {"complaint": ["(?-i)USELESS", "a|b"]}))["complaint"]

    assert r'span.attributes["transcript"], "(?i)(?:(?-i)USELESS)|(?:a|b)")' == searched


def test_a_dollar_is_no_variable(tmp_path: Path) -> None:
    """What the collector would read as a variable of the environment is the pattern's own."""
    searched = _statements(_config(tmp_path, {"complaint": ["useless$", r"\${2}"]}))["complaint"]

    assert r'span.attributes["transcript"], "(?i)(?:useless$$)|(?:\\$${2})")' == searched
