from pathlib import Path

import pytest

from pipecat_lgtm.config import load
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops.engines import READY, token


def _token(tmp_path: Path, text: str | None) -> str:
    secret = tmp_path / "tokens"
    if text is not None:
        secret.write_text(text)
    (tmp_path / "stack.yaml").write_text(f"network: {{auth: {{token_file: {secret}}}}}")
    return token(load(tmp_path / "stack.yaml").config)


def test_first_token(tmp_path: Path) -> None:
    """Of several tokens, one a line, we show the first."""
    assert "first" == _token(tmp_path, "\nfirst\nsecond\n")


def test_no_token_wanted() -> None:
    """Where no token is asked for, none is shown."""
    assert not token(load(None).config)


@pytest.mark.parametrize(("text", "said"), [("\n", "holds no token"), (None, "No such file or directory")])
def test_no_token_there(tmp_path: Path, text: str | None, said: str) -> None:
    """A token file that is empty or missing is named."""
    with pytest.raises(EngineError) as caught:
        _token(tmp_path, text)

    assert f"{tmp_path}/tokens: {said}" == caught.value.message


def test_ready_addresses(tmp_path: Path) -> None:
    """Every part is asked for its readiness on loopback, wherever the bots' entrance is."""
    (tmp_path / "stack.yaml").write_text("network: {address: 10.1.2.3, auth: {token_file: /t}}")
    config = load(tmp_path / "stack.yaml").config

    assert {
        "collector": "http://127.0.0.1:13133/",
        "prometheus": "http://127.0.0.1:9090/-/ready",
        "alertmanager": "http://127.0.0.1:9093/-/ready",
        "notifications": "http://127.0.0.1:9095/ready",
        "tempo": "http://127.0.0.1:3200/ready",
        "loki": "http://127.0.0.1:3100/ready",
    } == {part: address(config) for part, address in READY.items()}
