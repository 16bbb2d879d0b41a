"""Every alert in every situation of little: lone events, first bursts, idle hours, restarts, NaN, quiet beside busy."""

from pathlib import Path
from typing import Any

import pytest
from cases import CASES
from feeds import Phase, Series
from held import REMOTE, evaluated, rules_of, run
from services import labels_of
from situations import LATER, LOOKS, MINUTE, SITUATIONS, SOON, UNTIL, WINDOWS, Kinds, states
from table import APART, ROWS, Row
from written import GRID, SCRAPE, named

from pipecat_lgtm.config import Config, load
from pipecat_lgtm.rules.alerts import alerts

pytestmark = pytest.mark.rules


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Return the shipped config with a store elsewhere, which has all alerts, but that hours of history are minutes."""
    file = tmp_path_factory.mktemp("config") / "stack.yaml"
    file.write_text(WINDOWS + REMOTE)
    return load(file).config


def test_every_alert_has_a_row(config: Config) -> None:
    """No alert is left out; where none of the situations concerns it, it says why."""
    assert {one.name for one in alerts(config)} == set(ROWS) | set(APART)
    assert set() == set(ROWS) & set(APART)
    assert set() == {name for row in ROWS.values() for name in row.fires} - set(SITUATIONS)


@pytest.mark.parametrize("name", ROWS)
def test_situations(config: Config, promtool: Path, tmp_path: Path, name: str) -> None:
    """It fires where the table says so, with these words and numbers; everywhere else, and at other times, not."""
    run(promtool, tmp_path, _with_summaries(rules_of(config, name)), _test(config, name))


def _with_summaries(files: dict[str, Any]) -> dict[str, Any]:
    """Return the rules with no annotation but the summary: the others have tests of their own."""
    for rule in files["groups"][0]["rules"]:
        if "alert" in rule:
            rule["annotations"] = {"summary": rule["annotations"]["summary"]}
    return files


def _test(config: Config, name: str) -> dict[str, Any]:
    """Return promtool's test: all services at once, or, where there are none, one run for each situation."""
    case, row = CASES[name], ROWS[name]
    fed = {one: case.feed(config, labels_of(one) if case.service else {}, _fed(row, one)) for one in SITUATIONS}
    fed["nan"] = _no_numbers(config, name)
    step = SCRAPE if row.state else GRID
    if case.service:
        together: Series = {}
        for series in fed.values():
            together |= series
        tests = [_run(name, step, together, list(SITUATIONS))]
    else:
        tests = [_run(name, step, series, [one] if one in SITUATIONS else []) for one, series in fed.items()]
    return {
        "rule_files": ["rules.yml"],
        "evaluation_interval": f"{evaluated(rules_of(config, name), 2 * SCRAPE)}s",
        "fuzzy_compare": True,
        "tests": tests,
    }


def _fed(row: Row, situation: str) -> list[Phase]:
    if row.state:
        return states(situation, row.good, row.bad)
    return list(SITUATIONS[situation].happens(Kinds(row.good, row.bad, row.more)))


def _no_numbers(config: Config, name: str) -> Series:
    """Return what an alert is computed from as NaN, and its samples as enough: recordings that rest on no other one."""
    case, fed = CASES[name], {}
    for one in (one for one in alerts(config) if one.name == name):
        labels = (labels_of("nan") if case.service else {}) | case.labels
        every = one.signal.recordings
        for recording in every:
            if any(other.name in recording.query.expr for other in every if other.name != recording.name):
                continue
            enough = one.signal.samples is not None and recording.name == one.signal.samples.name
            value = ("5" if name.endswith("LowTraffic") else "100") if enough else "NaN"
            fed[named(recording.name, labels | dict(recording.labels))] = value
    if "NaN" not in fed.values():  # all else rests on the samples
        fed = dict.fromkeys(fed, "NaN")
    return {series: " ".join([f"{value} _x11"] * (UNTIL // MINUTE)) for series, value in fed.items()}


def _run(name: str, step: int, series: Series, shown: list[str]) -> dict[str, Any]:
    return {
        "name": " ".join(shown) or "nan",
        "interval": f"{step}s",
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "alert_rule_test": [
            {"eval_time": f"{at}s", "alertname": name, "exp_alerts": list(_firing(name, shown, at))} for at in LOOKS
        ],
    }


def _firing(name: str, shown: list[str], at: int) -> list[dict[str, Any]]:
    case, row, made = CASES[name], ROWS[name], []
    for situation in (one for one in shown if one in row.fires):
        looks = (SOON, LATER) if row.stays else SITUATIONS[situation].looks
        if at not in looks:
            continue
        number, look = row.fires[situation], looks.index(at)
        if isinstance(number, tuple):
            if look >= len(number):
                continue
            number = number[look]
        for severity, text in row.says.items():
            labels = {"severity": severity, **case.labels, **case.told[severity].labels}
            labels |= labels_of(situation) if case.service else {}
            if "burn_window" in labels:
                labels["burn_window"] = "10m" if severity == "critical" else "12m"
            summary = text.format(who=situation, n=f"{number:g}")
            made.append({"exp_labels": labels, "exp_annotations": {"summary": summary}})
    return made
