from pathlib import Path

import pytest

from pipecat_lgtm.config import load
from pipecat_lgtm.errors import EngineError
from pipecat_lgtm.ops.engines import READY, draining, scraped, token

GOOD = "0123456789abcdefghij"


def _token(tmp_path: Path, text: str | None) -> str:
    secret = tmp_path / "tokens"
    if text is not None:
        secret.write_text(text)
    (tmp_path / "stack.yaml").write_text(f"network: {{auth: {{token_file: {secret}}}}}")
    return token(load(tmp_path / "stack.yaml").config)


def test_first_token(tmp_path: Path) -> None:
    """Of several tokens, one a line, we show the first."""
    assert "first" * 5 == _token(tmp_path, f"{'first' * 5}\n{'second' * 5}\n")


def test_no_token_wanted() -> None:
    """Where no token is asked for, none is shown."""
    assert not token(load(None).config)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no token"),
        ("\n", "holds no token"),
        (None, "No such file or directory"),
        (f"{GOOD}\n\n{GOOD}\n", "line 2 is blank"),
        (f"# of bot one\n{GOOD}\n", "line 1 is a comment, and would be taken for a token"),
        (f"{GOOD} # of bot one\n", "line 1 has spaces: what is behind them is not read"),
        (f"{GOOD}\ns3cr3t\n", "line 2 is shorter than 20 characters, and can be guessed"),
        (f"{GOOD}\r\n", "line 1 ends as on Windows (CRLF)"),
        (f"\ufeff{GOOD}\n", "begins with a byte order mark, which would be taken for a part of the token"),
        (f"{GOOD}\n{GOOD}\u00e9\n", "line 2 has characters that a header cannot carry"),
        (f"{GOOD}\x0b{GOOD}\n", "line 1 has spaces: what is behind them is not read"),
        (f"{GOOD}\n{GOOD}\n\n", "line 3 is blank"),
        (f"{GOOD}\n   \n{GOOD}", "line 2 is blank"),
    ],
    ids=[
        "empty",
        "line end",
        "missing",
        "blank",
        "comment",
        "comment behind",
        "short",
        "CRLF",
        "byte order mark",
        "not ASCII",
        "vertical tab",
        "blank at the end",
        "spaces",
    ],
)
def test_no_token_there(tmp_path: Path, text: str | None, said: str) -> None:
    """A token file that is missing, or has a line that is no token, is named with the line, which is not repeated."""
    with pytest.raises(EngineError) as caught:
        _token(tmp_path, text)

    assert f"{tmp_path}/tokens: {said}" == caught.value.message


def test_a_folder_for_a_token_file(tmp_path: Path) -> None:
    """A folder in its place is said to be one."""
    (tmp_path / "tokens").mkdir()
    (tmp_path / "stack.yaml").write_text(f"network: {{auth: {{token_file: {tmp_path}/tokens}}}}")
    with pytest.raises(EngineError) as caught:
        token(load(tmp_path / "stack.yaml").config)

    assert f"{tmp_path}/tokens: Is a directory" == caught.value.message


def test_ready_addresses(tmp_path: Path) -> None:
    """Every part is asked for its readiness on loopback, wherever the bots' entrance is."""
    (tmp_path / "stack.yaml").write_text("network: {address: 10.1.2.3, auth: {token_file: /t}, insecure: true}")
    config = load(tmp_path / "stack.yaml").config

    assert {
        "guard": "http://127.0.0.1:9097/ready",
        "collector": "http://127.0.0.1:13133/",
        "prometheus": "http://127.0.0.1:9090/-/ready",
        "alertmanager": "http://127.0.0.1:9093/-/ready",
        "notifications": "http://127.0.0.1:9095/ready",
        "tempo": "http://127.0.0.1:3200/ready",
        "loki": "http://127.0.0.1:3100/ready",
        "heartbeat": "http://127.0.0.1:9096/ready",
    } == {part: address(config) for part, address in READY.items()}


def test_a_prometheus_that_is_away_is_not_waited_for(tmp_path: Path) -> None:
    """A stop waits for the flushes, then not for a Prometheus that does not answer; it says what is lost."""
    (tmp_path / "stack.yaml").write_text("network: {ports: {prometheus: 1}}")
    said: list[str] = []
    out = scraped(draining(load(tmp_path / "stack.yaml").config), lambda what, _elapsed: said.append(what))

    assert (False, True) == (out(11.9), out(12.1))
    assert ["collector: prometheus does not answer"] == [one.split(" (")[0] for one in said]
