"""What is said about alerts without a running Prometheus, and how they are overridden."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipecat_lgtm import cli
from pipecat_lgtm.config import load, load_default
from pipecat_lgtm.config.alerts import BURN_RATE
from pipecat_lgtm.errors import ConfigError
from pipecat_lgtm.ops import alerts as op
from pipecat_lgtm.queries.expr import Binary
from pipecat_lgtm.renderers import runbooks
from pipecat_lgtm.rules.alerts import alerts
from pipecat_lgtm.rules.model import Bound
from pipecat_lgtm.rules.sources import source_of
from rendered import files

CONFIG = load_default()


def _load(folder: Path, text: str) -> tuple[object, ...]:
    file = folder / "stack.yaml"
    file.write_text(text)
    return tuple(alerts(load(file).config))


def test_list_has_every_rule() -> None:
    """Each rule is a line, escalations too."""
    assert [one.name for one in alerts(CONFIG)] == [row[0] for row in op.rows(CONFIG)]


def test_list_and_docs_agree() -> None:
    """`alerts list` says of severity, window, hold and samples what docs/alerts.md says, also of quiet bots."""
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in files()["docs/alerts.md"].splitlines()]
    documented = [
        (found[1], one[1].split(" (")[0], *one[3:6])
        for one in cells
        if len(one) > 6 and (found := re.match(r"\[(\w+)\]", one[0]))
    ]
    listed = [(row[0], row[1], *row[3:]) for row in op.rows(CONFIG) if "escalated" not in row[1]]

    assert documented == listed
    assert ("PipecatTtfwHighLowTraffic", "warning", "6h", "2m", "never 20 in 5m") in listed


def test_list_for_programs() -> None:
    """`alerts list --json` is one JSON document."""
    done = CliRunner().invoke(cli.app, ["alerts", "list", "--json"])

    assert [dict(zip(op.COLUMNS, row, strict=True)) for row in op.rows(CONFIG)] == json.loads(done.stdout)


def test_explain_without_prometheus(tmp_path: Path) -> None:
    """Without a running Prometheus the rule is explained all the same, and that nothing is known about now is said."""
    file = tmp_path / "stack.yaml"
    file.write_text("network: {ports: {prometheus: 1}}")
    done = CliRunner().invoke(cli.app, ["alerts", "explain", "PipecatTtfwHigh", "--config", str(file)])

    assert 0 == done.exit_code
    assert "above 1.2 s  (thresholds.ttfw.p95.critical)" in done.stdout
    assert "Hamming AI" in done.stdout
    assert "no Prometheus answers at http://127.0.0.1:1" in done.stderr


@pytest.mark.parametrize(
    ("name", "beyond", "over", "samples"),
    [
        ("PipecatTtfwHigh", "above 800 ms", "5m", "20"),
        ("PipecatTtfwHighLowTraffic", "above 1.2 s", "6h", "never 20 in 5m"),
        ("PipecatTaskCompletionLow", "below 75 %", "1h", "20"),
        ("PipecatPiiDisclosed", "at least 1", "1h", "none"),
        ("PipecatWatchdog", "any", "as it is", "none"),
    ],
)
def test_facts(name: str, beyond: str, over: str, samples: str) -> None:
    """A rule is said to be beyond its bound on the bad side, over which time, and on how many samples."""
    facts = dict(op.facts(CONFIG, op.named(CONFIG, name)[0]))

    assert (beyond, over, samples) == (facts["beyond"].partition("  (")[0], facts["over"], facts["samples"])


def test_explain_unknown() -> None:
    """A name that is no alert is refused with the nearest one."""
    with pytest.raises(ConfigError, match="did you mean 'PipecatTtfwHigh'"):
        op.named(CONFIG, "PipecatTtfHigh")


def test_override(tmp_path: Path) -> None:
    """An override changes one alert's hold, floor and window, and its recordings with it; others stay."""
    text = "alerts: {overrides: {PipecatTtfwHigh: {hold: 30 s, min_samples: 5, window: 1 m}}}"
    warning = next(one for one in _load(tmp_path, text) if one.name == "PipecatTtfwHigh")  # type: ignore[attr-defined]

    assert (30.0, 5, 60.0) == (warning.hold, warning.min_samples, warning.signal.window)  # type: ignore[attr-defined]
    assert (
        "pipecat:turn_ttfw_seconds:p95_1m > 0.8 and on (service_name, deployment_environment) "
        "pipecat:turns_with_latency:increase_1m >= 5"
    ) == warning.query.expr  # type: ignore[attr-defined]


