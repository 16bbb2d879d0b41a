"""Queries of panels that a reader decides by at once, asked of Prometheus: which stage, and how long ago."""

from pathlib import Path
from typing import Any

import pytest
from held import run

from pipecat_lgtm.ops.preview.choices import Choices
from pipecat_lgtm.queries import Query
from pipecat_lgtm.queries import panels_core as core

pytestmark = pytest.mark.rules

BOT = 'deployment_environment="demo", service_name="bot"'
OTHER = 'deployment_environment="demo", service_name="other"'
LATENCY = "pipecat:turn_ttfw_seconds:p95_5m"
P95 = "pipecat:stage_ttfb_seconds:p95_5m"
BUDGETS = {"stt": 0.2, "llm": 0.8, "tts": 0.3}
HOUR = 240
"""Samples of an hour, one every 15 s."""
END = HOUR * 15


def _ask(promtool: Path, folder: Path, query: Query, series: dict[str, str], expected: dict[str, float]) -> None:
    """Hold the answer at the end of an hour against what is expected."""
    expr = Choices(0, END).fill(query.expr)
    asked = {
        "eval_time": f"{END}s",
        "expr": expr,
        "exp_samples": [{"labels": labels, "value": value} for labels, value in expected.items()],
    }
    test: dict[str, Any] = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [asked],
            }
        ],
    }
    run(promtool, folder, {"groups": []}, test)


def _stages(who: str, **seconds: float) -> dict[str, str]:
    return {f'{P95}{{{who}, stage="{stage}"}}': f"{value}x{HOUR}" for stage, value in seconds.items()}


USED = {f"pipecat_turns_total{{{who}}}": f"0+1x{HOUR}" for who in (BOT, OTHER)}
STAGES = USED | _stages(BOT, stt=0.5, llm=0.9, tts=0.2) | _stages(OTHER, stt=0.05, llm=0.2, tts=0.15)


def test_the_stage_furthest_over_its_budget(promtool: Path, tmp_path: Path) -> None:
    """It is the one with the greatest multiple of its own budget, though another one takes longer."""
    stt, tts = f'{{{BOT}, stage="stt"}}', f'{{{OTHER}, stage="tts"}}'

    _ask(promtool, tmp_path, core.worst_of_budget(P95, BUDGETS), STAGES, {stt: 2.5, tts: 0.5})
    _ask(promtool, tmp_path, core.worst_stage(P95, BUDGETS), STAGES, {stt: 0.5, tts: 0.15})


def test_a_window_that_empties_is_no_recovery(promtool: Path, tmp_path: Path) -> None:
    """After the last turn the value that was there while turns ended stays, and not what the last turns made of it."""
    ended = {f"pipecat_turns_total{{{BOT}}}": f"0+1x{HOUR - 40} {HOUR - 40}x39"}
    series = ended | {f"{LATENCY}{{{BOT}}}": f"4x{HOUR - 30} 2x5 _x24"}

    _ask(promtool, tmp_path, core.last(LATENCY, ""), series, {f"{{{BOT}}}": 4})


TURNS = {
    f'pipecat_turns_total{{{BOT}, interrupted="false"}}': f"1+1x{HOUR - 48} {HOUR - 47}x47",
    f'pipecat_turns_total{{{BOT}, interrupted="true"}}': f"7x{HOUR}",
    f'pipecat_turns_total{{{OTHER}, interrupted="false"}}': f"_x{HOUR - 4} 1x4",
    'pipecat_turns_total{deployment_environment="demo", service_name="gone", interrupted="false"}': f"3x{HOUR}",
}
"""One whose turns ended twelve minutes ago, one that had its first a minute ago, one that had none in the hour."""


def test_how_long_ago_the_last_turn_was(promtool: Path, tmp_path: Path) -> None:
    """It is the age of the last growth of a service's turns; who had none in the time range has no row."""
    _ask(promtool, tmp_path, core.since_last_turn(), TURNS, {f"{{{BOT}}}": 12 * 60, f"{{{OTHER}}}": 60})


def test_for_how_long_callers_wait_too_long(promtool: Path, tmp_path: Path) -> None:
    """It is the time since the condition of the first of the alerts holds."""
    held = {
        f'ALERTS_FOR_STATE{{{BOT}, alertname="PipecatTtfwHigh", severity="warning"}}': f"{END - 600}x{HOUR}",
        f'ALERTS_FOR_STATE{{{BOT}, alertname="PipecatTtfwHigh", severity="critical"}}': f"{END - 300}x{HOUR}",
        f'ALERTS_FOR_STATE{{{OTHER}, alertname="PipecatSilenceLong", severity="warning"}}': f"{END - 900}x{HOUR}",
    }

    _ask(promtool, tmp_path, core.breached_for("PipecatTtfwHigh", "PipecatE2eHigh"), held, {f"{{{BOT}}}": 600})
