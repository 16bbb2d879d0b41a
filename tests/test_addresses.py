"""Ports and addresses have one source: `network`."""

import json
import re
from pathlib import Path

import pytest

from pipecat_lgtm.config import load, load_default
from rendered import Kind, files

PORTS = load_default().network.ports.model_dump()
OLD = re.compile(rf"(?<![\d.])({'|'.join(map(str, PORTS.values()))})(?![\d.])|127\.0\.0\.1(?!\d)|localhost")
WITHIN = re.compile(
    r"health.url=http://127\.0\.0\.1:\d+/|^_HOSTS = .*$|\"pattern\": \"[^\"]*?localhost(?=:)", re.MULTILINE
)
"""A container asks itself; the notification log and the guard know every name of their own machine."""
ONE_PROCESS = {"tempo/tempo.yaml", "loki/loki.yaml"}
"""Parts of one process find each other on loopback, whatever `network.address` is."""
IN_CONTAINERS = [
    "collector/config.yaml: endpoint: 127.0.0.1:34318",
    "docker-compose.yml: - --web.listen-address=127.0.0.1:39090",
    "docker-compose.yml: - --web.listen-address=127.0.0.1:39093",
    'guard/guard.json: "dial": "127.0.0.1:39090"',
    'guard/guard.json: "dial": "127.0.0.1:39093"',
    "prometheus/prometheus.yml: - 127.0.0.1:39093",
]
"""Within the collector's container, and within the network that the stores and the guard share."""


@pytest.mark.parametrize("kind", ["compose", "native"])
def test_no_old_address_is_left(kind: Kind, tmp_path: Path) -> None:
    """With every port and the address changed, no rendered file has one of the old ones: no link, no command."""
    changed = {name: port + 20_000 if port < 40_000 else port + 1 for name, port in PORTS.items()}
    data = {
        "network": {"address": "127.0.0.9", "ports": changed},
        # Numbers that are no ports and look like one.
        "thresholds": {"tokens_per_turn": {"target": 2222, "warning": 3333}},
        "histograms": {"tokens": [100, 1000]},
    }
    (tmp_path / "stack.yaml").write_text(json.dumps(data))
    found = [
        f"{path}: {line.strip()}"
        for path, text in files(tmp_path / "stack.yaml", kind).items()
        for line in WITHIN.sub("", text).splitlines()
        if (match := OLD.search(line)) and not (path in ONE_PROCESS and match[0] == "127.0.0.1")
    ]

    assert (IN_CONTAINERS if kind == "compose" else []) == found
    assert "http://127.0.0.9:23000" == load(tmp_path / "stack.yaml").config.grafana_url
