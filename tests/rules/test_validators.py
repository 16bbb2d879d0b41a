"""What is rendered, held against each program's own validator."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipecat_lgtm import output
from pipecat_lgtm.ops.validate import validate
from rendered import EVERYTHING, LOGINS, Kind, files

pytestmark = pytest.mark.rules

Find = Callable[[str], Path]
PROGRAMS = {
    "caddy",
    "otelcol",
    "promtool",
    "amtool",
    "python",
    "tempo",
    "loki",
    "docker-compose",
    "grafana/dashboards/*.json",
}


@pytest.mark.parametrize(
    ("path", "kind"), [(None, "compose"), (None, "native"), (EVERYTHING, "compose"), (LOGINS, "compose")]
)
def test_every_validator_passes(
    engine_bin: Find, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Path | None, kind: Kind
) -> None:
    """Every rendered file passes its program's validator, and every validator ran, wherever the secrets are."""
    monkeypatch.delenv("TEMPO_TOKEN", raising=False)
    output.write(tmp_path, dict(files(path, kind)))
    checks = list(validate(tmp_path, engine_bin))

    assert [] == [f"{check.name}: {check.detail}" for check in checks if check.verdict != "passed"]
    missing = ({"tempo", "loki"} if path else set()) | ({"docker-compose"} if kind == "native" else set())
    assert PROGRAMS - missing == {check.command.split(" ")[0] for check in checks}


@pytest.mark.parametrize(
    ("file", "right", "wrong", "said"),
    [
        ("collector/config.yaml", "level: normal", "level: loud", 'unknown metrics level "loud"'),
        ("prometheus/prometheus.yml", "scrape_interval: 15s", "scrape_interval: soon", "not a valid duration string"),
        ("prometheus/rules/recordings.yml", "histogram_quantile(", "histogram_quantile((", "could not parse"),
        ("alertmanager/alertmanager.yml", "group_wait: 30s", "group_wait: soon", "not a valid duration string"),
        ("tempo/tempo.yaml", "block_retention:", "block_retentions:", "field block_retentions not found"),
        ("loki/loki.yaml", "retention_period:", "retention_periods:", "field retention_periods not found"),
        (
            "guard/guard.json",
            '"handler": "reverse_proxy"',
            '"handler": "reverse"',
            "unknown module: http.handlers.reverse",
        ),
        ("docker-compose.yml", "services:", "servces:", "additional properties 'servces' not allowed"),
    ],
)
def test_broken_file(engine_bin: Find, tmp_path: Path, file: str, right: str, wrong: str, said: str) -> None:
    """A broken file is refused by its own validator, which says why; `validate` passes that on."""
    text = files()[file]
    broken = text.replace(right, wrong, 1)
    output.write(tmp_path, {file: broken})
    (check,) = validate(tmp_path, engine_bin)

    assert text != broken
    assert "failed" == check.verdict
    assert said in check.detail
