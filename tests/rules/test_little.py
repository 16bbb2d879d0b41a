"""What rules make of little: lone events, first bursts, idle hours, restarts, gaps; fed as the collector writes it."""

from pathlib import Path
from typing import Any

import pytest
from cases import CASES
from feeds import Phase, histogram
from held import evaluated, rules_of, rules_of_all, run
from services import labels_of
from written import GRID, SCRAPE, Life, Series, burst, counter, named, notation, running

from pipecat_lgtm.config import Config, load, load_default
from pipecat_lgtm.config.alerts import Override
from pipecat_lgtm.queries import levels
from pipecat_lgtm.renderers import rules
from pipecat_lgtm.rules.alerts import alerts
from pipecat_lgtm_bridge.contract import metrics as m

pytestmark = pytest.mark.rules

DEFAULT = load_default()
BOT = labels_of("bot")
HOUR, MINUTE = 3600, 60
FIRST = 2 * HOUR + 7
"""Of a lone event: in seconds, and on no scrape."""
FINDINGS, CARD = m.COMPLIANCE_FINDINGS.prometheus, {**BOT, "kind": "card"}
Look = tuple[int, str, float | None]
"""A second, an expression, and its only value; None: it has none."""


def _hold(
    promtool: Path,
    folder: Path,
    wanted: dict[str, Any],
    series: Series,
    looks: list[Look],
    step: int = GRID,
    *,
    every: bool = False,
) -> None:
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": f"{SCRAPE if every else evaluated(wanted, SCRAPE)}s",
        "fuzzy_compare": True,
        "tests": [
            {
                "interval": f"{step}s",
                "input_series": [{"series": one, "values": values} for one, values in series.items()],
                "promql_expr_test": [
                    {
                        "eval_time": f"{at}s",
                        "expr": f"sum({expr})",
                        "exp_samples": [] if value is None else [{"labels": "{}", "value": value}],
                    }
                    for at, expr, value in looks
                ],
            }
        ],
    }
    run(promtool, folder, wanted, test)


def _firing(name: str, **more: str) -> str:
    matchers = {"alertname": name, "alertstate": "firing", **more}
    return "ALERTS{" + ", ".join(f'{label}="{value}"' for label, value in matchers.items()) + "}"


PII = _firing("PipecatPiiDisclosed")
PII_RULES = rules_of(DEFAULT, "PipecatPiiDisclosed")
PII_VALUE = next(one["expr"] for one in PII_RULES["groups"][0]["rules"] if "alert" in one)
"""The alert's expression: its value is the number in the message."""


@pytest.mark.parametrize(
    ("events", "away", "looks"),
    [
        pytest.param(
            {FIRST: 1},
            (),
            [
                (FIRST - 60, PII, None),
                (FIRST + 120, PII, 1),
                (FIRST + 20, PII_VALUE, 1),
                (FIRST + 50 * MINUTE, PII_VALUE, 1),
            ],
            id="the first ever",
        ),
        pytest.param(
            {FIRST: 1, FIRST + 65 * MINUTE: 1},
            (),
            [
                (FIRST + 120, PII, 1),
                (FIRST + 63 * MINUTE, PII, None),
                (FIRST + 68 * MINUTE, PII, 1),
                (FIRST + 68 * MINUTE, PII_VALUE, 1),
            ],
            id="two, more than the window apart",
        ),
        pytest.param(
            {FIRST: 1, FIRST + 40 * MINUTE: 2},
            (),
            [(FIRST + 45 * MINUTE, PII_VALUE, 3), (FIRST + 61 * MINUTE, PII_VALUE, 2)],
            id="two within the window",
        ),
        pytest.param(
            {FIRST: 1, FIRST + 20 * MINUTE: 1},
            ((FIRST + 600, FIRST + 660),),
            [(FIRST + 630, PII_VALUE, 1), (FIRST + 900, PII_VALUE, 1), (FIRST + 25 * MINUTE, PII_VALUE, 2)],
            id="a restart of the collector between",
        ),
    ],
)
def test_lone_events(
    promtool: Path, tmp_path: Path, events: dict[int, float], away: tuple[tuple[int, int], ...], looks: list[Look]
) -> None:
    """A card said once pages once and says 1, whatever was before; the next one pages again."""
    series = counter(FINDINGS, CARD, Life(events, 4 * HOUR, away))
    _hold(promtool, tmp_path, PII_RULES, series, looks)


