"""guard/guard.json, read as data; what it refuses is tests/stack's."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipecat_lgtm.config import load
from pipecat_lgtm.renderers import guard, native
from rendered import EVERYTHING, files


def _servers(path: Path | None = None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files(path)["guard/guard.json"])["apps"]["http"]["servers"]
    return found


def test_it_keeps_to_itself() -> None:
    """The guard has no admin interface, keeps no copy of its configuration, and asks nobody for a certificate."""
    made = json.loads(files()["guard/guard.json"])

    assert {"disabled": True, "config": {"persist": False}} == made["admin"]
    assert {"guard", "prometheus", "alertmanager", "tempo", "loki"} == set(made["apps"]["http"]["servers"])
    for server in made["apps"]["http"]["servers"].values():
        assert (["h1"], {"disable": True}) == (server["protocols"], server["automatic_https"])
        assert {"read_header_timeout", "read_timeout", "idle_timeout", "max_header_bytes"} <= set(server)


def test_stores_elsewhere_are_not_guarded() -> None:
    """A Tempo or Loki with an address in stack.yaml has no place in the guard; the agent and Alertmanager have."""
    assert {"guard", "prometheus", "alertmanager"} == set(_servers(EVERYTHING))


@pytest.mark.parametrize(("part", "host"), [("prometheus", "p.example.com"), ("alertmanager", "a.example.com:8443")])
def test_addresses_of_people(part: str, host: str, tmp_path: Path) -> None:
    """An address under which people open a page is one of its names, with its scheme, and of no other store."""
    (tmp_path / "stack.yaml").write_text(f"alerts: {{links: {{{part}: 'https://{host}/path'}}}}")
    text = {name: json.dumps(server) for name, server in _servers(tmp_path / "stack.yaml").items()}
    escaped = json.dumps(host.replace(".", "\\."))[1:-1]

    assert {part} == {name for name, server in text.items() if escaped in server}
    assert f"https://{escaped}" in text[part]


def test_no_password_in_it(tmp_path: Path) -> None:
    """Natively the guard reads the password from a file when it is asked; in containers there is none."""
    config = load(None).config
    text = guard.render(config, native(config, tmp_path))["guard/guard.json"]

    assert f"Basic {{file.{tmp_path}/secrets/basic}}" in text
    assert "Authorization" not in files()["guard/guard.json"]
    assert text == guard.render(config, native(config, tmp_path))["guard/guard.json"]
