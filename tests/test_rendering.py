import json
import re
import time
from pathlib import Path

import pytest
import yaml

from pipecat_lgtm.config import load, load_default
from pipecat_lgtm.renderers import flags, render
from rendered import EVERYTHING, Kind, files, placed

ALWAYS = {
    "alertmanager/alertmanager.yml",
    "collector/builder.yaml",
    "collector/config.yaml",
    "grafana/dashboards/pipecat-core.json",
    "grafana/provisioning/dashboards/pipecat.yaml",
    "grafana/provisioning/datasources/pipecat.yaml",
    "prometheus/prometheus.yml",
    "prometheus/rules/recordings.yml",
}
STORES = {"loki/loki.yaml", "tempo/tempo.yaml"}
BY_COMPOSE = {"docker-compose.yml", "docs/telemetry.md"}


@pytest.mark.parametrize("kind", ["compose", "native"])
def test_twice_the_same(kind: Kind) -> None:
    """Rendering twice gives the same bytes, in the same order."""
    config = load_default()
    again = list(render(config, placed(config, kind)).items())

    assert list(files(None, kind).items()) == again
    assert sorted(again) == again


def test_fast() -> None:
    """Rendering the default config takes under a second of processor time; three are allowed on a busy machine."""
    began = time.process_time()
    render(load_default())

    assert time.process_time() - began < 3


def test_files_in_containers() -> None:
    """The default config renders the parts' files, the compose file and the reference."""
    assert set() == (ALWAYS | STORES | BY_COMPOSE) - set(files())


def test_files_natively() -> None:
    """For processes of this machine neither a compose file nor documents are rendered."""
    found = set(files(None, "native"))

    assert set() == (ALWAYS | STORES) - found
    assert set() == BY_COMPOSE & found


def test_files_with_remote_stores() -> None:
    """A store that runs elsewhere has no file here; what sends there, and the rules for it, are rendered."""
    found = set(files(EVERYTHING))

    assert set() == ALWAYS - found
    assert set() == STORES & found


@pytest.mark.parametrize("kind", ["compose", "native"])
@pytest.mark.parametrize("path", [None, EVERYTHING], ids=["default", "everything"])
def test_every_file_can_be_read(path: Path | None, kind: Kind) -> None:
    """Every YAML and JSON file is one, and every text ends with one line end."""
    for name, text in files(path, kind).items():
        assert text.endswith("\n"), name
        assert not text.endswith("\n\n"), name
        if name.endswith((".yaml", ".yml")):
            yaml.load(text, yaml.CSafeLoader)
        elif name.endswith(".json"):
            json.loads(text)


@pytest.mark.parametrize("kind", ["compose", "native"])
def test_no_secret_is_rendered(kind: Kind) -> None:
    """Secrets appear by the name of their file or variable only; the names are of the user's config."""
    text = files(EVERYTHING, kind)["collector/config.yaml"]

    assert "authorization: ${env:VENDOR_TOKEN}" in text
    assert ("/run/secrets/otlp_tokens" if kind == "compose" else "/srv/secrets/tokens") in text


def test_native_addresses() -> None:
    """Natively every part listens on the configured address only, and none is looked for by a container's name."""
    for name, text in files(None, "native").items():
        if name.startswith(("grafana/dashboards", "collector/builder")):
            continue

        assert "0.0.0.0" not in text, name
        for host in ("prometheus", "tempo", "loki", "alertmanager", "collector"):
            assert f"//{host}:" not in text, name


def test_only_the_entrance_is_opened() -> None:
    """Natively, too, an open address opens the bots' entrance alone: stores and pages ask nobody for a token."""
    config = load(EVERYTHING).config
    placement = placed(config, "native")
    found = {name: text for name, text in render(config, placement).items() if "0.0.0.0" in text}
    endpoints = [line.strip() for text in found.values() for line in text.splitlines() if "0.0.0.0" in line]

    assert {"collector/config.yaml"} == set(found)
    assert ["endpoint: 0.0.0.0:4317", "endpoint: 0.0.0.0:4318"] == endpoints
    assert [] == [flag for one in flags.FLAGS.values() for flag in one(config, placement) if "0.0.0.0" in flag]


def test_ipv6(tmp_path: Path) -> None:
    """On an IPv6 loopback every host in an address is in brackets."""
    file = tmp_path / "stack.yaml"
    file.write_text('network: {address: "::1"}')
    config = load(file).config
    lines = [line.strip() for text in render(config, placed(config, "native")).values() for line in text.splitlines()]

    assert [] == [line for line in lines if re.search(r"(?<!\[)::1[:/]", line)]
    assert "endpoint: http://[::1]:3100/otlp" in lines
    assert ("[::1]", "http://[::1]") == (config.network.entrance_host, config.network.entrance)


@pytest.mark.parametrize(
    ("network", "inside", "entrance"),
    [
        ("{}", "127.0.0.1", "http://127.0.0.1"),
        ("{address: 127.0.0.2}", "127.0.0.2", "http://127.0.0.2"),
        ("{address: 0.0.0.0, auth: {token_file: /t}, insecure: true}", "127.0.0.1", "http://127.0.0.1"),
        ("{address: 10.1.2.3, auth: {token_file: /t}, insecure: true}", "127.0.0.1", "http://10.1.2.3"),
        (
            '{address: "::", auth: {token_file: /t}, tls: {cert_file: /c, key_file: /k}}',
            "127.0.0.1",
            "https://127.0.0.1",
        ),
    ],
)
def test_where_we_reach_it(tmp_path: Path, network: str, inside: str, entrance: str) -> None:
    """We reach the bots' entrance at its own address, and all else on loopback."""
    file = tmp_path / "stack.yaml"
    file.write_text(f"network: {network}")
    config = load(file).config

    assert (inside, entrance) == (config.network.inside, config.network.entrance)


def test_a_port_is_changed_everywhere(tmp_path: Path) -> None:
    """A port changed in stack.yaml is changed wherever it is listened on or connected to."""
    file = tmp_path / "stack.yaml"
    file.write_text("network: {ports: {tempo_otlp: 24317, prometheus: 29090, loki: 23100, tempo: 23200}}")
    changed = render(load(file).config)

    assert "endpoint: tempo:24317" in changed["collector/config.yaml"]
    assert "endpoint: 0.0.0.0:24317" in changed["tempo/tempo.yaml"]
    everything = "".join(text for name, text in changed.items() if name.endswith((".yaml", ".yml")))
    for old in ("14317", ":9090", ":3100", ":3200"):
        assert old not in everything
