"""What annotations say in every circumstance; all alerts share their templates, so one alert shows each."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cases import CASES
from feeds import Phase, histogram
from held import SHORTENED, evaluated, rules_of, run
from written import Series, named

from pipecat_lgtm.config import Config, load
from pipecat_lgtm.renderers import rules
from pipecat_lgtm.rules.annotations import bound_text, formatted
from pipecat_lgtm.rules.model import Bound, BoundUnit
from pipecat_lgtm_bridge.contract import metrics as m

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
        "evaluation_interval": f"{evaluated(rules_of(config, name), 15)}s",
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


WHOLE = {"stage": "all", "provider": "all", "kind": "all"}
"""Of what is counted without telling stages, providers or kinds apart."""
PROVIDER = "openai"
"""The one in the case of the LLM's alert."""


def _labels(service: str = "bot") -> dict[str, str]:
    return {"service_name": service, "deployment_environment": "production"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(0.9, 1.4, "getting worse (about +495ms against 10 minutes ago)", id="worse"),
        pytest.param(1.0, 1.0, "stabilizing (about +0s against 10 minutes ago)", id="same"),
        pytest.param(1.4, 1.0, "recovering (about -495ms against 10 minutes ago)", id="better"),
    ],
)
def test_trend(config: Config, promtool: Path, tmp_path: Path, before: float, after: float, expected: str) -> None:
    """The trend says which way it goes, and by how much."""
    series = _ttfw(before, after)(config, _labels())

    assert expected == _annotations(config, promtool, tmp_path, series, "bot")["trend"]


def test_trend_against_an_idle_moment(config: Config, promtool: Path, tmp_path: Path) -> None:
    """Ten minutes ago nobody called: there was no value then, and the trend says so."""
    phases = [Phase(20, 0.9, 5), Phase(36, 0.9, 0), Phase(60, 1.4, 5)]
    series = histogram(config, m.TURN_TTFW, _labels(), phases)

    said = _annotations(config, promtool, tmp_path, series, "bot")["trend"]
    assert "new: there was no value 10 minutes ago" == said


def test_trend_of_few(config: Config, promtool: Path, tmp_path: Path) -> None:
    """Slow turns over hours: the trend is of their number, though the bot is idle now, or was ten minutes ago."""
    one, idle = Phase(1, 2.0, 1), Phase(19, 2.0, 0)
    phases = [Phase(14, 2.0, 0), one, idle, one, idle, one, Phase(60, 2.0, 0)]
    series = histogram(config, m.TURN_TTFW, _labels(), phases)

    said = _annotations(config, promtool, tmp_path, series, "bot", f"{NAME}LowTraffic")
    assert "bot: 3 of few turns waited longer than 1.2 s for the first word" == said["summary"]
    assert "getting worse (+1 against 10 minutes ago)" == said["trend"]


def test_multiples_are_said_whole(promtool: Path, tmp_path: Path) -> None:
    """Four digits of a small multiple, all of a large one."""
    said = {1.44: "1.44", 2.34567: "2.346", -2.5: "-2.5", 12345.6: "12346", -12000: "-12000"}
    rule = {
        "alert": "Multiple",
        "expr": "multiple",
        "annotations": {"value": formatted("times", "$value")},
    }
    told = [{"exp_labels": {"of": f"{one}"}, "exp_annotations": {"value": text}} for one, text in said.items()]
    test = {
        "input_series": [{"series": f'multiple{{of="{one}"}}', "values": f"{one}"} for one in said],
        "alert_rule_test": [{"eval_time": "0s", "alertname": "Multiple", "exp_alerts": told}],
    }
    run(
        promtool, tmp_path, {"groups": [{"name": "multiples", "rules": [rule]}]},
        {"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": [test]},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(1_000_000, "count", "1000000"), (1_234_567, "count", "1234567"), (12_000, "factor", "12000 times"),
     (0.07, "ratio", "7 %"), (1.44, "factor", "1.44 times")],
)  # fmt: skip
def test_bounds_are_said_whole(value: float, unit: BoundUnit, expected: str) -> None:
    """A bound is said as people read it, however large."""
    assert expected == bound_text(Bound("thresholds.x", value, unit))


def test_trend_window(promtool: Path, tmp_path: Path) -> None:
    """How far back the trend looks is the config's: what rose 10 minutes ago has been the same for the last 4."""
    file = tmp_path / "stack.yaml"
    file.write_text(f"{SHORTENED}  trend_window: 4 m\n")
    config = load(file).config
    series = _ttfw(0.9, 1.4)(config, _labels())

    said = _annotations(config, promtool, tmp_path, series, "bot")["trend"]
    assert "stabilizing (about +0s against 4 minutes ago)" == said


