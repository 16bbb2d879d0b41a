"""What annotations say in every circumstance; all alerts share their templates, so one alert shows each."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cases import CASES
from feeds import Phase, Series, histogram, named
from held import SHORTENED, rules_of, run

from pipecat_lgtm.config import Config, load
from pipecat_lgtm.contract import metrics as m
from pipecat_lgtm.renderers import rules

pytestmark = pytest.mark.rules

NAME = "PipecatTtfwHigh"
CHECK = 40 + 40
"""The step at which it is looked at; ten minutes after the change at step 40."""

Feed = Callable[[Config, dict[str, str]], Series]


def _ttfw(before: float, after: float) -> Feed:
    return lambda config, labels: histogram(config, m.TURN_TTFW, labels, [Phase(41, before, 5), Phase(60, after, 5)])


def _breach(labels: dict[str, str], trace: str, call: str, values: str, severity: str = "warning") -> Series:
    own = {"signal": "ttfw", "severity": severity, "trace_id": trace, "conversation_id": call}
    return {named(m.BREACHES.prometheus, labels | own): values}


def _annotations(
    config: Config, promtool: Path, folder: Path, series: Series, service: str, name: str = NAME
) -> dict[str, str]:
    """Return the annotations of the firing warning, as promtool sees them."""
    probe = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": one, "values": values} for one, values in series.items()],
                "alert_rule_test": [{"eval_time": f"{CHECK * 15}s", "alertname": name, "exp_alerts": []}],
            }
        ],
    }
    wanted = rules_of(config, name)
    group = wanted["groups"][0]
    group["rules"] = [
        one
        for one in group["rules"]
        if "record" in one or (one["labels"]["severity"] == "warning" and "escalated" not in one["labels"])
    ]
    with pytest.raises(AssertionError) as caught:
        run(promtool, folder, wanted, probe)
    said = str(caught.value)
    found = said[said.index("got:[") :]
    assert 1 == found.count("Labels:"), said
    assert f"service_name={json.dumps(service)}" in found
    text = found[found.index("Annotations:{") + len("Annotations:{") :]
    return _parsed(text)


def _parsed(text: str) -> dict[str, str]:
    """Read `name="value", …}` as Go writes it."""
    made, decoder = {}, json.JSONDecoder()
    while text and not text.startswith("}"):
        name, _, rest = text.partition("=")
        value, end = decoder.raw_decode(rest)
        made[name.strip(", ")] = value
        text = rest[end:].lstrip(", ")
    return made


def _labels(service: str = "bot") -> dict[str, str]:
    return {"service_name": service, "deployment_environment": "production"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(0.9, 1.4, "getting worse (+495ms against 10 minutes ago)", id="worse"),
        pytest.param(1.0, 1.0, "stabilizing (+0s against 10 minutes ago)", id="same"),
        pytest.param(1.4, 1.0, "recovering (-495ms against 10 minutes ago)", id="better"),
    ],
)
def test_trend(config: Config, promtool: Path, tmp_path: Path, before: float, after: float, expected: str) -> None:
    """The trend says which way it goes, and by how much."""
    series = _ttfw(before, after)(config, _labels())

    assert expected == _annotations(config, promtool, tmp_path, series, "bot")["trend"]


def test_trend_window(promtool: Path, tmp_path: Path) -> None:
    """How far back the trend looks is the config's: what rose 10 minutes ago has been the same for the last 4."""
    file = tmp_path / "stack.yaml"
    file.write_text(f"{SHORTENED}  trend_window: 4 m\n")
    config = load(file).config
    series = _ttfw(0.9, 1.4)(config, _labels())

    said = _annotations(config, promtool, tmp_path, series, "bot")["trend"]
    assert "stabilizing (+0s against 4 minutes ago)" == said