def test_trend_window(tmp_path: Path) -> None:
    """Every alert's trend asks and says how far back `alerts.trend_window` is; so does the page about alerts."""
    file = tmp_path / "stack.yaml"
    file.write_text("alerts: {trend_window: 90 s}")
    config = load(file).config
    for one in alerts(config):
        asked, said = one.annotations["trend"].count(" offset 90s"), one.annotations["trend"].count("90 seconds ago")

        assert (4, 2) == (asked, said), one.name
    text = runbooks.files(config)["docs/alerts.md"]
    assert "against 90 seconds ago (`alerts.trend_window`)" in text


def test_switched_off(tmp_path: Path) -> None:
    """A disabled alert is gone, and its escalation with it."""
    names = {one.name for one in _load(tmp_path, "alerts: {overrides: {PipecatSilenceLong: {enabled: false}}}")}  # type: ignore[attr-defined]

    assert {one.name for one in alerts(CONFIG)} - names == {"PipecatSilenceLong"}


def test_override_of_no_alert(tmp_path: Path) -> None:
    """An override of an alert that does not exist is refused with the nearest name."""
    with pytest.raises(ConfigError, match=r"alerts.overrides.PipecatTtfwHi: there is no such alert; did you mean"):
        _load(tmp_path, "alerts: {overrides: {PipecatTtfwHi: {enabled: false}}}")


def test_source(tmp_path: Path) -> None:
    """A bound is said to be the preset's, the user's or ours, as it is."""
    file = tmp_path / "stack.yaml"
    file.write_text("thresholds: {e2e: {p95: {critical: 3 s}}}")
    changed = load(file).config

    assert source_of(CONFIG, Bound("thresholds.e2e.p95.critical", 2, "seconds")).endswith("4M+ calls, 2026-02")
    assert "stack.yaml, in place of preset hamming-2026-02" == source_of(
        changed, Bound("thresholds.e2e.p95.critical", 3, "seconds")
    )
    assert "this distribution, 2026-02" == source_of(CONFIG, Bound("thresholds.frustration.warning", 0.05, "ratio"))


def test_every_warning_escalates() -> None:
    """Each warning has a critical twin of its name with its labels, annotations and value, after two hours."""
    every = list(alerts(CONFIG))
    warnings = [one for one in every if one.severity == "warning"]
    twins = [one for one in every if dict(one.labels).get("escalated")]

    assert [(one.name, one.signal) for one in warnings] == [(one.name, one.signal) for one in twins]
    assert {7200.0} == {one.hold for one in twins}
    for warning, twin in zip(warnings, twins, strict=True):
        assert "critical" == twin.severity
        assert warning.annotations | {"summary": twin.annotations["summary"]} == twin.annotations
        assert twin.annotations["summary"].endswith(warning.annotations["summary"])
        condition = twin.query.promql
        assert isinstance(condition, Binary)
        assert ("and", warning.query.promql) == (condition.operator, condition.left)


def test_links_fit_their_dashboards() -> None:
    """Every link of an alert leads to a dashboard there is, never to Explore, and sets only variables that it has."""
    boards = {
        Path(path).stem: {one["name"] for one in json.loads(text)["templating"]["list"]}
        for path, text in files().items()
        if path.startswith("grafana/dashboards/")
    }
    for one in alerts(CONFIG):
        for name in ("trace_url", "dashboard_url"):
            said = one.annotations[name]
            found = re.findall(
                r"/d/([\w-]+)/\1\?(.*?)(?={{ (?:else|end) }}|$)", re.sub(r"{{ (print|\$labels).*?}}", "", said)
            )

            assert said.count("http://127.0.0.1:3000/") == len(found) > 0, one.name
            for uid, query in found:
                assert set(re.findall(r"var-(\w+)=", query)) - boards[uid] == set(), one.name
                assert "var-tempo=pipecat-tempo" in query


def test_a_burn_rate_of_its_own(tmp_path: Path) -> None:
    """Each pair of windows may have a hold and a floor of its own; the others keep the common ones."""
    rates = [
        {"long": "1 h", "short": "5 m", "factor": 14.4, "severity": "critical", "hold": "30 s", "min_samples": 5},
        {"long": "6 h", "short": "30 m", "factor": 6, "severity": "critical"},
    ]
    rules = _load(tmp_path, json.dumps({"alerts": {"burn_rates": rates}}))
    found = [(one.hold, one.min_samples) for one in rules if one.name == BURN_RATE]

    assert [(30.0, 5), (60.0, 20)] == found