def test_no_offender_is_held(config: Config, promtool: Path, tmp_path: Path) -> None:
    """Without a held offender the text says so, none is counted, and the link lists the calls, whatever the name."""
    service = 'the "best" bot / & friends?'
    series = _ttfw(0.5, 1.0)(config, {**_labels(), "service_name": service.replace('"', '\\"')})
    said = _annotations(config, promtool, tmp_path, series, service)
    end = CHECK * 15

    assert (
        "none held: no conversation was caught beyond its own bound; trace_url lists the calls of that time"
        == (said["trace_id"])
    )
    assert "0 caught beyond their own bound" == said["affected_conversations"]
    for name, uid in (("trace_url", "pipecat-conversations"), ("dashboard_url", "pipecat-latency")):
        address = urlsplit(said[name])
        assert f"/d/{uid}/{uid}" == address.path
        assert {
            "from": [f"{(end - 3600 - 300) * 1000}"],
            "to": [f"{end * 1000}"],
            "var-tempo": ["pipecat-tempo"],
            "var-environment": ["production"],
            "var-service": [service],
        } == parse_qs(address.query, strict_parsing=True)


def test_a_grafana_of_ones_own(promtool: Path, tmp_path: Path) -> None:
    """Links lead to that Grafana and name its data source of traces, to a call as to calls."""
    file = tmp_path / "stack.yaml"
    file.write_text(f"{SHORTENED}  links: {{grafana: 'https://grafana.example.com/g/', tempo_datasource: traces-eu}}\n")
    config = load(file).config
    nobody = _ttfw(0.5, 1.0)(config, _labels())
    somebody = nobody | _breach(_labels(), "a" * 32, "call-1", "_x70 1x40")

    for series, uid, trace in ((nobody, "pipecat-conversations", None), (somebody, "pipecat-conversation", ["a" * 32])):
        address = urlsplit(_annotations(config, promtool, tmp_path, series, "bot")["trace_url"])
        query = parse_qs(address.query)

        assert ("grafana.example.com", f"/g/d/{uid}/{uid}") == (address.netloc, address.path)
        assert (["traces-eu"], trace) == (query["var-tempo"], query.get("var-trace"))


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
    series[named(m.SERIES_OVERFLOWED.prometheus, {**_labels(), "signal": "affected_5m", **WHOLE})] = values

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


def test_the_collectors_count_is_said(config: Config, promtool: Path, tmp_path: Path) -> None:
    """What the collector counts is said, though few are held; its other signals, windows and services are not."""
    series = _ttfw(0.5, 1.0)(config, _labels()) | _breach(_labels(), "a" * 32, "call-1", "_x70 1x40")
    for service, signal, severity, window, value in (
        ("bot", "ttfw", "warning", "5m", 200), ("bot", "ttfw", "critical", "5m", 7),
        ("bot", "e2e", "warning", "5m", 300), ("bot", "ttfw", "warning", "6h", 400),
        ("other", "ttfw", "warning", "5m", 500),
    ):  # fmt: skip
        own = {"signal": signal, "severity": severity, "window": window, **WHOLE}
        series[named(m.AFFECTED.prometheus, _labels(service) | own)] = f"_x70 {value}x40"

    assert "200" == _annotations(config, promtool, tmp_path, series, "bot")["affected_conversations"]


def test_a_call_counts_once(config: Config, promtool: Path, tmp_path: Path) -> None:
    """A call with several traces is one; so is a trace of which some spans have no name; others' do not count."""
    series = _ttfw(0.5, 1.0)(config, _labels())
    known = (("a", "call-1"), ("a", "unknown"), ("b", "call-1"), ("b", "unknown"), ("c", "call-2"), ("d", "unknown"))
    for trace, call in known:
        series |= _breach(_labels(), trace * 32, call, "_x70 1x40")
    series |= _breach(_labels("other"), "e" * 32, "call-9", "_x70 1x40")

    assert "3" == _annotations(config, promtool, tmp_path, series, "bot")["affected_conversations"]


def test_only_an_alerts_own_labels(config: Config, promtool: Path, tmp_path: Path) -> None:
    """An alert about a provider counts and names its conversations, not those of another, nor all together."""
    name, case = "PipecatLlmTtfbHigh", CASES["PipecatLlmTtfbHigh"]
    bad = Phase(60, case.told["warning"].value, case.count * case.worse)
    series = case.feed(config, _labels(), [Phase(41, case.good, case.count), bad])
    mine = {"stage": "llm", "provider": PROVIDER, "kind": "unknown"}
    for trace, call, own in (
        ("a", "call-1", {"provider": "other"}), ("b", "call-2", {}), ("c", "call-3", {"stage": "tts", "signal": "tts"}),
    ):  # fmt: skip
        labels = _labels() | {"signal": "llm", "severity": "warning", "trace_id": trace * 32, "conversation_id": call}
        series[named(m.BREACHES.prometheus, labels | mine | own)] = "_x70 1x40" if trace == "b" else "_x70 9x40"
    for provider, value in (("other", 500), (PROVIDER, 25), ("all", 525)):
        own = {"signal": "llm", "severity": "warning", "window": "5m", "stage": "llm", "provider": provider}
        series[named(m.AFFECTED.prometheus, _labels() | own | {"kind": "all"})] = f"_x70 {value}x40"

    said = _annotations(config, promtool, tmp_path, series, "bot", name)
    assert ("25", "b" * 32) == (said["affected_conversations"], said["trace_id"])


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
