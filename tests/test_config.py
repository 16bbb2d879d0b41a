"""Good configs; the bad ones and their messages are in tests/configs."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipecat_lgtm.config import load, load_default
from pipecat_lgtm.errors import ConfigError

CONFIGS = Path(__file__).parent / "configs"
BAD = sorted(CONFIGS.glob("*.bad.yaml"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name.removesuffix(".bad.yaml"))
def test_bad(path: Path) -> None:
    """A bad config is refused with exactly the message beside it: where, which key, what is wrong, what to do."""
    with pytest.raises(ConfigError) as caught:
        load(path)

    said = f"{caught.value.message}\nnext: {caught.value.hint}\n".replace(f"{CONFIGS}/", "")
    assert path.with_suffix(".txt").read_text() == said


def test_frozen() -> None:
    """A config cannot be changed after it was loaded."""
    with pytest.raises(ValidationError, match="frozen"):
        load_default().network.ports.grafana = 1  # type: ignore[misc]
