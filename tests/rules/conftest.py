"""What rule tests share: a config with short windows, and promtool."""

from collections.abc import Callable
from pathlib import Path

import pytest
from held import REMOTE, SHORTENED

from pipecat_lgtm.config import Config, load


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Return the shipped config with short windows."""
    file = tmp_path_factory.mktemp("config") / "stack.yaml"
    file.write_text(SHORTENED)
    return load(file).config


@pytest.fixture(scope="session")
def remote_config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Return the same where metrics go to a store elsewhere."""
    file = tmp_path_factory.mktemp("config") / "stack.yaml"
    file.write_text(SHORTENED + REMOTE)
    return load(file).config


@pytest.fixture(scope="session")
def promtool(engine_bin: Callable[[str], Path]) -> Path:
    """Return promtool."""
    return engine_bin("promtool")
