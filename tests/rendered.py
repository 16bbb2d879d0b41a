"""Rendered files for tests, each config rendered once in a test run."""

import functools
from pathlib import Path
from typing import Literal

from pipecat_lgtm.config import Config, load
from pipecat_lgtm.renderers import COMPOSE, Placement, native, render

EVERYTHING = Path(__file__).parent / "configs" / "everything.yaml"
"""A config that has every option that is off by default."""

LOGINS = EVERYTHING.with_name("logins.yaml")
"""One whose stores elsewhere want to know who asks."""

Kind = Literal["compose", "native"]


def placed(config: Config, kind: Kind) -> Placement:
    """Return the placement of a kind; natively everything is below /state."""
    return COMPOSE if kind == "compose" else native(config, Path("/state"))


@functools.cache
def files(path: Path | None = None, kind: Kind = "compose") -> dict[str, str]:
    """Return {path: text} of a config's files; None is the shipped config. Not to be changed."""
    config = load(path).config
    return render(config, placed(config, kind))