def test_prometheus_away(promtool: Path, tmp_path: Path) -> None:
    """What was counted before Prometheus was away is not counted again when it is back."""
    samples = Life({FIRST: 3}, 6 * HOUR).samples()
    away = (FIRST + 2 * HOUR, FIRST + 2 * HOUR + 20 * MINUTE)
    kept = {at: value for at, value in samples.items() if not away[0] <= at <= away[1]}
    series = {f'{FINDINGS}{{kind="card", service_name="bot"}}': notation(kept, 6 * HOUR)}
    looks: list[Look] = [(away[1] + 60, PII_VALUE, None), (away[1] + 60, PII, None)]
    _hold(promtool, tmp_path, PII_RULES, series, looks)


@pytest.mark.parametrize("minutes", [3, 30, 90])
def test_disclosed_while_prometheus_was_away(promtool: Path, tmp_path: Path, minutes: int) -> None:
    """A card said while Prometheus was away pages when it is back, be that after more than the window."""
    begin, end = FIRST + 2 * HOUR, FIRST + 2 * HOUR + minutes * MINUTE
    samples = Life({FIRST: 3, begin + 60: 2}, 7 * HOUR).samples()
    kept = {at: value for at, value in samples.items() if not begin <= at <= end}
    series = {named(FINDINGS, CARD): notation(kept, 7 * HOUR)}
    looks: list[Look] = [
        (begin - 30, PII_VALUE, None), (end + 60, PII_VALUE, 2), (end + 180, PII, 1), (end + 2 * HOUR, PII, None),
    ]  # fmt: skip
    _hold(promtool, tmp_path, PII_RULES, series, looks)


@pytest.mark.parametrize(
    ("name", "counter_name", "recorded"),
    [
        ("PipecatCollectorDropping", "otelcol_exporter_enqueue_failed_spans", "pipecat:collector_dropped:increase_5m"),
        (
            "PipecatCollectorExportFailing",
            "otelcol_exporter_send_failed_spans",
            "pipecat:collector_export_failed:increase_5m",
        ),
        ("PipecatCollectorRefusing", "otelcol_receiver_refused_spans", "pipecat:collector_refused:increase_5m"),
    ],
)
def test_first_burst(promtool: Path, tmp_path: Path, name: str, counter_name: str, recorded: str) -> None:
    """5,000 spans lost at once fire, and are 5,000; ten minutes later they are no news."""
    labels = {"exporter": "otlp_grpc/tempo", "receiver": "otlp", "job": "collector"}
    series = burst(counter_name, labels, FIRST, 5000, FIRST + HOUR)
    looks: list[Look] = [
        (FIRST + 30, recorded, 5000),
        (FIRST + 120, _firing(name), 1),
        (FIRST + 10 * MINUTE, recorded, 0),
        (FIRST + 10 * MINUTE, _firing(name), None),
    ]
    _hold(promtool, tmp_path, rules_of(DEFAULT, name), series, looks)


@pytest.mark.parametrize(("handed_on", "own"), [(5000, 0), (5200, 200)])
def test_the_intake_is_not_blamed_for_full_queues(promtool: Path, tmp_path: Path, handed_on: int, own: int) -> None:
    """What a full queue of a store refuses counts as failed at the intake too; only what is above that is its own."""
    name, recorded = "PipecatCollectorExportFailing", "pipecat:collector_export_failed:increase_5m"
    series = burst(
        "otelcol_exporter_enqueue_failed_spans", {"exporter": "otlp_grpc/tempo"}, FIRST, 5000, FIRST + HOUR
    ) | burst("otelcol_exporter_send_failed_spans", {"exporter": "otlp_grpc/intake"}, FIRST, handed_on, FIRST + HOUR)
    looks: list[Look] = [
        (FIRST + 30, f'{recorded}{{exporter="otlp_grpc/intake"}}', own),
        (FIRST + 120, _firing(name, exporter="otlp_grpc/intake"), 1 if own else None),
    ]
    _hold(promtool, tmp_path, rules_of(DEFAULT, name), series, looks)