def test_no_offender_is_held(config: Config, promtool: Path, tmp_path: Path) -> None:
    """Without a held offender the text says so, none is counted, and the link searches for one, whatever the name."""
    service = 'the "best" bot / & friends?'
    series = _ttfw(0.5, 1.0)(config, {**_labels(), "service_name": service.replace('"', '\\"')})
    said = _annotations(config, promtool, tmp_path, series, service)
    pane = json.loads(parse_qs(urlsplit(said["trace_url"]).query)["panes"][0])["pipecat"]
    dashboard = parse_qs(urlsplit(said["dashboard_url"]).query)

    assert "none held: no conversation was caught beyond its own bound; trace_url searches for one" == said["trace_id"]
    assert "0 caught beyond their own bound" == said["affected_conversations"]
    assert (
        f"{{ resource.service.name = {json.dumps(service)} && "
        "(span.pipecat.ttfw_seconds > 0.8 || span.turn.user_bot_latency_seconds > 0.8) }"
    ) == pane["queries"][0]["query"]
    assert [service] == dashboard["var-service"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param("0x60 0+3x40", "at least 1", id="more and more"),
        pytest.param("_x70 3x40", "at least 1", id="once, and never before"),
        pytest.param("3x100", "1", id="long ago"),
    ],
)
def test_more_offenders_than_are_held(
    config: Config, promtool: Path, tmp_path: Path, values: str, expected: str
) -> None:
    """If more breached than are held one by one, the count is said to be a least one."""
    series = _ttfw(0.5, 1.0)(config, _labels()) | _breach(_labels(), "a" * 32, "call-1", "_x70 1x40")
    series[named(m.SERIES_OVERFLOWED.prometheus, {**_labels(), "signal": "breaches_warning"})] = values

    assert expected == _annotations(config, promtool, tmp_path, series, "bot")["affected_conversations"]


@pytest.mark.parametrize(
    ("name", "signal", "expected"),
    [("PipecatSilenceLong", "silence", "at least 1"), ("PipecatTtfwHigh", "ttfw", "1")],
)
def test_more_offenders_of_events_than_are_held(
    config: Config, promtool: Path, tmp_path: Path, name: str, signal: str, expected: str
) -> None:
    """What events put beyond a bound has a limit of its own; reaching it makes no other alert's count a least one."""
    case = CASES[name]
    bad = Phase(60, case.told["warning"].value, case.count * case.worse)
    series = case.feed(config, _labels(), [Phase(41, case.good, case.count), bad])
    own = {"signal": signal, "severity": "warning", "trace_id": "a" * 32, "conversation_id": "call-1"}
    series |= {named(m.BREACHES.prometheus, _labels() | own): "_x70 1x40"}
    series |= {named("otelcol_deltatocumulative_datapoints", {"error": "limit"}): "_x70 7x40"}

    assert expected == _annotations(config, promtool, tmp_path, series, "bot", name)["affected_conversations"]


def test_a_call_counts_once(config: Config, promtool: Path, tmp_path: Path) -> None:
    """A call with several traces is one; traces of unknown calls are one each; other services' do not count."""
    series = _ttfw(0.5, 1.0)(config, _labels())
    for trace, call in (("a", "call-1"), ("b", "call-1"), ("c", "unknown"), ("d", "unknown")):
        series |= _breach(_labels(), trace * 32, call, "_x70 1x40")
    series |= _breach(_labels("other"), "e" * 32, "call-9", "_x70 1x40")

    assert "3" == _annotations(config, promtool, tmp_path, series, "bot")["affected_conversations"]


def test_the_worst_is_named(config: Config, promtool: Path, tmp_path: Path) -> None:
    """A critical breach outweighs any number of milder ones; among equals the one with more turns is worse."""
    series = _ttfw(0.5, 1.0)(config, _labels())
    series |= _breach(_labels(), "a" * 32, "call-1", "_x60 1+1x15 16x40")
    series |= _breach(_labels(), "b" * 32, "call-2", "_x70 1x40", "critical")
    series |= _breach(_labels(), "c" * 32, "call-3", "_x70 1+1x3 4x40", "critical")

    assert "c" * 32 == _annotations(config, promtool, tmp_path, series, "bot")["trace_id"]


APART = {"PipecatErrorRateSustained", "PipecatStageErrorRateHigh"}
"""The one is fed as another is; the other's requests have no TTFB, and another alert rightly says so."""


def test_all_rules_together(config: Config, promtool: Path, tmp_path: Path) -> None:
    """All rules at once over services that are well fire nothing but the Watchdog."""
    series: Series = {}
    for name, case in CASES.items():
        if case.service and case.breach and not name.endswith("LowTraffic") and name not in APART:
            labels = {"service_name": f"well-{name}", "deployment_environment": "production"}
            series |= case.feed(config, labels, [Phase(60, case.good, case.count)])
    groups: list[dict[str, Any]] = [group for part in rules.groups(config).values() for group in part]
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": one, "values": values} for one, values in series.items()],
                "promql_expr_test": [
                    {
                        "eval_time": "14m",
                        "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                        "exp_samples": [{"labels": '{alertname="PipecatWatchdog"}', "value": 1}],
                    }
                ],
            }
        ],
    }
    run(promtool, tmp_path, {"groups": groups}, test)
