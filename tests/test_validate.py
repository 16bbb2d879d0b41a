"""`validate` with programs that are small scripts; the real ones are in tests/rules."""

from pathlib import Path

import pytest

from pipecat_lgtm.errors import CheckFailed
from pipecat_lgtm.ops import validate as validators
from pipecat_lgtm.ops.validate import Check, validate
from rendered import files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two rendered rule files and a config of the collector."""
    for name in ("prometheus/rules/alerts.yml", "prometheus/rules/recordings.yml", "collector/config.yaml"):
        (tmp_path / "stack" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "stack" / name).write_text("text\n")
    return tmp_path / "stack"


def _program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_says_which_ran(folder: Path, tmp_path: Path) -> None:
    """Each file is checked by its own program; one whose program is not there is not called passed."""
    promtool = _program(tmp_path / "promtool", 'case "$*" in *alerts*) echo "rule 1: bad" >&2; exit 1;; esac')
    command = "promtool check rules --lint=all --lint-fatal prometheus/rules"

    assert [
        Check("collector", "otelcol validate --config=collector/config.yaml", "not run", "no program otelcol found"),
        Check("prometheus rules", f"{command}/alerts.yml", "failed", "rule 1: bad"),
        Check("prometheus rules", f"{command}/recordings.yml", "passed", ""),
    ] == list(validate(folder, lambda name: promtool if name == "promtool" else None))


def test_one_that_does_not_answer(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that does not answer in time, as on a machine with too much to do, has not refused anything."""
    monkeypatch.setattr(validators, "_DEADLINE_SECONDS", 0.05)
    promtool = _program(tmp_path / "promtool", "exec sleep 60")
    found = [one for one in validate(folder, lambda _: promtool) if one.name == "prometheus rules"]

    assert [("not run", "no answer in 0.05 s")] * 2 == [(one.verdict, one.detail) for one in found]


def test_long_complaints_are_cut(folder: Path, tmp_path: Path) -> None:
    """Of a long complaint the first lines are shown, and how many more there are."""
    promtool = _program(tmp_path / "promtool", "seq 1 30; exit 1")
    details = {check.detail for check in validate(folder, lambda _: promtool) if check.name == "prometheus rules"}

    assert {"\n".join([*map(str, range(1, 11)), "… and 20 lines more"])} == details


def test_secrets_mounted_elsewhere(folder: Path, tmp_path: Path) -> None:
    """The collector's secrets exist only in its container: the file is checked with empty ones in their place."""
    (folder / "collector/config.yaml").write_text("filename: /run/secrets/otlp_tokens\n")
    otelcol = _program(
        tmp_path / "otelcol", 'f="${2#--config=}"; t="$(sed "s/filename: //" "$f")"; test -e "$t" && cat "$f"; exit 1'
    )
    (check,) = [one for one in validate(folder, lambda _: otelcol) if one.name == "collector"]

    assert check.detail.endswith("/secrets/otlp_tokens")
    assert "/run/secrets" not in check.detail
    assert not Path(check.detail.removeprefix("filename: ")).exists()


@pytest.mark.parametrize(
    ("text", "verdict", "said"),
    [
        (files()["grafana/dashboards/pipecat-core.json"], "failed", "leads to dashboard pipecat-latency, which is not"),
        ("{", "failed", "Expecting property name"),
        (None, "passed", ""),
    ],
    ids=["alone", "no JSON", "all"],
)
def test_dashboards(text: str | None, verdict: str, said: str, tmp_path: Path) -> None:
    """Dashboards are linted together, with their data sources: one by itself links to others that are not there."""
    grafana = {path: one for path, one in files().items() if path.startswith("grafana/")}
    for path, one in (grafana if text is None else {"grafana/dashboards/pipecat-core.json": text}).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(one)
    (check,) = validate(tmp_path, lambda _: None)

    assert ("dashboards", "grafana/dashboards/*.json", verdict) == (check.name, check.command, check.verdict)
    assert said in check.detail
    assert bool(said) == bool(check.detail)


def test_nothing_rendered(tmp_path: Path) -> None:
    """A folder without rendered files is an error with the cure, not a success of no checks."""
    with pytest.raises(CheckFailed) as caught:
        list(validate(tmp_path, lambda _: None))

    assert f"{tmp_path}: holds no rendered file\n  next: render first: `pipecat-lgtm render --out DIR`" == str(
        caught.value
    )


@pytest.mark.parametrize(
    ("text", "verdict", "said"),
    [
        (files()["notifications/settings.json"], "passed", ""),
        ('{"settings": {"port": 1}}', "failed", "missing 7 required positional arguments"),
    ],
    ids=["rendered", "half"],
)
def test_notification_log(text: str, verdict: str, said: str, tmp_path: Path) -> None:
    """The notification log reads its settings itself, with the Python at hand."""
    (tmp_path / "notifications").mkdir()
    (tmp_path / "notifications/notifications.py").write_text(files()["notifications/notifications.py"])
    (tmp_path / "notifications/settings.json").write_text(text)
    (check,) = validate(tmp_path, lambda _: None)

    assert ("notification log", verdict) == (check.name, check.verdict)
    assert said in check.detail