def test_first_burst_and_prometheus_away(promtool: Path, tmp_path: Path) -> None:
    """A burst of half an hour ago is no news to a Prometheus that was away for ten minutes."""
    samples: dict[int, float | None] = {
        at: 5000.0 for at in range(FIRST + 8, FIRST + HOUR, SCRAPE) if not 1800 <= at - FIRST <= 2400
    }
    series = {'otelcol_exporter_enqueue_failed_spans{exporter="otlp_grpc/tempo"}': notation(samples, FIRST + HOUR)}
    looks: list[Look] = [(FIRST + 2430, "pipecat:collector_dropped:increase_5m", 0)]
    _hold(promtool, tmp_path, rules_of(DEFAULT, "PipecatCollectorDropping"), series, looks)


ENDED, AGAIN = FIRST + 5 * MINUTE, FIRST + 6 * MINUTE
"""From when to when a program is away: it comes back soon."""
LATE = FIRST + 20 * MINUTE
"""Of a failure in the life after."""


@pytest.mark.parametrize(
    ("events", "away", "looks"),
    [
        pytest.param(
            {FIRST: 400, LATE: 400}, (ENDED, LATE - 60),
            [(LATE - 30, None), (LATE + 60, 400), (LATE + 270, 400), (LATE + 330, 0)],
            id="the same number again, after longer than the window",
        ),
        pytest.param({FIRST: 500, LATE: 800}, (ENDED, LATE - 60), [(LATE + 60, 800)], id="more than before"),
        pytest.param({FIRST: 400, LATE: 400}, (ENDED, AGAIN), [(LATE + 60, 400)], id="long after the restart"),
        pytest.param(
            {FIRST: 500, AGAIN + 20: 800}, (ENDED, AGAIN), [(AGAIN + 60, 800)], id="at once after a quick restart"
        ),
        pytest.param(
            {FIRST: 480, ENDED - 70: 20, AGAIN + 20: 800}, (ENDED, AGAIN),
            [(ENDED - 10, 500), (AGAIN + 60, 820), (AGAIN + 120, 820), (AGAIN + 200, 800)],
            id="both lives in the window",
        ),
        pytest.param(
            {FIRST: 480, ENDED - 70: 20}, (ENDED, AGAIN), [(AGAIN + 60, 20), (AGAIN + 270, None)],
            id="none in the life after",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("job", "counter_name", "recorded"),
    [
        ("collector", "otelcol_exporter_enqueue_failed_spans", "pipecat:collector_dropped:increase_5m"),
        ("tempo", "tempo_discarded_spans_total", "pipecat:store_discarded:increase_5m"),
    ],
)
def test_a_restart(
    promtool: Path, tmp_path: Path, job: str, counter_name: str, recorded: str, events: dict[int, float],
    away: tuple[int, int], looks: list[tuple[int, float | None]],
) -> None:  # fmt: skip
    """What a program counts after a restart is new, however much it had counted before; none of either life is lost."""
    labels = {"job": job, "instance": f"{job}:1"}
    life = Life(events, LATE + HOUR, (away,), others=True)
    series = counter(counter_name, {**labels, "exporter": "otlp_grpc/tempo", "reason": "too_large"}, life)
    series |= running(labels, life)
    name = "PipecatCollectorDropping" if job == "collector" else "PipecatStoreDiscarding"
    _hold(promtool, tmp_path, rules_of(DEFAULT, name), series, [(at, recorded, value) for at, value in looks])


def test_a_failed_scrape_is_no_restart(promtool: Path, tmp_path: Path) -> None:
    """A scrape that fails hides a counter for a moment: what it counted before is no news after it."""
    labels, until = {"job": "collector", "instance": "collector:8888"}, FIRST + HOUR
    failed = (FIRST // SCRAPE + 60) * SCRAPE
    lived = Life({FIRST: 5000, FIRST + 1200: 7}, until, others=True)
    counts, uptime = ({**one, failed: None} for one in (lived.samples(), lived.uptime()))
    series = {
        'otelcol_exporter_enqueue_failed_spans{exporter="otlp_grpc/tempo", job="collector", instance="collector:8888"}':
            notation(counts, until),
        **{one: notation(uptime, until) for one in running(labels, lived)},
    }  # fmt: skip
    looks: list[Look] = [
        (failed + at, "pipecat:collector_dropped:increase_5m", 0) for at in (30, 60, 270, 300, 305, 310)
    ]
    looks.append((FIRST + 1290, "pipecat:collector_dropped:increase_5m", 7))
    _hold(promtool, tmp_path, rules_of(DEFAULT, "PipecatCollectorDropping"), series, looks)


def test_large_numbers_are_said_whole(promtool: Path, tmp_path: Path) -> None:
    """16,167 spans are said as 16167."""
    series = burst("otelcol_exporter_enqueue_failed_spans", {"exporter": "otlp_grpc/tempo"}, FIRST, 16167, FIRST + HOUR)
    name = "PipecatCollectorDropping"
    files = rules_of(DEFAULT, name)
    for rule in files["groups"][0]["rules"]:
        if "alert" in rule:
            rule["annotations"] = {"summary": rule["annotations"]["summary"]}
    told = {
        "exp_labels": {"severity": "critical", "exporter": "otlp_grpc/tempo"},
        "exp_annotations": {"summary": "The collector drops telemetry for otlp_grpc/tempo (16167 items)"},
    }
    look = {"eval_time": f"{FIRST + 120}s", "alertname": name, "exp_alerts": [told]}
    test = {
        "interval": f"{GRID}s",
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "alert_rule_test": [look],
    }
    run(
        promtool, tmp_path, files,
        {"rule_files": ["rules.yml"], "evaluation_interval": f"{SCRAPE}s", "tests": [test]},
    )  # fmt: skip


PAIR = ("PipecatTtfwHigh", "PipecatTtfwHighLowTraffic")


@pytest.mark.parametrize(
    ("override", "rate", "fires"),
    [
        pytest.param("{hold: 30 s, min_samples: 50}", 2.2, PAIR[1], id="44 of 50"),
        pytest.param("{hold: 30 s, min_samples: 50}", 3, PAIR[0], id="60 of 50"),
        pytest.param("{min_samples: 10}", 0.75, PAIR[0], id="15 of 10"),
        pytest.param("{window: 15 m}", 0.6, PAIR[0], id="36 in 15 m"),
        pytest.param("{window: 15 m}", 0.3, PAIR[1], id="18 in 15 m"),
        pytest.param("{}", 0.75, PAIR[1], id="15 of 20"),
    ],
)
def test_overrides_of_a_pair(promtool: Path, tmp_path: Path, override: str, rate: float, fires: str) -> None:
    """Slow turns fire one alert of the two, whatever window and floor the normal one is given."""
    file = tmp_path / "stack.yaml"
    file.write_text(f"alerts:\n  overrides:\n    {PAIR[0]}: {override}\n")
    config = load(file).config
    series = histogram(config, m.TURN_TTFW, BOT, [Phase(8, 2.0, 0), Phase(200, 2.0, rate)])
    looks: list[Look] = [
        (at, f"count({_firing(name, severity='warning', escalated='')})", 1 if name == fires else None)
        for at in (1800, 2700)
        for name in PAIR
    ]
    _hold(promtool, tmp_path, rules_of_all(config, *PAIR), series, looks, SCRAPE)


def test_an_override_of_ones_own() -> None:
    """A companion that is given a floor or a window of its own keeps it."""
    both = {PAIR[0]: Override.model_validate({"window": "15 m", "min_samples": 50}), PAIR[1]: Override(min_samples=30)}
    config = DEFAULT.model_copy(update={"alerts": DEFAULT.alerts.model_copy(update={"overrides": both})})

    assert {(900.0, 30)} == {(one.signal.window, one.min_samples) for one in alerts(config) if one.name == PAIR[1]}


@pytest.mark.parametrize("slow", [2, 3, 10])
def test_few_are_counted_whole(promtool: Path, tmp_path: Path, slow: int) -> None:
    """So many slow turns are said as so many, at whatever second they come, hours long; fewer than three are silent."""
    name, at, until = "PipecatTtfwHighLowTraffic", 1200, 3 * HOUR
    files = rules_of(DEFAULT, name)
    value = next(one["expr"] for one in files["groups"][0]["rules"] if one.get("alert") == name)
    series: Series = {}
    looks: list[Look] = []
    for later in range(2, 62, 5):
        labels = labels_of(f"bot-{later}")
        for le in ("1.2", "+Inf", None):
            life = Life({at + later: 0 if le == "1.2" else slow}, until)
            part = "count" if le is None else "bucket"
            series |= counter(f"{m.TURN_TTFW.prometheus}_{part}", labels | ({"le": le} if le else {}), life)
        who = f'group by (service_name) ({m.TURN_TTFW.prometheus}_count{{service_name="bot-{later}"}})'
        looks += [
            (when, f"({value}) and on (service_name) {who}", None if slow < MIN_COUNT else slow)
            for when in (at + 300, at + 1800, until)
        ]
    _hold(promtool, tmp_path, files, series, looks)


MIN_COUNT = DEFAULT.alerts.low_traffic.min_count


def test_rare_failures(promtool: Path, tmp_path: Path) -> None:
    """A failure every 6 minutes at 6 requests a minute is 1 in 36, over the hours and not 0 in between."""
    until, who = 4 * HOUR, {**BOT, "stage": "stt", "provider": "deepgram", "model": "m"}
    asked = Life(dict.fromkeys(range(10, until, 10), 1.0), until)
    failed = Life(dict.fromkeys(range(310, until, 360), 1.0), until)
    series = counter(m.STAGE_REQUESTS.prometheus, {**who, "status": "ok"}, asked)
    series |= counter(m.STAGE_ERRORS.prometheus, {**who, "category": "timeout"}, failed)
    ratio = 'pipecat:stage_errors:ratio_5m{stage="stt"}'
    looks: list[Look] = [
        (until, f"abs(avg_over_time({ratio}[3h]) - 1 / 36) < bool 0.002", 1),
        (until, f"max_over_time({ratio}[3h]) < bool 0.037", 1),
        (until, f"min_over_time({ratio}[3h])", 0),
    ]
    _hold(promtool, tmp_path, rules_of(DEFAULT, "PipecatStageErrorRateHigh"), series, looks)


def test_tools_fail_per_call(promtool: Path, tmp_path: Path) -> None:
    """One tool call in 37 that fails is 1 in 37: nothing but their durations counts the calls of tools."""
    until = 4 * HOUR
    called, failed = range(10, until, 10), range(310, until, 360)
    series = counter(m.STAGE_ERRORS.prometheus, {**BOT, "stage": "tool", "provider": "get_weather", "model": "",
                     "category": "application"}, Life(dict.fromkeys(failed, 1.0), until))  # fmt: skip
    for status, times in (("ok", called), ("error", failed)):
        labels = {**BOT, "tool": "get_weather", "status": status}
        life = Life(dict.fromkeys(times, 1.0), until)
        series |= counter(f"{m.TOOL_DURATION.prometheus}_count", labels, life)
    ratio = 'pipecat:stage_errors:ratio_5m{stage="tool"}'
    looks: list[Look] = [
        (until, f"abs(avg_over_time({ratio}[3h]) - 1 / 37) < bool 0.002", 1),
        (until, f"max_over_time({ratio}[3h]) < bool 0.037", 1),
    ]
    _hold(promtool, tmp_path, rules_of(DEFAULT, "PipecatStageErrorRateHigh"), series, looks)


def test_a_new_busy_bot(promtool: Path, tmp_path: Path) -> None:
    """The first turns of a bot that gets busy are no low traffic: one alert fires for them, not two."""
    config, begin = DEFAULT, 40
    phases = [Phase(begin, 2.0, 0), Phase(20, 2.0, 0.9), Phase(60, 2.0, 5)]
    series = histogram(config, m.TURN_TTFW, BOT, phases)
    names = ("PipecatTtfwHigh", "PipecatTtfwHighLowTraffic")
    wanted = rules_of_all(config, *names)
    busy, quiet = _firing(names[0], severity="critical"), _firing(names[1])
    looks: list[Look] = [
        (at * SCRAPE, f"{busy} and on (service_name) {quiet}", None) for at in range(begin, begin + 80, 4)
    ]
    looks += [((begin + 60) * SCRAPE, busy, 1), ((begin + 60) * SCRAPE, quiet, None)]
    _hold(promtool, tmp_path, wanted, series, looks, SCRAPE)


@pytest.mark.parametrize(("turns", "fires"), [(12, 1), (40, None)])
def test_a_first_scrape_makes_no_bot_busy(promtool: Path, tmp_path: Path, turns: int, fires: int | None) -> None:
    """Rules are evaluated between scrapes: `increase` doubles what the first one brings, and 12 turns are not 20."""
    name, until = "PipecatTtfwHighLowTraffic", 1800
    samples: dict[int, float | None] = {40: 0.0} | dict.fromkeys(range(50, until, SCRAPE), float(turns))
    none: dict[int, float | None] = dict.fromkeys(samples, 0.0)
    series: Series = {named(f"{m.TURN_TTFW.prometheus}_count", BOT): notation(samples, until)}
    for le, values in (("1.2", none), ("3", samples), ("+Inf", samples)):
        series[named(f"{m.TURN_TTFW.prometheus}_bucket", BOT | {"le": le})] = notation(values, until)
    busy = "max_over_time(pipecat:turns_with_latency:increase_5m[10m])"
    looks: list[Look] = [(600, busy, 2 * turns), (600, _firing(name), fires), (1500, _firing(name), fires)]
    _hold(promtool, tmp_path, rules_of(DEFAULT, name), series, looks)


def _names(groups: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(rule["record"] for group in groups for rule in group["rules"] if "record" in rule))


def test_idle_and_back(config: Config, promtool: Path, tmp_path: Path) -> None:
    """Bots that rest, and come back: no rule records NaN, no baseline is NaN, and nothing but the Watchdog fires."""
    series: Series = {}
    apart = {"PipecatErrorRateSustained", "PipecatStageErrorRateHigh"}
    for name, case in CASES.items():
        if case.service and case.breach and not name.endswith("LowTraffic") and name not in apart:
            busy, idle = Phase(80, case.good, case.count), Phase(40, case.good, 0)
            series |= case.feed(config, labels_of(f"well-{name}"), [busy, idle, busy, idle, busy])
    groups = [group for part in rules.groups(config).values() for group in part]
    at_rest, back = 110 * SCRAPE, 288 * SCRAPE
    looks: list[Look] = [(at, f"{name} != {name}", None) for name in _names(groups) for at in (at_rest, back)]
    looks += [(at, 'ALERTS{alertstate="firing", alertname!="PipecatWatchdog"}', None) for at in (at_rest, back)]
    looks += [
        (back, 'pipecat:baseline:ready{signal="stage_ttfb", service_name="well-PipecatStageRegressed"}', 1),
        (back, 'pipecat:stage_ttfb:baseline{service_name="well-PipecatStageRegressed"} > bool 0', 1),
    ]
    _hold(promtool, tmp_path, {"groups": groups}, series, looks, SCRAPE, every=True)


_NANS = " ".join(["NaN"] * 40)


@pytest.mark.parametrize(
    ("values", "baseline", "ready"),
    [
        pytest.param(f"{_NANS} {_NANS} 0.2x50", 0.2, 0, id="NaN, then numbers"),
        pytest.param(f"0.2x20 {_NANS} _x5 0.2x20 NaN NaN 0.2x40", 0.2, 1, id="numbers between NaN and gaps"),
        pytest.param(f"{_NANS} {_NANS} {_NANS}", None, None, id="NaN only"),
        pytest.param("_x100 0.2x20", 0.2, 0, id="short"),
    ],
)
def test_baseline(promtool: Path, tmp_path: Path, values: str, baseline: float | None, ready: float | None) -> None:
    """A baseline is a number or absent, whatever old recordings hold, and is ready only if it has enough numbers."""
    known = levels.baseline("h", "1h", "10m", "5m")
    enough = levels.baseline_ready("h", "1h", "10m", "5m", "70m", 6)
    looks: list[Look] = [(7200, known.expr, baseline), (7200, f"{enough.expr} >= -Inf", ready)]
    _hold(promtool, tmp_path, {"groups": []}, {"h": values}, looks, 60)
