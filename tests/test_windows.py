"""Windows are config: changed in stack.yaml, they change in recordings, alerts, panels and docs together."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import yamls
from pipecat_lgtm.config import Config, load
from pipecat_lgtm.errors import ConfigError
from pipecat_lgtm.renderers import COMPOSE, render
from pipecat_lgtm.rules.alerts import recording_groups
from promql_names import named

OTHERS = """
  sustained_hold: 9 m
  burn_rates: [{long: 1 h, short: 4 m, factor: 14.4, severity: critical}]
cardinality: {resource_labels: [service.version]}
"""
"""Whatever else is five minutes long by default, or needs an option to be drawn."""

_FIVE_MINUTES = re.compile(r"(?<![0-9])5m(?![a-z0-9])")
_SINCE = re.compile(r"time\(\) -\s+(3900|4020)")
"""An hour before an alert's window, which may be one that is fixed: where its dashboard begins."""


def _config(folder: Path, alerts: str, rest: str = OTHERS) -> Config:
    file = folder / "stack.yaml"
    file.write_text(f"alerts:\n  {alerts}{rest}")
    return load(file).config


def _shown(config: Config) -> dict[str, str]:
    """Return what the window is to be seen in: rules, runbooks, and what dashboards draw and say."""
    files, made = render(config, COMPOSE), {}
    for path, text in files.items():
        if path.startswith(("prometheus/", "docs/")):
            made[path] = text
        if path.startswith("grafana/dashboards/"):
            board = json.loads(text)
            made[path] = json.dumps([board["panels"], board["templating"], board["annotations"]])
    return made


@pytest.mark.parametrize("flavour", ["classic", "native"])
def test_the_window_travels(tmp_path: Path, flavour: str) -> None:
    """With another alerts.window everything is what it was, over that window: recordings, panels, texts."""
    five = _shown(_config(tmp_path, f"flavour: {flavour}"))
    seven = _shown(_config(tmp_path, f"flavour: {flavour}\n  window: 7 m"))
    moved = {
        # With an hour in which Prometheus may have been away.
        path: _words(_FIVE_MINUTES.sub("7m", text)).replace("[65m])", "[67m])")
        for path, text in five.items()
    }

    assert moved.keys() == seven.keys()
    assert "time() - window" in moved["prometheus/rules/alerts.yml"]
    assert [] == [path for path, text in seven.items() if _words(text) != moved[path]]
    assert {"prometheus/rules/recordings.yml", "grafana/dashboards/pipecat-core.json"} <= {
        path for path, text in five.items() if _words(text) != moved[path]
    }
    assert [] == [path for path, text in seven.items() if _FIVE_MINUTES.search(text)]


def _words(text: str) -> str:
    """Return a text without its line breaks, which fall elsewhere in a longer one, and where dashboards begin."""
    return _SINCE.sub("time() - window", " ".join(text.split()))


@pytest.mark.parametrize(
    "alerts",
    ["window: 7 m", "window: 30 s\n  interval: 5 s", "overrides: {PipecatTtfwHigh: {window: 9 m}}"],
)
@pytest.mark.parametrize("flavour", ["classic", "native"])
def test_whatever_is_read_is_recorded(tmp_path: Path, alerts: str, flavour: str) -> None:
    """Every recorded name that a rule or a panel reads is recorded."""
    config = _config(tmp_path, f"flavour: {flavour}\n  {alerts}")
    files = render(config, COMPOSE)
    groups = [group for name in ("recordings", "alerts", "prices") for group in _groups(files, name)]
    known = {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}
    read = {one.series for group in groups for rule in group["rules"] for one in named(rule["expr"])}
    for path, text in files.items():
        if path.startswith("grafana/dashboards/"):
            read |= set(re.findall(r"pipecat:\w+:\w+", text))

    assert set() == {name for name in read if name.startswith("pipecat:")} - known


def _groups(files: dict[str, str], name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yamls.load(files[f"prometheus/rules/{name}.yml"])["groups"]
    return found


def test_buckets_of_another_window_have_a_group_of_their_own(tmp_path: Path) -> None:
    """An alert with a window of its own has its buckets recorded before what is computed from them."""
    made = recording_groups(_config(tmp_path, "overrides: {PipecatTtfwHigh: {window: 9 m}}"))

    assert [
        "pipecat:turn_ttfw_seconds:buckets_9m",
        "pipecat:turns_with_latency:increase_9m",
        "pipecat:turn_ttfw_seconds:p95_9m",
        "pipecat:turn_ttfw_seconds:beyond_critical_9m",
    ] == [one.name for one in made["pipecat-latency-9m"]]


@pytest.mark.parametrize(
    ("alerts", "expected"),
    [
        pytest.param("window: 7 m", {"1m"}, id="shipped"),
        pytest.param("slow_interval: 2 m", {"2m"}, id="config"),
        pytest.param("interval: 2 m", {"2m"}, id="no faster than the others"),
    ],
)
def test_slow_groups(tmp_path: Path, alerts: str, expected: set[str]) -> None:
    """What looks back over hours is evaluated each alerts.slow_interval."""
    files = render(_config(tmp_path, alerts), COMPOSE)
    slow = ("pipecat-low-traffic", "pipecat-baselines", "pipecat-alerts-low-traffic", "pipecat-alerts-escalation")
    groups = [group for name in ("recordings", "alerts") for group in _groups(files, name)]

    assert expected == {group["interval"] for group in groups if group["name"] in slow}


def test_short_windows_are_all_counted(tmp_path: Path) -> None:
    """Windows that low traffic adds up are each recorded, also where they are shorter than alerts.slow_interval."""
    files = render(_config(tmp_path, "window: 30 s"), COMPOSE)

    assert ["30s"] == [one["interval"] for one in _groups(files, "recordings") if one["name"] == "pipecat-low-traffic"]


def test_slow_interval_too_long(tmp_path: Path) -> None:
    """An interval after which Prometheus no longer sees the last value is refused."""
    with pytest.raises(ConfigError, match=r"alerts.slow_interval: .*at most 150 s"):
        _config(tmp_path, "slow_interval: 5 m")
