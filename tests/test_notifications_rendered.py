"""The notification log as it is rendered: who goes there, with which settings."""

import ast
import json
import sys
from pathlib import Path

import pytest

import yamls
from pipecat_lgtm import notifications
from pipecat_lgtm.config import load
from rendered import EVERYTHING, files

ROUTED = Path(__file__).parent / "fixtures" / "routing" / "stack.yaml"


def test_standard_library_only() -> None:
    """The program imports nothing that a bare Python lacks."""
    tree = ast.parse(Path(notifications.__file__).read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert set() == {name.split(".")[0] for name in names} - sys.stdlib_module_names


def test_rendered_as_it_is() -> None:
    """The rendered program is the packaged one below a header."""
    header, _, program = files()["notifications/notifications.py"].partition("\n")

    assert header.startswith("# Rendered by pipecat-lgtm from stack.yaml. Do not edit")
    assert Path(notifications.__file__).read_text() == program


def test_guarded_settings() -> None:
    """Where the entrance is guarded, the settings name files of token and certificate, as the containers have them."""
    data = json.loads(files(EVERYTHING)["notifications/settings.json"])["settings"]

    assert {
        "address": "0.0.0.0",
        "port": 9095,
        "host": "notifications",
        "collector": "https://collector:4318/v1/logs",
        "token_file": "/run/secrets/otlp_tokens",
        "certificate_file": "/run/secrets/otlp_cert",
        "service": "pipecat-notifications",
    } == {name: value for name, value in data.items() if name != "names"}


def _hooks(path: Path | None) -> dict[str, list[str]]:
    receivers = yamls.load(files(path, "native")["alertmanager/alertmanager.yml"])["receivers"]
    return {one["name"]: [hook.get("url", "") for hook in one.get("webhook_configs", [])] for one in receivers}


def test_who_goes_there() -> None:
    """Without receivers critical and warning go to the notification log; info and the Watchdog do not."""
    here = ["http://127.0.0.1:9095/alerts"]

    assert {"critical": here, "warning": here, "info": [], "heartbeat": []} == _hooks(None)
    assert [] == [url for urls in _hooks(ROUTED).values() for url in urls if "9095" in url]
    assert "notifications/notifications.py" not in files(ROUTED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", ("critical", "warning")),
        ("severities: {info: {notify: [slack]}}", ("critical", "warning", "info")),
        ("receivers: {webhook: {webhook: {url: 'http://a/'}}}\n"
         "  severities: {critical: {notify: [webhook]}, warning: {notify: [webhook]}}", ()),
        ("receivers: {webhook: {webhook: {url: 'http://a/'}}}\n  severities: "
         "{critical: {notify: [webhook]}, warning: {notify: [webhook]}, info: {notify: [slack]}}", ("info",)),
    ],
    ids=["nobody", "info too", "all told", "info's Slack is missing"],
)  # fmt: skip
def test_unheard(text: str, expected: tuple[str, ...], tmp_path: Path) -> None:
    """A severity is unheard if it reaches none of those it names; info may name nobody."""
    (tmp_path / "stack.yaml").write_text(f"routing:\n  {text}\n" if text != "{}" else "{}\n")

    assert expected == load(tmp_path / "stack.yaml").config.routing.unheard
